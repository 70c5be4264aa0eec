"""Draws a week's sample: stratified, and the same whoever draws it. Pure.

Strata are by confidence, because how often an answer is wrong changes most with that, and by
whether the entry is one of the few that make up half of all answers: those are tuned and watched,
mistakes hide in the others. Accounts are no stratum: a brand with ten of them would have strata of
an answer each, and what goes wrong on one of them goes wrong by its entries.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

#: How many are judged a week: a minute or two of somebody's time.
SIZE = 40
#: Where bands of confidence begin, beside 0.
BANDS = (0.8, 0.95)
#: From each stratum so many at least: of one nothing can be told of the rest.
LEAST = 2
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Answer:
    """A direct answer: of which turn, by which entry, and how sure the bot was."""

    turn_id: int
    faq_id: str
    confidence: float


@dataclass(frozen=True, order=True, slots=True)
class Stratum:
    """Answers alike: of a band of confidence, by entries that are asked often or not."""

    band: int
    often: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn: how many answers each stratum has, and the turns in order of judging.

    A turn comes with the place of its stratum in ``strata``.
    """

    strata: Sequence[tuple[Stratum, int]]
    drawn: Sequence[tuple[int, int]]


def draw(week: date, answers: Sequence[Answer], size: int = SIZE) -> Sample:
    """Return the sample of a week's answers: ``size`` of them, or all if there are fewer.

    Which ones is settled by the week and the numbers of the turns alone, so that two processes
    draw the same and nobody can draw again until they like what comes.
    """
    often = _often(answers)
    by_stratum: defaultdict[Stratum, list[int]] = defaultdict(list)
    for each in answers:
        stratum = Stratum(bisect_right(BANDS, each.confidence), each.faq_id in often)
        by_stratum[stratum].append(each.turn_id)
    strata = sorted(by_stratum)
    sizes = [len(by_stratum[each]) for each in strata]
    drawn: dict[int, int] = {}
    for number, (stratum, count) in enumerate(zip(strata, allocate(sizes, size), strict=True)):
        chosen = sorted(by_stratum[stratum], key=lambda turn: _lot(week, turn))[:count]
        drawn |= dict.fromkeys(chosen, number)
    order = sorted(drawn, key=lambda turn: _lot(week, turn))
    return Sample(
        tuple(zip(strata, sizes, strict=True)), tuple((turn, drawn[turn]) for turn in order)
    )


def allocate(sizes: Sequence[int], size: int) -> list[int]:
    """Return how many are drawn from strata of these sizes, ``size`` in all if there are as many.

    Proportional to the sizes, but `LEAST` of each, or all that it has.
    """
    size, total = min(size, sum(sizes)), sum(sizes)
    given = [min(LEAST, each) for each in sizes]
    while sum(given) > size:  # more strata than can be served: the smallest go without
        given[min((n for n, each in enumerate(given) if each), key=lambda n: (sizes[n], n))] -= 1
    while sum(given) < size:
        short = [
            (each * size / total - got, -n)
            for n, (each, got) in enumerate(zip(sizes, given, strict=True))
            if got < each
        ]
        given[-max(short)[1]] += 1
    return given


def _often(answers: Sequence[Answer]) -> frozenset[str]:
    """Return the fewest entries that make up half of the answers."""
    counts: Mapping[str, int] = Counter(each.faq_id for each in answers)
    ranked = sorted(counts, key=lambda faq_id: (-counts[faq_id], faq_id))
    found, seen = set(), 0
    for faq_id in ranked:
        if seen >= _HALF * len(answers):
            break
        found.add(faq_id)
        seen += counts[faq_id]
    return frozenset(found)


def _lot(week: date, turn: int) -> bytes:
    return hashlib.sha256(f"{week.isoformat()}:{turn}".encode()).digest()
