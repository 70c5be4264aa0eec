"""Takes turns in that asked something in vain, and puts each question into its group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import structlog

from chatbot.curation.gaps.asked import LONGEST, Kind, TurnFacts
from chatbot.curation.gaps.grouping import JOIN_FROM, Grouping, Member
from chatbot.curation.personal import blanked
from chatbot.dialogue.service import Mind
from chatbot.matching.encoder import Vectors
from chatbot.matching.vector_cache import VectorStore, embed_with_cache
from chatbot.store.database import Database
from chatbot.store.gap_intake import (
    Batch,
    NewQuestion,
    Saving,
    closed_groups,
    placed_texts,
    read_batch,
    take_in,
)

log = structlog.get_logger()

#: A choice or a complaint comes within so long, or not at all.
_SETTLED = timedelta(minutes=35)
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Known:
    """The groups as they stood in an edition, by the knowledge of a mind."""

    grouping: Grouping
    mind: Mind
    edition: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question of a turn: as it is shown, as it is embedded, and its letters and digits."""

    turn: TurnFacts
    part: int
    kind: Kind
    text: str
    form: str
    key: str


class GapIntake:
    """Keeps the middles of the groups in memory, for as long as nobody else changes them."""

    def __init__(self, database: Database, vectors: VectorStore) -> None:
        self._database = database
        self._vectors = vectors
        self._known: _Known | None = None

    def forget(self) -> None:
        """Let go of the groups and of the mind they were compared by: another process has them."""
        self._known = None

    def take_some(self, mind: Mind, now: datetime) -> int:
        """Take in the next turns; return how many there were."""
        batch = self._database.run_sync(read_batch, now, now - _SETTLED, _AT_ONCE)
        if not batch.turns and not batch.again:
            return 0
        known = self._groups(mind, batch.progress.edition)
        asked = [each for turn in (*batch.again, *batch.turns) for each in _asked(mind, turn)]
        rows = self._rows(mind, [each.form for each in asked])
        # From here on memory is ahead of the database, until it says that it has taken it in.
        self._known, kept = None, self._known
        groups = known.place([each.key for each in asked], rows)
        questions = list(map(_question, asked, groups))
        savings = self._savings(mind, batch, known)
        founded = self._database.run_sync(take_in, batch, questions, savings, now)
        if founded is not None:  # else another process was first, or people changed the groups
            known.called(founded)
            self._known = kept
        return len(batch.turns) + len(batch.again)

    def _groups(self, mind: Mind, edition: int) -> Grouping:
        """Return the groups as they are kept, compared as the live knowledge compares."""
        known = self._known
        if known is None or known.edition != edition or known.mind is not mind:
            placed = self._database.run_sync(placed_texts)
            rows = self._rows(mind, [each.form for each in placed])
            members = (
                Member(each.key, each.group_id, row, each.by_hand)
                for each, row in zip(placed, rows, strict=True)
            )
            self._known = known = _Known(Grouping(mind.encoder.dim, members), mind, edition)
            log.info("gaps_read", texts=len(placed), groups=len(known.grouping))
        return known.grouping

    def _rows(self, mind: Mind, texts: Sequence[str]) -> Vectors:
        return centred_rows(mind, self._vectors, texts)

    def _savings(self, mind: Mind, batch: Batch, known: Grouping) -> list[Saving]:
        """Return the turns that an entry answered which was to close a gap they are of."""
        closed = self._database.run_sync(closed_groups)
        answered = [
            turn for turn in (*batch.again, *batch.turns) if turn.faq_id in closed and turn.text
        ]
        rows = self._rows(mind, [_form(mind, turn) for turn in answered])
        found = []
        for turn, row in zip(answered, rows, strict=True):
            likely = {
                group: known.likeness(group, row)
                for group, since in closed[turn.faq_id or ""]
                if turn.at > since
            }
            group = max(likely, key=lambda each: likely[each], default=None)
            if group is not None and likely[group] >= JOIN_FROM:
                found.append(Saving(turn.turn_id, group, turn.at))
        return found


def centred_rows(mind: Mind, vectors: VectorStore, texts: Sequence[str]) -> Vectors:
    """Return a row for each text, as the live knowledge compares them with each other."""
    matcher = mind.dialogue.snapshot.ranker.matcher
    assert matcher is not None  # noqa: S101 - without knowledge there is no gap
    embedded = embed_with_cache(mind.encoder, vectors, texts)
    rows = np.zeros_like(embedded)  # what is embedded belongs to the cache, too
    for row, each in zip(rows, embedded, strict=True):
        centred = matcher.texts.centre(each)
        row[: len(centred)] = centred
    return rows


def _asked(mind: Mind, turn: TurnFacts) -> Iterator[_Asked]:
    """Yield the questions that a turn asked in vain, without personal data."""
    for part, (raw, kind) in enumerate(turn.asked_in_vain()):
        text = blanked(raw[:LONGEST])[0].strip()
        form = mind.dialogue.snapshot.normaliser.normalise(text)
        if form.key:
            yield _Asked(turn, part, kind, text, form.text[:LONGEST], form.key[:LONGEST])


def _form(mind: Mind, turn: TurnFacts) -> str:
    text = blanked(turn.text[:LONGEST])[0]
    return mind.dialogue.snapshot.normaliser.normalise(text).text[:LONGEST]


def _question(asked: _Asked, group: int) -> NewQuestion:
    return NewQuestion(
        asked.turn.turn_id, asked.part, asked.turn.conversation_id, asked.kind, asked.text,
        asked.form, asked.key, asked.turn.at, group,
    )  # fmt: skip
