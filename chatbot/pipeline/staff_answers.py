"""Holds the bot's drafts against what members of staff wrote instead, for the assist report."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

from chatbot.clock import Clock
from chatbot.dialogue.service import DialogueService
from chatbot.evaluation.likeness import MEASURE, Likeness, compare
from chatbot.pipeline.payload_words import payload_words
from chatbot.store.database import Database
from chatbot.store.staff_answers import Answered, Compared, save_comparison, uncompared
from chatbot.store.watch_lock import ComparingLock

#: How far back the report looks.
LOOKED_BACK = timedelta(days=31)
#: Who has not written for so long has said what there was to say.
_SETTLED = timedelta(minutes=10)
_AT_ONCE = 20
#: Nobody can answer after 48 hours; what nobody did is not looked at for ever.
_ANSWERABLE = timedelta(days=3)
_PAUSE_SECONDS = 20.0


class StaffAnswers:
    """Compares what is new, newest first, in one process at a time.

    Each comparison is a piece of work of its own, so that customers' turns come in between.
    """

    def __init__(self, database: Database, dialogue: DialogueService, clock: Clock) -> None:
        self._database = database
        self._dialogue = dialogue
        self._clock = clock
        self._lock = ComparingLock(database)
        self._anything_old = True  # until a first look over everything has come to its end

    async def run(self) -> None:
        """Compare for ever, or until cancelled."""
        try:
            while True:
                if not await self._lock.hold() or not await self.compare_some():
                    await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            await self._lock.release()

    async def compare_some(self) -> int:
        """Compare a few turns; return how many there were to compare."""
        now = self._clock.now()
        since = now - LOOKED_BACK
        answerable = since if self._anything_old else now - _ANSWERABLE
        found = await self._database.run(
            uncompared, MEASURE, since, answerable, now - _SETTLED, _AT_ONCE
        )
        self._anything_old = self._anything_old and bool(found)
        for answered in found:
            likeness = await self._dialogue.compute(partial(self._compare, answered))
            compared = Compared(
                answered.turn_id, answered.first, answered.last, likeness.verdict,
                likeness.reason, likeness.similarity, MEASURE,
            )  # fmt: skip
            await self._database.run(save_comparison, compared, self._clock.now())
        return len(found)

    def _compare(self, answered: Answered) -> Likeness:
        mind = self._dialogue.mind
        texts = mind.dialogue.snapshot.texts
        draft = "\n".join(payload_words(body, texts) for body in answered.drafts)
        return compare(mind, draft, answered.written)
