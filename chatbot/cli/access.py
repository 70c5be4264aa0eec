"""``chatbot access``: who may use the console, for the shell and for who is locked out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from chatbot.access.roles import ROLES
from chatbot.cli.actor import actor
from chatbot.errors import UserError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from chatbot.access.roles import Appointed, Grant
    from chatbot.access.viewer import Role
    from chatbot.settings import Settings
    from chatbot.store.database import Database
    from chatbot.store.grants import GivenRole

_NAMES: Mapping[str, str] = MappingProxyType(
    {"agent": "接待", "supervisor": "主管", "operations": "运营", "admin": "管理员"}
)
_PROBLEMS: Mapping[str, str] = MappingProxyType(
    {
        "wrong_member": "成员账号“{id}”不对：只能有字母、数字和 . _ @ -，最多 64 个",
        "wrong_department": "部门编号“{id}”不对：应是一个正整数",
        "unknown_store": "资料表里没有门店“{store}”，请照表格第一列或“别名”的写法",
        "admin_everywhere": "管理员不分门店，请去掉 --store",
    }
)


@click.group()
def access() -> None:
    """谁可以登录工作台、是什么角色：列出、给出、撤销，或取一个一次性登录链接。

    和工作台的“角色”页面改的是同一份，对方的下一次操作就生效。
    """


@access.command("list")
def list_access() -> None:
    """列出设置和工作台给出的角色。"""
    from zoneinfo import ZoneInfo

    from chatbot.cli.database import opened
    from chatbot.settings import load_settings
    from chatbot.store.grants import list_grants

    settings = load_settings()
    with opened(settings) as database:
        given = database.run_sync(list_grants)
    for line in _lines(given, _appointed(settings), ZoneInfo(settings.timezone)):
        click.echo(line)
    click.echo("名册里的人和接待人员不用给，已经是“接待”。")


def _lines(given: list[GivenRole], appointed: Appointed, zone: ZoneInfo) -> Iterator[str]:
    for each in appointed.grants():
        setting = "CHATBOT_ADMINS" if each.role == "admin" else "CHATBOT_SUPERVISORS"
        yield f"{_NAMES[each.role]}  {_subject(each)}  全部门店  由设置 {setting}"
    for row in given:
        stores = "、".join(row.grant.stores) or "全部门店"
        at = row.granted_at.astimezone(zone)
        subject = f"{_subject(row.grant)} {row.name}".rstrip()
        origin = f"由 {row.granted_by} 于 {at:%Y-%m-%d %H:%M}"
        yield f"{_NAMES[row.grant.role]}  {subject}  {stores}  {origin}"


_WHO = (
    click.argument("userid", required=False),
    click.option("--department", help="给一个部门，写部门编号；不写则给成员 USERID。"),
)


def _for_whom(command: Callable[..., None]) -> Callable[..., None]:
    for each in reversed(_WHO):
        command = each(command)
    return command


@access.command("grant")
@_for_whom
@click.option("--role", type=click.Choice(ROLES), required=True, help="给哪个角色。")
@click.option("--store", "stores", multiple=True, help="只限这家门店；可以写几次，不写是全部。")
def grant(userid: str | None, department: str | None, role: Role, stores: tuple[str, ...]) -> None:
    """给成员 USERID 或一个部门一个角色；已经有的换成新的。

    \b
    agent       接待客户
    supervisor  还可以管名册、班次和接待规则
    operations  还可以切换机器人的模式
    admin       全部
    """
    from chatbot.cli.database import opened
    from chatbot.clock import make_clock
    from chatbot.console.role_desk import give_role
    from chatbot.settings import load_settings

    settings = load_settings()
    with opened(settings) as database:
        wanted = _read(database, userid, department, role, stores)
        now = make_clock(settings.test_clock).now()
        database.run_sync(give_role, wanted, actor(), now)
    where = "、".join(wanted.stores) or "全部门店"
    click.echo(f"{_subject(wanted)}：{_NAMES[role]}，{where}。对方的下一次操作就生效。")


@access.command("revoke")
@_for_whom
def revoke(userid: str | None, department: str | None) -> None:
    """撤销成员 USERID 或一个部门的角色。"""
    from chatbot.cli.database import opened
    from chatbot.clock import make_clock
    from chatbot.console.role_desk import take_role
    from chatbot.settings import load_settings
    from chatbot.store.grants import count_admins

    settings = load_settings()
    with opened(settings) as database:
        given = _read(database, userid, department, "agent", ())
        now = make_clock(settings.test_clock).now()
        if not database.run_sync(take_role, given, actor(), now):
            raise UserError(f"{_subject(given)} 没有角色；chatbot access list 列出全部")
        locked_out = not _appointed(settings).admins and not database.run_sync(count_admins)
    click.echo(f"{_subject(given)} 的角色已撤销，对方的下一次操作就生效。")
    if locked_out:
        click.echo("现在没有管理员了；要登录管理，用 chatbot access link 取一个链接。")


@access.command("link")
@click.option("--role", type=click.Choice(ROLES), default="admin", show_default=True)
def link(role: Role) -> None:
    """取一个登录链接：只能用一次，十分钟内有效；给被锁在外面的管理员。"""
    from chatbot.cli.database import opened
    from chatbot.clock import make_clock
    from chatbot.console.links import new_link
    from chatbot.settings import load_settings

    settings = load_settings()
    with opened(settings) as database:
        now = make_clock(settings.test_clock).now()
        address = database.run_sync(new_link, role, actor(), settings.base_url, now)
    click.echo(address)


def _read(
    database: Database,
    userid: str | None,
    department: str | None,
    role: Role,
    stores: tuple[str, ...],
) -> Grant:
    """Return the grant that was typed; raise UserError that says what is wrong with it."""
    from chatbot.console.role_desk import GrantForm, WrongGrant, read_grant

    if (userid is None) == (department is None):
        raise UserError("写成员账号，或用 --department 写部门编号，两个里写一个")
    kind, given = ("member", userid) if userid is not None else ("department", department)
    form = GrantForm(kind, str(given), role, "、".join(stores))
    try:
        return read_grant(form, _store_names(database) if stores else lambda name: name)
    except WrongGrant as wrong:
        raise UserError(_PROBLEMS[wrong.key].format(**wrong.values)) from None


def _store_names(database: Database) -> Callable[[str], str | None]:
    from chatbot.facts.rows import RowFinder, row_called
    from chatbot.knowledge.content import Content
    from chatbot.store.snapshots import live_snapshot
    from chatbot.understanding.normalise import Normaliser

    live = database.run_sync(live_snapshot)
    tables = () if live is None else Content.from_json(live.content).tables
    normaliser = Normaliser()
    finders = [RowFinder(table, normaliser) for table in tables]
    return lambda name: row_called(finders, normaliser.key(name))


def _appointed(settings: Settings) -> Appointed:
    from chatbot.access.roles import Appointed

    return Appointed.by(settings.admins, settings.supervisors)


def _subject(grant: Grant) -> str:
    return grant.userid if grant.userid is not None else f"部门 {grant.department}"
