"""Proposes the questions of a document on the page of gaps, where people decide on each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.bringing import Bringer, mark_of
from chatbot.clock import Clock
from chatbot.curation.gaps.asked import LONGEST
from chatbot.curation.personal import blanked, names_in
from chatbot.exchange.docx_questions import DocumentQuestion
from chatbot.store.database import Database
from chatbot.store.gap_brought import (
    Brought,
    Known,
    Outcome,
    answer_again,
    known_alike,
    known_marks,
)
from chatbot.understanding.normalise import Normaliser

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Proposal:
    """A question of a document as it would be brought in, and what would become of it."""

    question: DocumentQuestion
    brought: Brought
    outcome: Outcome
    known: Known | None = None


def proposals(
    name: str, questions: Sequence[DocumentQuestion], now: datetime, normaliser: Normaliser
) -> list[tuple[DocumentQuestion, Brought]]:
    """Return the questions of the document ``name`` as they are brought in, without personal data.

    One that says nothing but marks is left out.
    """
    found = []
    times: Counter[tuple[str, ...]] = Counter()
    for each in questions:
        text = blanked(each.question[:LONGEST], names_in(each.question))[0].strip()
        form = normaliser.normalise(text)
        if not form.key:
            continue
        place = (*each.category, form.key)
        times[place] += 1
        headings = (blanked(heading, names_in(heading))[0] for heading in each.category)
        source = " › ".join((name, *headings))
        mark = mark_of("document", name, *place, str(times[place]))
        reply = blanked(each.answer, names_in(each.answer))[0].strip()
        brought = Brought(
            "document", source, mark, text, form.text[:LONGEST], form.key[:LONGEST], now, 0.0, reply
        )
        found.append((each, brought))
    return found


def compared(
    connection: Connection, found: Sequence[tuple[DocumentQuestion, Brought]]
) -> list[Proposal]:
    """Return what would become of questions: new, answered otherwise, the same, decided."""
    known = known_marks(connection, [each.mark for _, each in found])
    alike = known_alike(connection, [each.key for _, each in found])
    compared = []
    for question, each in found:
        former = known.get(each.mark) or alike.get((each.key, each.reply))
        compared.append(Proposal(question, each, _outcome(each, former), former))
    return compared


def _outcome(brought: Brought, former: Known | None) -> Outcome:
    if former is None:
        return "new"
    if former.reply == brought.reply:
        return "same"
    return "decided" if former.is_decided else "changed"


class Proposing:
    """Writes proposals: new questions in groups of their own, other answers where they stand."""

    def __init__(self, database: Database, bringer: Bringer, clock: Clock) -> None:
        self._database = database
        self._bringer = bringer
        self._clock = clock

    def write(self, found: Sequence[Proposal], advance: Callable[[int], None]) -> None:
        """Write them, a batch in one transaction; what is written once is the same later."""
        changed = [
            (each.known, each.brought)
            for each in found
            if each.outcome == "changed" and each.known is not None
        ]
        self._database.run_sync(answer_again, changed, self._clock.now())
        new = [each.brought for each in found if each.outcome == "new"]
        for start in range(0, len(new), _AT_ONCE):
            self._bringer.bring(new[start : start + _AT_ONCE])
            advance(start)
        self._bringer.work_out(lambda _done: None)
