"""``/workshop``: real messages as suggested similar questions, and what an admin says of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chatbot.api.problems import ApiProblem
from chatbot.api.workshop_bodies import VerdictRequest
from chatbot.clock import Clock
from chatbot.curation.workshop import EntryWork
from chatbot.dialogue.service import Mind
from chatbot.errors import UserError
from chatbot.matching.vector_cache import VectorStore
from chatbot.store.database import Database
from chatbot.store.workshop import Verdict, save_verdict, settled_suggestions
from chatbot.workshop import (
    Folders,
    Told,
    accept,
    open_workshop,
    read_told,
    rejected_text,
    summary_to_json,
    work_to_json,
)

Json = dict[str, Any]

#: Suggestions take seconds to work out and change slowly: so long they are kept.
_KEPT = timedelta(minutes=10)
_ACTOR = "api"


@dataclass(frozen=True, slots=True)
class _Kept:
    """Suggestions, for which snapshot, and when they were worked out."""

    works: Sequence[EntryWork]
    snapshot: int
    at: datetime


class WorkshopDesk:
    """Suggests by the live snapshot, and edits the files of this machine."""

    def __init__(
        self,
        database: Database,
        mind: Callable[[], Mind],
        vectors: VectorStore,
        folders: Folders,
        clock: Clock,
    ) -> None:
        self._database = database
        self._mind = mind
        self._vectors = vectors
        self._folders = folders
        self._clock = clock
        self._kept: _Kept | None = None
        # Suggestions are worked out once at a time, and files changed one after the other.
        self._suggesting = asyncio.Lock()
        self._editing = asyncio.Lock()

    async def entries(self, limit: int) -> Json:
        """Return the entries whose messages wait, most gain first.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        works = await self._works()
        left = [summary_to_json(work) for work in works if work.suggestions]
        return {"entries": left[:limit]}

    async def entry(self, faq_id: str, limit: int) -> Json:
        """Return an entry's suggestions, best first.

        Raises:
            ApiProblem: the live snapshot has no such entry.
            StoreUnavailable: the database cannot be reached.
        """
        question = self._question(faq_id)
        works = await self._works()
        found = (work for work in works if work.faq_id == faq_id)
        return work_to_json(next(found, EntryWork(faq_id, question, 0, ())), limit)

    async def judge(self, faq_id: str, request: VerdictRequest) -> Json:
        """Write a similar question into its file, or keep that it is not wanted.

        Raises:
            ApiProblem: there is no such entry, or the text cannot be written; says why.
            StoreUnavailable: the database cannot be reached.
        """
        if request.verdict == "accept":
            return await self._accept(faq_id, request.text)
        self._question(faq_id)
        try:
            text = rejected_text(request.text)
        except UserError as error:
            raise ApiProblem(409, "refused", reason=error) from None
        await self._save(faq_id, text, "reject")
        return _verdict_to_json(faq_id, text, "reject")

    async def _accept(self, faq_id: str, text: str) -> Json:
        async with self._editing:
            try:
                done = await asyncio.to_thread(accept, self._folders, faq_id, text)
            except UserError as error:
                raise ApiProblem(409, "refused", reason=error) from None
        await self._save(faq_id, done.text, "accept")
        return _verdict_to_json(faq_id, done.text, "accept") | {
            "file": str(done.added.path),
            "line": done.added.line,
            "problems": list(map(str, done.problems)),
            "warnings": list(map(str, done.warnings)),
        }

    async def _save(self, faq_id: str, text: str, verdict: Verdict) -> None:
        now = self._clock.now()
        await self._database.run(save_verdict, faq_id, text, verdict, _ACTOR, now)

    def _question(self, faq_id: str) -> str:
        snapshot = self._mind().dialogue.snapshot
        if faq_id not in snapshot.by_id:
            raise ApiProblem(404, "unknown_entry", faq_id=faq_id)
        return snapshot.entries[snapshot.by_id[faq_id]].question

    async def _works(self) -> Sequence[EntryWork]:
        """Return the suggestions, worked out anew if they are old; none that has a verdict."""
        async with self._suggesting:
            mind, now = self._mind(), self._clock.now()
            kept, number = self._kept, mind.dialogue.snapshot.number
            if kept is None or kept.snapshot != number or not now - kept.at <= _KEPT:
                told = await self._database.run(read_told, now)
                works = await asyncio.to_thread(self._suggest, mind, told, now)
                kept = self._kept = _Kept(works, number, now)
        settled = set(await self._database.run(settled_suggestions))
        return [_without(work, settled) for work in kept.works]

    def _suggest(self, mind: Mind, told: Told, now: datetime) -> Sequence[EntryWork]:
        workshop = open_workshop(mind.dialogue, mind.encoder, self._vectors)
        return workshop.suggest(told.heard, now, told.settled)


def _without(work: EntryWork, settled: set[tuple[str, str]]) -> EntryWork:
    left = (each for each in work.suggestions if (work.faq_id, each.text) not in settled)
    return replace(work, suggestions=tuple(left))


def _verdict_to_json(faq_id: str, text: str, verdict: Verdict) -> Json:
    record: Json = {"faq_id": faq_id, "text": text, "verdict": verdict}
    return record | {"file": None, "line": None, "problems": [], "warnings": []}
