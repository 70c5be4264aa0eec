"""One page of sync_msg becomes messages, session changes and bursts, in one transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection

from chatbot.accounts.mode import ModeSetting, Standing
from chatbot.customers.ratings import is_rating_line
from chatbot.pipeline import sessions
from chatbot.pipeline.event_codes import EVENT_CODE_LIFE, SESSION_CODE_LIFE
from chatbot.pipeline.farewells import say_goodbye
from chatbot.pipeline.frontdesk import StandingOf
from chatbot.pipeline.notices import Notices
from chatbot.pipeline.ratings import RecordTap, records_nothing
from chatbot.pipeline.steps import burst_taken
from chatbot.pipeline.welcomes import Greet, greet_as_usual
from chatbot.store import handoffs, outbox
from chatbot.store.accounts import PullLease, advance_cursor
from chatbot.store.agents import end_absence
from chatbot.store.conversations import (
    Conversation,
    lock_conversations,
    save_conversation,
)
from chatbot.store.messages import (
    Fate,
    NewMessage,
    assign_messages,
    insert_messages,
    known_msgids,
    pending_messages,
    recall_message,
    storable_text,
)
from chatbot.store.modes import switched_modes
from chatbot.store.watch import note_answer, watch_servicer
from chatbot.wecom.codes import SEND_FAIL_ADVICE
from chatbot.wecom.kf import ServicerStatus, SessionState, SyncPage
from chatbot.wecom.kf_items import (
    EnterSession,
    KfItem,
    KfMessage,
    MessageRecalled,
    Origin,
    SendFailed,
    ServicerStatusChanged,
    SessionStatusChanged,
    UnknownItem,
    parse_item,
)

log = structlog.get_logger()


_Effect = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class _Entry:
    """An item as it came and as it was understood, with a key that tells repeats."""

    msgid: str
    raw: dict[str, Any]
    item: KfItem

    @property
    def customer(self) -> str:
        """Return whom the item is about, or nothing."""
        return getattr(self.item, "external_userid", "")


@dataclass(frozen=True, slots=True)
class IntakePolicy:
    """How messages are gathered: see the settings of the same names."""

    quiet: timedelta
    quiet_max: timedelta
    freshness: timedelta


@dataclass(slots=True)
class Stored:
    """What a page brought."""

    messages: int = 0
    stale: int = 0
    missed_codes: int = 0
    due_at: datetime | None = None  # the earliest burst that now waits
    direct: bool = False  # a part of the direct lane is waiting


#: What somebody wrote, and in which conversation.
Said = tuple[Conversation, KfMessage]


class Listener(Protocol):
    """Hears what is said, in the transaction that stores it, after everything of the page."""

    def customers_wrote(self, connection: Connection, said: Sequence[Said], now: datetime) -> None:
        """Follow all that customers wrote in the page, in order."""
        ...

    def staff_wrote(
        self, connection: Connection, conversation: Conversation, message: KfMessage, now: datetime
    ) -> None:
        """Follow a staff member's message."""
        ...

    def given_to(
        self, connection: Connection, conversation: Conversation, userid: str, now: datetime
    ) -> None:
        """Follow that a session is a member's now."""
        ...


def answers_everybody(_customer: str, _switched: ModeSetting | None) -> Standing:
    """Let the bot answer, whoever writes."""
    return "answer"


def store_page(
    connection: Connection,
    lease: PullLease,
    page: SyncPage,
    *,
    policy: IntakePolicy,
    notices: Notices,
    now: datetime,
    lease_until: datetime,
    standing_of: StandingOf = answers_everybody,
    listener: Listener | None = None,
    record_tap: RecordTap = records_nothing,
    greet: Greet = greet_as_usual,
) -> Stored:
    """Store a page and its cursor; call inside one transaction.

    ``standing_of`` tells how far the account's bot may go with each customer, ``record_tap``
    takes the ratings that no turn will, ``greet`` says welcome to who enters.

    Raises:
        LeaseLost: another process pulled meanwhile; nothing may be stored.
    """
    advance_cursor(
        connection, lease, page.next_cursor, complete=not page.has_more, now=now, until=lease_until
    )
    entries = _unseen(connection, lease.open_kfid, page.items)
    customers = [entry.customer for entry in entries if entry.customer]
    conversations = lock_conversations(connection, lease.open_kfid, customers, now)
    switched = switched_modes(connection, [lease.open_kfid]).get(lease.open_kfid)

    def standing(customer: str) -> Standing:
        return standing_of(customer, switched)

    intake = _Intake(
        lease, conversations, policy, notices, standing, record_tap, greet, now, listener
    )
    for entry in entries:
        intake.take(entry)
    return intake.write(connection)


def _unseen(
    connection: Connection, open_kfid: str, items: Sequence[dict[str, Any]]
) -> list[_Entry]:
    entries = [_entry(raw, open_kfid) for raw in items]
    by_msgid = {entry.msgid: entry for entry in reversed(entries)}  # the first of equals counts
    known = known_msgids(connection, open_kfid, list(by_msgid))
    return [entry for msgid, entry in reversed(by_msgid.items()) if msgid not in known]


def _entry(raw: dict[str, Any], open_kfid: str) -> _Entry:
    item = parse_item(raw, open_kfid)
    if item.msgid:
        return _Entry(item.msgid, raw, item)
    content = json.dumps(raw, sort_keys=True, ensure_ascii=False)
    return _Entry(hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:32], raw, item)


class _Intake:
    """Goes through the items of a page in order and gathers what is to be written."""

    def __init__(
        self,
        lease: PullLease,
        conversations: dict[str, Conversation],
        policy: IntakePolicy,
        notices: Notices,
        standing: Callable[[str], Standing],
        record_tap: RecordTap,
        greet: Greet,
        now: datetime,
        listener: Listener | None,
    ) -> None:
        self._lease = lease
        self._listener = listener
        self._said: list[Said] = []
        self._standing = standing
        self._record_tap = record_tap
        self._greet = greet
        self._before = conversations
        self._conversations = dict(conversations)
        self._policy = policy
        self._notices = notices
        self._now = now
        self._messages: list[NewMessage] = []
        self._customer_wrote: set[str] = set()
        self._effects: list[_Effect] = []
        self._read_by_people: dict[int, Conversation] = {}  # that a person has ended
        self._stored = Stored()

    def take(self, entry: _Entry) -> None:
        """Follow one item."""
        conversation, item = self._conversations.get(entry.customer), entry.item
        fate: Fate = "recorded"
        if isinstance(item, UnknownItem):
            log.info("item_not_understood", open_kfid=item.open_kfid, msgid=entry.msgid)
        elif conversation is not None and isinstance(item, KfMessage):
            fate = self._take_message(conversation, item)
        elif conversation is not None:
            self._take_event(conversation, item)
        elif isinstance(item, ServicerStatusChanged):
            self._take_servicer(item)
        self._messages.append(self._to_store(entry, conversation, fate))

    def _to_store(self, entry: _Entry, conversation: Conversation | None, fate: Fate) -> NewMessage:
        item = entry.item
        message = item if isinstance(item, KfMessage) else None
        event = entry.raw.get("event")
        other = event if isinstance(event, dict) else entry.raw
        return NewMessage(
            msgid=entry.msgid,
            conversation_id=conversation.id if conversation else None,
            origin=message.origin if message else Origin.SYSTEM,
            msgtype=message.msgtype if message else "event",
            content=message.content if message else other,
            servicer_userid=(message.servicer_userid or None) if message else None,
            sent_at=getattr(item, "send_time", self._now),
            fate=fate,
        )

    def _take_message(self, conversation: Conversation, message: KfMessage) -> Fate:
        if message.origin is Origin.SERVICER:
            self._take_staff_message(conversation, message)
        if message.origin is not Origin.CUSTOMER:
            return "recorded"
        conversation = sessions.customer_wrote(conversation, message.send_time)
        self._keep(conversation)
        self._customer_wrote.add(conversation.external_userid)
        self._said.append((conversation, message))
        standing = self._standing(conversation.external_userid)
        if standing == "nothing":
            return "off"
        with_person = not sessions.is_the_bots(conversation)
        old = message.send_time < self._now - self._policy.freshness
        unread = with_person and (old or standing == "answer")
        if (unread or old) and is_rating_line(message.content.get("menu_id")):
            self._take_tap(conversation, message)
            return "person" if unread else "recorded"
        if unread:
            return "person"
        if old:
            return self._take_stale(conversation, message)
        self._extend_burst(conversation)
        return "pending"

    def _take_tap(self, conversation: Conversation, message: KfMessage) -> None:
        """Take a rating that no turn will tell: it asks for nothing."""
        self._record(conversation, message.content)

    def _record(self, conversation: Conversation, content: dict[str, Any]) -> None:
        self._effects.append(
            lambda connection: self._record_tap(connection, conversation, content, self._now)
        )

    def _take_stale(self, conversation: Conversation, message: KfMessage) -> Fate:
        if not self._lease.caught_up:
            return "recorded"  # history from before this server looked after the account
        self._stored.stale += 1
        self._effects.append(
            lambda connection: handoffs.add_open_item(
                connection, conversation.id, "unanswered", message.send_time, self._now
            )
        )
        return "stale"

    def _take_staff_message(self, conversation: Conversation, message: KfMessage) -> None:
        servicer = message.servicer_userid or None
        served = sessions.staff_wrote(conversation, servicer, message.send_time)
        self._keep(served)
        self._effects.append(
            lambda connection: handoffs.close_open_items(connection, conversation.id, self._now)
        )
        self._effects.append(lambda connection: note_answer(connection, conversation.id, self._now))
        if (listener := self._listener) is not None:
            self._effects.append(
                lambda connection: listener.staff_wrote(
                    connection, conversation, message, self._now
                )
            )
        if served is not conversation:
            self._effects.append(
                lambda connection: handoffs.take_handoffs(
                    connection, conversation.id, servicer, self._now
                )
            )

    def _take_event(self, conversation: Conversation, item: KfItem) -> None:
        match item:
            case EnterSession():
                self._take_entry(conversation, item)
            case SessionStatusChanged():
                self._take_status_change(conversation, item)
            case MessageRecalled():
                self._effects.append(
                    lambda connection: recall_message(
                        connection, self._lease.open_kfid, item.recalled_msgid
                    )
                )
            case SendFailed():
                self._take_failure(conversation, item)
            case _:
                pass  # recorded; nothing follows from it here

    def _take_entry(self, conversation: Conversation, event: EnterSession) -> None:
        """Remember by which link the customer came, and say welcome if it is the first time."""
        if event.scene_param:
            conversation = replace(conversation, scene=storable_text(event.scene_param))
            self._keep(conversation)
        if event.welcome_code:
            self._welcome(conversation, event.welcome_code, event.send_time)

    def _take_servicer(self, item: ServicerStatusChanged) -> None:
        """Look after the sessions of who has just stopped to receive customers, or begun."""
        if item.status is ServicerStatus.RECEIVING:
            self._effects.append(lambda connection: end_absence(connection, item.servicer_userid))
        self._effects.append(
            lambda connection: watch_servicer(
                connection, item.open_kfid, item.servicer_userid, self._now
            )
        )

    def _take_status_change(self, before: Conversation, change: SessionStatusChanged) -> None:
        conversation = sessions.status_changed(
            before, change.change, change.new_servicer_userid or None, change.send_time
        )
        if conversation.service_state == SessionState.ENDED and sessions.is_with_people(before):
            conversation = self._leave_to_person(conversation)
        self._keep(conversation)
        if conversation.service_state == SessionState.ENDED:
            self._effects.append(
                lambda connection: handoffs.end_handoffs(connection, conversation.id, self._now)
            )
            if change.msg_code:
                self._farewell(before, conversation, change.msg_code, change.send_time)
            return
        servicer = conversation.servicer_userid
        self._effects.append(
            lambda connection: handoffs.take_handoffs(
                connection, conversation.id, servicer, self._now
            )
        )
        if servicer is not None and (listener := self._listener) is not None:
            self._effects.append(
                lambda connection: listener.given_to(connection, conversation, servicer, self._now)
            )
        if change.msg_code:
            self._keep_code(conversation, change.msg_code)

    def _leave_to_person(self, conversation: Conversation) -> Conversation:
        """Take what no turn was made of, before a person ended the session, as read by them.

        What the customer wrote while the person had it is theirs already; what they wrote just
        before that would else be answered after the end, as if nobody had been there.
        """
        if self._standing(conversation.external_userid) != "answer":
            return conversation  # where the bot only drafts, it drafts for everything
        for each in self._messages:
            waits = each.conversation_id == conversation.id and each.fate == "pending"
            if waits and is_rating_line(each.content.get("menu_id")):
                self._record(conversation, each.content)
        self._messages = [
            replace(each, fate="person")
            if each.conversation_id == conversation.id and each.fate == "pending"
            else each
            for each in self._messages
        ]
        self._read_by_people[conversation.id] = conversation
        newest = conversation.pending_message_id or 0
        return burst_taken(conversation, newest, self._now)

    def _keep_code(self, conversation: Conversation, code: str) -> None:
        self._effects.append(
            lambda connection: handoffs.add_notice_code(
                connection, conversation.id, "person", code, self._now,
                self._now + SESSION_CODE_LIFE,
            )
        )  # fmt: skip

    def _take_failure(self, conversation: Conversation, failure: SendFailed) -> None:
        meaning, _ = SEND_FAIL_ADVICE.get(failure.fail_type, (f"fail_type {failure.fail_type}", ""))

        def effect(connection: Connection) -> None:
            found = outbox.mark_failed(
                connection, failure.fail_msgid, failure.fail_type, meaning, self._now
            )
            if found is not None:
                handoffs.add_open_item(
                    connection, conversation.id, "refused", failure.send_time, self._now,
                    meaning,
                )  # fmt: skip

        self._effects.append(effect)

    def _welcome(self, conversation: Conversation, code: str, at: datetime) -> None:
        """Greet who enters, at once."""

        def effect(connection: Connection) -> None:
            expires_at = at + EVENT_CODE_LIFE
            handoffs.add_notice_code(
                connection, conversation.id, "welcome", code, self._now, expires_at
            )
            welcome = self._notices.welcome
            self._greet(connection, conversation, code, welcome, self._now, expires_at)

        self._spend(conversation, at, effect)

    def _farewell(
        self, before: Conversation, conversation: Conversation, code: str, at: datetime
    ) -> None:
        """Say, at once, that a member has ended the session, or ask how it was."""

        def effect(connection: Connection) -> None:
            say_goodbye(
                connection, before, conversation, code, self._notices.session_ended,
                self._notices.rating, self._now, expires_at=at + EVENT_CODE_LIFE,
            )  # fmt: skip

        self._spend(conversation, at, effect)

    def _spend(self, conversation: Conversation, at: datetime, effect: _Effect) -> None:
        """Answer an event of ``at`` through its code, which lives 20 seconds."""
        if self._standing(conversation.external_userid) != "answer":
            return
        if at + EVENT_CODE_LIFE <= self._now:
            self._stored.missed_codes += 1
            return
        self._effects.append(effect)
        self._stored.direct = True

    def _extend_burst(self, conversation: Conversation) -> None:
        started = conversation.burst_started_at
        if conversation.burst_due_at is None or started is None:
            started = self._now
        burst_due = min(self._now + self._policy.quiet, started + self._policy.quiet_max)
        waits_to_send = conversation.due_at is not None and (
            conversation.burst_due_at is None or conversation.due_at < conversation.burst_due_at
        )
        due_at = burst_due
        if waits_to_send and conversation.due_at is not None:
            due_at = min(conversation.due_at, burst_due)
        self._keep(
            replace(conversation, burst_started_at=started, burst_due_at=burst_due, due_at=due_at)
        )

    def _keep(self, conversation: Conversation) -> None:
        self._conversations[conversation.external_userid] = conversation

    def write(self, connection: Connection) -> Stored:
        """Write everything that was gathered, in the order of the page."""
        self._settle_read(connection)
        ids = insert_messages(connection, self._lease.open_kfid, self._messages, self._now)
        self._stored.messages = len(ids)
        newest = {
            message.conversation_id: message_id
            for message_id, message in zip(ids, self._messages, strict=True)
            if message.fate == "pending" and message.conversation_id is not None
        }
        self._note_pending(newest)
        self._reset_budgets(connection)
        for customer, conversation in self._conversations.items():
            if conversation is not self._before[customer]:
                save_conversation(connection, conversation, self._now)
        if self._listener is not None and self._said:
            self._listener.customers_wrote(connection, self._said, self._now)
        for effect in self._effects:
            effect(connection)
        return self._stored

    def _settle_read(self, connection: Connection) -> None:
        """Settle what earlier pages brought and a person has read, before this page is stored."""
        if not self._read_by_people:
            return
        earlier = pending_messages(connection, list(self._read_by_people))
        assign_messages(connection, [message.id for message in earlier], "person")
        for message in earlier:
            if is_rating_line(message.content.get("menu_id")):
                conversation = self._read_by_people[message.conversation_id]
                self._record_tap(connection, conversation, message.content, self._now)

    def _note_pending(self, newest: dict[int, int]) -> None:
        for conversation in list(self._conversations.values()):
            if conversation.id in newest:
                self._keep(replace(conversation, pending_message_id=newest[conversation.id]))
                due_at = conversation.due_at
                if due_at and (self._stored.due_at is None or due_at < self._stored.due_at):
                    self._stored.due_at = due_at

    def _reset_budgets(self, connection: Connection) -> None:
        wrote = [self._conversations[customer] for customer in self._customer_wrote]
        since = {each.id: each.customer_wrote_at or self._now for each in wrote}
        sent = outbox.messages_since(connection, since)
        for conversation in wrote:
            self._keep(sessions.budget_reset(conversation, sent.get(conversation.id, 0)))
