"""The reliability curve as a picture: an SVG of our own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from chatbot.curation.calibration_report import CalibrationReport
from chatbot.curation.reliability import Bin

_WIDTH, _HEIGHT = 640, 560
_LEFT, _TOP, _SIDE = 80, 70, 420
_FONT = "font-family=\"'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif\""
_GREY, _LIGHT = "#555555", "#e4e4e4"


@dataclass(frozen=True, slots=True)
class _Series:
    name: str
    colour: str
    bins: Sequence[Bin]


def draw_reliability(report: CalibrationReport) -> str:
    """Return the SVG: mean confidence to the right, share of right ones upwards, in tenths."""
    series = [
        _Series("留出的问法", "#1769aa", report.left_out),
        _Series("标注过的消息", "#c2410c", report.labelled),
    ]
    shown = [each for each in series if each.bins]
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {_FONT}>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        _text(_LEFT, 36, "置信度可靠吗：说有几成把握，实际对了几成", size=18, colour="#111111"),
        *_axes(),
        *_threshold(report),
        *(line for each in shown for line in _curve(each)),
        *_legend(shown),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _axes() -> Iterator[str]:
    for tenth in range(0, 11, 2):
        at = tenth / 10
        yield _line(_x(at), _y(0), _x(at), _y(1), _LIGHT)
        yield _line(_x(0), _y(at), _x(1), _y(at), _LIGHT)
        yield _text(_x(at), _y(0) + 22, f"{at:.1f}", anchor="middle")
        yield _text(_x(0) - 10, _y(at) + 5, f"{at:.1f}", anchor="end")
    yield _line(_x(0), _y(0), _x(1), _y(0), _GREY)
    yield _line(_x(0), _y(0), _x(0), _y(1), _GREY)
    yield _line(_x(0), _y(0), _x(1), _y(1), _GREY, dashes="5 5")
    yield _text(_x(0.5), _y(0) + 48, "平均置信度", anchor="middle", size=15)
    middle = _y(0.5)
    yield _text(28, middle, "实际对的比例", anchor="middle", size=15, turn=f"-90 28 {middle:.1f}")


def _threshold(report: CalibrationReport) -> Iterator[str]:
    at = report.promises[0].threshold
    yield _line(_x(at), _y(0), _x(at), _y(1), "#15803d", dashes="2 4")
    yield _text(_x(at) - 6, _y(0) - 8, f"门槛 {at:.2f}", anchor="end", colour="#15803d")


def _curve(series: _Series) -> Iterator[str]:
    points = [(_x(each.confidence), _y(each.right)) for each in series.bins]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f'<polyline points="{path}" fill="none" stroke="{series.colour}" stroke-width="2"/>'
    most = max(each.messages for each in series.bins)
    for (x, y), each in zip(points, series.bins, strict=True):
        radius = 3 + 6 * (each.messages / most) ** 0.5
        told = f"{each.least:.1f} 至 {each.most:.1f}：{each.messages} 条，对 {each.right:.0%}"
        yield (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{series.colour}"'
            f' fill-opacity="0.75"><title>{escape(told)}</title></circle>'
        )


def _legend(shown: Sequence[_Series]) -> Iterator[str]:
    left, y = _x(1) + 16, _TOP + 12
    for each in shown:
        yield f'<circle cx="{left}" cy="{y}" r="6" fill="{each.colour}"/>'
        yield _text(left + 12, y + 5, each.name, size=13)
        count = sum(one.messages for one in each.bins)
        yield _text(left + 12, y + 23, f"{count} 条", size=12)
        y += 50
    yield _line(left - 6, y, left + 6, y, _GREY, dashes="5 5")
    yield _text(left + 12, y + 5, "说到做到", size=13)
    yield _text(left - 6, y + 34, "点越大条数越多", size=12)


def _x(share: float) -> float:
    return _LEFT + _SIDE * share


def _y(share: float) -> float:
    return _TOP + _SIDE * (1.0 - share)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{dashed}/>'
    )


def _text(
    x: float, y: float, words: str, *,
    anchor: str = "start", size: int = 14, colour: str = _GREY, turn: str = "",
) -> str:  # fmt: skip
    turned = f' transform="rotate({turn})"' if turn else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}"'
        f' text-anchor="{anchor}"{turned}>{escape(words)}</text>'
    )
