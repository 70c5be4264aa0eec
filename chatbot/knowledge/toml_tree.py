"""TOML as the same kind of tree as YAML and JSON, in which every value knows its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from chatbot.knowledge.tree import Listing, Mapping, Node, NotReadable, Scalar

#: What has to be told apart to know where a statement ends: strings, comments, brackets, lines.
_TOKENS = re.compile(
    r'"""(?:\\.|[^\\])*?"""|' + r"'''.*?'''|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'|"
    r"#[^\n]*|[\[\]{}]|\n",
    re.DOTALL,
)
_QUOTED_OR_EQUALS = re.compile(r'"(?:\\.|[^"\\])*"|' + r"'[^']*'|=")
_WIDE_KEY = re.compile(r"(?<![\w-])(?=[\w-]*[^\x00-\x7f])[\w-]+(?=\s*[=.\]])")
_PLACE = re.compile(r"at line (\d+), column (\d+)")

_DEEPEST = 100

Path = tuple[str, ...]


def read_toml(source: str) -> Mapping:
    """Return the table of a TOML document; raise NotReadable.

    The values of a list and of an inline table have the line of their key. Keys in Chinese need
    no quotes, other than in TOML itself.
    """
    source = _with_quoted_keys(source)
    try:
        values = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(source, error) from None
    except ValueError:  # Python reads no number of more than 4300 digits
        raise NotReadable(0, "有一个数字太长") from None
    except RecursionError:
        raise NotReadable(0, "嵌套得太深") from None
    if _is_deeper(values, _DEEPEST):
        raise NotReadable(0, "嵌套得太深")
    lines = _lines_of_keys(source)
    return _table(values, (), 1, lines)


def _is_deeper(value: Any, levels: int) -> bool:
    """Return whether there are more than so many levels of tables and lists."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return not levels or any(_is_deeper(each, levels - 1) for each in inner)


def _with_quoted_keys(source: str) -> str:
    """Put keys that hold other letters than TOML's into quotes; strings and comments stay."""
    pieces, position = [], 0
    for token in _TOKENS.finditer(source):
        if len(token[0]) > 1:
            pieces += [_WIDE_KEY.sub(r'"\g<0>"', source[position : token.start()]), token[0]]
            position = token.end()
    return "".join([*pieces, _WIDE_KEY.sub(r'"\g<0>"', source[position:])])


def _not_toml(source: str, error: tomllib.TOMLDecodeError) -> NotReadable:
    place = _PLACE.search(str(error))
    line = int(place[1]) if place else source.rstrip().count("\n") + 1
    where = f"第 {place[2]} 列附近" if place else "文件末尾"
    return NotReadable(
        line, f"不是正确的 TOML（{where}）；检查引号、方括号、逗号是否成对，键有没有写两次"
    )


def _table(values: dict[str, Any], path: Path, line: int, lines: dict[Path, int]) -> Mapping:
    pairs = []
    for key, value in values.items():
        inner = (*path, key)
        at = lines.get(inner, line)
        pairs.append((key, at, _node(value, inner, at, lines)))
    return Mapping(tuple(pairs), line)


def _node(value: Any, path: Path, line: int, lines: dict[Path, int]) -> Node:
    if isinstance(value, dict):
        return _table(value, path, line, lines)
    if isinstance(value, list):
        return Listing(tuple(_node(item, path, line, lines) for item in value), line)
    if isinstance(value, str):
        return Scalar(value, "text", line)
    if isinstance(value, bool):
        return Scalar(str(value).lower(), "boolean", line)
    if isinstance(value, int | float):
        return Scalar(str(value), "number", line)
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    return Scalar(str(value), "date" if is_day else "other", line)


def _lines_of_keys(source: str) -> dict[Path, int]:
    """Return the line of each key and table of a document that is known to be TOML."""
    lines: dict[Path, int] = {}
    table: Path = ()
    for line, statement in _statements(source):
        if statement.startswith("["):
            table = _dotted(statement.strip("[]"))
            _note(lines, (), table, line)
        else:
            _note(lines, table, _dotted(statement[: _equals_sign(statement)]), line)
    return lines


def _note(lines: dict[Path, int], table: Path, key: Path, line: int) -> None:
    for length in range(1, len(key) + 1):
        lines.setdefault((*table, *key[:length]), line)


def _statements(source: str) -> Iterator[tuple[int, str]]:
    """Yield each header and assignment with its line, comments left out."""
    depth, line, begun, text, position = 0, 1, 1, "", 0
    for token in _TOKENS.finditer(source + "\n"):
        text += source[position : token.start()]
        position = token.end()
        if token[0] == "\n" and depth == 0:
            if text.strip():
                yield begun, text.strip()
            text, begun = "", line + 1
        elif not token[0].startswith("#"):
            text += token[0]
            depth += (token[0] in {"[", "{"}) - (token[0] in {"]", "}"})
        line += token[0].count("\n")


def _equals_sign(statement: str) -> int:
    """Return where the key ends: at the first equals sign that is not inside quotes."""
    signs = (found.start() for found in _QUOTED_OR_EQUALS.finditer(statement) if found[0] == "=")
    return next(signs, len(statement))


def _dotted(written: str) -> Path:
    """Return the parts of a dotted key, quotes taken off."""
    value: Any = tomllib.loads(f"{written} = 0")
    parts = []
    while isinstance(value, dict):
        ((part, value),) = value.items()
        parts.append(part)
    return tuple(parts)
