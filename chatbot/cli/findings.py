"""What the linter found, in lines that a newcomer understands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING

from chatbot.curation.linting.findings import TITLES, Finding, Findings, Severity

if TYPE_CHECKING:
    from chatbot.knowledge.content import Content

_HEADS: Mapping[Severity, str] = MappingProxyType(
    {
        "error": "错误：改好之前不能发布",
        "warning": "提醒：请看一眼，多半要改",
        "note": "备注：知道就好",
    }
)
_NAMES: Mapping[Severity, str] = MappingProxyType(
    {"error": "错误", "warning": "提醒", "note": "备注"}
)
#: Of a kind that is no error, so many are told one by one.
_TOLD = 20


def finding_lines(findings: Findings) -> Iterator[str]:
    """Yield the findings under a heading for each severity and each kind, with what to do."""
    for severity, of_severity in groupby(findings.found, key=lambda each: each.severity):
        listed = list(of_severity)
        yield f"{_HEADS[severity]}（{len(listed)} 个）"
        for kind, of_kind in groupby(listed, key=lambda each: each.kind):
            yield ""
            yield f"  {TITLES[kind]} [{kind}]"
            yield from _kind_lines(list(of_kind), severity)
        yield ""


def _kind_lines(found: Sequence[Finding], severity: Severity) -> Iterator[str]:
    told = found if severity == "error" else found[:_TOLD]
    for cure, alike in groupby(told, key=lambda each: each.cure):
        for each in alike:
            yield f"    {f'{each.place}：' if each.place else ''}{each.text}"
            yield from (f"      另见 {place}" for place in each.others[:_TOLD])
        yield f"    → {cure}"
    if len(found) > len(told):
        yield f"    还有 {len(found) - len(told)} 处，--json 列出全部。"


def summary(findings: Findings, content: Content | None) -> str:
    """Return how many there are of each severity, and of what; ``content`` if it could be read."""
    counts = findings.counts()
    if content is None:
        return f"共 {counts['error']} 个问题，改好之前不能发布。"
    wordings = sum(len(entry.wordings) for entry in content.entries)
    size = (
        f"{len(content.entries)} 个知识条目（{wordings} 种问法），"
        f"{len(content.intents)} 个意图，{len(content.tables)} 张表格。"
    )
    told = "，".join(f"{count} 个{_NAMES[each]}" for each, count in counts.items() if count)
    return f"{told or '没有发现问题'}：{size}"
