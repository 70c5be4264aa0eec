"""Shares with what they are worth: how many they rest on, and between which values they lie."""

from __future__ import annotations

import math
from dataclasses import dataclass

#: The quantile of a 95 % interval.
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``total``, and between which shares it lies with 95 % certainty."""

    hits: int
    total: int

    @property
    def value(self) -> float | None:
        """Return the share, None of nothing."""
        return self.hits / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """Return the Wilson score interval."""
        # Some are counted on another day than what they are a share of.
        return wilson(min(1.0, self.hits / self.total), self.total) if self.total else (0.0, 1.0)


def wilson(share: float, total: float) -> tuple[float, float]:
    """Return the 95 % score interval of a share of so many (Wilson, JASA 22, 1927).

    ``total`` is more than 0; it need not be whole where judgements count for unequally much.
    """
    square = _Z * _Z
    centre = share + square / (2 * total)
    spread = _Z * math.sqrt(share * (1 - share) / total + square / (4 * total**2))
    scale = 1 + square / total
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
