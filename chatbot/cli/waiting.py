"""``chatbot waiting``: what waits for a person, for the shell."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datetime import datetime

    from chatbot.store.handoffs import Waiting

_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "unanswered": "还没有回复",
        "refused": "发送或转接失败",
        "requested": "正在转接",
        "pooled": "接待池中无人接",
        "failed": "转接失败",
        "alarmed": "给了人，没有回复",
    }
)
_HOUR_SECONDS = 3600


@click.command()
def waiting() -> None:
    """列出等人处理的对话，快过 48 小时的在前：没有回复、发送失败、没有人接或接了没有回复的。

    顾客最后一句话之后 48 小时内才能在客服会话里回复；过了的写明还能怎样联系。
    """
    from zoneinfo import ZoneInfo

    from chatbot.cli.database import opened
    from chatbot.clock import make_clock
    from chatbot.settings import load_settings
    from chatbot.store.handoffs import list_waiting

    settings = load_settings()
    now = make_clock(settings.test_clock).now()
    with opened(settings) as database:
        rows = database.run_sync(list_waiting)
    zone = ZoneInfo(settings.timezone)
    for row in sorted(rows, key=lambda row: (_seconds_left(row, now) <= 0, row.wrote_at or now)):
        click.echo(
            f"{row.since.astimezone(zone):%m-%d %H:%M}  {_KINDS[row.kind]}  {_left(row, now)}  "
            f"{row.customer}  {settings.base_url}/turns/{row.public_id}  {row.detail}".rstrip()
        )
    click.echo(f"共 {len(rows)} 项。")


def _seconds_left(row: Waiting, now: datetime) -> float:
    """Return for how long a message can still be sent in the session."""
    from chatbot.pipeline.sessions import WINDOW

    return (row.wrote_at + WINDOW - now).total_seconds() if row.wrote_at else 0.0


def _left(row: Waiting, now: datetime) -> str:
    left = _seconds_left(row, now)
    if left >= _HOUR_SECONDS:
        return f"还有 {int(left // _HOUR_SECONDS)} 小时"
    if left > 0:
        return f"还有 {max(1, int(left // 60))} 分钟"
    if row.followers:
        return f"已过 48 小时，可由好友 {'、'.join(row.followers)} 联系"
    return "已过 48 小时，也没有加过好友"
