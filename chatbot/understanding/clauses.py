"""The clauses of a message, each of which may tell something else that the customer is after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from chatbot.understanding.normalise import NormalText

#: More clauses than these are joined: each costs embedding it alone and with its neighbours.
MOST_CLAUSES = 3

#: What stands in front of a clause: a comma or less, a full stop, a comma and 还有 or the like.
Joint = Literal["comma", "stop", "word"]
_BY_STRENGTH: tuple[Joint, ...] = ("comma", "stop", "word")

#: The clauses from the first number up to the second one.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause and what stands in front of it.

    ``asks`` says whether it is a question or a wish, ``found`` names the intents that rules find.
    """

    text: NormalText
    joint: Joint
    asks: bool
    found: frozenset[str] = frozenset()

    def with_next(self, clause: Clause) -> Clause:
        """Return this clause and the one behind it as one."""
        asks, found = self.asks or clause.asks, self.found | clause.found
        return Clause(joined([self, clause]), self.joint, asks, found)


def joined(clauses: Sequence[Clause]) -> NormalText:
    """Return clauses that stand beside each other as one text."""
    return NormalText(
        ",".join(clause.text.text for clause in clauses),
        "".join(clause.text.key for clause in clauses),
    )


def spans(count: int) -> list[Span]:
    """Return all runs of ``count`` clauses, but not all of them."""
    return [
        (first, end)
        for first in range(count)
        for end in range(first + 1, count + 1)
        if end - first < count
    ]


def at_most(clauses: Sequence[Clause]) -> tuple[Clause, ...]:
    """Return ``clauses`` with those joined that are least apart, until they are few enough."""
    few = list(clauses)
    while len(few) > MOST_CLAUSES:
        at = min(range(1, len(few)), key=lambda at: _distance(few[at - 1], few[at]))
        few[at - 1 : at + 1] = [few[at - 1].with_next(few[at])]
    return tuple(few)


def _distance(before: Clause, clause: Clause) -> tuple[int, int]:
    shorter = min(len(before.text.key), len(clause.text.key))
    return _BY_STRENGTH.index(clause.joint), shorter
