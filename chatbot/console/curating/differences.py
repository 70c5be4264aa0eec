"""What an edit changed, field by field, as pages show it: pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from chatbot.editing.merging import Record
from chatbot.exchange.yaml_text import mapping_lines, value_lines

#: A piece of a text: it stayed, went, or came.
Piece = tuple[Literal["same", "gone", "new"], str]
#: Letters and digits that belong together; other characters count one by one.
_TOKENS = re.compile(r"[A-Za-z]+|[0-9]+|.", re.DOTALL)
#: Texts beyond are told apart as a whole: comparing them takes time, and no one reads the marks.
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that differs, with the pieces of its text."""

    key: str
    pieces: tuple[Piece, ...]


def differences(before: Record | None, after: Record | None) -> list[Difference]:
    """Return the fields that differ between two records, in the order of the later one."""
    was, becomes = before or {}, after or {}
    keys = dict.fromkeys((*becomes, *was))
    return [
        Difference(key, tuple(_pieces(was.get(key), becomes.get(key))))
        for key in keys
        if was.get(key) != becomes.get(key)
    ]


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


def _pieces(was: Any, becomes: Any) -> Iterator[Piece]:
    if _are_lists(was, becomes):
        yield from _of_items(was or [], becomes or [])
        return
    old, new = written(was), written(becomes)
    if not old or not new or len(old) + len(new) > _LONGEST:
        yield from (piece for piece in (("gone", old), ("new", new)) if piece[1])
        return
    yield from _between(_TOKENS.findall(old), _TOKENS.findall(new), "")


def _are_lists(*values: Collection[Any] | None) -> bool:
    lists = [each for each in values if each is not None]
    return bool(lists) and all(
        isinstance(each, list) and all(isinstance(item, str) for item in each) for each in lists
    )


def _of_items(was: list[str], becomes: list[str]) -> Iterator[Piece]:
    """Yield the items that came and went; of those that stay nothing needs to be told."""
    for what, text in _between(was, becomes, "、"):
        if what != "same":
            yield what, text


def _between(old: list[str], new: list[str], glue: str) -> Iterator[Piece]:
    for tag, i, j, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield "same", glue.join(old[i:j])
            continue
        if i < j:
            yield "gone", glue.join(old[i:j])
        if first < last:
            yield "new", glue.join(new[first:last])
