"""The reliability curve as a picture: an SVG of our own, for a page or as a file by itself. Pure.

Colours are classes: a page says what they look like in light and dark, a file brings that along.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from chatbot.curation.reliability import Bin

_WIDTH, _LEFT, _TOP, _SIDE = 400, 58, 48, 320
_FONT = "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif"
#: What a file looks like that stands alone.
_STYLE = f"""<style>
svg {{ background: #fff; font-family: {_FONT}; }}
text {{ fill: #555; }} .title {{ fill: #111; }}
.grid {{ stroke: #e4e4e4; }} .axis {{ stroke: #777; }} .promise {{ stroke: #15803d; }}
text.promise {{ fill: #15803d; stroke: none; }}
.curve-0 {{ stroke: #1769aa; }} .dot-0 {{ fill: #1769aa; }}
.curve-1 {{ stroke: #c2410c; }} .dot-1 {{ fill: #c2410c; }}
@media (prefers-color-scheme: dark) {{
svg {{ background: #15171b; }} text {{ fill: #a0a7b3; }} .title {{ fill: #e7e9ec; }}
.grid {{ stroke: #32363d; }} .promise {{ stroke: #71cf97; }} text.promise {{ fill: #71cf97; }}
.curve-0 {{ stroke: #8fb2ff; }} .dot-0 {{ fill: #8fb2ff; }}
.curve-1 {{ stroke: #f0b95c; }} .dot-1 {{ fill: #f0b95c; }}
}}
</style>"""


@dataclass(frozen=True, slots=True)
class Series:
    """A curve: its name, and its points."""

    name: str
    bins: Sequence[Bin]


@dataclass(frozen=True, slots=True)
class CurveWords:
    """What the picture says. ``point`` names {least}, {most}, {count} and {right}.

    ``threshold`` names {at}; ``count`` is the number of a series' messages, {count}.
    """

    title: str
    across: str
    upwards: str
    threshold: str
    point: str
    count: str
    perfect: str


def draw_reliability(
    series: Sequence[Series], threshold: float, words: CurveWords, *, alone: bool
) -> str:
    """Return the SVG: mean confidence to the right, share of right ones upwards, in tenths.

    ``alone``: it is a file of its own, not part of a page.
    """
    shown = [each for each in series if each.bins]
    height = _TOP + _SIDE + 66 + 20 * (len(shown) + 1)
    told = "；".join(f"{each.name}：{point}" for each in shown for point in _points(each, words))
    space = 'xmlns="http://www.w3.org/2000/svg"'
    lines = [
        f'<svg {space} class="chart" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>{escape(words.title)}</title><desc>{escape(told)}</desc>",
        _STYLE if alone else "",
        _text(_LEFT - 40, 22, words.title, kind="title", size=14),
        *_axes(words),
        *_threshold(threshold, words),
        *(line for number, each in enumerate(shown) for line in _curve(number, each, words)),
        *_legend(shown, words),
        "</svg>",
    ]
    return "\n".join(filter(None, lines)) + "\n"


def _points(series: Series, words: CurveWords) -> list[str]:
    return [
        words.point.format(
            least=f"{each.least:.1f}", most=f"{each.most:.1f}", count=each.messages,
            right=f"{each.right:.0%}",
        )
        for each in series.bins
    ]  # fmt: skip


def _axes(words: CurveWords) -> Iterator[str]:
    for tenth in range(0, 11, 2):
        at = tenth / 10
        yield _line(_x(at), _y(0), _x(at), _y(1), "grid")
        yield _line(_x(0), _y(at), _x(1), _y(at), "grid")
        yield _text(_x(at), _y(0) + 18, f"{at:.1f}", anchor="middle")
        yield _text(_x(0) - 8, _y(at) + 4, f"{at:.1f}", anchor="end")
    yield _line(_x(0), _y(0), _x(1), _y(0), "axis")
    yield _line(_x(0), _y(0), _x(0), _y(1), "axis")
    yield _line(_x(0), _y(0), _x(1), _y(1), "axis", dashes="5 5")
    yield _text(_x(0.5), _y(0) + 38, words.across, anchor="middle")
    middle = _y(0.5)
    yield _text(18, middle, words.upwards, anchor="middle", turn=f"-90 18 {middle:.1f}")


def _threshold(at: float, words: CurveWords) -> Iterator[str]:
    yield _line(_x(at), _y(0), _x(at), _y(1), "promise", dashes="2 4")
    told = words.threshold.format(at=f"{at:.2f}")
    yield _text(_x(at) - 6, _y(0) - 8, told, anchor="end", kind="promise")


def _curve(number: int, series: Series, words: CurveWords) -> Iterator[str]:
    points = [(_x(each.confidence), _y(each.right)) for each in series.bins]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f'<polyline class="curve-{number}" points="{path}" fill="none" stroke-width="2"/>'
    most = max(each.messages for each in series.bins)
    for (x, y), each, told in zip(points, series.bins, _points(series, words), strict=True):
        radius = 3 + 6 * (each.messages / most) ** 0.5
        yield (
            f'<circle class="dot-{number}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"'
            f' fill-opacity="0.75"><title>{escape(told)}</title></circle>'
        )


def _legend(shown: Sequence[Series], words: CurveWords) -> Iterator[str]:
    y = _y(0) + 62
    for number, each in enumerate(shown):
        yield f'<circle class="dot-{number}" cx="{_LEFT}" cy="{y}" r="5"/>'
        count = words.count.format(count=sum(one.messages for one in each.bins))
        yield _text(_LEFT + 12, y + 4, each.name, more=count)
        y += 20
    yield _text(_LEFT - 6, y + 4, words.perfect)


def _x(share: float) -> float:
    return _LEFT + _SIDE * share


def _y(share: float) -> float:
    return _TOP + _SIDE * (1.0 - share)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"{dashed}/>'


def _text(
    x: float, y: float, words: str, *,
    anchor: str = "start", size: int = 12, kind: str = "", turn: str = "", more: str = "",
) -> str:  # fmt: skip
    turned = f' transform="rotate({turn})"' if turn else ""
    named = f' class="{kind}"' if kind else ""
    beside = f'<tspan dx="8">{escape(more)}</tspan>' if more else ""
    return (
        f'<text{named} x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"{turned}>'
        f"{escape(words)}{beside}</text>"
    )
