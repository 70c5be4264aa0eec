"""Keeps what customers asked in vain: in one process at a time, in small pieces of work.

Each piece is written in one transaction that says how far it goes: who dies meanwhile has taken
nothing in twice and left nothing out. Pages only read what is kept here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from chatbot.clock import Clock
from chatbot.dialogue.service import Mind
from chatbot.errors import ChatbotError
from chatbot.matching.vector_cache import VectorStore
from chatbot.pipeline.gap_answers import GapAnswers
from chatbot.pipeline.gap_intake import GapIntake
from chatbot.store.database import Database
from chatbot.store.errors import StoreUnavailable
from chatbot.store.watch_lock import GapsLock

log = structlog.get_logger()

_PAUSE_SECONDS = 20.0


class GapKeeper:
    """Takes new questions in, and looks what people answered and which entry is nearest."""

    def __init__(
        self, database: Database, mind: Callable[[], Mind], vectors: VectorStore, clock: Clock
    ) -> None:
        self._mind = mind
        self._clock = clock
        self._lock = GapsLock(database)
        self._intake = GapIntake(database, vectors)
        self._answers = GapAnswers(database, vectors)

    async def run(self) -> None:
        """Keep them until cancelled."""
        try:
            while True:
                if not await self.turn():
                    await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            await self.release()

    async def release(self) -> None:
        """Let another process keep them."""
        await self._lock.release()

    async def turn(self) -> bool:
        """Do a piece of work if this process may; return whether there may be more.

        Without the lock nothing is kept in memory: a mind holds an encoder and its index.
        """
        try:
            if await self._lock.hold():
                return bool(await asyncio.to_thread(self.keep_some))
            self._intake.forget()
        except StoreUnavailable as error:
            self._intake.forget()
            log.warning("gaps_not_kept", error=str(error))
        except ChatbotError as error:
            log.warning("gaps_not_kept", error=str(error))
        return False

    def keep_some(self) -> int:
        """Do a piece of each kind of work, on the calling thread; return how much there was.

        Raises:
            StoreUnavailable: the database cannot be reached.
            EncoderError: the encoder gives no vectors.
        """
        now, mind = self._clock.now(), self._mind()
        if mind.dialogue.snapshot.ranker.matcher is None:
            return 0  # nothing is known that a question could be near to
        taken = self._intake.take_some(mind, now)
        return taken + self._answers.look(now) + self._answers.work_out(mind)
