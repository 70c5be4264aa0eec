"""``chatbot cases``: what was promised to customers, for who leads a desk, at the shell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datetime import datetime

    from chatbot.cases.desk import CaseFile
    from chatbot.cases.wording import CaseWords
    from chatbot.settings import Settings
    from chatbot.store.case_history import CaseChange
    from chatbot.store.case_proposals import Proposal
    from chatbot.store.cases import CaseView
    from chatbot.store.database import Database

_CHANGES: Mapping[str, str] = MappingProxyType(
    {
        "created": "新建",
        "title": "标题",
        "kind": "类型",
        "due": "时间",
        "owner": "负责人",
        "phone": "电话",
        "wanted": "希望的时间",
        "note": "备注",
        "state": "状态",
    }
)
_STAGES: Mapping[str, str] = MappingProxyType(
    {
        "assigned": "告知交给了 TA",
        "soon": "提醒快到时间",
        "due": "提醒到时间",
        "overdue": "告知已经过了时间",
        "window": "告知到期时已无法回复",
        "held": "告知会话因此没有结束",
    }
)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every subcommand works with."""

    database: Database
    settings: Settings
    words: CaseWords
    now: datetime


@contextmanager
def _desk() -> Iterator[_Desk]:
    from zoneinfo import ZoneInfo

    from chatbot.cases.wording import CaseWords
    from chatbot.cli.database import opened
    from chatbot.clock import make_clock
    from chatbot.knowledge.content import Content
    from chatbot.settings import load_settings
    from chatbot.store.snapshots import live_snapshot
    from chatbot.texts import make_texts

    settings = load_settings()
    with opened(settings) as database:
        live = database.run_sync(live_snapshot)
        texts = make_texts(Content.from_json(live.content).texts if live else {})
        words = CaseWords(texts.case_words, ZoneInfo(settings.timezone))
        yield _Desk(database, settings, words, make_clock(settings.test_clock).now())


@click.group()
def cases() -> None:
    """答应客户的事：谁负责、什么时候前完成；到时间会提醒负责人，过了时间告诉主管。"""


@cases.command("list")
@click.option("--today", is_flag=True, help="只列今天到时间的，已经过了时间的也在内。")
@click.option("--owner", metavar="成员账号", help="只列这个人负责的。")
@click.option("--proposed", is_flag=True, help="改为列出客服答应过、还没有人采纳的建议。")
def list_cases(*, today: bool, owner: str | None, proposed: bool) -> None:
    """列出没有完成的事项，先到时间的在前。"""
    from chatbot.store.case_proposals import open_proposals
    from chatbot.store.cases import open_cases

    with _desk() as desk:
        userid = owner.lower() if owner else None
        suggested = desk.database.run_sync(open_proposals, desk.now, userid=userid)
        if proposed:
            for each in suggested:
                click.echo(_proposal_line(each, desk))
            click.echo(f"共 {len(suggested)} 条。采纳：chatbot cases accept 编号")
            return
        found = desk.database.run_sync(
            open_cases, owner=userid, unowned=False, before=_tomorrow(desk) if today else None
        )
        for view in found:
            click.echo(_line(view, desk))
        more = f"另有 {len(suggested)} 条建议：chatbot cases list --proposed" if suggested else ""
        click.echo(f"共 {len(found)} 项。{more}")


def _tomorrow(desk: _Desk) -> datetime:
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    local = desk.now.astimezone(ZoneInfo(desk.settings.timezone))
    return (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def _line(view: CaseView, desk: _Desk) -> str:
    case, words = view.case, desk.words
    parts = [
        str(case.id),
        words.instant(case.due_at, desk.now) + ("（已过）" if case.is_overdue(desk.now) else ""),
        words.kind(case),
        words.owner(case),
        f"{words.customer(view.customer)}：{case.title}",
        f"电话 {case.phone}" if case.phone else "",
        f"希望 {case.wanted}" if case.wanted else "",
        _reach(view, desk),
        _page(view, desk),
    ]
    return "  ".join(part for part in parts if part)


def _reach(view: CaseView, desk: _Desk) -> str:
    if not view.out_of_reach_when_due:
        return ""
    return f"到期时已无法回复，{desk.words.ways(view.case, view.reach)}"


def _page(view: CaseView, desk: _Desk) -> str:
    return f"{desk.settings.base_url}/turns/{view.public_id}" if view.public_id else ""


def _proposal_line(each: Proposal, desk: _Desk) -> str:
    when = desk.words.instant(each.due_at, desk.now)
    customer = desk.words.customer(each.customer)
    return f"{each.id}  {when}  {each.userid}  {customer}：{each.title}  “{each.words}”"


@cases.command("show")
@click.argument("number", type=int)
def show_case(number: int) -> None:
    """看一件事的全部：谁在什么时候改了什么，提醒过谁。"""
    from chatbot.cases.desk import read_case_file

    with _desk() as desk:
        file = desk.database.run_sync(read_case_file, number)
        click.echo(f"{_line(file.view, desk)}  {desk.words.state(file.view.case.state)}")
        for _, line in sorted(_history(file, desk), key=lambda each: each[0]):
            click.echo(f"  {line}")


def _history(file: CaseFile, desk: _Desk) -> Iterator[tuple[datetime, str]]:
    words, now = desk.words, desk.now
    for change in file.changes:
        line = f"{words.instant(change.at, now)}  {change.by}  {_CHANGES[change.what]}"
        yield change.at, f"{line}  {_change(change, desk)}".rstrip()
    for telling in file.tellings:
        told = "、".join(telling.told) or "没有人可以告诉（没有设主管）"
        yield telling.at, f"{words.instant(telling.at, now)}  {_STAGES[telling.stage]}  {told}"


def _change(change: CaseChange, desk: _Desk) -> str:
    from datetime import datetime

    def written(value: str) -> str:
        if change.what == "due" and value:
            return desk.words.instant(datetime.fromisoformat(value), desk.now)
        return desk.words.state(value) if change.what == "state" and value else value

    before, after = written(change.before), written(change.after)
    return f"{before} → {after}" if before else after


@cases.command("close")
@click.argument("number", type=int)
@click.option("--dropped", is_flag=True, help="没有做，也不用做了；不写则是已经完成。")
@click.option("--note", default="", help="怎么完成的，写进记录。")
def close_case(number: int, *, dropped: bool, note: str) -> None:
    """关闭一件事：完成了，或者不用做了。为它留着的会话之后照常结束。"""
    from chatbot.cases.records import close_case as close
    from chatbot.cli.actor import actor

    with _desk() as desk:
        case = desk.database.run_sync(
            close, number, None, done=not dropped, note=note, by=actor(), now=desk.now
        )
        click.echo(f"{case.id}  {case.title}  {desk.words.state(case.state)}")


@cases.command("assign")
@click.argument("number", type=int)
@click.argument("owner", metavar="成员账号")
@click.option("--note", default="", help="为什么交给 TA，写进记录。")
def assign(number: int, owner: str, note: str) -> None:
    """把一件事交给别人，TA 会收到消息。"""
    from chatbot.cases.records import Changes, change_case
    from chatbot.cli.actor import actor

    with _desk() as desk:
        changes = Changes(owner=owner, note=note)
        case = desk.database.run_sync(change_case, number, None, changes, actor(), desk.now)
        click.echo(f"{case.id}  {desk.words.owner(case)}  {case.title}")


@cases.command("accept")
@click.argument("number", type=int)
def accept(number: int) -> None:
    """采纳一条建议，成为事项，由答应的人负责。"""
    from chatbot.cases.proposing import Accepted, accept_proposal
    from chatbot.cli.actor import actor

    with _desk() as desk:
        case = desk.database.run_sync(accept_proposal, number, Accepted(), actor(), desk.now)
        when = desk.words.instant(case.due_at, desk.now)
        click.echo(f"{case.id}  {when}  {desk.words.owner(case)}  {case.title}")


@cases.command("dismiss")
@click.argument("number", type=int)
def dismiss(number: int) -> None:
    """不要一条建议。"""
    from chatbot.cases.proposing import dismiss_proposal
    from chatbot.cli.actor import actor

    with _desk() as desk:
        desk.database.run_sync(dismiss_proposal, number, actor(), desk.now)
        click.echo(f"建议 {number} 不要了。")
