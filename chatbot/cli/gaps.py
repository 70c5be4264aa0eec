"""``chatbot knowledge gaps``: what customers asked in vain, the dearest first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from chatbot.console.gaps.reader import Gap

_KINDS = {
    "unanswered": "没答上",
    "handed_over": "转人工",
    "unchosen": "反问没选",
    "disliked": "不满意",
    "mined": "聊天记录",
    "document": "文档",
}


@click.command()
@click.option(
    "--days", type=click.IntRange(1, 365), default=30, show_default=True, help="最近几天问的"
)
@click.option(
    "--state", type=click.Choice(["open", "closed", "not_ours"]), default="open",
    show_default=True, help="待处理的、处理过的，还是不归我们的",
)  # fmt: skip
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="最多几行。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，供脚本使用")
def gaps(days: int, state: str, limit: int, as_json: bool) -> None:
    """客户没得到答案的问题：意思相同的放在一起，花人工时间最多的在前。

    服务在后台整理，这里只读。没答上、转了人工、反问了没选、答了不满意的都算；没有计到时间的
    一次按 3 分钟算。在网页 /console/gaps 里处理。
    """
    from chatbot.cli.database import opened
    from chatbot.clock import make_clock
    from chatbot.console.gaps.reader import GapReader, Wanted
    from chatbot.settings import load_settings

    settings = load_settings()
    reader = GapReader(None, make_clock(settings.test_clock))
    with opened(settings) as database:
        found = database.run_sync(reader.gaps, None, Wanted(days, state))[:limit]
    if as_json:
        record = {"gaps": [gap_to_json(each) for each in found]}
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
    elif not found:
        click.echo(f"最近 {days} 天没有这样的问题。")
    else:
        _show(found)


def gap_to_json(gap: Gap) -> dict[str, Any]:
    """Return a gap as the documented JSON object."""
    group, worth, decided = gap.group, gap.worth, gap.group.decided
    return {
        "id": group.id,
        "question": group.title,
        "state": gap.state,
        "times": worth.times,
        "minutes": worth.minutes,
        "estimated": worth.estimated,
        "kinds": dict(worth.kinds),
        "weeks": list(worth.weeks),
        "nearest": group.nearest,
        "confidence": None if group.confidence is None else round(group.confidence, 4),
        "draft": group.draft,
        "faq_id": decided.faq_id if decided else None,
        "saved": {"times": gap.saved_times, "minutes": gap.saved_minutes},
        "again": gap.again,
    }


def _show(found: Sequence[Gap]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    table.add_column("编号", justify="right")
    table.add_column("问题", overflow="fold")
    for heading in ("分钟", "次数", "上周比"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("类型", overflow="fold")
    table.add_column("最接近的条目", overflow="fold")
    for gap in found:
        kinds = "、".join(f"{_KINDS[kind]} {count}" for kind, count in gap.worth.kinds)
        share = "" if gap.group.confidence is None else f" {gap.group.confidence:.0%}"
        cells = (
            str(gap.group.id), gap.group.title, f"{gap.worth.minutes:.1f}", str(gap.worth.times),
            f"{gap.worth.trend:+d}", kinds, f"{gap.group.nearest or '没有'}{share}",
        )  # fmt: skip
        table.add_row(*map(Text, cells))
    Console().print(table)
