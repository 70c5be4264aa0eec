"""One page of sync_msg becomes messages, session changes and bursts, in one transaction."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from chatbot.accounts.mode import ModeSetting, Standing
from chatbot.pipeline import sessions
from chatbot.pipeline.frontdesk import StandingOf
from chatbot.pipeline.notices import Notices
from chatbot.store import handoffs, outbox
from chatbot.store.accounts import PullLease, advance_cursor
from chatbot.store.conversations import (
    Conversation,
    lock_conversations,
    save_conversation,
)
from chatbot.store.messages import (
    Fate,
    NewMessage,
    insert_messages,
    known_msgids,
    recall_message,
    storable_text,
)
from chatbot.store.modes import switched_modes
from chatbot.store.watch import note_answer, watch_servicer
from chatbot.wecom.codes import SEND_FAIL_ADVICE
from chatbot.wecom.kf import SessionState, SyncPage
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

#: Life of a code after its event (WeCom developer documentation, 发送欢迎语等事件响应消息).
_EVENT_CODE_LIFE = timedelta(seconds=20)
_PERSON_CODE_LIFE = timedelta(hours=48)

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
) -> Stored:
    """Store a page and its cursor; call inside one transaction.

    ``standing_of`` tells how far the account's bot may go with each customer.

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

    intake = _Intake(lease, conversations, policy, notices, standing, now)
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
        now: datetime,
    ) -> None:
        self._lease = lease
        self._standing = standing
        self._before = conversations
        self._conversations = dict(conversations)
        self._policy = policy
        self._notices = notices
        self._now = now
        self._messages: list[NewMessage] = []
        self._customer_wrote: set[str] = set()
        self._effects: list[_Effect] = []
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
        standing = self._standing(conversation.external_userid)
        if standing == "nothing":
            return "off"
        with_person = not sessions.is_the_bots(conversation)
        old = message.send_time < self._now - self._policy.freshness
        if with_person and (old or standing == "answer"):
            return "person"
        if old:
            return self._take_stale(conversation, message)
        self._extend_burst(conversation)
        return "pending"

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
            self._notice(conversation, "welcome", event.welcome_code, event.send_time)

    def _take_servicer(self, item: ServicerStatusChanged) -> None:
        """Look after the sessions of who has just stopped to receive customers, or begun."""
        self._effects.append(
            lambda connection: watch_servicer(
                connection, item.open_kfid, item.servicer_userid, self._now
            )
        )

    def _take_status_change(self, before: Conversation, change: SessionStatusChanged) -> None:
        conversation = sessions.status_changed(
            before, change.change, change.new_servicer_userid or None, change.send_time
        )
        self._keep(conversation)
        if conversation.service_state == SessionState.ENDED:
            self._effects.append(
                lambda connection: handoffs.end_handoffs(connection, conversation.id, self._now)
            )
            if change.msg_code:
                self._notice(conversation, "ended", change.msg_code, change.send_time)
            return
        servicer = conversation.servicer_userid
        self._effects.append(
            lambda connection: handoffs.take_handoffs(
                connection, conversation.id, servicer, self._now
            )
        )
        if change.msg_code:
            self._keep_code(conversation, change.msg_code)

    def _keep_code(self, conversation: Conversation, code: str) -> None:
        self._effects.append(
            lambda connection: handoffs.add_notice_code(
                connection, conversation.id, "person", code, self._now,
                self._now + _PERSON_CODE_LIFE,
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

    def _notice(
        self, conversation: Conversation, occasion: handoffs.Occasion, code: str, at: datetime
    ) -> None:
        """Answer an event through its code, at once: it lives 20 seconds."""
        if self._standing(conversation.external_userid) != "answer":
            return
        expires_at = at + _EVENT_CODE_LIFE
        message = self._notices.for_occasion(occasion)
        if expires_at <= self._now or message is None:
            self._stored.missed_codes += 1
            return

        def effect(connection: Connection) -> None:
            handoffs.add_notice_code(
                connection, conversation.id, occasion, code, self._now, expires_at
            )
            part = outbox.NewPart(
                lane="direct", kind="kf_event_message", conversation_id=conversation.id,
                session_version=conversation.session_version, msgid=new_msgid(),
                payload={"code": code, "message": message}, due_at=self._now,
                expires_at=expires_at,
            )  # fmt: skip
            handoffs.use_notice_code(
                connection, code, outbox.insert_part(connection, part, self._now).id
            )

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
        for effect in self._effects:
            effect(connection)
        return self._stored

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


def new_msgid() -> str:
    """Return an id for one part: fixed once stored, so that a repeat is recognised.

    Random, because numbers would begin again with a new database while the platform remembers.
    """
    return secrets.token_hex(14)
