"""Brings questions of files into the groups of gaps, a batch in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from chatbot.clock import Clock
from chatbot.curation.gaps.grouping import JOIN_FROM, Grouping, Member
from chatbot.dialogue.service import Mind
from chatbot.errors import UserError
from chatbot.matching.vector_cache import VectorStore
from chatbot.pipeline.gap_answers import GapAnswers
from chatbot.pipeline.gap_intake import centred_rows
from chatbot.store.database import Database
from chatbot.store.gap_brought import Brought, Standing, bring_in, read_standing, standing
from chatbot.store.gap_intake import Progress

#: Somebody else changes the groups for an instant, not for so many batches in a row.
_ATTEMPTS = 10
#: Nothing is so near: questions of other letters stay apart.
_APART = 2.0


@dataclass(frozen=True, slots=True)
class _Known:
    grouping: Grouping
    progress: Progress


class Bringer:
    """Puts questions into groups as the job does that takes in what customers ask.

    Those of documents, ``apart``, join a group only if somebody asked in the same letters. Nothing
    is written unless it ``applies``.
    """

    def __init__(
        self,
        database: Database,
        mind: Mind,
        vectors: VectorStore,
        clock: Clock,
        *,
        applies: bool,
        apart: bool = False,
    ) -> None:
        if mind.dialogue.snapshot.ranker.matcher is None:
            raise UserError("线上还没有知识条目，不知道哪些问题已经能答；请先发布。")
        self._database = database
        self._mind = mind
        self._vectors = vectors
        self._clock = clock
        self._applies = applies
        self._join_from = _APART if apart else JOIN_FROM
        self._known: _Known | None = None

    def bring(self, questions: Sequence[Brought]) -> list[int]:
        """Put questions that are not there yet into groups; return those, in their order.

        A negative number is a group that would be founded. Raises UserError if others change the
        groups all the time; what was brought before stays, and the rest comes when it is tried
        again.
        """
        if not questions:
            return []
        rows = centred_rows(self._mind, self._vectors, [each.form for each in questions])
        keys = [each.key for each in questions]
        for _ in range(_ATTEMPTS):
            known, self._known = self._known or self._read(), None
            groups = known.grouping.place(keys, rows)
            founded = self._written(known, questions, groups)
            if founded is not None:
                known.grouping.called(founded)
                self._known = _Known(known.grouping, self._after(known.progress))
                return [founded.get(group, group) for group in groups]
        raise UserError("刚才一直有别人在整理没答上的问题，请再运行一次；已经收进来的不会重复。")

    def work_out(self, advance: Callable[[int], None]) -> None:
        """Work out what changed groups are about, so that the page shows them at once."""
        answers, done = GapAnswers(self._database, self._vectors), 0
        while some := answers.work_out(self._mind):
            done += some
            advance(done)

    def _read(self) -> _Known:
        found = self._database.run_sync(self._standing)
        forms = [each.form for each in found.placed]
        rows = centred_rows(self._mind, self._vectors, forms)
        members = (
            Member(each.key, each.group_id, row, each.by_hand)
            for each, row in zip(found.placed, rows, strict=True)
        )
        grouping = Grouping(self._mind.encoder.dim, members, join_from=self._join_from)
        return _Known(grouping, found.progress)

    def _standing(self, connection: Connection) -> Standing:
        now = self._clock.now()
        return standing(connection, now) if self._applies else read_standing(connection, now)

    def _written(
        self, known: _Known, questions: Sequence[Brought], groups: Sequence[int]
    ) -> dict[int, int] | None:
        """Return the numbers of new groups; None if the groups have changed meanwhile."""
        if not self._applies:
            return {}
        pairs = list(zip(questions, groups, strict=True))
        now = self._clock.now()
        return self._database.run_sync(bring_in, known.progress, pairs, now)

    def _after(self, progress: Progress) -> Progress:
        step = 1 if self._applies else 0
        return Progress(progress.at, progress.turn_id, progress.edition + step)


def mark_of(*parts: str) -> str:
    """Return what tells a question when it comes again."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
