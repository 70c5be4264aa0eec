"""Telephone numbers of mainland China.

Mobile numbers have eleven digits and begin with 13 to 19; landline numbers have an area code of
three (010, 02x) or four digits (Ministry of Industry and Information Technology, 电信网编号计划).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SPOKEN = str.maketrans("零〇幺一二三四五六七八九", "001123456789")
_MOBILE = re.compile(
    r"(?<!\d)(?:(?:\+|00)?86[- ]*)?(?P<number>1[3-9]\d(?:[-. ]?\d){8})(?!\d)", re.ASCII
)
_LANDLINE = re.compile(
    r"(?<!\d)(?:(?:\+|00)86[- ]*)?\(?(?P<area>(?:(?<=86)|(?<=86[- ])|0)(?:10|2\d|[3-9]\d\d))\)?"
    r"[- ]?(?P<number>[2-9]\d{2,3}[- ]?\d{4})(?:(?:转|-)(?P<extension>\d{1,6}))?(?!\d)",
    re.ASCII,
)
_SPOKEN_RUN = re.compile("[零〇幺一二三四五六七八九]{11}")


@dataclass(frozen=True, slots=True)
class FoundPhone:
    """A number at ``start`` to ``end``: eleven digits, or ``0571-88880000``."""

    number: str
    start: int
    end: int


def find_phones(text: str) -> Iterator[FoundPhone]:
    """Yield the telephone numbers in a normalised text."""
    text = _SPOKEN_RUN.sub(lambda match: match[0].translate(_SPOKEN), text)
    taken = 0
    for match in _MOBILE.finditer(text):
        yield FoundPhone(re.sub(r"\D", "", match["number"]), match.start(), match.end())
        taken = match.end()
    for match in _LANDLINE.finditer(text, taken):
        yield FoundPhone(_landline(match), match.start(), match.end())


def _landline(match: re.Match[str]) -> str:
    area = match["area"] if match["area"].startswith("0") else f"0{match['area']}"
    number = re.sub(r"\D", "", match["number"])
    extension = f"-{match['extension']}" if match["extension"] else ""
    return f"{area}-{number}{extension}"
