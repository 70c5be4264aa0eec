"""The form of an intent: what its fields show of a record, and the record that they make. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chatbot.console.admin_pages import Posted
from chatbot.console.curating.differences import written
from chatbot.console.curating.subject import lines_in
from chatbot.editing.kinds import EditRefused, FieldProblem
from chatbot.editing.merging import Record
from chatbot.exchange.intent_records import value_of
from chatbot.exchange.yaml_text import item_lines
from chatbot.knowledge.tree import Listing, Node, NotReadable, read_yaml
from chatbot.knowledge.tree import Mapping as Pairs

#: Fields with an item a line.
LINES = ("examples", "keywords", "exclude", "tags", "drafts")
_TEXTS = ("title", "stage")
PRIORITIES = ("normal", "high", "urgent")
#: What stands between two messages of a reply.
_BETWEEN = "---"
#: What a reply begins with that is written as YAML, for it has more than texts.
_YAML = ("- ", "[", "{")


def shown(record: Record | None) -> dict[str, str]:
    """Return what stands in the fields."""
    said = record or {}
    handoff = said.get("handoff")
    return {
        **{key: written(said.get(key)) for key in (*LINES, *_TEXTS, "flow")},
        "reply": _reply_shown(said.get("reply")),
        "handoff": "yes" if handoff is not None else "",
        "skill": (handoff or {}).get("skill", ""),
        "priority": (handoff or {}).get("priority", PRIORITIES[0]),
    }


def filled(data: Posted) -> dict[str, str]:
    """Return what stands in the fields as they were sent."""
    return {key: data.get(key) for key in shown(None)}


def record_of(data: Posted) -> Record:
    """Return the record that the fields make.

    Raises:
        EditRefused: what is written as YAML is none; says the line.
    """
    record: Record = {key: lines_in(data.get(key)) for key in LINES}
    record |= {key: data.get(key).strip() for key in _TEXTS}
    record["reply"] = _reply(data.get("reply"))
    record["flow"] = _yaml("flow", data.get("flow"))
    if "handoff" in data:
        record["handoff"] = _handoff(data)
    empty: tuple[object, ...] = (None, "", [])
    return {key: value for key, value in record.items() if value not in empty}


def with_lines(problems: Sequence[FieldProblem], data: Posted) -> list[FieldProblem]:
    """Return problems with the line of the text area that each means, where there is one."""
    return [_with_line(each, data.get("flow")) for each in problems]


def _with_line(problem: FieldProblem, flow: str) -> FieldProblem:
    if problem.path[:1] != ("flow",):
        return problem
    node, line = _node(flow), 0
    for step in problem.path[1:]:
        found = _child(node, step)
        if found is None:
            break
        line, node = found
    key = problem.key.removeprefix("flow.")
    text = f"第 {line} 行 {key}：{problem.text}" if line else f"{key}：{problem.text}"
    return FieldProblem("flow", text, problem.path)


def _child(node: Node | None, step: str | int) -> tuple[int, Node] | None:
    if isinstance(node, Pairs):
        return next(((line, value) for key, line, value in node.pairs if key == step), None)
    if isinstance(node, Listing) and isinstance(step, int) and step < len(node.items):
        return node.items[step].line, node.items[step]
    return None


def _node(text: str) -> Node | None:
    try:
        return read_yaml(text)
    except NotReadable:
        return None


def _handoff(data: Posted) -> Record:
    written_skill, priority = data.get("skill").strip(), data.get("priority")
    handoff: Record = {"skill": written_skill} if written_skill else {}
    return handoff if priority in {"", PRIORITIES[0]} else {**handoff, "priority": priority}


def _yaml(key: str, text: str) -> Any:
    try:
        node = read_yaml(text)
    except NotReadable as error:
        where = f"第 {error.line} 行：" if error.line else ""
        raise EditRefused([FieldProblem(key, f"{where}{error.text}")]) from None
    return None if node is None else value_of(node)


def _reply_shown(reply: Any) -> str:
    """Return a reply as the text area shows it: texts as they are, anything more as YAML."""
    messages = reply if isinstance(reply, list) else [reply] if reply else []
    if all(isinstance(each, str) and _is_plain(each) for each in messages):
        return f"\n{_BETWEEN}\n".join(messages)
    return "\n".join(line for each in messages for line in item_lines(each, 0))


def _is_plain(text: str) -> bool:
    return not text.startswith(_YAML) and _BETWEEN not in text.splitlines()


def _reply(text: str) -> Any:
    if text.lstrip().startswith(_YAML):
        read = _yaml("reply", text)
        only = read[0] if isinstance(read, list) and len(read) == 1 else None
        return only if isinstance(only, str) else read
    messages: list[str] = [""]
    for line in text.splitlines():
        if line.strip() == _BETWEEN:
            messages.append("")
        else:
            messages[-1] += f"{line}\n"
    said = [each.strip() for each in messages if each.strip()]
    return said[0] if len(said) == 1 else said or None


def named(problems: Sequence[FieldProblem]) -> Mapping[str, list[str]]:
    """Return what is wrong by the field that it is wrong with; no field for what is none's."""
    found: dict[str, list[str]] = {}
    for each in problems:
        key, _, within = each.key.partition(".")
        known = key in {*LINES, *_TEXTS, "reply", "flow", "handoff"}
        text = f"{within}：{each.text}" if within and key != "flow" else each.text
        found.setdefault(key if known else "", []).append(text if known else str(each))
    return found
