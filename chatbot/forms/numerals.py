"""Numbers in digits and in Chinese numerals, and the measure words behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DIGITS = {
    "零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4,
    "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
}  # fmt: skip
_UNITS = {"十": 10, "百": 100, "千": 1000}
#: Nobody writes a longer one; it bounds the work.
_LONGEST = 20
_HAN = "零〇一二两三四五六七八九十百千万"
#: A numeral as a pattern, for the grammars of dates and times: at most 31.
SMALL = (
    "(?:[0-9]{1,2}|二十[一二三四五六七八九]?|三十一?|十[一二三四五六七八九]?"
    "|[零一二两三四五六七八九])"
)

_TOKEN = re.compile(
    r"(?<![0-9])(?P<digits>[0-9]{1,3}(?:,[0-9]{3}){1,3}|[0-9]{1,12}(?:\.[0-9]{1,9})?)(?![0-9])"
    r"(?P<ten>[万千])?"
    rf"|(?P<han>[{_HAN}]+(?:点[零〇一二三四五六七八九]{{1,9}})?)"
    r"|(?P<pair>[俩仨])|(?P<half>半)"
)
#: 一 is often no number: 问一下, 一起, 一样; and 第一 is a place in a row.
_NO_NUMBER_BEFORE = re.compile(r"(?:第|统|唯|单|星期|礼拜|周|初|之|任何|哪|某)$")
_NO_NUMBER_AFTER = re.compile(r"[下起样点些直般定切共边会旦律并同再致向是来]|块儿|方面")


@dataclass(frozen=True, slots=True)
class FoundNumber:
    """A number at ``start`` to ``end``; ``unit`` is the text that follows it."""

    value: int | float
    start: int
    end: int
    unit: str


def han_value(text: str) -> int | float | None:
    """Return the value of a Chinese numeral such as 一百零五 or 三点五; None if it is none."""
    whole, point, fraction = text.partition("点")
    number = _whole(whole)
    if number is None or not point:
        return number
    digits = [_DIGITS.get(character) for character in fraction]
    if not digits or None in digits:
        return None
    return float(f"{number}." + "".join(map(str, digits)))


def _whole(text: str) -> int | None:
    possible = 0 < len(text) <= _LONGEST and all(character in _HAN for character in text)
    if not possible or text[0] in "百千万":
        return None
    if all(character in _DIGITS for character in text):
        return _row(text)
    upper, myriad, lower = text.partition("万")
    if not myriad:
        return _below_myriad(text)
    if "万" in lower:
        return None
    head = _below_myriad(upper)
    tail = _below_myriad(lower, following=1000) if lower else 0
    return None if head is None or tail is None else head * 10_000 + tail


def _row(text: str) -> int | None:
    """Read digits in a row, as in 二〇二六. Two of them mean "about": 两三, 三四."""
    if len(text) > 1 and ("两" in text or len(text) == 2):
        return None
    return int("".join(str(_DIGITS[character]) for character in text))


def _below_myriad(text: str, following: int = 1) -> int | None:
    """Read up to four places; a lone last digit counts in the next lower place (一百五 = 150).

    ``following`` is that place for a ``text`` that is one digit alone, as in 三万五.
    """
    total, digit, lowest = 0, None, following * 10
    for character in text:
        if character in _UNITS:
            place = _UNITS[character]
            if place >= lowest and total:
                return None
            total += (1 if digit is None else digit) * place
            digit, lowest = None, place
        elif digit:
            return None
        else:
            digit = _DIGITS[character]
            lowest = 10 if digit == 0 else lowest
    return total + (digit or 0) * (lowest // 10)


def find_numbers(text: str) -> Iterator[FoundNumber]:
    """Yield the numbers of a normalised text; words such as 一下 and 第一 are none."""
    end = 0
    for match in _TOKEN.finditer(text):
        value = _value(match)
        if value is None or match.start() < end or _is_word(text, match):
            continue
        end = match.end()
        if text.startswith("个半", end) and isinstance(value, int):
            value, end = value + 0.5, end + len("个半")
        yield FoundNumber(value, match.start(), end, text[end:])


def _value(match: re.Match[str]) -> int | float | None:
    if match["digits"]:
        written = match["digits"].replace(",", "")
        number = float(written) if "." in written else int(written)
        factor = {"万": 10_000, "千": 1000}.get(match["ten"] or "", 1)
        return _shortest(number * factor)
    if match["pair"]:
        return 2 if match["pair"] == "俩" else 3
    if match["half"]:
        return 0.5
    return han_value(match["han"])


def _shortest(number: float) -> int | float:
    return int(number) if number == int(number) else number


def _is_word(text: str, match: re.Match[str]) -> bool:
    if match["digits"]:
        return text[: match.start()].endswith("第")
    if match["half"]:
        return not re.match(r"(?:天|小时|个|年|打|斤|份|只|$)", text[match.end() :])
    if _NO_NUMBER_BEFORE.search(text[: match.start()]):
        return True
    return match["han"] == "一" and _NO_NUMBER_AFTER.match(text, match.end()) is not None
