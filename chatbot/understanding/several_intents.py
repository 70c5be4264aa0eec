"""Several intents in one message, each in clauses of its own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chatbot.understanding.clauses import Clause, Joint, Span

#: How much what stands between two clauses speaks for their being about two things.
_APART: Mapping[Joint, float] = {"comma": 1.0, "stop": 1.5, "word": 2.0}
#: How much it does that something was asked for before: circumstances are told, not asked.
_ASKED_BEFORE = 1.5
#: How much it speaks against it that the two intents are alike.
_ALIKE_WEIGHT = 1.5
#: From this product of evidence on a message is after several things.
_SEVERAL_FROM = 0.25


@dataclass(frozen=True, slots=True)
class Told:
    """The intent (by number) that some clauses tell, how surely, and by which example.

    ``score`` is 1 for one of the intent's own examples and 0 for nothing near.
    """

    number: int
    confidence: float
    score: float
    detail: str


def strongest_of(shown: Iterable[Mapping[int, Told]]) -> dict[int, Told]:
    """Return each intent as the text tells it that shows it most."""
    strongest: dict[int, Told] = {}
    for likely in shown:
        for number, each in likely.items():
            if number not in strongest or each.confidence > strongest[number].confidence:
                strongest[number] = each
    return strongest


class Alike(Protocol):
    """Compares intents, given by their numbers."""

    def __call__(self, one: int, other: int, /) -> float:
        """Return how much the examples of two intents mean the same, 0 to 1."""
        ...


@dataclass(frozen=True, slots=True)
class SeveralIntents:
    """Tells the messages that are after several things.

    Most messages of several clauses are after one thing: the others tell how it came about, in
    the words of related intents. So both sides of a cut have to tell an intent clearly, the more
    so the less they say, the more the two intents are alike, and where nothing but a comma stands
    between them. The numbers were chosen on messages with one intent and on pairs of them;
    docs/benchmarks.md has what they are worth.

    ``told`` has what each run of clauses tells by itself, if it tells anything;
    ``usual_length`` is that of an example, in letters.
    """

    clauses: Sequence[Clause]
    told: Mapping[Span, Told]
    alike: Alike
    usual_length: float

    def find(self) -> list[Told]:
        """Return the intents of a message that is surely after several, nothing for others."""
        return self._within(0, len(self.clauses))

    def _within(self, first: int, end: int) -> list[Told]:
        cuts = range(first + 1, end)
        evidence, cut = max(((self._evidence(first, at, end), at) for at in cuts), default=(0.0, 0))
        if evidence < _SEVERAL_FROM:
            return []
        sides = ((first, cut), (cut, end))
        return [each for side in sides for each in self._within(*side) or [self.told[side]]]

    def _evidence(self, first: int, at: int, end: int) -> float:
        left, right = self.told.get((first, at)), self.told.get((at, end))
        if left is None or right is None or left.number == right.number:
            return 0.0
        length = min(self._letters(first, at), self._letters(at, end)) / self.usual_length
        asked = any(clause.asks for clause in self.clauses[first:at])
        return (
            min(left.score, right.score)
            * math.sqrt(min(1.0, length))
            * math.exp(-_ALIKE_WEIGHT * self.alike(left.number, right.number))
            * _APART[self.clauses[at].joint]
            * (_ASKED_BEFORE if asked else 1.0)
        )

    def _letters(self, first: int, end: int) -> int:
        return sum(len(clause.text.key) for clause in self.clauses[first:end])
