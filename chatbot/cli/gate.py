"""What publishing would change, for people at a shell and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import click

from chatbot.curation.gate.change import Change, Source, Verdict
from chatbot.curation.gate.report import GateReport
from chatbot.curation.left_out import Expected

_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "entries": "条目", "intents": "意图", "texts": "用语", "tables": "表格",
        "accounts": "账号", "tag_groups": "标签组", "words": "词", "synonyms": "同义词",
        "pinned": "固定的问题", "pictures": "图片",
    }
)  # fmt: skip
_WHAT = MappingProxyType({"added": "新增", "changed": "修改", "removed": "删除"})
_ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "answer": "回答", "clarify": "反问", "handoff": "转人工", "reply": "固定回复",
        "flow": "填表", "smalltalk": "寒暄",
    }
)  # fmt: skip
_SOURCES: Mapping[Source, str] = MappingProxyType(
    {
        "pinned": "固定的问题",
        "wording": "改动的问法",
        "left-out": "附近的问法（假装没有写过）",
        "recent": "客户最近的消息",
    }
)
#: A terminal is no place for more; the JSON has them.
_LONGEST_LIST = 15


def report_json(report: GateReport) -> str:
    """Return the report as one JSON object."""
    text = json.dumps(report.to_json(), ensure_ascii=False, indent=2)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def show_report(report: GateReport) -> None:
    """Print what would change, the pinned questions that break last."""
    lines = (
        *_content(report), *_changes(report), *_expected(report), *_found(report), *_broken(report),
    )  # fmt: skip
    for line in lines:
        click.echo(line)


def verdict_words(verdict: Verdict | None) -> str:
    """Say what is done about a question, by what, how sure."""
    if verdict is None:
        return "（没有线上的内容）"
    by = verdict.faq_id or verdict.intent or (f"最像 {verdict.leads}" if verdict.leads else "")
    by = f" {by}" if by else ""
    return f"{_ACTIONS.get(verdict.action, verdict.action)}{by}（{verdict.confidence:.2f}）"


def _content(report: GateReport) -> Iterator[str]:
    for kind, items in report.content.items():
        count: dict[str, int] = {}
        for item in items:
            count[item["kind"]] = count.get(item["kind"], 0) + 1
        told = "，".join(f"{_WHAT[each]} {number}" for each, number in count.items())
        yield f"{_KINDS[kind]}：{told}"


def _changes(report: GateReport) -> Iterator[str]:
    if report.live is None:
        return
    asked = "、".join(f"{_SOURCES[source]} {count}" for source, count in _asked(report))
    yield f"问了线上的快照 {report.live} 和新的内容：{asked or '没有可问的'}。"
    if not report.changed:
        yield "没有一个问题会换成别的答案。"
        return
    yield f"{report.changed} 个问题会变："
    yield from (_line(each) for each in report.changes[:_LONGEST_LIST])
    if report.changed > _LONGEST_LIST:
        yield f"  ……还有 {report.changed - _LONGEST_LIST} 个，--json 全部列出"


def _asked(report: GateReport) -> Iterator[tuple[Source, int]]:
    for source in _SOURCES:
        if report.asked.get(source):
            yield source, report.asked[source]


def _line(change: Change) -> str:
    before, after = verdict_words(change.before), verdict_words(change.after)
    belongs = f"，属于 {change.entry}" if change.entry else ""
    return f"  {_SOURCES[change.source]}“{change.text}”{belongs}：{before} → {after}"


def _expected(report: GateReport) -> Iterator[str]:
    if report.before is None or report.after is None:
        return
    yield (
        "预计（按假装没有写过的问法）：有答案的问题直接回答 "
        f"{report.before.coverage:.0%} → {report.after.coverage:.0%}，"
        f"直接回答里答对 {_right(report.before)} → {_right(report.after)}。"
    )


def _right(expected: Expected) -> str:
    return f"{1 - expected.wrong / expected.direct:.1%}" if expected.direct else "—"


def _found(report: GateReport) -> Iterator[str]:
    for each in report.errors:
        yield f"错误：{each.text}{each.cure}"
    warnings = len(report.findings) - len(report.errors)
    if warnings:
        yield f"检查还有 {warnings} 个提醒，chatbot knowledge check 逐条列出。"


def _broken(report: GateReport) -> Iterator[str]:
    for each in report.broken:
        wanted = each.pinned.faq_id or _ACTIONS[str(each.pinned.action)]
        yield (
            f"固定的问题“{each.pinned.text}”应为{wanted}，"
            f"发布后是{verdict_words(each.change.after)}。"
        )
