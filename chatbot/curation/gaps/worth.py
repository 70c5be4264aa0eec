"""What gaps cost: times by minutes, their order, and how they grow. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chatbot.curation.gaps.asked import KINDS, OF_FILES, Kind
from chatbot.curation.gaps.stretch import DEFAULT_MINUTES

#: How many weeks a trend has, the last one the seven days up to now.
WEEKS = 8
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Asking:
    """One question as it counts: when, in which way in vain, the minutes (None: nobody timed).

    What files brought in counts in every period: an export is as old as it is.
    """

    at: datetime
    kind: Kind
    minutes: float | None

    @property
    def is_of_file(self) -> bool:
        """Return whether it came from a file."""
        return self.kind in OF_FILES


@dataclass(frozen=True, slots=True)
class Worth:
    """What a gap costs in a period: how often it was asked, and the minutes people spent.

    What stands in a document was asked by nobody: it is one of the ``kinds``, not of the ``times``.

    ``estimated`` are the times of which nobody knows the minutes, counted with the default.
    ``weeks`` are the times week by week, oldest first, whatever the period.
    """

    times: int
    minutes: float
    estimated: int
    kinds: tuple[tuple[Kind, int], ...]
    weeks: tuple[int, ...]
    last: datetime | None

    @property
    def each(self) -> float:
        """Return the minutes a question of it costs."""
        return self.minutes / self.times if self.times else DEFAULT_MINUTES

    @property
    def trend(self) -> int:
        """Return how many more were asked in the last week than in the one before."""
        return self.weeks[-1] - self.weeks[-2]


def worth_of(askings: Iterable[Asking], since: datetime, now: datetime) -> Worth:
    """Add up what was asked ``since``."""
    known = list(askings)
    counted = [each for each in known if each.is_of_file or each.at >= since]
    asked = [each for each in counted if each.kind != "document"]
    kinds = {kind: sum(each.kind == kind for each in counted) for kind in KINDS}
    return Worth(
        times=len(asked),
        minutes=round(sum(_minutes(each) for each in asked), 2),
        estimated=sum(each.minutes is None for each in asked),
        kinds=tuple((kind, count) for kind, count in kinds.items() if count),
        weeks=weeks_of([each.at for each in known if each.kind != "document"], now),
        last=max((each.at for each in known), default=None),
    )


def weeks_of(moments: Iterable[datetime], now: datetime) -> tuple[int, ...]:
    """Return how many moments lie in each of the last weeks, oldest first."""
    counts = [0] * WEEKS
    for at in moments:
        ago = (now - at) // _WEEK
        if 0 <= ago < WEEKS:
            counts[WEEKS - 1 - ago] += 1
    return tuple(counts)


def ranking_key(worth: Worth, number: int) -> tuple[float, int, int]:
    """Return what gaps are sorted by: the dearest first, then the most frequent, the oldest."""
    return (-round(worth.minutes, 2), -worth.times, number)


def _minutes(asking: Asking) -> float:
    return DEFAULT_MINUTES if asking.minutes is None else asking.minutes
