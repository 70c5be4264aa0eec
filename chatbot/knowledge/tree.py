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
#: What libyaml says, in words that help somebody who has never heard of a token.
_SYNTAX = {
    "mapping values are not allowed in this context": "这里多了一个冒号，含冒号的文字请加引号",
    "did not find expected key": "缩进不齐，或引号没有成对；这里应该是一个键",
    "could not find expected ':'": "缺少冒号；键后面要有英文冒号和一个空格",
    "did not find expected '-' indicator": "缩进不齐；列表每一项以“- ”开头并上下对齐",
    "block sequence entries are not allowed in this context": "“- ”不能写在这里，请另起一行",
    "did not find expected ',' or ']'": "方括号里的列表缺少英文逗号或右括号",
    "did not find expected ',' or '}'": "花括号里的内容缺少英文逗号或右括号",
    "did not find expected node content": "这里缺少一个值",
    "found unexpected end of stream": "引号没有成对",
    "found unknown escape character": "双引号里的反斜杠不认识；请改用单引号",
    "found character that cannot start any token": "文字不能以这个符号开头，请加引号",
    "did not find expected alphabetic or numeric character": "以 * 或 & 开头的文字请加引号",
    "found undefined alias": "以 * 开头的文字请加引号",
    "expected a single document in the stream": "一个文件只能有一份内容，请去掉后面的“---”",
    "found duplicate anchor": "同一个 & 名称用了两次；以 & 开头的文字请加引号",
}
_TOO_DEEP = "嵌套层数太多"
_DEEPEST = 100
_BLOCK_START = re.compile(r"^[ ?:-]+", re.MULTILINE)
_BRACKET = re.compile(r"[\[\]{}]")
_TAB_INDENT = re.compile(r"^ *\t", re.MULTILINE)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class _Mark(Protocol):
    line: int


def read_yaml(source: str) -> Node | None:
    """Return the one document of ``source``, None if it is empty; raise NotReadable."""
    _refuse_control(source)
    try:
        _refuse_depth(source)
        root = yaml.compose(source, Loader=yaml.CSafeLoader)
        return None if root is None else _Converter().convert(root)
    except yaml.MarkedYAMLError as error:
        raise _syntax_problem(source, error) from None
    except yaml.YAMLError as error:
        raise NotReadable(0, f"不是正确的 YAML：{str(error).splitlines()[0]}") from None
    except RecursionError:
        raise NotReadable(0, _TOO_DEEP) from None


def _refuse_control(source: str) -> None:
    found = _CONTROL.search(source)
    if found:
        line = source.count("\n", 0, found.start()) + 1
        raise NotReadable(line, f"有看不见的控制字符 U+{ord(found[0]):04X}，请删掉")


def _refuse_depth(source: str) -> None:
    """Refuse what is nested too deeply: libyaml's composer recurses until the process dies."""
    if _depth_at_most(source) <= _DEEPEST:
        return
    depth = 0
    for event in yaml.parse(source, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise NotReadable(0, _TOO_DEEP)


def _depth_at_most(source: str) -> int:
    """Return a bound of the depth that is quick to tell.

    A list or mapping without brackets begins a column further right than the one around it.
    """
    columns = max((len(found[0]) for found in _BLOCK_START.finditer(source)), default=0)
    opened = deepest = 0
    for bracket in _BRACKET.finditer(source):
        opened += 1 if bracket[0] in "[{" else -1
        deepest = max(deepest, opened)
        opened = max(0, opened)
    return columns + deepest


def _syntax_problem(source: str, error: yaml.MarkedYAMLError) -> NotReadable:
    mark: _Mark | None = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 0
    tab = _TAB_INDENT.search(source)
    if tab:
        line = source.count("\n", 0, tab.start()) + 1
        return NotReadable(line, "缩进用了制表符（Tab），请改成空格")
    said = error.problem or error.context or ""
    return NotReadable(line, f"不是正确的 YAML：{_SYNTAX.get(said.partition('; ')[0], said)}")


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
            raise NotReadable(line, "这个值引用了自己")
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
            raise NotReadable(key.start_mark.line + 1, "键必须是一个词")
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
        return NotReadable(number, f"不是正确的 JSON：第 {error.colno} 列，{error.msg}")
    except ValueError:  # Python reads no number of more than 4300 digits
        return NotReadable(number, "数字太长")
    except RecursionError:
        return NotReadable(number, _TOO_DEEP)


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
