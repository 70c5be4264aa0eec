"""Charts of the page as SVG; colours are classes, and each says in words what it shows. Pure.

The viewBox is narrow, so that captions stay readable on a phone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 400, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 6, 12, 24
#: Captions below a chart at most.
_TICKS = 7


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: what it is called below the chart and in full, and its parts from below."""

    tick: str
    name: str
    parts: Sequence[float]


def bars(title: str, layers: Sequence[str], found: Sequence[Bar]) -> str:
    """Return stacked bars; ``layers`` are the names of the parts."""
    most = _ceiling(max((sum(bar.parts) for bar in found), default=0))
    told = "；".join(f"{bar.name}：{_told(layers, bar)}" for bar in found)
    return "\n".join([
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><desc>{escape(told)}</desc>",
        *_grid(most),
        *(line for n, bar in enumerate(found) for line in _bar(n, bar, len(found), most, layers)),
        "</svg>",
    ])  # fmt: skip


def _told(layers: Sequence[str], bar: Bar) -> str:
    pairs = zip(layers, bar.parts, strict=True)
    return "，".join(f"{layer} {part:g}" for layer, part in pairs)


def _ceiling(most: float) -> float:
    """Return a round number that is not below ``most`` and has four round parts."""
    scale = 4.0
    while scale * 10 < most:
        scale *= 10
    steps = (scale * each for each in (1, 2, 3, 5, 10, 20))
    return next(each for each in steps if each >= most)


def _grid(most: float) -> Iterator[str]:
    for quarter in range(5):
        y = _y(quarter / 4)
        yield f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}"/>'
        value = most * quarter / 4
        yield (
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" font-size="11" text-anchor="end">'
            f"{value:g}</text>"
        )


def _bar(n: int, bar: Bar, count: int, most: float, layers: Sequence[str]) -> Iterator[str]:
    step = (_WIDTH - _LEFT - _RIGHT) / count
    x, width, level = _LEFT + step * (n + 0.15), step * 0.7, 0.0
    yield f"<g><title>{escape(f'{bar.name}：{_told(layers, bar)}')}</title>"
    place = f'x="{x:.1f}" width="{width:.1f}"'
    yield f'<rect class="whole" {place} y="{_TOP}" height="{_y(0) - _TOP}"/>'
    for layer, part in enumerate(bar.parts):
        top, bottom = _y((level + part) / most), _y(level / most)
        level += part
        if part:
            yield (
                f'<rect class="layer-{layer}" {place} y="{top:.1f}" height="{bottom - top:.1f}"/>'
            )
    yield "</g>"
    if (count - 1 - n) % -(-count // _TICKS) == 0:
        yield (
            f'<text x="{x + width / 2:.1f}" y="{_HEIGHT - 7}" font-size="11"'
            f' text-anchor="middle">{escape(bar.tick)}</text>'
        )


def _y(share: float) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1.0 - share)
