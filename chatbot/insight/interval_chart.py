"""Shares with their intervals, week by week, against what was promised: an SVG. Pure.

Colours are classes, as in `charts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 400, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 14, 24
_TICKS = 7


@dataclass(frozen=True, slots=True)
class Measured:
    """A share with its interval: what it is called below and in words, and what was promised."""

    tick: str
    told: str
    share: float
    least: float
    most: float
    target: float


def draw_intervals(title: str, promise: str, found: Sequence[Measured]) -> str:
    """Return the picture; ``promise`` is what the line of the promised share is called."""
    floor = min(0.9, *(int(min(each.least, each.target) * 10) / 10 for each in found))
    told = "；".join(each.told for each in found)
    return "\n".join([
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><desc>{escape(told)}</desc>",
        *_grid(floor),
        *_promised(promise, found, floor),
        *(line for n, each in enumerate(found) for line in _point(n, each, len(found), floor)),
        "</svg>",
    ])  # fmt: skip


def _grid(floor: float) -> Iterator[str]:
    for quarter in range(5):
        share = floor + (1.0 - floor) * quarter / 4
        y = _y(share, floor)
        yield f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}"/>'
        yield (
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" font-size="11" text-anchor="end">'
            f"{share * 100:.3g}%</text>"
        )


def _promised(promise: str, found: Sequence[Measured], floor: float) -> Iterator[str]:
    """Yield the promised share as steps: it may have been changed from one week to another."""
    half = (_WIDTH - _LEFT - _RIGHT) / len(found) / 2
    for n, each in enumerate(found):
        x, y = _x(n, len(found)), _y(each.target, floor)
        yield (
            f'<line class="promise" x1="{x - half:.1f}" y1="{y:.1f}" x2="{x + half:.1f}"'
            f' y2="{y:.1f}" stroke-dasharray="4 4"/>'
        )
    last = _y(found[-1].target, floor)
    yield (
        f'<text class="promise" x="{_LEFT + 4}" y="{last - 5:.1f}" font-size="11">'
        f"{escape(promise)}</text>"
    )


def _point(n: int, each: Measured, count: int, floor: float) -> Iterator[str]:
    x = _x(n, count)
    top, bottom = _y(each.most, floor), _y(each.least, floor)
    yield f"<g><title>{escape(each.told)}</title>"
    yield (
        f'<line class="curve-0" x1="{x:.1f}" y1="{top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}"'
        ' stroke-width="2"/>'
    )
    yield f'<circle class="dot-0" cx="{x:.1f}" cy="{_y(each.share, floor):.1f}" r="5"/></g>'
    if (count - 1 - n) % -(-count // _TICKS) == 0:
        yield (
            f'<text x="{x:.1f}" y="{_HEIGHT - 7}" font-size="11" text-anchor="middle">'
            f"{escape(each.tick)}</text>"
        )


def _x(n: int, count: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (n + 0.5) / count


def _y(share: float, floor: float) -> float:
    part = (share - floor) / (1.0 - floor)
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1.0 - part)
