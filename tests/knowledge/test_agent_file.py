"""The roster as a TOML file: what is read, what is written, and what is said of mistakes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from chatbot.accounts.agent import Agent
from chatbot.accounts.desk_rules import DeskRules
from chatbot.accounts.hours import OpeningHours, parse_spans
from chatbot.knowledge.agent_file import read_roster_file, write_roster
from chatbot.knowledge.problems import Problem, Problems
from tests.store.test_agents import AGENTS

_GOOD = """\
[agents.AZhen]
name = "阿珍"
skills = ["售后", "预订"]
stores = ["西湖店"]
hours = ["周一至周五 09:00-18:00"]
shifts = {2026-11-24 = "13:00-22:00", 2026-11-25 = [], 2026-11-26 = "休息"}
capacity = 8

[agents."li.ming"]
"""


def _read(folder: Path, text: str) -> tuple[list[Agent], list[Problem]]:
    path = folder / "agents.toml"
    path.write_text(text, encoding="utf-8")
    problems = Problems()
    return list(read_roster_file(path, problems).agents), problems.found


def test_that_a_file_is_read_as_it_is_meant(tmp_path: Path) -> None:
    agents, problems = _read(tmp_path, _GOOD)
    assert not problems
    assert agents == [
        Agent(
            "azhen",
            "阿珍",
            ("售后", "预订"),
            ("西湖店",),
            OpeningHours.parse(["周一至周五 09:00-18:00"]),
            {
                date(2026, 11, 24): parse_spans("13:00-22:00"),
                date(2026, 11, 25): (),
                date(2026, 11, 26): (),
            },
            8,
        ),
        Agent("li.ming"),
    ]


@given(AGENTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
def test_that_what_is_written_is_read_back(tmp_path: Path, agents: list[Agent]) -> None:
    read, problems = _read(tmp_path, write_roster(agents, DeskRules()))
    assert not problems
    assert read == agents


def test_that_the_rules_of_the_desk_are_read_back_and_the_others_are_as_shipped(
    tmp_path: Path,
) -> None:
    rules = DeskRules(7, 2, 45, 20, "0571-1234", 15, 120)
    path = tmp_path / "agents.toml"
    problems = Problems()
    path.write_text(write_roster([], rules), encoding="utf-8")
    assert read_roster_file(path, problems).rules == rules
    path.write_text("[desk]\nend_minutes = 20\n", encoding="utf-8")
    assert read_roster_file(path, problems).rules == DeskRules(end_minutes=20)
    path.write_text("[agents.azhen]\n", encoding="utf-8")
    assert read_roster_file(path, problems).rules is None
    assert not problems.found


@pytest.mark.parametrize("text", ["", "# 空的\n", "[agents]\n"])
def test_that_an_empty_file_names_nobody(tmp_path: Path, text: str) -> None:
    assert _read(tmp_path, text) == ([], [])


@pytest.mark.parametrize(
    ("text", "line", "key", "told"),
    [
        ("agents = 3", 1, "agents", "[agents.成员账号]"),
        ("[agenst.azhen]", 1, "agenst", "没有这个键"),
        ("[agents]\nazhen = 3", 2, "agents.azhen", "可以是空的"),
        ('[agents."阿珍"]', 1, "agents.阿珍", "不是成员账号"),
        ("[agents.azhen]\n[agents.AZHEN]", 2, "agents.AZHEN", "第 1 行已经写过"),
        ("[agents.azhen]\nskill = ['售后']", 2, "agents.azhen.skill", "可以写的有：name、skills"),
        ("[agents.azhen]\nskills = '售后'", 2, "agents.azhen.skills", "应为列表"),
        ("[agents.azhen]\nhours = ['九点']", 2, "agents.azhen.hours", "周一至周五 09:00-18:00"),
        ("[agents.azhen]\ncapacity = 0", 2, "agents.azhen.capacity", "1 到 1000 的整数"),
        ("[agents.azhen]\ncapacity = '8'", 2, "agents.azhen.capacity", "不加引号"),
        ("[agents.azhen]\ncapacity = 1.5", 2, "agents.azhen.capacity", "整数"),
        ("[agents.azhen]\nshifts = []", 2, "agents.azhen.shifts", "空的是休息"),
        (
            "[agents.azhen.shifts]\n2026-13-01 = []",
            2,
            "agents.azhen.shifts.2026-13-01",
            "不是日期",
        ),
        (
            "[agents.azhen.shifts]\n2026-11-24 = '下午'",
            2,
            "agents.azhen.shifts.2026-11-24",
            "休息写 []",
        ),
        ("[desk]\nanswer_minutes = 0", 2, "desk.answer_minutes", "1 到 1440 的整数"),
        ("[desk]\nurgent_seconds = '60'", 2, "desk.urgent_seconds", "不加引号"),
        ("[desk]\ncase_late_minutes = 0", 2, "desk.case_late_minutes", "1 到 10080 的整数"),
        ("[desk]\nend = 3", 2, "desk.end", "可以写的有：answer_minutes"),
        ("[agents.azhen", 1, "", "不是正确的 TOML"),
    ],
)
def test_that_a_mistake_is_named_with_its_place(
    tmp_path: Path, text: str, line: int, key: str, told: str
) -> None:
    _, (problem,) = _read(tmp_path, text)
    assert (problem.line, problem.key) == (line, key)
    assert told in problem.text


def test_that_a_missing_file_is_named(tmp_path: Path) -> None:
    problems = Problems()
    read_roster_file(tmp_path / "nowhere.toml", problems)
    assert "nowhere.toml" in str(problems.found[0])
