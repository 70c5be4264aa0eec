"""``chatbot waiting``: what waits for a person, for the shell."""

from __future__ import annotations

import click


@click.command()
def waiting() -> None:
    """列出等人处理的对话：故障期间未答、发送失败、还没有人接的转接。"""
    from zoneinfo import ZoneInfo

    from chatbot.cli.database import opened
    from chatbot.settings import load_settings
    from chatbot.store.handoffs import list_waiting

    settings = load_settings()
    with opened(settings) as database:
        rows = database.run_sync(list_waiting)
    zone = ZoneInfo(settings.timezone)
    for row in rows:
        click.echo(
            f"{row.since.astimezone(zone):%m-%d %H:%M}  {_KINDS[row.kind]}  "
            f"{row.customer}  {settings.base_url}/turns/{row.public_id}  {row.detail}".rstrip()
        )
    click.echo(f"共 {len(rows)} 项。")


_KINDS = {
    "unanswered": "故障期间未答",
    "refused": "发送或转接失败",
    "requested": "正在转接",
    "pooled": "接待池中无人接",
    "failed": "转接失败",
}
