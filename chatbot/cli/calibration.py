"""How the calibration report is shown in a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chatbot.answers.calibration import Ground
from chatbot.answers.correction import DOUBT
from chatbot.calibrating_history import Change, Step
from chatbot.cli.cautions import caution_lines
from chatbot.curation.calibration_report import (
    CalibrationReport,
    Confusion,
    Promise,
)
from chatbot.curation.growth import PLENTY, Need
from chatbot.curation.left_out import Expected
from chatbot.curation.reliability import Bin

_GROUNDS: Mapping[Ground, str] = MappingProxyType(
    {
        "labels": "标注上检验过",
        "left-out": "按留出法",
        "usual": "按一般情况估计",
    }
)
_SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "click": "菜单里点的",
        "typed": "打字选的",
        "rephrased": "换个说法",
        "dissatisfied": "说不对",
        "wish": "答完要找人",
        "judged": "同事判的",
        "sampled": "抽查",
    }
)
_UNKNOWN = "–"
#: A terminal is no place for more; the JSON has them all.
_LONGEST_LIST = 15
#: Less gain than this is not worth an admin's time, per 100 messages about the entry.
_LEAST_GAIN = 0.02


def calibration_json(report: CalibrationReport) -> str:
    """Return the report as one JSON object."""
    # A lone surrogate of a wording is no UTF-8; escaped it is JSON, and the same text again.
    text = json.dumps(report.to_json(), ensure_ascii=False, indent=2)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def history_json(steps: Sequence[Step]) -> str:
    """Return what was learnt as one JSON object."""
    return json.dumps({"history": [each.to_json() for each in steps]}, ensure_ascii=False, indent=2)


def show_history(steps: Sequence[Step]) -> None:
    """Print what was learnt, the newest first."""
    console = Console()
    if not steps:
        console.print("还没有按标注学过。")
        return
    table = Table(title="学过几次")
    for heading in (
        "快照",
        "时间",
        "标注",
        "来自",
        "门槛",
        "没有答案的",
        "90% 把握不低于",
        "直接答",
    ):
        table.add_column(heading, overflow="fold")
    for each in steps:
        sources = "、".join(f"{_SOURCES.get(k, k)} {n}" for k, n in (each.sources or {}).items())
        table.add_row(*map(Text, (
            str(each.snapshot), each.at.isoformat(" ", "minutes"), str(each.labels),
            sources or _UNKNOWN, _change(each.threshold, ".4f"), _change(each.share, ".1%"),
            _told(each.least_precision, ".1%"), _told(each.coverage, ".1%"),
        )))  # fmt: skip
    console.print(table)


def _change(change: Change, form: str) -> str:
    return f"{_told(change.before, form)} → {_told(change.after, form)}"


def _told(number: float | None, form: str) -> str:
    return _UNKNOWN if number is None else format(number, form)


def show_calibration(report: CalibrationReport) -> None:
    """Print the report in words and tables."""
    console = Console()
    for line in _head(report):
        console.print(Text(line))
    console.print(_promise_table(report.promises))
    for line in _expectation(report):
        console.print(Text(line))
    for title, bins in (("留出的问法", report.left_out), ("标注过的消息", report.labelled)):
        if bins:
            console.print(_reliability_table(title, bins))
    _show_confusions(console, report.confusions)
    _show_growth(console, report)
    for line in caution_lines(report.cautions):
        console.print(Text(f"提醒：{line}"))


def _head(report: CalibrationReport) -> Iterator[str]:
    yield f"{report.entries} 个条目，{report.wordings} 种问法。"
    stated = f"没有答案的消息：设置里写的是 {_percent(report.stated_share)}"
    correction = report.correction
    if correction is None:
        yield f"{stated}，还没有标注可以用来估计。"
        return
    yield f"{stated}，按 {correction.labels} 条标注估计是 {_percent(correction.share)}。"


def sentence(expected: Expected) -> str:
    """Return what becomes of a hundred messages, in whole numbers that add up."""
    direct, clarify, handoff = _hundred((expected.direct, expected.clarify, expected.handoff))
    wrong = round(100 * expected.wrong)
    return f"100 问：直接答 {direct}，约 {wrong} 个错；反问 {clarify}；转人工 {handoff}"


def _expectation(report: CalibrationReport) -> Iterator[str]:
    expected, bound = report.expected, report.bound
    if expected is None:
        yield "相似问太少，留不出问法来试，说不出 100 问会怎样；每条写 3 到 10 个相似问再看。"
    else:
        yield f"{sentence(expected)}。（留出 {expected.questions} 问）"
        yield f"有答案的消息，直接回答的约占 {_percent(expected.coverage)}。"
    if bound is not None and bound.answered:
        right = f"{bound.right} 条对"
        yield (
            f"{bound.labels} 条标注：直接回答 {bound.answered} 条，其中 {right}；"
            f"{1 - DOUBT:.0%} 把握不低于 {_percent(bound.precision)}。"
        )
    elif bound is not None:
        yield "标注还太少，检验不了正确率：有答案和没有答案的消息都要有。"


def _promise_table(promises: Sequence[Promise]) -> Table:
    table = Table("目标", "门槛", "条目", "门槛怎么来的", title="承诺")
    for promise in promises:
        cells = (_percent(promise.target), f"{promise.threshold:.4f}", str(promise.entries))
        table.add_row(*cells, _GROUNDS[promise.ground])
    return table


def _reliability_table(title: str, bins: Sequence[Bin]) -> Table:
    table = Table(title=f"可靠性：{title}")
    for heading in ("置信度", "条数", "平均置信度", "实际对的"):
        table.add_column(heading, justify="right")
    for each in bins:
        span = f"{each.least:.1f} – {each.most:.1f}"
        shares = f"{each.confidence:.2f}", f"{each.right:.2f}"
        table.add_row(span, str(each.messages), *shares)
    return table


def _show_confusions(console: Console, confusions: Sequence[Confusion]) -> None:
    if not confusions:
        console.print(Text("没有容易混的条目。"))
        return
    table = Table("这一条", "认成了", "问法", "会答错", "例如", title="容易混的条目")
    for each in confusions[:_LONGEST_LIST]:
        names = (Text(_shown(entry.question)) for entry in (each.entry, each.taken_for))
        counts = str(each.questions), str(each.answered)
        table.add_row(*names, *counts, Text(_shown(each.example)))
    table.caption = "留出一个问法再问，排第一的是另一条"
    if len(confusions) > _LONGEST_LIST:
        table.caption += f"；另有 {len(confusions) - _LONGEST_LIST} 对，见 --json"
    console.print(table)


def _show_growth(console: Console, report: CalibrationReport) -> None:
    curve = report.growth.curve
    if curve:
        title = f"学习曲线：{curve[0].questions} 问，条目只留几个问法时，直接答对的占多少"
        console.print(Text(title, style="italic"))
        table = Table("留下的问法")
        for point in curve:
            table.add_column(str(point.kept), justify="right")
        table.add_row("直接答对", *(_percent(point.direct) for point in curve))
        console.print(table)
    worth = [need for need in report.needs if need.gain >= _LEAST_GAIN]
    if not worth:
        return
    console.print(_need_table(worth))
    based = "按上面的曲线" if curve else "按一般情况"
    console.print(
        Text(
            f"{len(worth)} 个条目都补到 {PLENTY - 1} 个相似问，{based}估计，"
            f"每 100 问多直接答 {100 * report.gain:.0f} 问。"
        )
    )


def _need_table(worth: Sequence[Need]) -> Table:
    table = Table("条目", "问题", title="该补相似问的条目")
    for heading in ("问法", "现在直接答", f"补到 {PLENTY - 1} 个相似问"):
        table.add_column(heading, justify="right")
    for need in worth[:_LONGEST_LIST]:
        table.add_row(
            Text(need.entry.id),
            Text(_shown(need.entry.question)),
            str(need.wordings),
            f"{need.direct:.0%}",
            f"+{100 * need.gain:.0f}",
        )
    table.caption = "每 100 条问到这一条的消息"
    if len(worth) > _LONGEST_LIST:
        table.caption += f"；另有 {len(worth) - _LONGEST_LIST} 条，见 --json"
    return table


def _hundred(shares: Sequence[float]) -> list[int]:
    """Return shares of 1 as whole numbers with sum 100 (the largest remainders are rounded up)."""
    hundreds = [100 * share for share in shares]
    whole = [int(each) for each in hundreds]
    order = sorted(range(len(shares)), key=lambda at: whole[at] - hundreds[at])
    for at in order[: round(sum(hundreds)) - sum(whole)]:
        whole[at] += 1
    return whole


def _percent(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0") + "%"


def _shown(text: str) -> str:
    """Return a text that a terminal can show, cut short."""
    plain = text.encode("utf-8", "replace").decode("utf-8")
    return plain if len(plain) <= 24 else plain[:23] + "…"
