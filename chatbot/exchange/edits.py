"""What is to be changed in a file, and pieces put into its source."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chatbot.answers.entries import Entry

#: Entries that only a person can change, and why, by id; editors leave them as they are.
Left = dict[str, str]


class NotEditableError(Exception):
    """An entry is written in a way that only a person can change; the text says why."""


class NotReadableError(Exception):
    """Nothing in the file can be changed; the text says why."""


@dataclass(frozen=True, slots=True)
class Edit:
    """An entry of a file, the lines that it is in, and what it is to be.

    ``changes`` are the new values by field, None for nothing; ``after`` is None if the entry is to
    be taken out of the file. ``keeps_id``: its id is to be written, for the question changes, and
    it was made from that.
    """

    before: Entry
    lines: tuple[int, ...]
    changes: Mapping[str, Any]
    after: Entry | None
    keeps_id: bool = False

    @property
    def id(self) -> str:
        return self.before.id

    @property
    def values(self) -> dict[str, Any]:
        """Return the new values, with the id if that is to be written."""
        return {**({"id": self.before.id} if self.keeps_id else {}), **self.changes}


@dataclass(frozen=True, slots=True)
class Splice:
    """Text in place of what stands from ``start`` to ``end``."""

    start: int
    end: int
    text: str


def spliced(source: str, splices: Iterable[Splice]) -> str:
    """Return a text with pieces replaced; none may overlap another."""
    pieces: list[str] = []
    at = 0
    for splice in sorted(splices, key=lambda each: (each.start, each.end)):
        pieces += (source[at : splice.start], splice.text)
        at = splice.end
    return "".join([*pieces, source[at:]])


def text_like(former: bytes, text: str) -> bytes:
    """Return a text as a file of UTF-8 holds it, with the mark and the line ends of ``former``."""
    mark = codecs.BOM_UTF8 if former.startswith(codecs.BOM_UTF8) else b""
    return mark + (text.replace("\n", "\r\n") if b"\r\n" in former else text).encode()
