"""When people work, as far as promises need it: ends of days, working days. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chatbot.accounts.calendar import Calendar
from chatbot.accounts.hours import OpeningHours, Span, is_within

_DAY_MINUTES = 24 * 60
#: Where somebody is there all day, a day's work is expected until then.
_EVENING = 18 * 60
_ONE_HOUR = timedelta(hours=1)
#: How far the next or the last working day is looked for.
_HORIZON_DAYS = 31


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """Somebody's hours. Instants are asked in the brand's time zone, and given in it."""

    spans_on: Callable[[date], Sequence[Span]]
    calendar: Calendar
    zone: ZoneInfo

    @classmethod
    def of(cls, hours: OpeningHours, calendar: Calendar, zone: ZoneInfo) -> OfficeHours:
        """Return an account's hours."""
        return cls(lambda day: hours.spans_on(day, calendar), calendar, zone)

    def local(self, at: datetime) -> datetime:
        """Return an instant in the brand's time zone."""
        return at.astimezone(self.zone)

    def is_open(self, local: datetime) -> bool:
        """Return whether somebody is there."""
        return is_within(local, self.spans_on)

    def end_of(self, day: date, after: datetime) -> datetime:
        """Return when the day's work ends; at the day's end if that is not later than ``after``.

        A day without hours, and one that is all hours, ends at 18:00 for this purpose.
        """
        spans = self.spans_on(day)
        ends = max((closes for _, closes in spans), default=_EVENING)
        if any(closes - opens >= _DAY_MINUTES for opens, closes in spans):
            ends = _EVENING
        end = _at(day, ends, after)
        return end if end > after else _at(day, _DAY_MINUTES, after)

    def end_of_today(self, local: datetime) -> datetime:
        """Return the end of the hours that go on, or of the next ones."""
        for ahead in range(_HORIZON_DAYS):
            day = local.date() + timedelta(days=ahead)
            if self.spans_on(day):
                end = self.end_of(day, local)
                if not ahead and _at(day, self._closes(day), local) <= local:
                    continue
                return end
        return self.end_of(local.date(), local)

    def _closes(self, day: date) -> int:
        return max(closes for _, closes in self.spans_on(day))

    def working_day(self, day: date, count: int) -> date:
        """Return the ``count``-th working day after ``day``."""
        while count > 0:
            day += timedelta(days=1)
            count -= self.calendar.is_workday(day)
        return day

    def last_open_day(self, first: date, last: date) -> date:
        """Return the last day with hours from ``first`` to ``last``, both included, else last."""
        days = ((last - timedelta(days=n)) for n in range((last - first).days + 1))
        return next((day for day in days if self.calendar.is_workday(day)), last)

    def moment_before(self, local: datetime) -> datetime:
        """Return ``local``, or if nobody is there an hour before they went home."""
        if self.is_open(local):
            return local
        for back in range(_HORIZON_DAYS):
            day = local.date() - timedelta(days=back)
            closings = [_at(day, closes, local) for _, closes in self.spans_on(day)]
            if before := [closing for closing in closings if closing <= local]:
                return max(before) - _ONE_HOUR
        return local


def _at(day: date, minutes: int, zone_of: datetime) -> datetime:
    return datetime.combine(day, time(), zone_of.tzinfo) + timedelta(minutes=minutes)
