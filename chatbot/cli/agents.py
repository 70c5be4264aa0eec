"""``chatbot agents``: who serves customers, what they know, where they work, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from chatbot.accounts.agent import Agent, Roster
    from chatbot.accounts.calendar import Calendar
    from chatbot.handoff.roster_changes import RosterChanges
    from chatbot.handoff.roster_edits import Plan
    from chatbot.knowledge.agent_file import RosterFile

#: Exit code for having found something.
_FOUND = 1
_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "name": "姓名",
        "skills": "技能",
        "stores": "门店",
        "hours": "时间",
        "shifts": "排班",
        "capacity": "人数",
    }
)


@click.group()
def agents() -> None:
    """接待人员的名册：技能、门店、上班时间、排班和同时接待的人数，以及没有人回复时怎么办。

    转人工照它分配。名册在数据库里，对所有服务器生效；接待人员本身仍在企业微信后台添加。
    """


@agents.command("list")
def list_agents() -> None:
    """列出名册：谁在班、现在接待几个客户、会什么、管哪些门店。"""
    from zoneinfo import ZoneInfo

    from rich.console import Console

    from chatbot.cli.accounts import described_accounts
    from chatbot.cli.database import opened
    from chatbot.clock import make_clock
    from chatbot.pipeline.sessions import WINDOW
    from chatbot.settings import load_settings
    from chatbot.store.agents import read_roster
    from chatbot.store.conversations import open_conversations

    settings = load_settings()
    now = make_clock(settings.test_clock).now()
    with opened(settings) as database:
        roster = database.run_sync(read_roster)
        loads = database.run_sync(open_conversations, now - WINDOW)
        calendar = described_accounts(database, settings).calendar
    if not roster:
        click.echo("名册是空的：转人工时在企业微信里“接待中”的人都可以接，打开的对话少的先接。")
        click.echo("写一份：chatbot agents export 文件，改好后 chatbot agents import 文件")
        return
    local = now.astimezone(ZoneInfo(settings.timezone))
    Console().print(_table(roster, loads, local, calendar))


def _table(roster: Roster, loads: Mapping[str, int], local: datetime, calendar: Calendar) -> object:
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for heading in ("账号", "姓名", "现在", "接待", "技能", "门店", "平时"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "接待" else "left")
    for agent in roster.values():
        most = "" if agent.capacity is None else f"/{agent.capacity}"
        cells = (
            agent.userid,
            agent.name,
            "在班" if agent.is_on_duty(local, calendar) else "不在班",
            f"{loads.get(agent.userid, 0)}{most}",
            "、".join(agent.skills),
            "、".join(agent.stores),
            agent.hours.in_words() or "一直在",
        )
        table.add_row(*map(Text, cells))
    return table


@agents.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
def export_agents(file: Path | None) -> None:
    """把名册写成 TOML；FILE 不写则输出到屏幕。名册是空的时候，写出的是带说明的空白。"""
    from chatbot.cli.database import opened
    from chatbot.errors import UserError
    from chatbot.knowledge.agent_file import write_roster
    from chatbot.settings import load_settings
    from chatbot.store.agents import read_roster
    from chatbot.store.watch import read_desk_rules

    with opened(load_settings()) as database:
        roster = database.run_sync(read_roster)
        rules = database.run_sync(read_desk_rules)
    text = write_roster(roster.values(), rules)
    if file is None:
        click.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"写不了 {file}：{error.strerror}") from None
    click.echo(f"{file}：{len(roster)} 人。")


@agents.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--trial", is_flag=True, help="只列出会有什么变化，什么也不改。")
@click.option("--replace", is_flag=True, help="文件里没有写到的人从名册里删除；不写则保留。")
def import_agents(file: Path, *, trial: bool, replace: bool) -> None:
    """从 TOML 文件读回名册，列出变化；新的转接立刻照它分配。

    文件有问题时逐条列出，什么也不改，退出码为 1。
    """
    from chatbot.cli.actor import actor
    from chatbot.cli.database import opened
    from chatbot.clock import make_clock
    from chatbot.handoff.roster_edits import EVERYBODY, apply_import, plan_import
    from chatbot.settings import load_settings

    settings = load_settings()
    wanted = _read(file)
    now = make_clock(settings.test_clock).now()

    def change(connection: Connection) -> Plan:
        if trial:
            return plan_import(connection, wanted, EVERYBODY, replace=replace)
        return apply_import(connection, wanted, EVERYBODY, actor(), now, replace=replace)

    with opened(settings) as database:
        plan = database.run_sync(change)
    for line in _lines(plan, replace=replace):
        click.echo(line)
    click.echo(_summary(plan.changes, trial=trial, replace=replace))


def _read(file: Path) -> RosterFile:
    from chatbot.knowledge.agent_file import read_roster_file
    from chatbot.knowledge.problems import Problems

    problems = Problems()
    read = read_roster_file(file, problems)
    for problem in problems.found:
        click.echo(str(problem))
    if problems.found:
        click.echo(f"共 {len(problems.found)} 个问题，名册没有改。", err=True)
        raise SystemExit(_FOUND)
    return read


def _lines(plan: Plan, *, replace: bool) -> Iterator[str]:
    for agent in plan.changes.new:
        yield f"新增  {_title(agent)}"
    for each in plan.changes.changed:
        what = "、".join(_FIELDS[name] for name in each.fields)
        yield f"改动  {_title(each.after)}：{what}"
    for agent in plan.changes.unmentioned:
        yield f"{'删除' if replace else '保留'}  {_title(agent)}" + (
            "" if replace else "（文件里没有写到；要删除加 --replace）"
        )
    for key, before, after in plan.rules:
        yield f"规则  {key}：{before or '（空）'} → {after or '（空）'}"


def _title(agent: Agent) -> str:
    return f"{agent.userid} {agent.name}".rstrip()


def _summary(changes: RosterChanges, *, trial: bool, replace: bool) -> str:
    counts: Iterable[tuple[str, int]] = (
        ("新增", len(changes.new)),
        ("改动", len(changes.changed)),
        ("删除", len(changes.unmentioned) if replace else 0),
        ("不变", len(changes.same)),
    )
    told = "，".join(f"{word} {count}" for word, count in counts)
    return f"试读：{told}。什么也没有改。" if trial else f"名册：{told}。新的转接照它分配。"
