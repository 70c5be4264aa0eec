"""Suggested similar questions as they are kept: worked out at times, shown at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from chatbot.clock import Clock
from chatbot.curation.workshop import EntryWork
from chatbot.dialogue.service import Mind
from chatbot.errors import ChatbotError
from chatbot.matching.vector_cache import VectorStore
from chatbot.store.database import Database
from chatbot.store.workshop import settled_suggestions
from chatbot.workshop import Told, open_workshop, read_told

log = structlog.get_logger()

#: Suggestions take seconds to work out and change slowly: so long they are kept.
_KEPT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Kept:
    """Suggestions, for which snapshot, and when they were worked out."""

    works: Sequence[EntryWork]
    snapshot: int
    at: datetime


class Suggestions:
    """Works out what to suggest by the live snapshot, once at a time for all who ask."""

    def __init__(
        self,
        database: Database,
        mind: Callable[[], Mind],
        vectors: VectorStore,
        clock: Clock,
    ) -> None:
        self._database = database
        self._mind = mind
        self._vectors = vectors
        self._clock = clock
        self._kept: Kept | None = None
        self._suggesting = asyncio.Lock()
        self._wanted = asyncio.Event()

    async def run(self) -> None:
        """Work out what somebody has asked for by `shown`, until cancelled."""
        while True:
            await self._wanted.wait()
            try:
                await self._fresh()
            except ChatbotError as error:
                log.warning("nothing_suggested", error=str(error))
            finally:
                # Who looks at the page again asks again.
                self._wanted.clear()

    async def works(self) -> Sequence[EntryWork]:
        """Return the suggestions, worked out anew if they are old; none that has a verdict.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        return (await self._unsettled(await self._fresh())).works

    async def shown(self) -> Kept | None:
        """Return the suggestions as they are kept, and have old ones worked out anew by `run`.

        None if there are none yet. Those that have a verdict are left out.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        kept = self._kept
        if kept is None or not self._is_fresh(kept):
            self._wanted.set()
        return None if kept is None else await self._unsettled(kept)

    def _is_fresh(self, kept: Kept) -> bool:
        number = self._mind().dialogue.snapshot.number
        return kept.snapshot == number and self._clock.now() - kept.at <= _KEPT

    async def _fresh(self) -> Kept:
        async with self._suggesting:
            kept = self._kept
            if kept is None or not self._is_fresh(kept):
                mind, now = self._mind(), self._clock.now()
                told = await self._database.run(read_told, now)
                works = await asyncio.to_thread(self._suggest, mind, told, now)
                kept = self._kept = Kept(works, mind.dialogue.snapshot.number, now)
            return kept

    async def _unsettled(self, kept: Kept) -> Kept:
        settled = set(await self._database.run(settled_suggestions))
        return replace(kept, works=[_without(work, settled) for work in kept.works])

    def _suggest(self, mind: Mind, told: Told, now: datetime) -> Sequence[EntryWork]:
        workshop = open_workshop(mind.dialogue, mind.encoder, self._vectors)
        return workshop.suggest(told.heard, now, told.settled)


def _without(work: EntryWork, settled: set[tuple[str, str]]) -> EntryWork:
    left = (each for each in work.suggestions if (work.faq_id, each.text) not in settled)
    return replace(work, suggestions=tuple(left))
