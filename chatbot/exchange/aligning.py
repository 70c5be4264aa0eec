"""What of a list became of what of another one: pure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher

#: What was number ``i`` (None: was not there) is number ``j`` (None: is gone).
Pair = tuple[int | None, int | None]


def aligned(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Pair]:
    """Return what became of each of ``old``, and where each of ``new`` comes from, in order."""
    pairs: list[Pair] = []
    for _, i, j, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        both = min(j - i, last - first)
        pairs += ((i + at, first + at) for at in range(both))
        pairs += ((at, None) for at in range(i + both, j))
        pairs += ((None, at) for at in range(first + both, last))
    return pairs
