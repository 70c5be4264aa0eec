"""The roster as a TOML file: a section for each member who serves customers, and the desk's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.items import Table

from chatbot.accounts.agent import Agent
from chatbot.accounts.desk_rules import DeskRules
from chatbot.accounts.hours import (
    HoursError,
    OpeningHours,
    Span,
    parse_spans,
    span_in_words,
)
from chatbot.knowledge.fields import Fields
from chatbot.knowledge.files import read_text
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.toml_tree import read_toml
from chatbot.knowledge.tree import Listing, Mapping, NotReadable, Scalar

_KEYS = ("name", "skills", "stores", "hours", "shifts", "capacity")
#: The limits of a desk, each with the least and the most it may be.
_LIMITS = {
    "answer_minutes": (1, 1440),
    "pool_minutes": (1, 1440),
    "urgent_seconds": (10, 3600),
    "end_minutes": (1, 1440),
}
#: WeCom developer documentation, 通讯录管理/创建成员.
_USERID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
#: What a day off is written like, beside an empty list.
_DAY_OFF = frozenset({"休息", "休"})
_MOST = 1000
_HEAD = (
    "谁接待客户。改好后用 chatbot agents import 文件 读回；没有写到的人不会被删除。",
    "[agents.成员账号]，账号照企业微信通讯录里的；每一项都可以不写：",
    "  skills    擅长什么，与意图里的 handoff.skill 对应",
    "  stores    负责哪些门店，与知识库表格第一列对应",
    "  hours     平时的上班时间，不写就是一直在",
    "  shifts    某几天另外排班，代替平时的时间；空的是休息",
    "  capacity  同时最多接待几个客户，不写不限",
    "[desk] 是没有人回复时怎么办：",
    "  answer_minutes  给了人而多久没有回复就换一位，再没有人就告诉主管",
    "  pool_minutes    在接待池里等多久就告诉主管",
    "  urgent_seconds  紧急的等多久",
    "  end_minutes     最后是接待人员说的话，顾客多久不再说话就结束，之后机器人接着回答",
    "  duty_phone      紧急而没有人回复时，主管的卡片上写的值班电话",
)


@dataclass(frozen=True, slots=True)
class RosterFile:
    """What a roster file says; ``rules`` is None where it says nothing of them."""

    agents: tuple[Agent, ...] = ()
    rules: DeskRules | None = None


def read_roster_file(path: Path, problems: Problems) -> RosterFile:
    """Return the agents of a file, noting what is wrong with it."""
    nothing = RosterFile()
    source = read_text(path, problems)
    if source is None:
        return nothing
    try:
        root = read_toml(source)
    except NotReadable as error:
        problems.add(path, error.line, "", error.text)
        return nothing
    fields = Fields(path, root, problems, ("agents", "desk"))
    desk = fields.inner("desk", (*_LIMITS, "duty_phone"))
    rules = None if desk is None else _read_rules(desk)
    node = fields.present("agents")
    if node is None:
        return RosterFile(rules=rules)
    if not isinstance(node, Mapping):
        fields.complain(node.line, "agents", "要写成 [agents.成员账号]，每人一节")
        return nothing
    return RosterFile(_read_agents(path, node, problems), rules)


def _read_rules(fields: Fields) -> DeskRules:
    """Return the rules of a file; what it does not say is as shipped."""
    limits = {
        key: number
        for key, (least, most) in _LIMITS.items()
        if (number := _whole(fields, key, least, most)) is not None
    }
    phone = (fields.text("duty_phone") or "") if fields.present("duty_phone") else ""
    return DeskRules.from_json({**DeskRules().to_json(), **limits, "duty_phone": phone})


def _read_agents(path: Path, node: Mapping, problems: Problems) -> tuple[Agent, ...]:
    agents: list[Agent] = []
    lines: dict[str, int] = {}
    for key, line, section in node.pairs:
        within = f"agents.{key}"
        if not _USERID.fullmatch(key):
            text = "不是成员账号：只能有英文字母、数字和 _ - @ .，含点的账号要加引号"
            problems.add(path, line, within, text)
            continue
        if not isinstance(section, Mapping):
            problems.add(path, line, within, f"要写成一节 [{within}]，可以是空的")
            continue
        userid = key.lower()
        if userid in lines:
            text = f"第 {lines[userid]} 行已经写过这个成员（账号不分大小写）"
            problems.add(path, line, within, text)
            continue
        lines[userid] = line
        agents.append(_read_agent(userid, Fields(path, section, problems, _KEYS, (), f"{within}.")))
    return tuple(agents)


def _read_agent(userid: str, fields: Fields) -> Agent:
    return Agent(
        userid=userid,
        name=(fields.text("name") or "") if fields.present("name") else "",
        skills=fields.texts("skills"),
        stores=fields.texts("stores"),
        hours=_read_hours(fields),
        shifts=_read_shifts(fields),
        capacity=_whole(fields, "capacity", 1, _MOST),
    )


def _read_hours(fields: Fields) -> OpeningHours:
    try:
        return OpeningHours.parse(fields.texts("hours"))
    except HoursError as error:
        fields.complain(fields.line_of("hours"), "hours", str(error))
        return OpeningHours()


def _read_shifts(fields: Fields) -> dict[date, tuple[Span, ...]]:
    node = fields.present("shifts")
    if node is None:
        return {}
    if not isinstance(node, Mapping):
        fields.complain(node.line, "shifts", '要写成 {2027-01-01 = ["13:00-22:00"]}，空的是休息')
        return {}
    days = tuple(key for key, _, _ in node.pairs)
    inner = fields.part("shifts", node, days)
    found: dict[date, tuple[Span, ...]] = {}
    for day in days:
        try:
            found[_day(day)] = _spans(inner, day)
        except ValueError:
            inner.complain(inner.line_of(day), day, f"“{day}”不是日期；要写成 2027-01-01")
    return found


def _day(written: str) -> date:
    if len(written) != len("2027-01-01"):
        raise ValueError(written)
    return date.fromisoformat(written)


def _spans(fields: Fields, day: str) -> tuple[Span, ...]:
    """Return the hours of one day, written as a text or as a list of texts."""
    node = fields.present(day)
    is_list = isinstance(node, Listing)
    written = fields.texts(day) if is_list else tuple(filter(None, (fields.text(day),)))
    try:
        return tuple(span for text in written if text not in _DAY_OFF for span in parse_spans(text))
    except HoursError as error:
        fields.complain(fields.line_of(day), day, f"{error}；休息写 []")
        return ()


def _whole(fields: Fields, key: str, least: int, most: int) -> int | None:
    """Return a whole number in these bounds."""
    node = fields.present(key)
    if node is None:
        return None
    written = node.value if isinstance(node, Scalar) and node.kind == "number" else ""
    if written.isdecimal() and least <= int(written[:6]) <= most:
        return int(written)
    otherwise = "不限就不写这一行" if key == "capacity" else "照自带的就不写这一行"
    fields.complain(node.line, key, f"要写 {least} 到 {most} 的整数，不加引号；{otherwise}")
    return None


def write_roster(agents: Iterable[Agent], rules: DeskRules) -> str:
    """Return the TOML text that ``read_roster_file`` reads back."""
    document = tomlkit.document()
    for line in _HEAD:
        document.add(tomlkit.comment(line))
    desk = tomlkit.table()
    for key, value in rules.to_json().items():
        if value != "":
            desk.append(key, value)
    _append(document, "desk", desk)
    sections = tomlkit.table(is_super_table=True)
    for agent in agents:
        sections.append(agent.userid, _section(agent))
    _append(document, "agents", sections)
    return tomlkit.dumps(document)


def _append(document: TOMLDocument, key: str, table: Table) -> None:
    if table:
        document.add(tomlkit.nl())
        document.append(key, table)


def _section(agent: Agent) -> Table:
    section = tomlkit.table()
    if agent.name:
        section.append("name", agent.name)
    lists = {
        "skills": agent.skills, "stores": agent.stores, "hours": agent.hours.to_json(),
    }  # fmt: skip
    for key, values in lists.items():
        if values:
            section.append(key, list(values))
    if agent.capacity is not None:
        section.append("capacity", agent.capacity)
    if agent.shifts:
        days = tomlkit.table()
        for day, spans in sorted(agent.shifts.items()):
            days.append(day.isoformat(), list(map(span_in_words, spans)))
        section.append("shifts", days)
    return section
