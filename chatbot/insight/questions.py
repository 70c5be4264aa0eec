"""Which questions are asked most, which are rising, and which answers nobody needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from chatbot.insight.definitions import Sums

#: A question rises if it was asked so often, and so many standard deviations above chance.
LEAST_RISING = 5
_RISE = 2.0


@dataclass(frozen=True, slots=True)
class Asked:
    """How often something was asked for (or given) in a period, and in the one before."""

    key: str
    now: int
    before: int

    @property
    def rise(self) -> float:
        """Return the difference in standard deviations of two Poisson counts."""
        together = self.now + self.before
        return (self.now - self.before) / math.sqrt(together) if together else 0.0

    @property
    def is_rising(self) -> bool:
        """Return whether it is asked more often than chance would have it."""
        return self.now >= LEAST_RISING and self.rise >= _RISE


def asked(figure: str, now: Sums, before: Sums) -> list[Asked]:
    """Return what was counted by key, the most frequent first."""
    keys = {key for sums in (now, before) for (name, key), each in sums.items() if name == figure}

    def count(sums: Sums, key: str) -> int:
        found = sums.get((figure, key))
        return found.n if found else 0

    found = [Asked(key, count(now, key), count(before, key)) for key in keys]
    return sorted(found, key=lambda each: (-each.now, -each.before, each.key))


def rising(found: Sequence[Asked]) -> list[Asked]:
    """Return those that rise, the steepest first; nothing rises after a period without any."""
    if not any(each.before for each in found):
        return []
    return sorted(
        (each for each in found if each.is_rising), key=lambda each: (-each.rise, each.key)
    )
