"""The running pipeline: every task has its owner here, and stops in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from chatbot.clock import Clock
from chatbot.customers.tags import Groups
from chatbot.dialogue.service import DialogueService
from chatbot.dialogue.snapshot import Snapshot
from chatbot.pipeline.app_events import EventConsumer, Handler
from chatbot.pipeline.card_clicks import CardClicks
from chatbot.pipeline.case_listener import CaseListener
from chatbot.pipeline.case_reminders import CaseReminders, ReminderTools
from chatbot.pipeline.checkpoints import Checkpoint, pass_by
from chatbot.pipeline.contact_events import ContactEvents
from chatbot.pipeline.contact_reading import ContactReader
from chatbot.pipeline.conversation import Tools
from chatbot.pipeline.desk import Desk
from chatbot.pipeline.direct import DirectSender, DirectTools
from chatbot.pipeline.frontdesk import Frontdesk
from chatbot.pipeline.handover import Handover
from chatbot.pipeline.insight_counting import Counting
from chatbot.pipeline.intake import IntakePolicy, Stored
from chatbot.pipeline.member_changes import MemberChanges
from chatbot.pipeline.members import MemberDesk, MemberNames, MemberTools
from chatbot.pipeline.metrics import PipelineMetrics
from chatbot.pipeline.moves import Moves
from chatbot.pipeline.names import CustomerNames
from chatbot.pipeline.notice_board import NoticeBoard
from chatbot.pipeline.pictures import Pictures
from chatbot.pipeline.puller import PullerContext, Pullers
from chatbot.pipeline.ratings import Ratings
from chatbot.pipeline.routing import Router
from chatbot.pipeline.staff_cards import Office, StaffCards
from chatbot.pipeline.staff_sender import StaffSender, StaffSenderTools
from chatbot.pipeline.tag_catalogue import TagCatalogue
from chatbot.pipeline.tagging import TaggingTools, TagWriter
from chatbot.pipeline.tasks import TaskGroup
from chatbot.pipeline.utterances import Transcriber
from chatbot.pipeline.watch import SessionWatch
from chatbot.pipeline.webhook_client import WebhookClient
from chatbot.pipeline.welcomes import Welcomes
from chatbot.pipeline.worker import Worker
from chatbot.store.accounts import list_accounts, save_accounts
from chatbot.store.database import Database
from chatbot.store.errors import StoreUnavailable
from chatbot.store.events import insert_app_event
from chatbot.store.presence import Presence
from chatbot.texts import Texts
from chatbot.wecom.client import WeComClient
from chatbot.wecom.errors import WeComError
from chatbot.wecom.events import AppEvent

log = structlog.get_logger()

_TOPIC_WORK = "work"
_TOPIC_DIRECT = "direct"
_TOPIC_EVENTS = "events"
_TOPIC_TAGS = "tags"
_TOPIC_STAFF = "staff"

_ACCOUNTS_SECONDS = 600.0
#: Neither failures nor unknown doorbells make us ask for the accounts more often than this.
_ACCOUNTS_PAUSE_SECONDS = 5.0
_REAP_SECONDS = 1.0
_FINISH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class PipelineOptions:
    """The settings the pipeline follows; durations in seconds."""

    quiet_seconds: float
    quiet_max_seconds: float
    freshness_seconds: float
    poll_seconds: float
    kf_accounts: tuple[str, ...]
    supervisors: tuple[str, ...]
    base_url: str


class Pipeline:
    """Pulls, decides and sends; also the sink of the callback."""

    def __init__(
        self,
        *,
        database: Database,
        wecom: WeComClient,
        dialogue: DialogueService,
        transcriber: Transcriber,
        texts: Callable[[], Texts],
        clock: Clock,
        metrics: PipelineMetrics,
        options: PipelineOptions,
        presence: Presence,
        webhooks: WebhookClient,
        tag_groups: Callable[[], Groups],
        notices: NoticeBoard,
        on_desk: Callable[[], None],
        checkpoint: Checkpoint = pass_by,
    ) -> None:
        self._database = database
        self._wecom = wecom
        self._clock = clock
        self._options = options
        self._presence = presence
        self._on_desk = on_desk
        freshness = timedelta(seconds=options.freshness_seconds)

        def snapshot() -> Snapshot:
            return dialogue.dialogue.snapshot

        frontdesk = Frontdesk(snapshot)
        router = Router(database, snapshot, clock)
        listener = CaseListener(snapshot, frontdesk)
        office = Office(options.supervisors, options.base_url)
        cards = StaffCards(office, snapshot)
        handover = Handover(wecom.kf, router, cards, frontdesk, listener, checkpoint)
        ratings = Ratings(cards, texts)
        #: Pictures of answers as the platform has them: for pages that send them, too.
        self.pictures = pictures = Pictures(database, wecom.media, clock)
        tools = Tools(
            database=database,
            kf=wecom.kf,
            clock=clock,
            dialogue=dialogue,
            transcriber=transcriber,
            handover=handover,
            moves=Moves(wecom.kf, cards, frontdesk, listener, checkpoint),
            ratings=ratings,
            watch=SessionWatch(database, wecom.kf, router, frontdesk, cards, clock),
            frontdesk=frontdesk,
            notices=notices,
            pictures=pictures,
            webhooks=webhooks,
            tag_groups=tag_groups,
            freshness=freshness,
            each_at_once=options.quiet_seconds == 0,
            quiet_max=timedelta(seconds=options.quiet_max_seconds if options.quiet_seconds else 0),
            checkpoint=checkpoint,
            metrics=metrics,
            on_direct=self._direct_waits,
            on_desk=on_desk,
        )
        self.desk = Desk(database, frontdesk, listener, clock, self._work_waits)
        self._worker = Worker(database, clock, tools, self._process_id, checkpoint, metrics)
        self._direct = DirectSender(
            DirectTools(database, wecom.kf, clock, self._process_id, metrics, frontdesk, on_desk)
        )
        self._pullers = Pullers(
            PullerContext(
                database=database,
                kf=wecom.kf,
                clock=clock,
                policy=IntakePolicy(
                    timedelta(seconds=options.quiet_seconds),
                    timedelta(seconds=options.quiet_max_seconds),
                    freshness,
                ),
                poll_seconds=options.poll_seconds,
                frontdesk=frontdesk,
                listener=listener,
                ratings=ratings,
                greet=Welcomes(notices, snapshot).greet,
                process_id=self._process_id,
                on_stored=self._stored,
                checkpoint=checkpoint,
                metrics=metrics,
            ),
            self._ask_for_accounts,
        )
        self._reminders = CaseReminders(
            ReminderTools(
                database, snapshot, cards, options.supervisors, options.base_url, clock,
                checkpoint, self._direct_waits,
            )
        )  # fmt: skip
        self._counting = Counting(database, snapshot, clock, checkpoint)
        self._names = CustomerNames(database, wecom.kf, clock, on_desk)
        catalogue = TagCatalogue(database, wecom.contacts, clock, self._process_id)
        reader = ContactReader(database, wecom.contacts, catalogue, clock)
        self._tags = TagWriter(
            TaggingTools(
                database, wecom.contacts, catalogue, reader, tag_groups, clock, self._process_id,
                metrics,
            )
        )  # fmt: skip
        contacts = ContactEvents(catalogue, reader, tag_groups, clock, self._tags_wait)
        self._staff = StaffSender(
            StaffSenderTools(
                database, wecom.app, pictures, clock, self._process_id, metrics, checkpoint, texts,
                options.supervisors,
            )
        )  # fmt: skip
        self._members = MemberDesk(
            MemberTools(
                database, dialogue, MemberNames(wecom.app, clock), notices, transcriber, clock,
                options.supervisors, freshness, metrics, checkpoint, self._staff_wait,
            )
        )  # fmt: skip
        # Who takes which kind of the app's events; the others are ignored. Each kind has its own
        # consumer: a colleague who asks does not wait behind ten thousand changed contacts.
        handlers: dict[str, Handler] = {
            "contact": contacts.handle,
            "message": self._members.handle,
            "card_click": CardClicks(database, self.desk, clock, self._staff_wait).handle,
            "app_event": MemberChanges(clock).handle,
        }
        self._events = {
            kind: EventConsumer(
                database, clock, self._process_id, {kind: handler}, metrics,
                elsewhere=handlers.keys() - {kind},
            )
            for kind, handler in handlers.items()
        }  # fmt: skip
        presence.on(_TOPIC_WORK, self._worker.wake)
        presence.on(_TOPIC_DIRECT, self._direct.wake)
        presence.on(_TOPIC_EVENTS, self._wake_events)
        presence.on(_TOPIC_TAGS, self._tags.wake)
        presence.on(_TOPIC_STAFF, self._staff.wake)
        self._accounts_wanted = asyncio.Event()
        self._working = TaskGroup()
        self._listening = TaskGroup()  # keeps the leases: stopped last

    # The sink of the callback

    def doorbell(self, open_kfid: str, token: str) -> None:
        """Pull this account soon; never blocks."""
        if self._options.kf_accounts and open_kfid not in self._options.kf_accounts:
            return
        self._pullers.ring(open_kfid, token)

    async def store(self, event: AppEvent) -> None:
        """Commit an event of the app; a repeat changes nothing."""
        await self._database.run(
            insert_app_event,
            event.dedup_key,
            event.kind,
            event.fields,
            event.created_at,
            self._clock.now(),
        )
        self._wake_events()
        self._presence.announce(_TOPIC_EVENTS)
        if event.name == "kf_account_auth_change":
            self._ask_for_accounts()

    # Start and stop

    async def start(self) -> None:
        """Begin to work; returns as soon as this process is registered."""
        self._listening.keep_running("presence", self._presence.keep)
        await self._presence.registered()
        for name, work in (
            ("announcements", self._presence.send_announcements),
            ("reaper", self._reap),
            ("worker", self._worker.run),
            ("leases", self._worker.renew),
            ("direct", self._direct.run),
            *((f"events: {kind}", events.run) for kind, events in self._events.items()),
            ("staff", self._staff.run),
            ("member chats", self._members.forget),
            ("tags", self._tags.run),
            ("case reminders", self._reminders.run),
            ("names", self._names.run),
            ("counting", self._counting.run),
            ("tag sweep", self._tags.sweep),
            ("accounts", self._follow_accounts),
        ):
            self._working.keep_running(name, work)

    async def stop(self) -> None:
        """Take nothing new, finish what is under way, give the rest back."""
        await self._pullers.stop()
        await self._working.stop()
        await self._worker.finish(_FINISH_SECONDS)
        await self._direct.finish(_FINISH_SECONDS)
        await asyncio.gather(*(each.finish(_FINISH_SECONDS) for each in self._events.values()))
        await self._staff.finish(_FINISH_SECONDS)
        await self._tags.finish(_FINISH_SECONDS)
        await self._presence.leave()
        await self._listening.stop()

    # Tasks

    async def _reap(self) -> None:
        while True:
            try:
                if await self._presence.reap():
                    self._worker.wake()
                    self._direct.wake()
                    self._wake_events()
                    self._tags.wake()
                    self._staff.wake()
            except StoreUnavailable as error:
                log.warning("reap_failed", error=str(error))
            await asyncio.sleep(_REAP_SECONDS)

    async def _follow_accounts(self) -> None:
        known = False
        while True:
            self._accounts_wanted.clear()
            try:
                if not known:
                    # What was looked after before the restart does not wait for the platform.
                    self._set_accounts(await self._stored_accounts())
                self._set_accounts(await self._fetch_accounts())
                known = True
            except (WeComError, StoreUnavailable) as error:
                log.warning("accounts_unknown", error=str(error))
                self._accounts_wanted.set()
            await asyncio.sleep(_ACCOUNTS_PAUSE_SECONDS)
            if known:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_ACCOUNTS_SECONDS):
                        await self._accounts_wanted.wait()

    async def _stored_accounts(self) -> set[str]:
        accounts = await self._database.run(list_accounts)
        return self._ours(each.open_kfid for each in accounts)

    async def _fetch_accounts(self) -> set[str]:
        # Stored whole: another machine on this database may be set to others of them.
        accounts = {
            each.open_kfid: each.name for each in await self._wecom.kf.accounts() if each.managed
        }
        await self._database.run(save_accounts, accounts)
        return self._ours(accounts)

    def _ours(self, accounts: Iterable[str]) -> set[str]:
        wanted = self._options.kf_accounts
        return {open_kfid for open_kfid in accounts if not wanted or open_kfid in wanted}

    def _set_accounts(self, accounts: set[str]) -> None:
        self._pullers.set_accounts(accounts)

    def _ask_for_accounts(self) -> None:
        self._accounts_wanted.set()

    # Wake-ups

    def _stored(self, stored: Stored) -> None:
        if stored.messages:
            self._on_desk()
        if stored.due_at is not None:
            self._work_waits()
        if stored.direct:
            self._direct_waits()

    def _work_waits(self) -> None:
        self._worker.wake()
        self._presence.announce(_TOPIC_WORK)

    def _direct_waits(self) -> None:
        """Codes are spent, and staff told, in the same places."""
        self._direct.wake()
        self._presence.announce(_TOPIC_DIRECT)
        self._staff_wait()

    def _wake_events(self) -> None:
        for consumer in self._events.values():
            consumer.wake()

    def _staff_wait(self) -> None:
        self._staff.wake()
        self._presence.announce(_TOPIC_STAFF)

    def _tags_wait(self) -> None:
        self._tags.wake()
        self._presence.announce(_TOPIC_TAGS)

    def _process_id(self) -> int:
        return self._presence.process_id
