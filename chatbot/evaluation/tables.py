"""Reports as tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chatbot.evaluation.figures import FIGURES, Figure
from chatbot.evaluation.intents import IntentFigures
from chatbot.evaluation.report import Comparison, Report
from chatbot.evaluation.verdicts import Verdict

_MEANINGS = {
    "hit@1": "第一候选就对",
    "hit@5": "前五个候选里有对的",
    "mrr": "正确条目名次倒数的平均",
    "coverage_at_90": "保证 90% 答对时最多能答",
    "coverage_at_95": "保证 95% 答对时最多能答",
    "precision": "实际回答中答对的",
    "coverage": "该答的里实际回答的",
    "auroc": "置信度区分对错的能力",
    "ece": "置信度的偏差，越小越好",
    "latency_p50_ms": "一个决定的耗时，中位数",
    "latency_p95_ms": "一个决定的耗时，95% 不超过",
}
#: What people read for a decision's action.
ACTION_NAMES = {
    "answer": "直接回答",
    "clarify": "反问确认",
    "handoff": "转人工",
    "reply": "固定回复",
    "flow": "表单",
    "smalltalk": "寒暄",
}
_OUTCOMES = {"right": "答对", "wrong": "答错"}
_NO_INTENT = "（无意图）"
#: A terminal is no place for more; the JSON has them all.
_LONGEST_LIST = 50


def show_reports(console: Console, reports: Sequence[Report]) -> None:
    """Print one column a report, and the figures of intents below."""
    titles = [_short(report.encoder) for report in reports]
    if reports[0].about_entries:
        console.print(_figure_table(reports, titles))
    _show_costs(console, reports, titles)
    _show_intents(console, reports, titles)


def show_comparison(console: Console, comparison: Comparison) -> None:
    """Print both columns, the difference, and the questions that are decided differently."""
    reports = (comparison.before, comparison.after)
    titles = ("之前", "之后")
    if comparison.before.about_entries:
        console.print(_figure_table(reports, titles, comparison.difference))
    for report, title in zip(reports, titles, strict=True):
        console.print(Text(f"{title}：{report.knowledge}"))
    _show_intents(console, reports, titles)
    _show_changes(console, comparison)


def _short(encoder: str) -> str:
    """Return the end of a name that may be a long path."""
    return "/".join(Path(encoder).parts[-2:])


def _figure_table(
    reports: Sequence[Report],
    titles: Sequence[str],
    difference: Mapping[str, Figure] | None = None,
) -> Table:
    table = Table("指标", "含义", title=_title(reports[0]))
    for title in [*titles, *(["差"] if difference else [])]:
        table.add_column(Text(title), justify="right")
    for name in FIGURES:
        cells = [_shown(name, report.figures[name]) for report in reports]
        if difference:
            cells.append(_shown(name, difference[name], sign="+"))
        table.add_row(name, _MEANINGS[name], *cells)
    _add_counts(table, reports)
    return table


def _title(report: Report) -> str:
    counts = report.counts
    return f"{counts['questions']} 个问题，其中 {counts['in_scope']} 个知识库里有答案"


def _shown(name: str, value: Figure, sign: str = "") -> str:
    if value is None:
        return "-"
    return format(value, f"{sign}.1f" if name.endswith("_ms") else f"{sign}.4f")


def _add_counts(table: Table, reports: Sequence[Report]) -> None:
    table.add_section()
    for action in _names(reports, "actions"):
        numbers = (str(report.counts["actions"].get(action, 0)) for report in reports)
        table.add_row(action, f"{ACTION_NAMES[action]}的问题", *numbers)
    table.add_section()
    for kind in _names(reports, "kinds"):
        cells = (report.counts["kinds"][kind] for report in reports)
        numbers = (f"{cell['answered']} / {cell['questions']}" for cell in cells)
        table.add_row(Text(kind), "这一类里直接回答的", *numbers)


def _show_costs(console: Console, reports: Sequence[Report], titles: Sequence[str]) -> None:
    costs = [report.cost for report in reports if report.cost is not None]
    if len(costs) < len(reports):
        return
    table = Table("编码器", title="编码器的代价")
    for title in titles:
        table.add_column(Text(title), justify="right")
    table.add_row("算一条文字，一个线程（毫秒）", *(f"{cost.ms_per_text:.1f}" for cost in costs))
    table.add_row("模型的大小（MB）", *(f"{cost.megabytes:.0f}" for cost in costs))
    table.add_row("向量的维数", *(str(cost.dim) for cost in costs))
    console.print(table)


def _names(reports: Sequence[Report], key: str) -> list[str]:
    return list(dict.fromkeys(name for report in reports for name in report.counts[key]))


def _show_intents(console: Console, reports: Sequence[Report], titles: Sequence[str]) -> None:
    for report, title in zip(reports, titles, strict=True):
        if report.intents is not None:
            console.print(_intent_table(report.intents, title))
            console.print(_confusion_table(report.intents))
            console.print(_advice(report.intents))


def _intent_table(figures: IntentFigures, title: str) -> Table:
    accuracy = _shown("accuracy", figures.accuracy)
    table = Table("意图", title=f"意图：{figures.questions} 句，判断正确 {accuracy}（{title}）")
    none, ece = _shown("none", figures.none), _shown("ece", figures.ece)
    table.caption = f"没有判断出意图的 {none}；判断出的，置信度的偏差 {ece}，越小越好"
    for heading in ("句数", "查准率", "查全率", "没认出"):
        table.add_column(heading, justify="right")
    for row in figures.rows:
        shares = (_shown("share", value) for value in (row.precision, row.recall))
        unheard = "-" if row.name is None else str(row.unheard)
        table.add_row(Text(row.name or _NO_INTENT), str(row.labelled), *shares, unheard)
    return table


def _confusion_table(figures: IntentFigures) -> Table | Text:
    if not figures.confusions:
        return Text("没有混淆的意图。")
    table = Table("本来是", "判断成", "句数", title="混淆")
    for confusion in figures.confusions[:_LONGEST_LIST]:
        names = (Text(name or _NO_INTENT) for name in (confusion.label, confusion.found))
        table.add_row(*names, str(confusion.questions))
    if len(figures.confusions) > _LONGEST_LIST:
        table.caption = f"另有 {len(figures.confusions) - _LONGEST_LIST} 对，见 --json"
    return table


def _advice(figures: IntentFigures) -> Text:
    """Name the intents that need more examples, those that are missed most often first."""
    rows = sorted(
        (row for row in figures.rows if row.needs_examples),
        key=lambda row: row.right - row.labelled,
    )
    if not rows:
        return Text("没有哪个意图明显缺例句。")
    named = "、".join(
        f"{row.name}（{row.labelled} 句认对 {row.right}）" for row in rows[:_LONGEST_LIST]
    )
    return Text(f"要多写例句的意图：{named}")


def _show_changes(console: Console, comparison: Comparison) -> None:
    changes = comparison.changes
    if not changes:
        console.print(Text("没有决定不同的问题。"))
        return
    worse = sum(change.gain < 0 for change in changes)
    better = sum(change.gain > 0 for change in changes)
    title = f"{len(changes)} 个问题的决定变了：变差 {worse}，变好 {better}"
    table = Table("问题", "之前", "之后", title=title)
    for change in changes[:_LONGEST_LIST]:
        decided = (Text(" ".join(_words(each))) for each in (change.before, change.after))
        asked = change.before.question.text.encode("utf-8", "replace").decode("utf-8")
        table.add_row(Text(asked), *decided)
    if len(changes) > _LONGEST_LIST:
        table.caption = f"另有 {len(changes) - _LONGEST_LIST} 个，见 --json"
    console.print(table)


def _words(verdict: Verdict) -> Iterator[str]:
    yield _OUTCOMES.get(verdict.outcome or "", ACTION_NAMES[verdict.action])
    if verdict.faq_id is not None:
        yield verdict.faq_id
    yield f"{verdict.confidence:.2f}"
    if verdict.question.asks_intent:
        yield verdict.intent or _NO_INTENT
