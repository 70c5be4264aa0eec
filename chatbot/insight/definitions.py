"""What every figure is: defined here once, for the page, its files, the digest and the glossary.

What is counted is in `cells`; a definition says which counts make a figure. Its title and its exact
meaning in words are ``figure_<name>`` and ``means_<name>`` of the texts' `insight_words`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from chatbot.insight.cells import WAIT_STEPS
from chatbot.insight.shares import Share
from chatbot.insight.sums import Sum

#: Counts by figure and key, as they are summed.
Sums = Mapping[tuple[str, str], Sum]
Unit = Literal["count", "share", "seconds"]
#: Below so many a share says little: it is shown with a warning instead of a change.
FEW = 30


@dataclass(frozen=True, slots=True)
class Counted:
    """A count: of a figure, with keys that begin in one of these ways (all without any)."""

    figure: str
    keys: tuple[str, ...] = ()

    def of(self, sums: Sums) -> Sum:
        """Return how many there are."""
        total = Sum()
        for (figure, key), each in sums.items():
            if figure == self.figure and (not self.keys or key.startswith(self.keys)):
                total = total.plus(each)
        return total


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure: a count, a share of ``over``, or the usual seconds of what is counted.

    ``better`` says which direction is an improvement, if one is.
    """

    name: str
    unit: Unit
    counted: Counted
    over: Counted | None = None
    better: Literal["up", "down"] | None = None

    def value(self, sums: Sums) -> Value:
        """Return the figure of some sums."""
        found = self.counted.of(sums)
        total = self.over.of(sums).n if self.over else found.n
        median = median_step(sums) if self.unit == "seconds" and self.name == "waiting" else None
        return Value(self, found, total, median)


@dataclass(frozen=True, slots=True)
class Value:
    """A figure in numbers: ``total`` is what it rests on.

    ``median`` is the step of waiting that the middle one lies in, None where it is not told.
    """

    definition: Definition
    sum: Sum
    total: int
    median: int | None = None

    @property
    def share(self) -> Share:
        """Return it as a share, with its interval."""
        return Share(self.sum.n, self.total)

    @property
    def mean(self) -> float | None:
        """Return the mean amount, None of nothing."""
        return self.sum.amount / self.sum.n if self.sum.n else None

    @property
    def number(self) -> float | None:
        """Return what can be compared with another period; None of nothing."""
        if self.definition.unit == "share":
            return self.share.value
        return self.mean if self.definition.unit == "seconds" else float(self.sum.n)

    @property
    def is_few(self) -> bool:
        """Return whether it rests on too little to be compared."""
        return self.definition.unit != "count" and self.total < FEW


def median_step(sums: Sums, member: str | None = None, hour: int | None = None) -> int | None:
    """Return the step of `WAIT_STEPS` in which the middle wait lies, None without any.

    Of one ``member``, or one ``hour`` of the day, if given.
    """
    steps: dict[int, int] = {}
    for (figure, key), each in sums.items():
        if figure != "waiting":
            continue
        at, step, userid = key.split("/", 2)
        if member in {None, userid} and hour in {None, int(at)}:
            steps[int(step)] = steps.get(int(step), 0) + each.n
    half, seen = sum(steps.values()) / 2, 0
    for number in sorted(steps):
        seen += steps[number]
        if seen >= half and seen:
            return number
    return None


def step_bounds(step: int) -> tuple[int, int | None]:
    """Return from how many seconds to before how many a step of waiting goes; None: no end."""
    least = WAIT_STEPS[step - 1] if step else 0
    return least, WAIT_STEPS[step] if step < len(WAIT_STEPS) else None


_REQUESTS = Counted("requests")
_ANSWERS = Counted("answers")
_RATED = Counted("ratings", ("good/", "fair/", "poor/"))
#: In the order in which they are shown.
DEFINITIONS = (
    Definition("conversations", "count", Counted("conversations")),
    Definition("requests", "count", _REQUESTS),
    Definition("solved", "share", Counted("solved"), _REQUESTS, "up"),
    Definition("handed_over", "share", Counted("handed_over"), _REQUESTS),
    Definition("unsolved", "share", Counted("unsolved"), _REQUESTS, "down"),
    Definition("wrong", "share", Counted("faulted"), _ANSWERS, "down"),
    Definition("refused", "share", Counted("refused"), _ANSWERS, "down"),
    Definition("precision", "share", Counted("judged", ("right",)), Counted("judged"), "up"),
    Definition("satisfaction", "share", Counted("ratings", ("good/",)), _RATED, "up"),
    Definition("rated", "share", _RATED, Counted("ratings")),
    Definition("waiting", "seconds", Counted("waiting"), better="down"),
    Definition("handling", "seconds", Counted("handling")),
    Definition("unserved", "count", Counted("unserved"), better="down"),
    Definition("missed", "count", Counted("missed"), better="down"),
)
#: What the tables and the sample tell beside; they are in the glossary as well.
TABLE_FIGURES = (
    "sample",
    "asked",
    "rising",
    "unused",
    "tags",
    "calibration",
    "category",
    "day",
    "store",
)
