"""The roster as a TOML file: a section for each member who serves customers, and the desk's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.items import Table

from chatbot.accounts.agent import Agent
from chatbot.accounts.desk_rules import DeskRules
from chatbot.accounts.hours import span_in_words
from chatbot.knowledge.agent_fields import (
    AGENT_KEYS,
    IN_FILE,
    RULE_KEYS,
    read_agent,
    read_rules,
    userid_objection,
)
from chatbot.knowledge.fields import Fields
from chatbot.knowledge.files import read_text
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.toml_tree import read_toml
from chatbot.knowledge.tree import Mapping, NotReadable

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
    "  card_seconds    分到会话多久还没有在客户端回复，才再发卡片",
    "  duty_phone      紧急而没有人回复时，主管的卡片上写的值班电话",
    "  case_soon_minutes  答应客户的事，到时间前多久提醒负责人",
    "  case_late_minutes  过了时间多久还没有完成就告诉主管",
    "  digest_hour     几点把前一天的数字发给主管、运营和管理员，24 是不发",
)


@dataclass(frozen=True, slots=True)
class RosterFile:
    """What a roster file says; ``rules`` is None where it says nothing of them."""

    agents: tuple[Agent, ...] = ()
    rules: DeskRules | None = None


def read_roster_file(path: Path, problems: Problems) -> RosterFile:
    """Return the agents of a file, noting what is wrong with it."""
    source = read_text(path, problems)
    return RosterFile() if source is None else read_roster_text(source, path, problems)


def read_roster_text(source: str, path: Path, problems: Problems) -> RosterFile:
    """Return the agents of a text, noting what is wrong with it; ``path`` is what it is called."""
    try:
        root = read_toml(source)
    except NotReadable as error:
        problems.add(path, error.line, "", error.text)
        return RosterFile()
    fields = Fields(path, root, problems, ("agents", "desk"))
    desk = fields.inner("desk", RULE_KEYS)
    rules = None if desk is None else read_rules(desk, IN_FILE)
    node = fields.present("agents")
    if node is None:
        return RosterFile(rules=rules)
    if not isinstance(node, Mapping):
        fields.complain(node.line, "agents", "要写成 [agents.成员账号]，每人一节")
        return RosterFile()
    return RosterFile(_read_agents(path, node, problems), rules)


def _read_agents(path: Path, node: Mapping, problems: Problems) -> tuple[Agent, ...]:
    agents: list[Agent] = []
    lines: dict[str, int] = {}
    for key, line, section in node.pairs:
        within = f"agents.{key}"
        if objection := userid_objection(key):
            problems.add(path, line, within, f"{objection}，含点的账号要加引号")
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
        fields = Fields(path, section, problems, AGENT_KEYS, (), f"{within}.")
        agents.append(read_agent(userid, fields, IN_FILE))
    return tuple(agents)


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
