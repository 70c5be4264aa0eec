"""A trend as a line of a few points, drawn on the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_WIDTH, _HEIGHT, _EDGE = 96, 24, 3


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Counts, oldest first, as places in a picture of ``width`` by ``height``."""

    counts: Sequence[int]
    width: int = _WIDTH
    height: int = _HEIGHT

    @property
    def points(self) -> str:
        """Return the places as a polyline has them."""
        return " ".join(f"{x},{y}" for x, y in self._places())

    @property
    def last(self) -> tuple[float, float]:
        """Return where the newest count stands."""
        return self._places()[-1]

    def _places(self) -> list[tuple[float, float]]:
        step = (self.width - 2 * _EDGE) / max(1, len(self.counts) - 1)
        high = max(1, *self.counts)
        inner = self.height - 2 * _EDGE
        return [
            (round(_EDGE + at * step, 1), round(self.height - _EDGE - count / high * inner, 1))
            for at, count in enumerate(self.counts)
        ]
