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
        "message": "留言",
        "unanswered": "还没有回复",
        "refused": "发送或转接失败",
        "requested": "正在转接",
        "pooled": "接待池中无人接",
        "failed": "转接失败",
        "alarmed": "给了人，没有回复",
    }
)
_HOUR_SECONDS = 3600
_NAME = 40


@click.command()
def waiting() -> None:
    """列出等人处理的对话：先是下班时的留言，再是没有回复、发送失败、没有人接或接了没有回复的。

    各自快过 48 小时的在前。

    顾客最后一句话之后 48 小时内才能在客服会话里回复；过了的写明还能怎样联系。
    在接待池里或在人手里时，机器人只能通知顾客一次；用掉了的写着“已无法再通知”。
    """
    from zoneinfo import ZoneInfo

    from chatbot.cases.case import one_line
    from chatbot.cli.database import opened
    from chatbot.clock import make_clock
    from chatbot.settings import load_settings
    from chatbot.store.handoffs import list_waiting

    settings = load_settings()
    now = make_clock(settings.test_clock).now()
    with opened(settings) as database:
        rows = database.run_sync(list_waiting)
    zone = ZoneInfo(settings.timezone)
    for row in sorted(rows, key=lambda row: _place(row, now)):
        click.echo(
            f"{row.since.astimezone(zone):%m-%d %H:%M}  {_KINDS[row.kind]}  {_left(row, now)}  "
            f"{one_line(row.customer, _NAME)}  {settings.base_url}/turns/{row.public_id}  "
            f"{_detail(row)}".rstrip()
        )
    click.echo(f"共 {len(rows)} 项。")


def _place(row: Waiting, now: datetime) -> tuple[bool, bool, datetime]:
    """Return what sorts the list: messages left for the morning come first."""
    return row.kind != "message", _seconds_left(row, now) <= 0, row.wrote_at or now


def _detail(row: Waiting) -> str:
    """Return the details; in the pool and with a person the platform lets one message through."""
    phone = f"电话 {row.phone}" if row.phone else ""
    wanted = f"希望 {row.wanted}" if row.wanted else ""
    spent = "已无法再通知" if row.can_be_told is False else ""
    return "  ".join(part for part in (row.detail, phone, wanted, spent) if part)


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
    if row.phone:
        return "已过 48 小时，可打电话"
    return "已过 48 小时，也没有加过好友"
