"""Days, weeks and months: what figures are told of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

Span = Literal["day", "week", "month"]
SPANS: tuple[Span, ...] = get_args(Span)
#: How many periods a trend shows.
TREND = {"day": 14, "week": 12, "month": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``start`` until before ``end``; a week begins on Monday."""

    span: Span
    start: date
    end: date

    @property
    def before(self) -> Period:
        """Return the period that ends where this one begins."""
        return period_of(self.span, self.start - timedelta(days=1))

    @property
    def after(self) -> Period:
        """Return the period that begins where this one ends."""
        return period_of(self.span, self.end)

    @property
    def last_day(self) -> date:
        """Return the last day that belongs to it."""
        return self.end - timedelta(days=1)

    @property
    def trend(self) -> list[Period]:
        """Return the periods that lead to this one, itself the last."""
        found = [self]
        while len(found) < TREND[self.span]:
            found.append(found[-1].before)
        return found[::-1]

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return when it begins and ends in ``zone``."""
        return (
            datetime.combine(self.start, time(), zone), datetime.combine(self.end, time(), zone)
        )  # fmt: skip

    @property
    def label(self) -> str:
        """Return how it is written: a day, the two ends of a week, a month."""
        if self.span == "month":
            return f"{self.start:%Y-%m}"
        first = self.start.isoformat()
        return first if self.span == "day" else f"{first} – {self.last_day:%m-%d}"

    @property
    def tick(self) -> str:
        """Return a short name below a chart."""
        return f"{self.start:%m}" if self.span == "month" else f"{self.start:%m-%d}"


def period_of(span: Span, day: date) -> Period:
    """Return the period that a day belongs to."""
    if span == "day":
        return Period(span, day, day + timedelta(days=1))
    if span == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(span, monday, monday + timedelta(days=7))
    first = day.replace(day=1)
    return Period(span, first, (first + timedelta(days=31)).replace(day=1))
