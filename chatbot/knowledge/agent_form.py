"""What people fill in about one who serves customers, checked like a roster file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chatbot.accounts.agent import Agent
from chatbot.accounts.desk_rules import DeskRules
from chatbot.knowledge.agent_fields import (
    AGENT_KEYS,
    IN_FORM,
    LIMITS,
    RULE_KEYS,
    read_agent,
    read_rules,
    userid_objection,
)
from chatbot.knowledge.fields import Fields
from chatbot.knowledge.problems import Problem, Problems
from chatbot.knowledge.tree import Listing, Node, Scalar
from chatbot.knowledge.tree import Mapping as Tree

_NAMES = re.compile(r"[、,，;；\n]+")
_NOWHERE = Path()


@dataclass(frozen=True, slots=True)
class AgentForm:
    """An agent as written in a form: names with marks between them, hours and shifts in lines."""

    userid: str = ""
    name: str = ""
    skills: str = ""
    stores: str = ""
    hours: str = ""
    shifts: str = ""
    capacity: str = ""


def read_agent_form(form: AgentForm, captions: Mapping[str, str]) -> tuple[Agent, list[str]]:
    """Return the agent of a form, and a sentence for everything that is wrong with it.

    ``captions`` are what the fields are called on the page, by their keys in a file.
    """
    shifts = _shift_pairs(form.shifts)
    pairs = [
        *_named("name", form.name.strip(), _text),
        *_named("skills", form.skills.strip(), lambda text: _list(_NAMES.split(text))),
        *_named("stores", form.stores.strip(), lambda text: _list(_NAMES.split(text))),
        *_named("hours", form.hours.strip(), lambda text: _list(text.splitlines())),
        *([("shifts", 0, Tree(shifts, 0))] if shifts else []),
        *_named("capacity", form.capacity.strip(), _number),
    ]
    days = {f"shifts.{day}": f"{captions['shifts']} {day}" for day, _, _ in shifts}
    problems = Problems()
    userid = form.userid.strip()
    if objection := userid_objection(userid):
        problems.add(_NOWHERE, 0, captions["userid"], f"“{userid[:64]}”{objection}")
    fields = Fields(
        _NOWHERE, Tree(tuple(pairs), 0), problems, AGENT_KEYS, headings={**captions, **days}
    )
    agent = read_agent(userid.lower(), fields, IN_FORM)
    return agent, list(map(_sentence, problems.found))


def read_rules_form(
    values: Mapping[str, str], captions: Mapping[str, str]
) -> tuple[DeskRules, list[str]]:
    """Return the rules of a form (what is written, by key), and what is wrong with it."""
    pairs = [
        pair
        for key in RULE_KEYS
        for pair in _named(key, values.get(key, "").strip(), _number if key in LIMITS else _text)
    ]
    problems = Problems()
    fields = Fields(_NOWHERE, Tree(tuple(pairs), 0), problems, RULE_KEYS, headings=captions)
    return read_rules(fields, IN_FORM), list(map(_sentence, problems.found))


def _shift_pairs(written: str) -> tuple[tuple[str, int, Node], ...]:
    """Return the day and the time of each line; the lines count from 1."""
    pairs: list[tuple[str, int, Node]] = []
    for number, line in enumerate(written.splitlines(), start=1):
        if line.strip():
            day, _, times = line.strip().replace("\u3000", " ").partition(" ")
            pairs.append((day, number, Scalar(times.strip(), "text", number)))
    return tuple(pairs)


def _named(key: str, written: str, node: Callable[[str], Node]) -> list[tuple[str, int, Node]]:
    return [(key, 0, node(written))] if written else []


def _text(written: str) -> Node:
    return Scalar(written, "text", 0)


def _number(written: str) -> Node:
    return Scalar(written, "number", 0)


def _list(written: list[str]) -> Node:
    return Listing(tuple(Scalar(each, "text", 0) for each in written if each.strip()), 0)


def _sentence(problem: Problem) -> str:
    line = f"第 {problem.line} 行" if problem.line else ""
    return f"{problem.key}{line}：{problem.text}"
