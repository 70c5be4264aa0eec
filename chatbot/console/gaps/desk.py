"""What people do with gaps: each act is checked, written down and audited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection

from chatbot.accepting import KnowledgeChanges, NewEntry
from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.curation.gaps.worth import worth_of
from chatbot.errors import ChatbotError
from chatbot.store.audit import audit
from chatbot.store.database import Database
from chatbot.store.gap_acts import (
    decide_gap,
    merge_gaps,
    move_questions,
    reopen_gap,
    split_gap,
)
from chatbot.store.gaps import Verdict, askings, gap_group

#: What a question cost is the mean of this long before it was decided.
_COSTED = timedelta(days=90)


class GapMoved(ChatbotError):
    """Somebody else has merged, decided or changed the gap meanwhile."""


class GapDesk:
    """Closes gaps, and puts groups right."""

    def __init__(self, database: Database, changes: KnowledgeChanges, clock: Clock) -> None:
        self._database = database
        self._changes = changes
        self._clock = clock

    async def add_similar(
        self, group: int, faq_id: str, texts: Sequence[str], viewer: Viewer
    ) -> str:
        """Make questions wordings of an entry, which closes the gap; return its id.

        Raises:
            GapMoved: the gap is not open any more.
            UserError: it cannot be written; says why.
        """
        await self._ensure_open(group)
        written = await self._changes.similar(faq_id, texts, viewer.userid)
        detail = {"texts": list(texts)}
        await self._decide(group, "similar", written, viewer, detail)
        return written

    async def add_entry(
        self, group: int, question: str, similar: Sequence[str], answer: str, viewer: Viewer
    ) -> str:
        """Make an entry of the gap, which closes it; raises as ``add_similar``."""
        await self._ensure_open(group)
        new = NewEntry(f"gap-{group}", question, tuple(similar), answer)
        written = await self._changes.entry(new, viewer.userid)
        detail = {"question": question, "texts": list(similar)}
        await self._decide(group, "new_entry", written, viewer, detail)
        return written

    async def not_ours(self, group: int, viewer: Viewer) -> None:
        """Say that nobody has to answer this; raises GapMoved if the gap is not open."""
        await self._ensure_open(group)
        await self._decide(group, "not_ours", None, viewer, {})

    async def reopen(self, group: int, viewer: Viewer) -> None:
        """Take back what was decided; what was written stays written."""
        await self._act(viewer, "gap_reopen", group, partial(reopen_gap, group=group), {})

    async def merge(self, group: int, target: int, viewer: Viewer) -> None:
        """Put all of a gap into another; raises GapMoved if either is gone."""
        work = partial(merge_gaps, source=group, target=target)
        await self._act(viewer, "gap_merge", group, work, {"into": target})

    async def move(self, group: int, target: int, keys: Sequence[str], viewer: Viewer) -> None:
        """Put some questions into another gap; raises GapMoved if either is gone."""
        work = partial(move_questions, source=group, target=target, keys=keys)
        await self._act(viewer, "gap_move", group, work, {"into": target, "texts": len(keys)})

    async def split(self, group: int, keys: Sequence[str], viewer: Viewer) -> int:
        """Make a gap of its own of some questions; return it. Raises GapMoved as the others."""
        work = partial(split_gap, source=group, keys=keys)
        return int(await self._act(viewer, "gap_split", group, work, {"texts": len(keys)}))

    async def _ensure_open(self, group: int) -> None:
        found = await self._database.run(gap_group, group)
        if found is None or found.merged_into is not None or found.decided is not None:
            raise GapMoved

    async def _decide(
        self, group: int, verdict: Verdict, faq_id: str | None, viewer: Viewer, detail: Any
    ) -> None:
        def decide(connection: Connection, actor: str, now: Any) -> bool:
            since = now - _COSTED
            asked = askings(connection, since, group=group)
            worth = worth_of(asked.get(group, ()), since, now)
            return decide_gap(connection, group, verdict, faq_id, worth.each, actor, now, detail)

        await self._act(viewer, f"gap_{verdict}", group, decide, {"faq_id": faq_id})

    async def _act(
        self, viewer: Viewer, action: str, group: int, work: Any, detail: dict[str, Any]
    ) -> Any:
        now = self._clock.now()

        def act(connection: Connection) -> Any:
            done = work(connection, actor=viewer.userid, now=now)
            if not done:
                raise GapMoved
            audit(connection, viewer, action, str(group), detail, now)
            return done

        return await self._database.run(act)
