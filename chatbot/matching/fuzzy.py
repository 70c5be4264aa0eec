"""Nearly the same wording: typing slips, a particle more or less."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from chatbot.matching.terms import bigrams

#: Least share of equal characters (rapidfuzz ``ratio`` / 100) of a near-exact wording.
NEAR_EXACT = 0.93

_NUMBERS = re.compile(r"[0-9]+|[零一二两三四五六七八九十百千万半]+")
_NEGATIONS = re.compile(r"[不没未无非别勿莫]")
_LATIN = re.compile(r"[a-z]+")


def ratio(one: str, other: str) -> float:
    """Return the normalised indel similarity of two keys, 0 to 1."""
    return fuzz.ratio(one, other) / 100.0


def ratios(some: Sequence[str], others: Sequence[str]) -> npt.NDArray[np.float32]:
    """Return the ratios of ``some`` with ``others``, shape (some, others)."""
    # A list of its own: cdist compares one by one what is the same list, and many at once what
    # is not, which takes a quarter of the time though it is twice the work.
    table = process.cdist(some, list(others), scorer=fuzz.ratio, dtype=np.float32)
    return np.asarray(table / 100.0, dtype=np.float32)


def same_particulars(one: str, other: str) -> bool:
    """Return whether numbers, negations and Latin words agree.

    One character in twelve may be a slip of the finger, but never the one that turns "能带" into
    "不能带", 2 into 3 or wifi into vip.
    """
    return particulars(one) == particulars(other)


def particulars(key: str) -> tuple[tuple[str, ...], ...]:
    """Return the numbers, negations and Latin words of a key, those of a kind in order."""
    patterns = (_NUMBERS, _NEGATIONS, _LATIN)
    return tuple(tuple(sorted(pattern.findall(key))) for pattern in patterns)


def near_exact(key: str, keys: Sequence[str]) -> list[tuple[int, float]]:
    """Return (number, ratio) of the ``keys`` that word ``key`` nearly the same, best first."""
    found = process.extract(key, keys, scorer=fuzz.ratio, score_cutoff=100 * NEAR_EXACT, limit=None)
    close = [
        (number, score / 100.0) for other, score, number in found if same_particulars(key, other)
    ]
    return sorted(close, key=lambda hit: (-hit[1], hit[0]))


class CloseKeys:
    """Finds the keys that word another one nearly the same, without looking at all of them.

    A key whose ratio reaches ``NEAR_EXACT`` is at most d characters away, and d insertions and
    deletions touch at most 2d pairs of characters (the q-gram lemma of Ukkonen, "Approximate
    string-matching with q-grams and maximal matches", 1992). So of any 2d + 1 pairs of a message
    it has at least one, and only the keys that have one of the rarest are compared.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = list(keys)
        self._with_pair: defaultdict[str, list[int]] = defaultdict(list)
        for number, key in enumerate(self._keys):
            for pair in set(bigrams(key)):
                self._with_pair[pair].append(number)

    def find(self, key: str) -> list[tuple[int, float]]:
        """Return (number, ratio) of the keys that word ``key`` nearly the same, best first."""
        numbers = self._candidates(key) if self._keys else ()
        if not numbers:
            return []
        close = near_exact(key, [self._keys[number] for number in numbers])
        return [(numbers[at], ratio) for at, ratio in close]

    def _candidates(self, key: str) -> Sequence[int]:
        # The other key has at most (2 / ratio - 1) times as many characters.
        away = int((1.0 - NEAR_EXACT) * 2.0 / NEAR_EXACT * len(key) + 1e-6)
        having = [self._with_pair.get(pair, []) for pair in set(bigrams(key))]
        needed = 2 * away + 1
        if len(having) < needed:
            return range(len(self._keys)) if key else ()
        rarest = sorted(having, key=len)[:needed]
        return sorted({number for numbers in rarest for number in numbers})
