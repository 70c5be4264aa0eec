"""``POST /answer``: one decision, by the same way as a live turn, and nothing is sent."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

import structlog
from sqlalchemy import Connection

from chatbot.api.accounts import find_open_kfid
from chatbot.api.bodies import AnswerRequest
from chatbot.api.problems import ApiProblem
from chatbot.clock import Clock
from chatbot.dialogue.service import DialogueService
from chatbot.dialogue.turn import Context, Outcome, Situation, Utterance
from chatbot.pipeline.notice_board import NoticeBoard
from chatbot.store.api_conversations import forget_contexts, read_context, save_context
from chatbot.store.database import Database
from chatbot.store.errors import StoreUnavailable
from chatbot.store.notices import note_tellings
from chatbot.store.turn_labels import NewLabel, save_label

log = structlog.get_logger()

_REMEMBERED = timedelta(hours=48)
_FORGET_SECONDS = 600.0
#: Every time that one turn is decided anew another one has got through, so this many calls of
#: other processes with the same key have to meet before one gives up.
_TRIES = 20


class Answering:
    """Decides for other systems; a conversation's turns one after the other."""

    def __init__(
        self, database: Database, dialogue: DialogueService, notices: NoticeBoard, clock: Clock
    ) -> None:
        self._database = database
        self._dialogue = dialogue
        self._notices = notices
        self._clock = clock
        # Calls of this process wait for each other; between processes the version decides.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def answer(self, request: AnswerRequest) -> dict[str, Any]:
        """Return the documented decision.

        Raises:
            ApiProblem: the account is unknown, or too many calls carry on the conversation.
            StoreUnavailable: the context, or an account, cannot be looked up.
        """
        situation = await self._situation(request)
        if request.conversation is None:
            outcome = await self._decide(request, Context(), situation)
        else:
            lock = self._locks.setdefault(request.conversation, asyncio.Lock())
            async with lock:
                outcome = await self._carry_on(request, request.conversation, situation)
        return outcome.decision.to_json()

    async def _situation(self, request: AnswerRequest) -> Situation:
        snapshot = self._dialogue.dialogue.snapshot
        account = ""
        if request.account is not None:
            account = await find_open_kfid(self._database, snapshot.accounts, request.account)
        now = self._clock.now()
        if request.at is not None:
            now = datetime.fromisoformat(request.at)
            now = now if now.tzinfo else now.replace(tzinfo=snapshot.timezone)
        tags = tuple(dict.fromkeys(request.customer_tags))
        held = self._notices.in_force(now, account)
        return Situation(now, account=account, tags=tags, notices=held)

    async def _carry_on(self, request: AnswerRequest, key: str, situation: Situation) -> Outcome:
        for _ in range(_TRIES):
            now = self._clock.now()
            stored = await self._database.run(read_context, key, now - _REMEMBERED)
            context = Context.from_json(stored.context)
            unread = await self._notices.unread(situation.now, situation.account, _reader(key))
            situation = replace(situation, notices=unread)
            outcome = await self._decide(request, context, situation)
            if await self._database.run(_save, key, stored.version, outcome, now):
                return outcome
        raise ApiProblem(503, "busy", key=key)

    async def _decide(
        self, request: AnswerRequest, context: Context, situation: Situation
    ) -> Outcome:
        return await self._dialogue.decide(Utterance((request.text,)), context, situation)

    async def forget(self) -> None:
        """Forget conversations that were not carried on for long, until cancelled."""
        while True:
            try:
                await self._database.run(forget_contexts, self._clock.now() - _REMEMBERED)
            except StoreUnavailable as error:
                log.warning("forgetting_failed", error=str(error))
            await asyncio.sleep(_FORGET_SECONDS)


def _save(connection: Connection, key: str, version: int, outcome: Outcome, now: datetime) -> bool:
    """Store what a turn leaves behind; return False if another turn came first.

    That of another key tells none of this one's notices, so the version alone decides.
    """
    if not save_context(connection, key, version, outcome.context.to_json(), now):
        return False
    if outcome.label is not None:
        save_label(connection, NewLabel(**asdict(outcome.label)), None, now)
    told = [each for each in outcome.decision.notices if each.mode == "prefix"]
    if told:
        ids = [each.id for each in told]
        note_tellings(connection, _reader(key), told[0].day, ids, now)
    return True


def _reader(key: str) -> str:
    """Return who is told a notice once a day: whoever is behind the key of a conversation."""
    return f"api:{key}"
