"""Nearly the same wording: typing slips, a particle more or less."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz, process

#: Least share of equal characters (rapidfuzz ``ratio`` / 100) of a near-exact wording.
NEAR_EXACT = 0.93

_NUMBERS = re.compile(r"[0-9]+|[零一二两三四五六七八九十百千万半]+")
_NEGATIONS = re.compile(r"[不没未无非别勿莫]")
_LATIN = re.compile(r"[a-z]+")


def ratio(one: str, other: str) -> float:
    """Return the normalised indel similarity of two keys, 0 to 1."""
    return fuzz.ratio(one, other) / 100.0


def same_particulars(one: str, other: str) -> bool:
    """Return whether numbers, negations and Latin words agree.

    One character in twelve may be a slip of the finger, but never the one that turns "能带" into
    "不能带", 2 into 3 or wifi into vip.
    """
    return all(
        sorted(pattern.findall(one)) == sorted(pattern.findall(other))
        for pattern in (_NUMBERS, _NEGATIONS, _LATIN)
    )


def near_exact(key: str, keys: Sequence[str]) -> list[tuple[int, float]]:
    """Return (number, ratio) of the ``keys`` that word ``key`` nearly the same, best first."""
    found = process.extract(key, keys, scorer=fuzz.ratio, score_cutoff=100 * NEAR_EXACT, limit=None)
    close = [
        (number, score / 100.0) for other, score, number in found if same_particulars(key, other)
    ]
    return sorted(close, key=lambda hit: (-hit[1], hit[0]))


def best_ratio(key: str, keys: Iterable[str]) -> float:
    """Return the highest ratio of ``key`` with any of ``keys``; 0 without any."""
    return max((ratio(key, other) for other in keys), default=0.0)
