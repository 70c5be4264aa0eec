"""Which days are working days in China: statutory holidays and the shifted days around them. Pure.

The days are those of the State Council's yearly notices (国务院办公厅关于部分节假日安排的通知),
kept in ``holidays.csv``. A brand adds to them, or overrides them, in its ``accounts.toml``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

#: A working day (weekends that are shifted to work included), a statutory holiday (with the days
#: shifted to it), or an ordinary weekend day.
DayKind = Literal["workday", "holiday", "weekend"]

_SATURDAY = 5


def days_between(first: date, last: date) -> tuple[date, ...]:
    """Return the days from ``first`` to ``last``, both included; none if they are reversed."""
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))


def _read_shipped() -> Mapping[date, DayKind]:
    source = resources.files("chatbot.accounts").joinpath("holidays.csv")
    days: dict[date, DayKind] = {}
    for row in csv.DictReader(source.read_text(encoding="utf-8").splitlines()):
        first, last = date.fromisoformat(row["from"]), date.fromisoformat(row["until"])
        kind: DayKind = "holiday" if row["kind"] == "holiday" else "workday"
        days.update(dict.fromkeys(days_between(first, last), kind))
    return MappingProxyType(days)


_SHIPPED = _read_shipped()
#: Years whose notice is part of this release.
SHIPPED_YEARS = frozenset(day.year for day in _SHIPPED)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The shipped days with a brand's own; its working days win over its holidays."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    def kind(self, day: date) -> DayKind:
        """Return what kind of day it is; in a year nobody announced, weekdays are workdays."""
        if day in self.workdays:
            return "workday"
        if day in self.holidays:
            return "holiday"
        return _SHIPPED.get(day) or ("weekend" if day.weekday() >= _SATURDAY else "workday")

    def is_workday(self, day: date) -> bool:
        """Return whether people work on this day."""
        return self.kind(day) == "workday"

    def is_holiday(self, day: date) -> bool:
        """Return whether it is a statutory holiday; an ordinary weekend is none."""
        return self.kind(day) == "holiday"

    def knows(self, year: int) -> bool:
        """Return whether the holidays of ``year`` are known, shipped or written by the brand."""
        return year in SHIPPED_YEARS or any(day.year == year for day in self.holidays)

    def to_json(self) -> dict[str, Any]:
        """Return the brand's own days as plain JSON, in order."""
        return {"holidays": _written(self.holidays), "workdays": _written(self.workdays)}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Calendar:
        """Rebuild what ``to_json`` gave."""
        return cls(
            frozenset(map(date.fromisoformat, record["holidays"])),
            frozenset(map(date.fromisoformat, record["workdays"])),
        )


def _written(days: Iterable[date]) -> list[str]:
    return sorted(day.isoformat() for day in days)
