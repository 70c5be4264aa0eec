"""Until when something is meant to be done, as people say it: 明天, 三点前, 半小时内. Pure.

A day means the end of its hours, a part of a day its end. What has a clock time is exact.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from chatbot.cases.office_hours import OfficeHours
from chatbot.forms.dates import FoundDate, find_dates
from chatbot.forms.numerals import SMALL, han_value
from chatbot.forms.times import FoundTime, find_times


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant in the brand's time zone, and where its words stand in the text."""

    at: datetime
    start: int
    end: int


_Reader = Callable[[re.Match[str], datetime, OfficeHours], datetime | None]

_WITHIN = r"(?:之内|以内|内|后|以后|之后|左右|之前|前|时间)"
_SEVERAL = {"半": 0.5, "几": 3.0, "一两": 2.0, "两三": 3.0, "三四": 4.0, "三五": 5.0}
_COUNT = rf"(?P<count>{'|'.join(sorted(_SEVERAL, key=len, reverse=True))}|\d{{1,3}}|{SMALL})"
_FIRST_COUNT = rf"(?:(?:\d{{1,3}}|{SMALL})\s*(?:到|至|[-~—–])\s*)?"
_LENGTH = re.compile(
    rf"{_FIRST_COUNT}{_COUNT}个?(?P<half>半)?(?P<unit>小时|钟头|分钟|刻钟){_WITHIN}?"
)
_WORKDAYS = re.compile(rf"{_FIRST_COUNT}{_COUNT}个?工作日{_WITHIN}?")
_DAYS = re.compile(rf"{_FIRST_COUNT}{_COUNT}个?(?P<unit>天|日|周|星期|礼拜)(?:之内|以内|内)")
_WEEK = re.compile(
    r"(?P<which>这|本|下)个?(?:周|星期|礼拜)(?:之内|以内|内|里)?(?![一二三四五六日天末1-7])"
)
_WEEKDAYS_WORKED = 5
_UNITS = {"小时": 60, "钟头": 60, "分钟": 1, "刻钟": 15}
_DAY_UNITS = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7}
#: The parts of a day, and by which minute they are over; None: with the day's hours.
_PARTS: tuple[tuple[str, int | None], ...] = (
    ("下班前|下班之前|下班以前|下班时", None),
    ("大早上|一大早|一早|清早|清晨|早上|早晨|早间|明早", 10 * 60),
    ("上午|午前|中午前|中午之前", 12 * 60),
    ("中午|午间|正午", 14 * 60),
    ("下午|午后|傍晚前", None),
    ("傍晚", 19 * 60),
    ("今晚|明晚|晚上|晚间|夜里|睡前|(?<=[天一二三四五六日])晚(?![点些一])", 22 * 60),
)
_PART = re.compile("|".join(f"(?P<p{n}>{words})" for n, (words, _) in enumerate(_PARTS)))
_SPOKEN_DAYS = {"今晚": 0, "明早": 1, "明晚": 1}


def find_moment(text: str, local: datetime, hours: OfficeHours) -> Moment | None:
    """Return the first time in a normalised text that lies ahead, None without any."""
    for pattern, reader in _LENGTHS:
        for match in pattern.finditer(text):
            at = reader(match, local, hours)
            if at is not None:
                return Moment(at, match.start(), match.end())
    dates = [each for each in find_dates(text, local.date()) if each.day >= local.date()]
    return _of_day(text, dates, local, hours)


def _count(match: re.Match[str]) -> float:
    written = match["count"]
    if written in _SEVERAL:
        return _SEVERAL[written]
    value = int(written) if written.isascii() else han_value(written)
    return float(value or 0)


def _length(match: re.Match[str], local: datetime, hours: OfficeHours) -> datetime | None:
    minutes = (_count(match) + 0.5 * bool(match["half"])) * _UNITS[match["unit"]]
    return local + timedelta(minutes=minutes) if minutes else None


def _workdays(match: re.Match[str], local: datetime, hours: OfficeHours) -> datetime | None:
    count = int(_count(match))
    return hours.end_of(hours.working_day(local.date(), count), local) if count else None


def _days(match: re.Match[str], local: datetime, hours: OfficeHours) -> datetime | None:
    days = int(_count(match) * _DAY_UNITS[match["unit"]])
    return hours.end_of(local.date() + timedelta(days), local) if days else None


def _week(match: re.Match[str], local: datetime, hours: OfficeHours) -> datetime | None:
    monday = local.date() - timedelta(local.weekday()) + timedelta(7 * (match["which"] == "下"))
    first, last = max(monday, local.date()), monday + timedelta(6)
    return hours.end_of(hours.last_open_day(first, last), local)


_LENGTHS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_WORKDAYS, _workdays),
    (_LENGTH, _length),
    (_DAYS, _days),
    (_WEEK, _week),
)


def _of_day(
    text: str, dates: list[FoundDate], local: datetime, hours: OfficeHours
) -> Moment | None:
    """Return a day with the part or the time that goes with it, or those of today."""
    found = dates[-1] if dates else None
    times = [each for each in find_times(text) if not _is_part(text, each)]
    clock = times[-1] if times else None
    part = _PART.search(text)
    if found is None and clock is None and part is None:
        return None
    spoken = _SPOKEN_DAYS.get(part[0], 0) if part else 0
    day = found.day if found else local.date() + timedelta(spoken)
    spans = [(each.start, each.end) for each in (found, clock) if each is not None] + (
        [part.span()] if part else []
    )
    start, end = min(span[0] for span in spans), max(span[1] for span in spans)
    if clock is not None:
        return Moment(_at_clock(day, clock, local, certain=found is not None), start, end)
    at = _end_of_part(day, part, local, hours)
    return None if at is None else Moment(at, start, end)


def _is_part(text: str, found: FoundTime) -> bool:
    """Return whether a time is a word for a part of the day: 中午 alone is no clock time."""
    return _PART.fullmatch(text[found.start : found.end].strip()) is not None


def _at_clock(day: date, clock: FoundTime, local: datetime, *, certain: bool) -> datetime:
    """Return the first reading of a time that lies ahead, the next day's if none does."""
    midnight = datetime.combine(day, time(), local.tzinfo)
    readings = [clock.minutes, *([clock.other] if clock.other is not None else [])]
    at = [midnight + timedelta(minutes=each) for each in readings]
    ahead = next((each for each in at if each > local), None)
    if ahead is None or (certain and day > local.date()):
        return at[0] if at[0] > local else at[0] + timedelta(days=1)
    return ahead


def _end_of_part(
    day: date, part: re.Match[str] | None, local: datetime, hours: OfficeHours
) -> datetime | None:
    end = hours.end_of(day, local)
    if part is None:
        return end
    minutes = next(over for n, (_, over) in enumerate(_PARTS) if part[f"p{n}"])
    if minutes is None:
        return end
    over = datetime.combine(day, time(minutes // 60, minutes % 60), local.tzinfo)
    return over if over > local else None
