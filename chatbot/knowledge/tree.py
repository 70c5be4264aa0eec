"""YAML and JSON as one kind of tree in which every value knows its line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import yaml


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value as it is written. ``kind`` is text, number, boolean, date, null or other."""

    value: str
    kind: str
    line: int


@dataclass(frozen=True, slots=True)
class Listing:
    """Values in order."""

    items: tuple[Node, ...]
    line: int
    kind: str = "list"


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with their values, in order; keys may come twice, each has its line."""

    pairs: tuple[tuple[str, int, Node], ...]
    line: int
    kind: str = "mapping"


Node = Scalar | Listing | Mapping


class NotReadable(Exception):
    """A file that is not of its syntax."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


_SCALAR_KINDS = {
    "tag:yaml.org,2002:str": "text",
    "tag:yaml.org,2002:int": "number",
    "tag:yaml.org,2002:float": "number",
    "tag:yaml.org,2002:bool": "boolean",
    "tag:yaml.org,2002:timestamp": "date",
    "tag:yaml.org,2002:null": "null",
}
_TAB_INDENT = re.compile(r"^ *\t", re.MULTILINE)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class _Mark(Protocol):
    line: int


def read_yaml(source: str) -> Node | None:
    """Return the one document of ``source``, None if it is empty; raise NotReadable."""
    _refuse_control(source)
    try:
        root = yaml.compose(source, Loader=yaml.CSafeLoader)
        return None if root is None else _Converter().convert(root)
    except yaml.MarkedYAMLError as error:
        raise _syntax_problem(source, error) from None
    except yaml.YAMLError as error:
        raise NotReadable(0, f"not YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise NotReadable(0, "the values are nested too deeply") from None


def _refuse_control(source: str) -> None:
    found = _CONTROL.search(source)
    if found:
        line = source.count("\n", 0, found.start()) + 1
        raise NotReadable(line, f"the control character U+{ord(found[0]):04X} is not allowed")


def _syntax_problem(source: str, error: yaml.MarkedYAMLError) -> NotReadable:
    mark: _Mark | None = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 0
    tab = _TAB_INDENT.search(source)
    if tab:
        line = source.count("\n", 0, tab.start()) + 1
        return NotReadable(line, "a tab is used to indent; YAML wants spaces")
    return NotReadable(line, f"not YAML: {error.problem or error.context}")


class _Converter:
    """Turns composed nodes into ours; aliases share one node, and none may contain itself."""

    def __init__(self) -> None:
        self._done: dict[int, Node] = {}
        self._open: set[int] = set()

    def convert(self, node: Any) -> Node:
        if id(node) in self._done:
            return self._done[id(node)]
        line = node.start_mark.line + 1
        if id(node) in self._open:
            raise NotReadable(line, "a value refers to itself")
        self._open.add(id(node))
        converted = self._convert(node, line)
        self._open.discard(id(node))
        self._done[id(node)] = converted
        return converted

    def _convert(self, node: Any, line: int) -> Node:
        if isinstance(node, yaml.SequenceNode):
            return Listing(tuple(self.convert(item) for item in node.value), line)
        if isinstance(node, yaml.MappingNode):
            return Mapping(tuple(self._pair(key, value) for key, value in node.value), line)
        return Scalar(node.value, _SCALAR_KINDS.get(node.tag, "other"), line)

    def _pair(self, key: Any, value: Any) -> tuple[str, int, Node]:
        if not isinstance(key, yaml.ScalarNode):
            raise NotReadable(key.start_mark.line + 1, "a key must be a single word")
        return key.value, key.start_mark.line + 1, self.convert(value)


def read_jsonl(source: str) -> Iterator[Node | NotReadable]:
    """Yield one value a line that is not blank, or what is wrong with the line."""
    for number, line in enumerate(source.split("\n"), start=1):
        if line.strip():
            yield _read_json_line(line, number)


def _read_json_line(line: str, number: int) -> Node | NotReadable:
    try:
        return _from_json(json.loads(line, object_pairs_hook=_Pairs), number)
    except json.JSONDecodeError as error:
        return NotReadable(number, f"not JSON: {error.msg} at column {error.colno}")
    except RecursionError:
        return NotReadable(number, "the values are nested too deeply")


class _Pairs(list[tuple[str, Any]]):
    """A JSON object's pairs, told apart from a JSON array, with keys that come twice."""


def _from_json(value: Any, line: int) -> Node:
    if isinstance(value, _Pairs):
        return Mapping(tuple((key, line, _from_json(item, line)) for key, item in value), line)
    if isinstance(value, list):
        return Listing(tuple(_from_json(item, line) for item in value), line)
    if isinstance(value, str):
        return Scalar(value, "text", line)
    if value is None:
        return Scalar("", "null", line)
    kind = "boolean" if isinstance(value, bool) else "number"
    return Scalar(json.dumps(value), kind, line)
