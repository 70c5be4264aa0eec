"""What must not become a similar question: numbers and addresses that belong to a person."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

_NOT_INSIDE = r"(?<![0-9A-Za-z])"
_NOT_BEFORE = r"(?![0-9A-Za-z])"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
#: So many digits in a row are no year, price or room, but somebody's order, card or account.
_ANY_NUMBER = 8
_PLATE = rf"[{_PROVINCES}][A-HJ-NP-Za-hj-np-z][·. ]?[A-HJ-NP-Za-hj-np-z0-9]{{5,6}}{_NOT_BEFORE}"
_CARD = rf"{_NOT_INSIDE}\d(?:[ -]?\d){{15,18}}{_NOT_BEFORE}"
_DATE = re.compile(r"20\d{2}-?(?:0[1-9]|1[0-2])-?(?:[0-2]\d|3[01])")
_ORDER = rf"{_NOT_INSIDE}[A-Za-z]{{0,6}}-?\d(?:-?\d){{{_ANY_NUMBER - 1},}}[A-Za-z0-9]*"


def _is_identity_card(number: str) -> bool:
    """Check the last sign of an 18-digit number (GB 11643-1999, ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * by for digit, by in zip(number[:17], _ID_WEIGHTS, strict=True))
    return _ID_CHECKS[total % 11] == number[17].upper()


def _is_bank_card(number: str) -> bool:
    """Check the last digit of a card number (ISO/IEC 7812-1, Luhn)."""
    digits = [int(digit) for digit in reversed(re.sub(r"\D", "", number))]
    every_other = (sum(divmod(digit * 2, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(every_other)) % 10 == 0


def _is_order(number: str) -> bool:
    """Return whether a long number is no date."""
    return _DATE.fullmatch(number) is None


def _is_any(_number: str) -> bool:
    return True


#: In this order, so that what is surely known is called by its name. Gaps are spaces or hyphens.
_RULES: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("邮箱", re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"), _is_any),
    ("身份证号", re.compile(rf"{_NOT_INSIDE}[1-9]\d{{16}}[\dXx]{_NOT_BEFORE}"), _is_identity_card),
    ("银行卡号", re.compile(_CARD), _is_bank_card),
    ("号码", re.compile(_CARD), _is_any),
    ("手机号", re.compile(r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)"), _is_any),
    ("电话号码", re.compile(r"(?<!\d)0\d{2,3}-\d{7,8}(?!\d)"), _is_any),
    ("车牌号", re.compile(_PLATE), _is_any),
    ("订单号", re.compile(_ORDER), _is_order),
)


def masked(text: str) -> tuple[str, tuple[str, ...]]:
    """Return ``text`` with the name of each kind of number in its place, and the kinds found."""
    found: list[str] = []
    for kind, pattern, is_one in _RULES:
        shown = pattern.sub(partial(_named, kind, is_one), text)
        if shown != text:
            found.append(kind)
        text = shown
    return text, tuple(found)


def _named(kind: str, is_one: Callable[[str], bool], match: re.Match[str]) -> str:
    return f"[{kind}]" if is_one(match[0]) else match[0]
