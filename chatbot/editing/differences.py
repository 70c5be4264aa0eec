"""What differs between two records, so that a person sees it: pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from chatbot.editing.merging import Record

Kind = Literal["same", "added", "removed"]
#: Returns the words, marks and spaces of a text; joined they are the text again.
Cut = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that both have, or that one has alone."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that differs: its lines, each in pieces."""

    key: str
    lines: tuple[tuple[Piece, ...], ...]


def differences(before: Record | None, after: Record | None, cut: Cut) -> list[Difference]:
    """Return the fields that differ, in their order, words marked within texts."""
    old, new = before or {}, after or {}
    keys = dict.fromkeys((*old, *new))
    return [
        Difference(key, tuple(_lines(written(old.get(key)), written(new.get(key)), cut)))
        for key in keys
        if old.get(key) != new.get(key)
    ]


def written(value: Any) -> list[str]:
    """Return a value as lines that a person reads: items, and the parts of messages, one each."""
    if value is None or value == "":
        return []
    if isinstance(value, Mapping):
        return [
            line
            for key, item in value.items()
            for line in (
                written(item) if key == "messages" else [f"{key}：{'、'.join(written(item))}"]
            )
        ]
    if isinstance(value, list | tuple):
        return [line for item in value for line in written(item)]
    return str(value).split("\n")


def _lines(before: Sequence[str], after: Sequence[str], cut: Cut) -> Iterator[tuple[Piece, ...]]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, i, j, first, last in matcher.get_opcodes():
        if tag == "equal":
            yield from ((Piece("same", line),) for line in before[i:j])
            continue
        pairs = min(j - i, last - first)
        for place in range(pairs):
            yield tuple(marked(before[i + place], after[first + place], cut))
        yield from ((Piece("removed", line),) for line in before[i + pairs : j])
        yield from ((Piece("added", line),) for line in after[first + pairs : last])


def marked(before: str, after: str, cut: Cut) -> Iterator[Piece]:
    """Yield one line with the words that went and came marked."""
    old, new = cut(before), cut(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, i, j, first, last in matcher.get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(old[i:j]))
            continue
        if j > i:
            yield Piece("removed", "".join(old[i:j]))
        if last > first:
            yield Piece("added", "".join(new[first:last]))
