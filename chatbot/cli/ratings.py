"""``chatbot ratings``: how customers rate the service of people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from rich.table import Table

    from chatbot.customers.rating_figures import RatingSum
    from chatbot.store.ratings import Complaint

_COMPLAINTS = 10
_HEADINGS = ("评价", "满意", "一般", "不满意")


@click.command()
@click.option(
    "--days", type=click.IntRange(1, 3650), default=30, show_default=True, help="最近几天请过的评价"
)
@click.option("--agent", metavar="ID", help="只看这位成员接待的")
def ratings(days: int, agent: str | None) -> None:
    """客户对人工服务的评价：按接待人员和客服账号的次数与比例，以及最近的不满意。

    评价不到 10 次的只写次数，不写比例。
    """
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    from rich.console import Console

    from chatbot.cli.database import opened
    from chatbot.clock import make_clock
    from chatbot.customers.rating_figures import most_first, sums_by
    from chatbot.settings import load_settings
    from chatbot.store.accounts import list_accounts
    from chatbot.store.agents import member_names
    from chatbot.store.ratings import Chosen, last_complaints, rating_counts

    settings = load_settings()
    since = make_clock(settings.test_clock).now() - timedelta(days=days)
    userid = agent.lower() if agent else None
    chosen = Chosen(since, userid)
    with opened(settings) as database:
        counts = database.run_sync(rating_counts, chosen, settings.timezone)
        complaints = database.run_sync(last_complaints, chosen, _COMPLAINTS)
        names = database.run_sync(member_names)
        accounts = {each.open_kfid: each.name for each in database.run_sync(list_accounts)}
    if not counts:
        whose = f" {userid} 的" if userid else ""
        click.echo(f"最近 {days} 天没有请客户评价过{whose}服务。")
        return
    console = Console()
    agents = most_first(sums_by(counts, lambda each: each.userid))
    console.print(_table("接待人员", agents, names))
    by_account = most_first(sums_by(counts, lambda each: each.open_kfid))
    console.print(_table("客服账号", by_account, accounts))
    zone = ZoneInfo(settings.timezone)
    for line in _complaint_lines(complaints, names, settings.base_url, zone):
        click.echo(line)


def _table(heading: str, sums: Mapping[str, RatingSum], names: Mapping[str, str]) -> Table:
    from rich.table import Table
    from rich.text import Text

    from chatbot.customers.ratings import SCORES

    table = Table()
    table.add_column(heading, overflow="fold")
    for each in _HEADINGS:
        table.add_column(each, justify="right", no_wrap=True)
    for name, count in sums.items():
        title = f"{names.get(name, '')} {name}".strip()
        cells = (title, f"{count.rated}/{count.asked}", *map(count.shown, SCORES))
        table.add_row(*map(Text, cells))
    return table


def _complaint_lines(
    complaints: Sequence[Complaint], names: Mapping[str, str], base_url: str, zone: ZoneInfo
) -> Iterable[str]:
    from chatbot.pipeline.ratings import one_line

    if complaints:
        yield "最近的不满意："
    for each in complaints:
        agent = names.get(each.userid) or each.userid
        yield (
            f"{each.rated_at.astimezone(zone):%m-%d %H:%M}  {one_line(each.customer)}  {agent}  "
            f"{each.reason or '没有说原因'}  {base_url}/turns/{each.public_id}"
        )
