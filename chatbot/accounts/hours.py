"""When an account's staff are there: hours as people write them, read and asked. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from chatbot.accounts.calendar import Calendar

Days = Literal["daily", "workdays", "holidays", "weekdays"]
#: Minutes from midnight at which hours begin and end; the end is beyond 1440 on the next day.
Span = tuple[int, int]

_NAMED: dict[str, Days] = {"每天": "daily", "工作日": "workdays", "节假日": "holidays"}
_WEEKDAYS = "一二三四五六日"
_LAST = len(_WEEKDAYS) - 1
_DAY = re.compile(rf"(?:周|星期)([{_WEEKDAYS}天])")
_RANGE = re.compile(rf"(?:周|星期)([{_WEEKDAYS}天])(?:至|到|-|~)(?:周|星期)?([{_WEEKDAYS}天])")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})(?:至|到|-|~)(\d{1,2}):(\d{2})")
_DASHES = str.maketrans({"：": ":", "－": "-", "–": "-", "—": "-", "～": "~", "\u3000": " "})
_DAY_MINUTES = 24 * 60
#: How far ahead the next opening is looked for: every rule holds at least once in this time.
_HORIZON_DAYS = 366
#: Somebody is there all day.
_WHOLE_DAY: Span = (0, _DAY_MINUTES)


class HoursError(ValueError):
    """Hours that cannot be understood; the text says in Chinese what is expected."""


@dataclass(frozen=True, slots=True)
class HoursRule:
    """Hours on some days. Minutes count from midnight; ``closes`` beyond 1440 is the next day.

    ``weekdays`` (Monday is 0) is empty unless ``days`` is "weekdays".
    """

    days: Days
    weekdays: tuple[int, ...]
    opens: int
    closes: int

    def begins_on(self, day: date, calendar: Calendar) -> bool:
        """Return whether these hours begin on ``day``.

        A weekday by its name does not hold on a statutory holiday; a weekend day that is shifted
        to work is a working day and keeps its name.
        """
        if self.days == "daily":
            return True
        if self.days == "workdays":
            return calendar.is_workday(day)
        if self.days == "holidays":
            return calendar.is_holiday(day)
        return day.weekday() in self.weekdays and not calendar.is_holiday(day)

    def __str__(self) -> str:
        return f"{self.days_in_words} {self.span_in_words}"

    @property
    def span_in_words(self) -> str:
        """Return the time, as in ``09:00-18:00``."""
        return span_in_words((self.opens, self.closes))

    @property
    def days_in_words(self) -> str:
        """Return the days, as in ``周一至周五``."""
        for words, days in _NAMED.items():
            if days == self.days:
                return words
        first, last = self.weekdays[0], self.weekdays[-1]
        if len(self.weekdays) > 2 and last - first + 1 == len(self.weekdays):
            return f"周{_WEEKDAYS[first]}至周{_WEEKDAYS[last]}"
        return "、".join(f"周{_WEEKDAYS[day]}" for day in self.weekdays)


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """All hours of an account; none means that somebody is always there.

    Instants are asked as aware datetimes in the brand's time zone.
    """

    rules: tuple[HoursRule, ...] = ()

    @property
    def depends_on_calendar(self) -> bool:
        """Return whether it matters which days are holidays."""
        return any(rule.days != "daily" for rule in self.rules)

    def is_open(self, local: datetime, calendar: Calendar) -> bool:
        """Return whether staff are there at this instant; the closing minute is outside."""
        return is_within(local, lambda day: self.spans_on(day, calendar))

    def spans_on(self, day: date, calendar: Calendar) -> tuple[Span, ...]:
        """Return the hours that begin on ``day``."""
        if not self.rules:
            return (_WHOLE_DAY,)
        return tuple(
            (rule.opens, rule.closes) for rule in self.rules if rule.begins_on(day, calendar)
        )

    def next_opening(self, local: datetime, calendar: Calendar) -> datetime | None:
        """Return the next instant at which hours begin, in the zone of ``local``.

        None if staff are there now, or if no hours begin within a year.
        """
        if self.is_open(local, calendar):
            return None
        for ahead in range(_HORIZON_DAYS + 1):
            day = local.date() + timedelta(days=ahead)
            begins = self._beginnings(day, calendar, local)
            found = next((begin for begin in begins if begin > local), None)
            if found is not None:
                return found
        return None

    def _beginnings(self, day: date, calendar: Calendar, local: datetime) -> Iterable[datetime]:
        for minutes, _ in sorted(self.spans_on(day, calendar)):
            yield datetime.combine(day, time(minutes // 60, minutes % 60), local.tzinfo)

    def in_words(self) -> str:
        """Return the hours as a customer reads them, empty if somebody is always there."""
        spans: dict[str, list[str]] = {}
        for rule in self.rules:
            spans.setdefault(rule.days_in_words, []).append(rule.span_in_words)
        return "，".join(f"{days} {'、'.join(times)}" for days, times in spans.items())

    def to_json(self) -> list[str]:
        """Return the hours in their canonical wording."""
        return list(map(str, self.rules))

    @classmethod
    def from_json(cls, record: Sequence[str]) -> OpeningHours:
        """Rebuild what ``to_json`` gave."""
        return cls.parse(record)

    @classmethod
    def parse(cls, written: Iterable[str]) -> OpeningHours:
        """Read hours such as ``周一至周五 09:00-12:00,13:30-18:00``; raise HoursError."""
        return cls(tuple(rule for text in written for rule in parse_hours(text)))


def parse_hours(written: str) -> tuple[HoursRule, ...]:
    """Read the hours of one line: days, then one or several spans; raise HoursError.

    ``24:00`` may end a span, and a span that ends before it begins goes on over midnight.
    """
    days_part, space, spans_part = written.translate(_DASHES).strip().partition(" ")
    if not space:
        raise HoursError("要写成“周一至周五 09:00-18:00”，日子和时间之间空一格")
    days, weekdays = _parse_days(days_part)
    return tuple(HoursRule(days, weekdays, *span) for span in parse_spans(spans_part))


def parse_spans(written: str) -> tuple[Span, ...]:
    """Read one or several times of a day, such as ``09:00-12:00,13:30-18:00``; raise HoursError."""
    spans = re.split(r"[,，、;；\s]+", written.translate(_DASHES).strip())
    return tuple(map(_parse_span, spans))


def span_in_words(span: Span) -> str:
    """Return a time as in ``09:00-18:00``."""
    opens, closes = span
    return f"{_clock(opens)}-{_clock(closes)}"


def is_within(local: datetime, spans_on: Callable[[date], Iterable[Span]]) -> bool:
    """Return whether hours go on at an instant; ``spans_on`` gives those that begin on a day."""
    minute, today = local.hour * 60 + local.minute, local.date()
    yesterday = today - timedelta(days=1)
    return any(opens <= minute < closes for opens, closes in spans_on(today)) or any(
        opens <= minute + _DAY_MINUTES < closes for opens, closes in spans_on(yesterday)
    )


def _parse_days(written: str) -> tuple[Days, tuple[int, ...]]:
    if written in _NAMED:
        return _NAMED[written], ()
    found: set[int] = set()
    for part in re.split(r"[,，、]", written):
        found.update(_parse_weekdays(part))
    return "weekdays", tuple(sorted(found))


def _parse_weekdays(written: str) -> Iterable[int]:
    if single := _DAY.fullmatch(written):
        return (_weekday(single[1]),)
    if span := _RANGE.fullmatch(written):
        first, last = _weekday(span[1]), _weekday(span[2])
        if first <= last:
            return range(first, last + 1)
        return (*range(first, _LAST + 1), *range(last + 1))
    raise HoursError(
        f"不认识的日子“{written}”；可以写 每天、工作日、节假日、周六、周一至周五、周一、周三"
    )


def _weekday(character: str) -> int:
    return _LAST if character == "天" else _WEEKDAYS.index(character)


def _parse_span(written: str) -> Span:
    found = _SPAN.fullmatch(written)
    if not found:
        raise HoursError(f"不认识的时间“{written}”；要写成 09:00-18:00")
    opens = _minutes(found[1], found[2])
    closes = _minutes(found[3], found[4])
    if opens == _DAY_MINUTES:
        raise HoursError(f"“{written}”：开始时间不能是 24:00，请写 00:00")
    if opens == closes:
        raise HoursError(f"“{written}”：开始和结束相同；整天请写 00:00-24:00")
    return opens, closes if closes > opens else closes + _DAY_MINUTES


def _minutes(hours: str, minutes: str) -> int:
    total = int(hours) * 60 + int(minutes)
    if int(minutes) >= 60 or total > _DAY_MINUTES:
        raise HoursError(f"没有“{hours}:{minutes}”这个时间；要在 00:00 和 24:00 之间")
    return total


def _clock(minutes: int) -> str:
    if minutes > _DAY_MINUTES:
        minutes -= _DAY_MINUTES
    return f"{minutes // 60:02}:{minutes % 60:02}"
