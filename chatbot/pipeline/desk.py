"""What members do with a conversation: take, transfer, end, reply, and hold the bot back.

Whether it may be done is decided under the conversation's lock, against what the member saw, so of
two who want it one wins and the other is told. Moving a session and sending go the way of
everything else, through the outbox and under the conversation's lease.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from chatbot.clock import Clock, monotonic
from chatbot.handoff.acting import Acted, Conflict, Done, NotTaken, Now, Obstacle, Underway
from chatbot.pipeline import sessions
from chatbot.pipeline.case_listener import CaseListener
from chatbot.pipeline.frontdesk import Frontdesk
from chatbot.pipeline.notices import KfPayload
from chatbot.pipeline.sending import MESSAGE_BUDGET
from chatbot.pipeline.steps import burst_taken
from chatbot.store import agents, handoffs, outbox
from chatbot.store import conversations as store
from chatbot.store.audit import audit
from chatbot.store.conversations import Conversation
from chatbot.store.database import Database
from chatbot.store.messages import assign_messages, pending_messages
from chatbot.store.outbox import NewPart
from chatbot.wecom.kf import SessionState

#: How long an open reply box keeps the bot silent; whoever has it open renews it.
PAUSE = timedelta(seconds=60)
#: What a member wants is not done any more after this long: they have turned elsewhere.
_WANTED_FOR = timedelta(seconds=60)
_WAIT_SECONDS = 8.0
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class _Want:
    """What a member does, and with which conversation as they saw it."""

    userid: str
    conversation_id: int
    seen_version: int


class _Hindered(Exception):
    """It cannot be done; rolls nothing back but ends the transaction's work."""

    def __init__(self, obstacle: Obstacle, conversation: Conversation | None) -> None:
        super().__init__(obstacle)
        self.conflict = Conflict(obstacle, standing(conversation) if conversation else None)


def standing(conversation: Conversation) -> Now:
    """Return how a conversation stands. Pure."""
    return Now(
        conversation.service_state,
        conversation.servicer_userid,
        conversation.session_version,
        conversation.paused_by,
        conversation.paused_until,
    )


class Desk:
    """Carries out what members do. ``userid`` is in lower case throughout."""

    def __init__(
        self,
        database: Database,
        frontdesk: Frontdesk,
        listener: CaseListener,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._frontdesk = frontdesk
        self._listener = listener
        self._clock = clock
        self._wake = wake

    async def take(self, userid: str, conversation_id: int, seen_version: int) -> Acted:
        """Give the session to who asks for it: from the bot, the pool or another person."""
        want = _Want(userid, conversation_id, seen_version)
        return await self._act(want, partial(_begin_move, want=want, to=userid))

    async def transfer(
        self, userid: str, conversation_id: int, seen_version: int, to: str
    ) -> Acted:
        """Give the session to a colleague."""
        want = _Want(userid, conversation_id, seen_version)
        return await self._act(want, partial(_begin_move, want=want, to=to))

    async def end(self, userid: str, conversation_id: int, seen_version: int) -> Acted:
        """End the session: the bot answers when the customer writes again."""
        want = _Want(userid, conversation_id, seen_version)
        return await self._act(want, partial(_begin_end, want=want, frontdesk=self._frontdesk))

    async def reply(
        self,
        userid: str,
        conversation_id: int,
        seen_version: int,
        messages: Sequence[KfPayload],
    ) -> Acted:
        """Send messages through the bot's channel, which is open in the states 0 and 1."""
        want = _Want(userid, conversation_id, seen_version)
        return await self._act(
            want, partial(_begin_reply, want=want, messages=messages, listener=self._listener)
        )

    async def pause(self, userid: str, conversation_id: int) -> Acted:
        """Keep the bot silent for a minute more, because ``userid`` is about to reply."""
        now = self._clock.now()
        return await self._database.run(_pause, userid, conversation_id, now)

    async def resume(self, userid: str, conversation_id: int) -> Acted:
        """Let the bot go on, if it was ``userid`` who held it back."""
        acted = await self._database.run(_resume, userid, conversation_id, self._clock.now())
        self._wake()
        return acted

    async def leave(self, userid: str) -> int:
        """Hand over all sessions of ``userid``, who goes home; return how many there are."""
        count = await self._database.run(_leave, userid, self._clock.now())
        self._wake()
        return count

    async def come_back(self, userid: str) -> None:
        """Let ``userid`` get conversations again."""
        await self._database.run(_come_back, userid, self._clock.now())

    async def is_away(self, userid: str) -> bool:
        """Return whether ``userid`` has gone home and is not back."""
        return userid in await self._database.run(agents.absent_agents)

    async def _act(self, want: _Want, begin: Callable[..., list[int]]) -> Acted:
        until = monotonic() + _WAIT_SECONDS
        while True:
            try:
                parts = await self._database.run(begin, now=self._clock.now())
            except _Hindered as hindered:
                # Whoever comes second is told who has it, once that is settled.
                if hindered.conflict.obstacle != "moving" or monotonic() > until:
                    return hindered.conflict
                await asyncio.sleep(_LOOK_SECONDS)
                continue
            self._wake()
            return await self._outcome(want, parts)

    async def _outcome(self, want: _Want, parts: Sequence[int]) -> Acted:
        """Wait until the parts have their fate, or WeCom has taken too long."""
        until = monotonic() + _WAIT_SECONDS
        while True:
            acted = await self._database.run(_read_outcome, want, parts)
            if not isinstance(acted, Underway) or monotonic() > until:
                return acted
            await asyncio.sleep(_LOOK_SECONDS)


def _begin_move(connection: Connection, *, want: _Want, to: str, now: datetime) -> list[int]:
    conversation = _seen(connection, want)
    if conversation.service_state == SessionState.ENDED:
        raise _Hindered("ended", conversation)
    if to == conversation.servicer_userid:
        return []  # they have it already
    _hold_bots_parts(connection, conversation, now)
    action = "desk_take" if to == want.userid else "desk_transfer"
    audit(connection, want.userid, action, conversation.public_id, {"to": to}, now)
    return [_insert_move(connection, want, conversation, {"move": "pass-on", "to": [to]}, now)]


def _begin_end(
    connection: Connection, *, want: _Want, frontdesk: Frontdesk, now: datetime
) -> list[int]:
    conversation = _seen(connection, want)
    if conversation.service_state == SessionState.ENDED:
        return []
    if sessions.is_the_bots(conversation):
        raise _Hindered("bots", conversation)
    wrote_at = conversation.customer_wrote_at
    payload = {
        "move": "end",
        "notice": frontdesk.notices(conversation.open_kfid, now).session_ended,
        "unanswered": False,
        "wrote_at": wrote_at.isoformat() if wrote_at else None,
    }
    audit(connection, want.userid, "desk_end", conversation.public_id, {}, now)
    return [_insert_move(connection, want, conversation, payload, now)]


def _begin_reply(
    connection: Connection,
    *,
    want: _Want,
    messages: Sequence[KfPayload],
    listener: CaseListener,
    now: datetime,
) -> list[int]:
    conversation = _seen(connection, want)
    if conversation.service_state == SessionState.ENDED:
        raise _Hindered("ended", conversation)
    if not sessions.is_the_bots(conversation):
        raise _Hindered("persons", conversation)
    if conversation.is_paused(now) and conversation.paused_by != want.userid:
        raise _Hindered("paused", conversation)
    wrote_at = conversation.customer_wrote_at
    if wrote_at is None or now - wrote_at >= sessions.WINDOW:
        raise _Hindered("window", conversation)
    if conversation.sent_since_customer + len(messages) > MESSAGE_BUDGET:
        raise _Hindered("budget", conversation)
    _hold_bots_parts(connection, conversation, now)
    _answer_pending(connection, conversation, now)
    audit(connection, want.userid, "desk_reply", conversation.public_id, {}, now)
    store.pause_bot(connection, conversation.id, want.userid, now + PAUSE)
    parts = [
        outbox.insert_part(connection, _reply_part(want, conversation, message, now), now).id
        for message in messages
    ]
    said = [(part, _text_of(message)) for part, message in zip(parts, messages, strict=True)]
    listener.staff_sends(connection, conversation, want.userid, said, now)
    store.wake_conversation(connection, conversation.id, now)
    return parts


def _text_of(message: KfPayload) -> str:
    return str(message["text"]["content"]) if message.get("msgtype") == "text" else ""


def _reply_part(
    want: _Want, conversation: Conversation, message: KfPayload, now: datetime
) -> NewPart:
    return NewPart(
        lane="conversation", kind="kf_message", conversation_id=conversation.id,
        session_version=conversation.session_version, msgid=outbox.new_msgid(), payload=message,
        due_at=now, expires_at=now + _WANTED_FOR, by_userid=want.userid,
    )  # fmt: skip


def _seen(connection: Connection, want: _Want) -> Conversation:
    """Lock the conversation; raise unless it stands as the member saw it and nothing moves it."""
    conversation = store.lock_conversation(connection, want.conversation_id)
    if conversation is None:
        raise _Hindered("unknown", None)
    if conversation.session_version != want.seen_version:
        raise _Hindered("changed", conversation)
    for part in outbox.open_parts(connection, [conversation.id]):
        # The bot's own handover gives way as long as nothing of it has been tried.
        if part.kind == "transition" and (part.by_userid is not None or part.attempts > 0):
            raise _Hindered("moving", conversation)
    return conversation


def _hold_bots_parts(connection: Connection, conversation: Conversation, now: datetime) -> None:
    """Keep what the bot was about to say or do: a person does instead, and it is their draft."""
    outbox.settle_waiting_messages(
        connection, conversation.id, "held", "a person replies instead", now
    )
    for part in outbox.open_parts(connection, [conversation.id]):
        if part.kind == "transition":
            outbox.settle_part(connection, part.id, "superseded", now)


def _answer_pending(connection: Connection, conversation: Conversation, now: datetime) -> None:
    """Take what the customer wrote as answered by a person: the bot does not decide about it."""
    pending = pending_messages(connection, [conversation.id])
    if not pending:
        return
    assign_messages(connection, [message.id for message in pending], "person")
    store.save_conversation(connection, burst_taken(conversation, pending[-1].id, now), now)


def _insert_move(
    connection: Connection,
    want: _Want,
    conversation: Conversation,
    payload: dict[str, object],
    now: datetime,
) -> int:
    handoff = handoffs.open_handoff(connection, conversation.id)
    part = NewPart(
        lane="conversation", kind="transition", conversation_id=conversation.id,
        turn_id=handoff.turn_id if handoff else None, handoff_id=handoff.id if handoff else None,
        session_version=conversation.session_version, msgid=outbox.new_msgid(), payload=payload,
        due_at=now, expires_at=now + _WANTED_FOR, by_userid=want.userid,
    )  # fmt: skip
    stored = outbox.insert_part(connection, part, now)
    store.wake_conversation(connection, conversation.id, now)
    return stored.id


def _read_outcome(connection: Connection, want: _Want, parts: Sequence[int]) -> Acted:
    now = standing(store.get_conversation(connection, want.conversation_id))
    fates = outbox.fates_of(connection, parts)
    for fate in fates:
        if fate.state in {"refused", "unknown"}:
            return NotTaken(fate.error_text or "", now)
        if fate.state in {"superseded", "expired", "held"}:
            return Conflict("changed", now)
    if all(fate.state == "delivered" for fate in fates):
        return Done(now)
    return Underway(now)


def _pause(connection: Connection, userid: str, conversation_id: int, now: datetime) -> Acted:
    conversation = store.lock_conversation(connection, conversation_id)
    if conversation is None:
        return Conflict("unknown", None)
    if not sessions.is_the_bots(conversation):
        obstacle: Obstacle = "persons" if sessions.is_with_people(conversation) else "ended"
        return Conflict(obstacle, standing(conversation))
    if conversation.is_paused(now) and conversation.paused_by != userid:
        return Conflict("paused", standing(conversation))
    store.pause_bot(connection, conversation_id, userid, now + PAUSE)
    return Done(standing(replace(conversation, paused_by=userid, paused_until=now + PAUSE)))


def _resume(connection: Connection, userid: str, conversation_id: int, now: datetime) -> Acted:
    conversation = store.lock_conversation(connection, conversation_id)
    if conversation is None:
        return Conflict("unknown", None)
    if conversation.paused_by != userid:
        return Conflict("paused", standing(conversation))
    store.pause_bot(connection, conversation_id, None, None)
    store.wake_conversation(connection, conversation_id, now)
    return Done(standing(replace(conversation, paused_by=None, paused_until=None)))


def _leave(connection: Connection, userid: str, now: datetime) -> int:
    agents.begin_absence(connection, userid, now)
    count = store.wake_sessions_of(connection, userid, now)
    audit(connection, userid, "desk_leave", "", {"count": count}, now)
    return count


def _come_back(connection: Connection, userid: str, now: datetime) -> None:
    agents.end_absence(connection, userid)
    audit(connection, userid, "desk_back", "", {}, now)
