"""Ratings added up, for the shell, the page and the spreadsheet alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from chatbot.customers.ratings import Score
from chatbot.store.ratings import RatingCount

#: Of fewer ratings a share says nothing: only the counts are told.
FEWEST_FOR_SHARES = 10

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class RatingSum:
    """How many were asked, and what they said."""

    asked: int = 0
    good: int = 0
    fair: int = 0
    poor: int = 0

    @property
    def rated(self) -> int:
        """Return how many said something."""
        return self.good + self.fair + self.poor

    def count(self, score: Score) -> int:
        """Return how many said so."""
        return {"good": self.good, "fair": self.fair, "poor": self.poor}[score]

    def percent(self, score: Score) -> int | None:
        """Return the share of those who said so among who said something, None if too few did."""
        if self.rated < FEWEST_FOR_SHARES:
            return None
        return round(100 * self.count(score) / self.rated)

    def shown(self, score: Score) -> str:
        """Return the count, with the share where there is one."""
        percent = self.percent(score)
        return str(self.count(score)) if percent is None else f"{self.count(score)}（{percent}%）"


def total(counts: Iterable[RatingCount]) -> RatingSum:
    """Return all of them together."""
    found = list(counts)
    return RatingSum(
        sum(each.asked for each in found), sum(each.good for each in found),
        sum(each.fair for each in found), sum(each.poor for each in found),
    )  # fmt: skip


def sums_by(counts: Iterable[RatingCount], key: Callable[[RatingCount], K]) -> dict[K, RatingSum]:
    """Return the sums by ``key``, in the order in which the keys come first."""
    grouped: defaultdict[K, list[RatingCount]] = defaultdict(list)
    for count in counts:
        grouped[key(count)].append(count)
    return {name: total(each) for name, each in grouped.items()}


def most_first(sums: dict[K, RatingSum]) -> dict[K, RatingSum]:
    """Return them with who was asked about most first."""
    return dict(sorted(sums.items(), key=lambda pair: (-pair[1].asked, str(pair[0]))))


def week_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())
