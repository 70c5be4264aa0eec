"""Dates as people write them in Chinese.

Weeks begin on Monday: 下周三 is the Wednesday of the next calendar week, 周五 the next Friday,
today included. A day without a year is the next such day. Only festivals with a fixed date of
the solar calendar are known: the others' dates are announced anew every year.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from chatbot.forms.numerals import SMALL, han_value

#: After how long an expression without a year or month comes round again.
Period = Literal["week", "month", "year"]


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A day, written at ``start`` to ``end``. ``period`` is None for a day that is certain."""

    day: date
    start: int
    end: int
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class _Day:
    day: date
    period: Period | None = None


_Reader = Callable[[re.Match[str], date, bool], _Day | None]

_DAYS_AWAY = {
    "大前天": -3, "前天": -2, "昨天": -1, "昨日": -1, "昨儿": -1, "昨": -1,
    "今天": 0, "今日": 0, "今儿": 0, "今": 0, "当天": 0,
    "明天": 1, "明日": 1, "明儿": 1, "明": 1, "后天": 2, "后日": 2, "后儿": 2, "大后天": 3,
}  # fmt: skip
_FESTIVALS = {
    "元旦": (1, 1), "情人节": (2, 14), "三八": (3, 8), "妇女节": (3, 8), "五一": (5, 1),
    "劳动节": (5, 1), "青年节": (5, 4), "六一": (6, 1), "儿童节": (6, 1), "教师节": (9, 10),
    "十一": (10, 1), "国庆": (10, 1), "平安夜": (12, 24), "圣诞": (12, 25), "跨年": (12, 31),
}  # fmt: skip
_WEEKDAYS = {**{str(n): n - 1 for n in range(1, 8)}, "日": 6, "天": 6, "末": 5} | {
    han: n for n, han in enumerate("一二三四五六")
}
_WEEKS_AWAY = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2}
_YEARS_AWAY = {"去年": -1, "今年": 0, "明年": 1, "后年": 2}

_TO = r"\s*(?:到|至|[-~—–])\s*"
#: What makes a number a place or a thing: 8号楼, 2号线.
_NO_DAY = r"(?![楼门线房店院厅桌码机车馆]|出口|公馆|航站|会议)"
_NO_MEASURE = r"(?![\d.%折米元块万千克斤度分升岁寸人个间晚天夜位张次套]|小时|公里)"


def _number(text: str) -> int:
    value = int(text) if text.isascii() else han_value(text)
    return int(value or 0)


def _make(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _full(match: re.Match[str], today: date, past: bool) -> _Day | None:
    day = _make(_number(match["year"]), _number(match["month"]), _number(match["day"]))
    return None if day is None else _Day(day)


def _yearly(month: int, day: int, today: date, past: bool) -> _Day | None:
    """Return the next such day, the latest for ``past``; 29 February may be years away."""
    years = range(today.year, today.year + (-9 if past else 9), -1 if past else 1)
    made = (_make(year, month, day) for year in years)
    found = (each for each in made if each and (each <= today if past else each >= today))
    first = next(found, None)
    return None if first is None else _Day(first, "year")


def _month_day(match: re.Match[str], today: date, past: bool) -> _Day | None:
    month, day = _number(match["month"]), _number(match["day"])
    if match["year"] is None:
        return _yearly(month, day, today, past)
    away = _YEARS_AWAY[match["year"]]
    made = _make(today.year + away, month, day)
    return None if made is None else _Day(made)


def _later_month(today: date, months: int) -> tuple[int, int]:
    years, month = divmod(today.month - 1 + months, 12)
    return today.year + years, month + 1


def _of_month(match: re.Match[str], today: date, past: bool) -> _Day | None:
    year, month = _later_month(today, _WEEKS_AWAY[match["which"]])
    made = _make(year, month, _number(match["day"]))
    return None if made is None else _Day(made)


def _day_alone(match: re.Match[str], today: date, past: bool) -> _Day | None:
    """Return the next such day of a month; the latest for ``past``."""
    day, step = _number(match["day"]), -1 if past else 1
    for months in range(0, 3 * step, step):
        made = _make(*_later_month(today, months), day)
        if made and (made <= today if past else made >= today):
            return _Day(made, "month")
    return None


def _away(match: re.Match[str], today: date, past: bool) -> _Day | None:
    return _Day(today + timedelta(_DAYS_AWAY[match[0]]))


def _weekday(match: re.Match[str], today: date, past: bool) -> _Day | None:
    wanted = _WEEKDAYS[match["weekday"]]
    monday = today - timedelta(today.weekday())
    if match["which"]:
        return _Day(monday + timedelta(wanted + 7 * _WEEKS_AWAY[match["which"]]))
    if match["weekday"] == "末" and today.weekday() == 6:
        return _Day(today, "week")
    ahead = (wanted - today.weekday()) % 7
    back = -((today.weekday() - wanted) % 7)
    return _Day(today + timedelta(back if past else ahead), "week")


def _festival(match: re.Match[str], today: date, past: bool) -> _Day | None:
    month, day = _FESTIVALS[match["name"]]
    if match["year"] is None:
        return _yearly(month, day, today, past)
    made = _make(today.year + _YEARS_AWAY[match["year"]], month, day)
    return None if made is None else _Day(made)


def _edge(match: re.Match[str], today: date, past: bool) -> _Day | None:
    """Return the first or last day of this month, the next, or the year."""
    if match["span"].endswith("年"):
        made = date(today.year, 12, 31) if match["edge"] == "底" else date(today.year + 1, 1, 1)
        return _Day(made)
    months = 1 if match["span"].startswith("下") else 0
    first = date(*_later_month(today, months), 1)
    if match["edge"] == "底":
        return _Day(date(*_later_month(first, 1), 1) - timedelta(1))
    return _Day(first if months else date(*_later_month(today, 1), 1))


_LENGTHS = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7}


def _after(match: re.Match[str], today: date, past: bool) -> _Day | None:
    count = _number(match["count"])
    return _Day(today + timedelta(count * _LENGTHS[match["length"]])) if count else None


def _slashed(match: re.Match[str], today: date, past: bool) -> _Day | None:
    return _yearly(int(match["month"]), int(match["day"]), today, past)


_YEAR = r"(?P<year>去年|今年|明年|后年)?的?"
_DAY = rf"(?P<day>{SMALL}(?=[日号])|\d{{1,2}}(?!\d))[日号]?"
_FULL = (
    r"(?<!\d)(?P<year>20\d\d)[-/.年]\s*(?P<month>\d{1,2})[-/.月]\s*(?P<day>\d{1,2})[日号]?(?!\d)"
)
_FULL_HAN = (
    rf"(?P<year>二[零〇][零〇一二三四五六七八九]{{2}})年(?P<month>{SMALL})月(?P<day>{SMALL})[日号]?"
)
_COMPACT = r"(?<!\d)(?P<year>20\d\d)(?P<month>[01]\d)(?P<day>[0-3]\d)(?!\d)"
_MONTH_DAY = (
    rf"{_YEAR}(?<!\d)(?P<month>{SMALL})月份?的?"
    rf"(?P<day>{SMALL}(?=[日号]|$)|\d{{1,2}}(?!\d))[日号]?"
)
_OF_MONTH = rf"(?P<which>下下|下|这|本)个?月的?{_DAY}"
_AFTER = rf"(?P<count>{SMALL})个?(?P<length>天|日|周|星期|礼拜)(?:以后|之后|后)"
_AWAY = (
    r"大前天|前天|昨[天日儿]|昨(?=晚)|今[天日儿]|今(?=[晚早夜])|大后天|后[天日儿]|当天"
    r"|(?<![说声证透发])明(?:[天日儿]|(?=[晚早])(?!早餐))"
)
_WEEKDAY = (
    r"(?P<which>上上|下下|上|下|这|本)?个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天末1-7])"
)
_HOLIDAYS = "节|假期|长假|黄金周|小长假|当天|那天|期间"
#: 十一 and the like are numbers as well, so they need a word behind.
_FESTIVAL = (
    rf"{_YEAR}(?P<name>元旦|情人节|妇女节|劳动节|青年节|儿童节|教师节|国庆|平安夜|圣诞|跨年"
    rf"|(?:三八|六一|十一)(?={_HOLIDAYS})|五一(?![路街月日号点个位人]|广场|大道))(?:{_HOLIDAYS}|夜)*"
)
_EDGE = r"(?P<span>这个月|本月|下个?月|今年|年|月)(?P<edge>底|初)"
#: In 1到3号 the first number borrows its 号 from the second.
_DAY_BEFORE = rf"(?<![\d第月.])(?P<day>{SMALL})(?={_TO}{SMALL}[日号])"
_DAY_ALONE = rf"(?<![\d第月])(?P<day>{SMALL})[日号]{_NO_DAY}"
_SLASHED = (
    r"(?<![\d.:])(?P<month>1[0-2]|0?[1-9])[./](?P<day>3[01]|[12]\d|0?[1-9])[日号]?" + _NO_MEASURE
)
_DASHED = r"(?<![\d.:-])(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12]\d|3[01])(?![\d-])"

#: Tried in this order at every place; the first that can be read counts.
_GRAMMAR: tuple[tuple[re.Pattern[str], _Reader], ...] = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (_FULL, _full),
        (_FULL_HAN, _full),
        (_COMPACT, _full),
        (_MONTH_DAY, _month_day),
        (_OF_MONTH, _of_month),
        (_AFTER, _after),
        (_AWAY, _away),
        (_WEEKDAY, _weekday),
        (_FESTIVAL, _festival),
        (_EDGE, _edge),
        (_DAY_ALONE, _day_alone),
        (_DAY_BEFORE, _day_alone),
        (_SLASHED, _slashed),
        (_DASHED, _slashed),
    )
)
#: The day that ends a range, its month left out: 5月1日到3日, 1-3号.
_LAST_DAY = re.compile(rf"{_TO}(?P<day>{SMALL}(?=[日号])|\d{{1,2}}(?![\d.月/]))[日号]?{_NO_DAY}")
_JOINT = re.compile(rf"(?:[入住的]|晚上|早上|上午|中午|下午)*{_TO}")


def find_dates(text: str, today: date, *, past: bool = False) -> list[FoundDate]:
    """Return the days in a normalised text, in order; a range gives two.

    ``past``: what comes round again means the latest such day, not the next.
    """
    found: list[FoundDate] = []
    position = 0
    while position < len(text):
        each = _at(text, position, today, past)
        if each is None:
            position += 1
            continue
        if found and _JOINT.fullmatch(text[found[-1].end : each.start]):
            each = _not_before(each, found[-1].day)
        found.append(each)
        position = each.end
        last = _last_of_range(text, each)
        if last is not None:
            found.append(last)
            position = last.end
    return found


def _at(text: str, position: int, today: date, past: bool) -> FoundDate | None:
    for pattern, reader in _GRAMMAR:
        match = pattern.match(text, position)
        read = reader(match, today, past) if match else None
        if match and read:
            return FoundDate(read.day, position, match.end(), read.period)
    return None


def _last_of_range(text: str, first: FoundDate) -> FoundDate | None:
    match = _LAST_DAY.match(text, first.end)
    if match is None:
        return None
    day = _number(match["day"])
    last = _make(first.day.year, first.day.month, day)
    if last is None or last < first.day:
        last = _make(*_later_month(first.day, 1), day)
    return None if last is None else FoundDate(last, match.start("day"), match.end())


def _not_before(found: FoundDate, first: date) -> FoundDate:
    """Move the end of a range behind its beginning, if it may be meant so."""
    if found.day >= first or found.period is None:
        return found
    if found.period == "week":
        return replace(found, day=found.day + timedelta(7))
    if found.period == "month":
        later = _make(*_later_month(found.day, 1), found.day.day)
    else:
        later = _make(found.day.year + 1, found.day.month, found.day.day)
    return replace(found, day=later or found.day)
