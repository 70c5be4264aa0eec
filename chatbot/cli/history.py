"""How snapshots and refused files are shown in a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from rich.cells import cell_len, set_cell_size

from chatbot.knowledge.problems import Problem
from chatbot.store.content_problems import RefusedFiles
from chatbot.store.snapshots import Cause, Origin, Past, State

_STATES: Mapping[State, str] = MappingProxyType(
    {"live": "线上", "earlier": "以前", "candidate": "候选"}
)
_CAUSES: Mapping[Cause, str] = MappingProxyType(
    {
        "first": "首次启动",
        "start": "启动时文件与线上不同",
        "watch": "文件改动",
        "edit": "网页编辑",
        "publish": "命令发布",
        "rollback": "退回到 {source}",
        "basis": "同 {source}，换了程序版本、模型或设置，或按标注校准过",
    }
)
_HEADINGS = ("编号", "状态", "时间", "条目", "意图", "摘要", "来源")
_DIGEST_SHOWN = 8


def history_lines(
    past: Sequence[Past], refused: RefusedFiles | None, timezone: str
) -> Iterator[str]:
    """Yield a table, newest first, and what is wrong with the watched files."""
    zone = ZoneInfo(timezone)
    rows = [_HEADINGS, *(_cells(each, zone) for each in past)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True)]
        yield "  ".join(cells).rstrip()
    if refused is not None:
        yield (
            f"文件有问题，改好之前线上不变（{refused.watcher}，"
            f"自 {refused.since.astimezone(zone):%m-%d %H:%M} 起）："
        )
        for record in refused.problems:
            place = Path(str(record["file"])), int(record["line"]), str(record["key"])
            yield f"  {Problem(*place, str(record['text']))}"


def history_json(past: Sequence[Past], refused: RefusedFiles | None) -> str:
    """Return the same as one JSON object."""
    record = {
        "snapshots": [{**asdict(each), "origin": asdict(each.origin)} for each in past],
        "refused": None if refused is None else asdict(refused),
    }
    return json.dumps(record, ensure_ascii=False, indent=2, default=lambda value: value.isoformat())


def _cells(past: Past, zone: ZoneInfo) -> tuple[str, ...]:
    when = (past.published_at or past.created_at).astimezone(zone)
    return (
        str(past.number),
        _STATES[past.state],
        f"{when:%Y-%m-%d %H:%M:%S}",
        str(past.entries),
        str(past.intents),
        past.digest[:_DIGEST_SHOWN],
        _origin(past.origin),
    )


def _origin(origin: Origin) -> str:
    cause = _CAUSES[origin.cause].format(source=origin.source)
    return f"{cause}（{origin.actor}）" if origin.actor else cause
