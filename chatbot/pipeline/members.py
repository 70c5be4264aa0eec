"""Colleagues who write to the app: one turn for each message, answered in the app's chat.

There is no customer-service session here, so nobody can take over: where the dialogue hands
over, the colleague is told whom to ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from chatbot.clock import Clock, monotonic
from chatbot.dialogue.service import DialogueService
from chatbot.dialogue.turn import (
    Attachment,
    AttachmentKind,
    Context,
    Outcome,
    Situation,
    Utterance,
)
from chatbot.pipeline.app_events import Handled
from chatbot.pipeline.checkpoints import Checkpoint
from chatbot.pipeline.member_replies import make_reply, picked_line
from chatbot.pipeline.metrics import PipelineMetrics
from chatbot.pipeline.notice_board import NoticeBoard
from chatbot.pipeline.utterances import Transcriber
from chatbot.store.database import Database
from chatbot.store.errors import StoreUnavailable
from chatbot.store.events import StoredEvent
from chatbot.store.members import (
    MemberMemory,
    NewMemberTurn,
    forget_members,
    read_memory,
    record_turn,
)
from chatbot.wecom.app import AppApi
from chatbot.wecom.errors import WeComError
from chatbot.wecom.fields import text

log = structlog.get_logger()

#: A chat that was silent for so long begins anew.
_REMEMBERED = timedelta(hours=2)
_FORGET_SECONDS = 600.0
#: An answer that comes later than this (the pace is kept by delaying) is not sent any more.
_LONGEST_DELAY = timedelta(hours=1)
#: What a message that is no text is to the dialogue, and which field names it.
_ATTACHMENTS: Mapping[str, tuple[AttachmentKind, str]] = {
    "voice": ("voice", ""),
    "image": ("image", ""),
    "video": ("video", ""),
    "location": ("location", "Label"),
    "link": ("link", "Title"),
}
_NAME_LIFE = timedelta(hours=1)
#: Without an answer from the platform nobody waits for a name again so soon.
_NAME_PAUSE = timedelta(minutes=1)
_NAME_SECONDS = 3.0


class MemberNames:
    """What members are called, asked for once an hour. A name is a courtesy: nothing fails."""

    def __init__(self, app: AppApi, clock: Clock) -> None:
        self._app = app
        self._clock = clock
        self._known: dict[str, tuple[str, datetime]] = {}

    async def name_of(self, userid: str) -> str:
        """Return the member's name, empty if it is not known."""
        name, until = self._known.get(userid, ("", None))
        now = self._clock.now()
        if until is not None and now < until:
            return name
        try:
            async with asyncio.timeout(_NAME_SECONDS):
                name = (await self._app.user(userid)).name
        except (WeComError, TimeoutError) as error:
            log.info("member_name_unknown", error=str(error))
            self._known[userid] = (name, now + _NAME_PAUSE)
        else:
            self._known[userid] = (name, now + _NAME_LIFE)
        return name


@dataclass(frozen=True, slots=True)
class MemberTools:
    """What answering members needs; ``on_parts`` is called when there is something to send."""

    database: Database
    dialogue: DialogueService
    names: MemberNames
    notices: NoticeBoard
    transcriber: Transcriber
    clock: Clock
    supervisors: tuple[str, ...]
    freshness: timedelta
    metrics: PipelineMetrics
    checkpoint: Checkpoint
    on_parts: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Heard:
    """A member's message with what is known of the chat."""

    event: StoredEvent
    userid: str
    memory: MemberMemory
    context: Context = field(default_factory=Context)


class MemberDesk:
    """Handles the app's events of kind "message"."""

    def __init__(self, tools: MemberTools) -> None:
        self._tools = tools

    async def handle(self, event: StoredEvent) -> Handled | None:
        """Decide one turn; None for a message that is too old to be answered by itself."""
        tools = self._tools
        now = tools.clock.now()
        userid = text(event.fields, "FromUserName").lower()
        if not userid or event.created_at < now - tools.freshness:
            log.warning("member_message_too_old", event_id=event.id)
            return None
        memory = await tools.database.run(read_memory, userid, now - _REMEMBERED)
        heard = _Heard(event, userid, memory, Context.from_json(memory.context))
        outcome = await self._decide(heard, now)
        turn = await self._turn(heard, outcome)
        tools.checkpoint("decided")
        return Handled(partial(record_turn, turn=turn, now=now), self._stored)

    def _stored(self) -> None:
        self._tools.checkpoint("turn-committed")
        self._tools.on_parts()

    async def _decide(self, heard: _Heard, now: datetime) -> Outcome:
        tools, started = self._tools, monotonic()
        utterance = await self._utterance(heard)
        # What is told customers once a day is not meant for colleagues; what does not hold is.
        held = tools.notices.in_force(now, "")
        instead = tuple(each for each in held if each.mode == "replace")
        name = await tools.names.name_of(heard.userid)
        situation = Situation(now, customer=name, notices=instead)
        outcome = await tools.dialogue.decide(utterance, heard.context, situation)
        tools.metrics.turn_decided(outcome.decision.action, monotonic() - started)
        log.info(
            "member_turn_decided",
            event_id=heard.event.id,
            action=outcome.decision.action,
            faq_id=outcome.decision.faq_id,
            reason=outcome.decision.reason,
        )
        return outcome

    async def _turn(self, heard: _Heard, outcome: Outcome) -> NewMemberTurn:
        snapshot = self._tools.dialogue.dialogue.snapshot
        # A filled form is meant for a customer's booking: its webhook knows no colleagues.
        stuck = outcome.decision.handoff is not None or outcome.webhook is not None
        contacts = await self._contacts(heard.userid) if stuck else None
        reply = make_reply(snapshot, outcome.decision, outcome.context, contacts)
        return NewMemberTurn(
            userid=heard.userid,
            event_id=heard.event.id,
            decision=outcome.decision.to_json(),
            trace=outcome.trace,
            memory=MemberMemory(outcome.context.to_json(), reply.menu),
            messages=reply.messages,
            expires_at=heard.event.created_at + _LONGEST_DELAY,
        )

    async def _contacts(self, asker: str) -> list[str]:
        """Return the names of the supervisors who can be asked instead."""
        others = [each for each in self._tools.supervisors if each.lower() != asker]
        names = [await self._tools.names.name_of(each.lower()) for each in others]
        return [name for name in names if name]

    async def _utterance(self, heard: _Heard) -> Utterance:
        """Return what was said; a picked menu line counts as tapped."""
        fields = heard.event.fields
        msgtype = text(fields, "MsgType").lower()
        if msgtype == "text":
            return self._said(heard, text(fields, "Content"))
        if msgtype == "voice":
            said = await self._tools.transcriber.transcribe(text(fields, "MediaId"))
            if said is not None:
                return self._said(heard, said)
        kind, title = _ATTACHMENTS.get(msgtype, ("unsupported", ""))
        return Utterance(attachments=(Attachment(kind, text(fields, title)),))

    def _said(self, heard: _Heard, words: str) -> Utterance:
        snapshot = self._tools.dialogue.dialogue.snapshot
        picked = picked_line(snapshot, heard.memory.menu, words)
        if picked is None:
            return Utterance((words,))
        menu_id, caption = picked
        return Utterance((caption,), menu_id=menu_id)

    async def forget(self) -> None:
        """Forget chats that were silent for long, until cancelled."""
        tools = self._tools
        while True:
            try:
                await tools.database.run(forget_members, tools.clock.now() - _REMEMBERED)
            except StoreUnavailable as error:
                log.warning("forgetting_failed", error=str(error))
            await asyncio.sleep(_FORGET_SECONDS)
