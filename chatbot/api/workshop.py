"""``/workshop``: real messages as suggested similar questions, and what an admin says of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from chatbot.api.problems import ApiProblem
from chatbot.api.workshop_bodies import VerdictRequest
from chatbot.clock import Clock
from chatbot.curation.workshop import EntryWork
from chatbot.dialogue.service import Mind
from chatbot.errors import UserError
from chatbot.store.database import Database
from chatbot.store.workshop import Verdict, save_verdict
from chatbot.suggestions import Suggestions
from chatbot.workshop import Folders, accept_noted, rejected_text, summary_to_json, work_to_json

Json = dict[str, Any]

_ACTOR = "api"


class WorkshopDesk:
    """Suggests by the live snapshot, and edits the files of this machine."""

    def __init__(
        self,
        database: Database,
        mind: Callable[[], Mind],
        suggestions: Suggestions,
        folders: Folders,
        clock: Clock,
    ) -> None:
        self._database = database
        self._mind = mind
        self._suggestions = suggestions
        self._folders = folders
        self._clock = clock
        # Files are changed one after the other.
        self._editing = asyncio.Lock()

    async def entries(self, limit: int) -> Json:
        """Return the entries whose messages wait, most gain first.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        works = await self._suggestions.works()
        left = [summary_to_json(work) for work in works if work.suggestions]
        return {"entries": left[:limit]}

    async def entry(self, faq_id: str, limit: int) -> Json:
        """Return an entry's suggestions, best first.

        Raises:
            ApiProblem: the live snapshot has no such entry.
            StoreUnavailable: the database cannot be reached.
        """
        question = self._question(faq_id)
        works = await self._suggestions.works()
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
                done = await asyncio.to_thread(
                    accept_noted, self._folders, self._database, faq_id, text, _ACTOR,
                    self._clock.now(),
                )  # fmt: skip
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


def _verdict_to_json(faq_id: str, text: str, verdict: Verdict) -> Json:
    record: Json = {"faq_id": faq_id, "text": text, "verdict": verdict}
    return record | {"file": None, "line": None, "problems": [], "warnings": []}
