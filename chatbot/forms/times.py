"""Times of day as people write them in Chinese, in minutes after midnight."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chatbot.forms.numerals import han_value

_HALF_DAY = 12 * 60
_DAY = 24 * 60
_HAN_HOUR = "二十[一二三四]?|十[一二三四五六七八九]?|[零一二两三四五六七八九]"
_HAN_MINUTE = "[零〇][一二三四五六七八九]|[二三四五]?十[一二三四五六七八九]?"
#: What follows a number that counts something else: 下午五点20人.
_COUNTED = "[人位个间晚天名桌岁]"
_PART = (
    "凌晨|清晨|清早|早上|早晨|大早上|上午|中午|正午|午后|下午|傍晚|晚上|晚间|夜里|夜晚|半夜|深夜|午夜|今晚|明晚"
    "|[早晚](?=[0-9二三四五六七八九十])"
)
_CLOCK = re.compile(
    rf"(?P<part>{_PART})?\s*(?:的)?(?<![\d.])(?P<hour>[01]?\d|2[0-4])\s*:\s*(?P<minute>[0-5]\d)(?::[0-5]\d)?"
    r"(?!\d)\s*(?P<half>[ap]\.?m)?"
    rf"|(?P<part2>{_PART})?\s*的?(?<![\d.第])(?P<hour2>[01]?\d|2[0-4]|{_HAN_HOUR})\s*(?:点钟?|时(?!候|间|长))"
    rf"(?P<past>半|[一三]刻|(?:[0-5]\d|{_HAN_MINUTE})(?!{_COUNTED})分?|(?:\d|[一二三四五六七八九])分|整)?"
    r"|(?<![\d.])(?P<hour3>1[0-2]|0?[1-9])\s*(?P<half3>[ap]\.?m)(?![a-z])"
    r"|(?P<alone>正午|中午|午夜|半夜)"
)
#: 有一点, 快一点, 一点也不: a little, not one o'clock.
_A_LITTLE_BEFORE = re.compile(r"(?:有|快|早|晚|多|少|便宜|大|小|慢|高|低|近|安静|好|差|再|这|那)$")
_A_LITTLE_AFTER = re.compile(r"[也都儿点不没]|建议|问题|意见|时间|小|钱")
_ALONE = {"正午": _HALF_DAY, "中午": _HALF_DAY, "午夜": 0, "半夜": 0}
_AFTERNOON = ("午后", "下午", "傍晚", "晚", "夜", "中午", "正午")
#: Without a word for the part of the day nobody who books means the small hours.
_SMALL_HOURS = range(1, 7)


@dataclass(frozen=True, slots=True)
class FoundTime:
    """A time at ``start`` to ``end``; ``other`` is what it may mean twelve hours away."""

    minutes: int
    start: int
    end: int
    other: int | None = None


def find_times(text: str) -> Iterator[FoundTime]:
    """Yield the times in a normalised text, in order."""
    for match in _CLOCK.finditer(text):
        if match["alone"]:
            yield FoundTime(_ALONE[match["alone"]], match.start(), match.end())
            continue
        hour, minute = _hour(match), _minute(match)
        if minute is None or _is_a_little(text, match):
            continue
        half = (match["half"] or match["half3"] or "")[:1]
        part = match["part"] or match["part2"] or {"a": "上午", "p": "下午"}.get(half, "")
        minutes, other = _placed(hour, minute, part)
        yield FoundTime(minutes, match.start(), match.end(), other)


def _hour(match: re.Match[str]) -> int:
    written = match["hour"] or match["hour2"] or match["hour3"]
    return int(written if written.isascii() else han_value(written) or 0)


def _minute(match: re.Match[str]) -> int | None:
    written = match["minute"] or match["past"] or ""
    fixed = {"": 0, "整": 0, "半": 30, "一刻": 15, "三刻": 45}.get(written)
    if fixed is not None:
        return fixed
    digits = written.removesuffix("分")
    value = int(digits) if digits.isascii() else han_value(digits.lstrip("零〇"))
    return int(value) if value is not None and value < 60 else None


def _is_a_little(text: str, match: re.Match[str]) -> bool:
    if match["hour2"] not in {"一", "1"} or match["part2"] or match["past"]:
        return False
    before = _A_LITTLE_BEFORE.search(text[: match.start()])
    return bool(before) or _A_LITTLE_AFTER.match(text, match.end()) is not None


def _placed(hour: int, minute: int, part: str) -> tuple[int, int | None]:
    """Return the minutes of the day, and the other reading where the words leave it open."""
    minutes = (hour * 60 + minute) % _DAY
    if part:
        return _in_part(hour, minutes, part), None
    if hour in _SMALL_HOURS:
        return minutes + _HALF_DAY, minutes
    if hour <= 12:
        return minutes, (minutes + _HALF_DAY) % _DAY
    return minutes, None


def _in_part(hour: int, minutes: int, part: str) -> int:
    if not any(word in part for word in _AFTERNOON):
        return minutes % _HALF_DAY if part == "凌晨" and hour == 12 else minutes
    if hour == 12:  # 晚上12点 is midnight, 中午12点 is noon
        midnight = "晚" in part or "夜" in part
        return minutes - _HALF_DAY if midnight else minutes
    night = "半夜" in part or "深夜" in part or "午夜" in part
    if hour > 12 or (night and hour < 6) or ("中午" in part and hour > 9):
        return minutes
    return minutes + _HALF_DAY


def clock(minutes: float) -> str:
    """Return ``HH:MM``."""
    return f"{int(minutes) // 60:02d}:{int(minutes) % 60:02d}"
