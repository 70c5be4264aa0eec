"""Values as a person would write them in YAML: few quotes, texts of several lines as blocks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

#: Texts that mean themselves wherever they stand; all others get quotes.
_PLAIN = re.compile(
    "[\u4e00-\u9fffA-Za-z](?:[\u4e00-\u9fff\u3001-\u3011\uff01-\uff5eA-Za-z0-9“”…_./-]| (?=[^ ]))*"
)
_WORDS = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})
#: Characters that YAML does not take as they are, or takes for the end of a line.
_UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_WIDTH = 88


def entry_lines(record: Mapping[str, Any]) -> list[str]:
    """Return an entry as an item of the list in a file."""
    lines = list(mapping_lines(record, 2))
    return [f"- {lines[0][2:]}", *lines[1:]]


def mapping_lines(record: Mapping[str, Any], indent: int) -> Iterator[str]:
    """Yield the lines of a mapping, ``indent`` columns to the right."""
    for key, value in record.items():
        first, *others = value_lines(value, indent)
        yield f"{' ' * indent}{scalar(key)}:{first}"
        yield from others


def value_lines(value: Any, indent: int) -> list[str]:
    """Return what stands behind the colon of a key at column ``indent``, and the lines below."""
    if is_block(value):
        return block_lines(value, indent + 2)
    if isinstance(value, Mapping) and "slots" in value:  # a form: a line for each thing it asks
        return ["", *mapping_lines(value, indent + 2)]
    written = flow(value)
    is_short = len(written) + indent < _WIDTH
    if not isinstance(value, list) or (is_short and not any(map(_is_long, value))):
        return [f" {written}"]
    return ["", *(line for item in value for line in item_lines(item, indent + 2))]


def item_lines(item: Any, indent: int) -> list[str]:
    """Return an item of a list, with its dash at column ``indent``."""
    lead = " " * indent
    if isinstance(item, Mapping) and "messages" in item:
        first, *others = mapping_lines(item, indent + 2)
        return [f"{lead}- {first.lstrip()}", *others]
    if is_block(item):
        first, *others = block_lines(item, indent + 2)
        return [f"{lead}-{first}", *others]
    return [f"{lead}- {flow(item)}"]


def is_block(value: Any) -> bool:
    """Return whether a value is a text of several lines that can stand as it is."""
    if not isinstance(value, str) or "\n" not in value or _UNSAFE.search(value):
        return False
    lines = value.split("\n")
    return value == value.strip() and all(line == line.rstrip() for line in lines)


def block_lines(text: str, indent: int) -> list[str]:
    """Return a text of several lines as a block: the mark, and the lines to the right."""
    return [" |-", *(f"{' ' * indent}{line}" if line else "" for line in text.split("\n"))]


def flow(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value)


def scalar(text: str) -> str:
    """Return a text with quotes if it needs them."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return _UNSAFE.sub(_escaped, json.dumps(text, ensure_ascii=False))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04X}"


def _is_long(item: Any) -> bool:
    return isinstance(item, Mapping) or is_block(item)
