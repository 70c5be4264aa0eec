"""What an edit changed, as pages show it: of long lists only what came and went. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatbot.editing.differences import Cut, Difference, differences
from chatbot.editing.merging import Record
from chatbot.exchange.yaml_text import mapping_lines, value_lines


def changes_between(before: Record | None, after: Record | None, cut: Cut) -> list[Difference]:
    """Return the fields that differ, with the lines that do; ``cut`` tells the words of a text."""
    found = differences(_in_lines(before), _in_lines(after), cut)
    return [Difference(each.key, _changed_lines(each)) for each in found]


def written(value: Any) -> str:
    """Return a value as somebody would write it: an item a line, a text as it is."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "\n".join(value)
    if isinstance(value, Mapping):
        return "\n".join(mapping_lines(value, 0))
    return "\n".join(value_lines(value, -2)).strip()


def _in_lines(record: Record | None) -> Record | None:
    """Return a record with what is within one another as the lines of a file."""
    if record is None:
        return None
    return {
        key: written(value) if isinstance(value, Mapping) else value
        for key, value in record.items()
    }


def _changed_lines(difference: Difference) -> tuple[Any, ...]:
    return tuple(line for line in difference.lines if any(piece.kind != "same" for piece in line))
