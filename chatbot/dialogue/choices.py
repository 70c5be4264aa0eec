"""A line of the last menu, picked by typing its number."""

from __future__ import annotations

import re

_DIGITS = {digit: number for number, digit in enumerate("一二三四五六七八九", 1)}
_PICK = re.compile(
    r"(?:选|要|就|我选|我要|问)?第?([1-9一二三四五六七八九])(?:个|条|项|号)?(?:吧|呢|哦)?"
)


def chosen(key: str, lines: int) -> int | None:
    """Return the place, from 0, of the line that a message (letters and digits alone) picks.

    "1", "第一个" and "选2" pick a line; None if the message says more, or there is no such line.
    """
    match = _PICK.fullmatch(key)
    if match is None:
        return None
    written = match.group(1)
    number = _DIGITS.get(written) or int(written)
    return number - 1 if number <= lines else None
