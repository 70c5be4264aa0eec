"""Numbers and moments of Excel as the texts that Excel shows."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

#: Number formats whose result is known: digits, decimals, thousands, per cent.
_NUMBER_FORMAT = re.compile(r"(#,##)?0(?:\.(0+))?(%)?(?:_ |_\)|;.*)?")
#: Excel keeps fifteen digits of a number; the digits of a longer one are already lost.
_EXACT = 10**15


class NotAsShown(Exception):
    """A cell whose text cannot be told; the text says why."""


def number_shown(value: float, form: str) -> str:
    """Return a number in the format of its cell: 7.0 as 7, 0.5 as 50%."""
    if abs(value) >= _EXACT:
        raise NotAsShown("数字超过 15 位，Excel 已经丢掉了后面几位；请先设成文本格式再输入")
    if form in {"General", "@"}:
        return format(Decimal(repr(value)).normalize(), "f")
    found = _NUMBER_FORMAT.fullmatch(form)
    if found is None:
        raise NotAsShown(f"数字格式“{form}”读不准，请设成文本格式，写成客户应看到的样子")
    thousands, decimals, percent = found.groups()
    places = f"{',' if thousands else ''}.{len(decimals or '')}"
    return format(Decimal(repr(value)), f"{places}{'%' if percent else 'f'}")


def moment_shown(value: datetime | date | time | timedelta) -> str:
    """Return a day in ISO form, a time of day as HH:MM."""
    if isinstance(value, timedelta):
        if not timedelta() <= value < timedelta(days=1):
            raise NotAsShown("时间超过 24 小时，请设成文本格式，写成客户应看到的样子")
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        value = time(minutes // 60, minutes % 60, seconds)
    if isinstance(value, datetime):
        day = value.date().isoformat()
        return day if value.time() == time() else f"{day} {moment_shown(value.time())}"
    if isinstance(value, date):
        return value.isoformat()
    return value.isoformat("minutes" if value.second == 0 else "seconds")
