"""Reads one mapping of a content file key by key, and notes what is wrong with each."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from chatbot.knowledge.problems import Problems
from chatbot.knowledge.tree import Listing, Mapping, Node, Scalar

_KIND_NAMES = {
    "number": "a number",
    "boolean": "yes/no",
    "date": "a date",
    "null": "nothing",
    "other": "a value with a tag",
    "list": "a list",
    "mapping": "a mapping",
}
_TAG = re.compile(r"[^:\s][^:]*:[^:]*[^:\s]|[^:\s]:[^:\s]")


@dataclass(frozen=True, slots=True)
class Field:
    """The value of a key."""

    line: int
    node: Node


class Fields:
    """The keys of one mapping. Readers return None where the key is missing or wrong.

    A key that is none of ``allowed``, or comes twice, is a problem; so is a missing one of
    ``required``.
    """

    def __init__(
        self,
        path: Path,
        node: Mapping,
        problems: Problems,
        allowed: Collection[str],
        required: Collection[str] = (),
        within: str = "",
    ) -> None:
        self.path = path
        self.line = node.line
        self._problems = problems
        self._within = within
        self._fields: dict[str, Field] = {}
        for key, line, value in node.pairs:
            self._take(key, line, value, allowed)
        for key in required:
            if key not in self._fields:
                self.complain(self.line, key, "this key is missing")

    def _take(self, key: str, line: int, value: Node, allowed: Collection[str]) -> None:
        if key not in allowed:
            self.complain(line, key, f"unknown key; expected one of: {', '.join(allowed)}")
        elif key in self._fields:
            self.complain(line, key, f"this key is already in line {self._fields[key].line}")
        else:
            self._fields[key] = Field(line, value)

    def complain(self, line: int, key: str, text: str) -> None:
        """Note a problem with ``key``."""
        self._problems.add(self.path, line, self._within + key, text)

    def line_of(self, key: str) -> int:
        """Return the line of ``key``, or of the mapping."""
        field = self._fields.get(key)
        return field.line if field else self.line

    def present(self, key: str) -> Node | None:
        """Return the value of ``key``; None if it is missing or null."""
        field = self._fields.get(key)
        if field is None or field.node.kind == "null":
            return None
        return field.node

    def has(self, key: str) -> bool:
        """Return whether ``key`` is written, be it with null."""
        return key in self._fields

    def text(self, key: str) -> str | None:
        """Return a text that is not empty."""
        field = self._fields.get(key)
        return None if field is None else self._text(key, field.node)

    def name(self, key: str) -> str | None:
        """Return a short name without spaces; a number is taken as it is written."""
        node = self.present(key)
        if isinstance(node, Scalar) and node.kind in {"number", "date", "boolean"}:
            node = Scalar(node.value, "text", node.line)
        value = None if node is None else self._text(key, node)
        if value is None:
            return None
        if len(value) > 64 or re.search(r"\s", value):
            self.complain(self.line_of(key), key, "up to 64 characters without spaces are expected")
            return None
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; nothing where the key is missing or null."""
        node = self.present(key)
        if node is None:
            return ()
        if not isinstance(node, Listing):
            self.complain(node.line, key, f"a list is expected, not {_shown(node)}")
            return ()
        read = (self._text(key, item) for item in node.items)
        return tuple(dict.fromkeys(text for text in read if text is not None))

    def messages(self, key: str) -> tuple[str, ...]:
        """Return a text, or a list of texts and ``{type: text, text: …}``, as messages."""
        node = self.present(key)
        if isinstance(node, Listing):
            if not node.items:
                self.complain(node.line, key, "at least one message is expected")
            read = [self._message(key, item) for item in node.items]
        elif node is None and self.has(key):
            self.complain(self.line_of(key), key, "a text is expected, not nothing")
            read = []
        else:
            read = [] if node is None else [self._message(key, node)]
        return tuple(text for text in read if text is not None)

    def _message(self, key: str, node: Node) -> str | None:
        if not isinstance(node, Mapping):
            return self._text(key, node)
        inner = Fields(
            self.path, node, self._problems, ("type", "text"), ("type", "text"), f"{key}."
        )
        if inner.text("type") not in {"text", None}:
            inner.complain(inner.line_of("type"), "type", "only text is expected here")
        return inner.text("text")

    def tags(self, key: str) -> tuple[str, ...]:
        """Return tags of the form ``group:tag``; a full-width colon is taken as well."""
        tags = tuple(tag.replace("：", ":") for tag in self.texts(key))
        for tag in tags:
            if not _TAG.fullmatch(tag):
                text = f"group:tag is expected, as in 意向:续住, not {tag!r}"
                self.complain(self.line_of(key), key, text)
        return tags

    def day(self, key: str) -> date | None:
        """Return a date written as 2026-01-31."""
        node = self.present(key)
        if node is None:
            return None
        written = node.value if isinstance(node, Scalar) else _shown(node)
        try:
            if len(written) == len("2026-01-31"):
                return date.fromisoformat(written)
        except ValueError:
            pass
        self.complain(node.line, key, f"a date such as 2026-01-31 is expected, not {written!r}")
        return None

    def inner(self, key: str, allowed: Collection[str]) -> Fields | None:
        """Return a mapping inside this one."""
        node = self.present(key)
        if node is None:
            return None
        if not isinstance(node, Mapping):
            expected = f"a mapping with {', '.join(allowed)} is expected, not {_shown(node)}"
            self.complain(node.line, key, expected)
            return None
        return Fields(self.path, node, self._problems, allowed, within=f"{self._within}{key}.")

    def check(self, key: str, values: Collection[str], test: Callable[[str], str | None]) -> None:
        """Note for each of ``values`` what ``test`` has to say against it."""
        for value in values:
            objection = test(value)
            if objection is not None:
                self.complain(self.line_of(key), key, f"{value!r}: {objection}")

    def _text(self, key: str, node: Node) -> str | None:
        if not isinstance(node, Scalar) or node.kind != "text":
            hint = "; put it in quotes" if node.kind in {"number", "boolean", "date"} else ""
            self.complain(node.line, key, f"a text is expected, not {_shown(node)}{hint}")
            return None
        if not node.value.strip():
            self.complain(node.line, key, "a text is expected, not an empty one")
            return None
        return node.value.strip()


def _shown(node: Node) -> str:
    """Say what stands there, for a message."""
    if isinstance(node, Scalar) and node.kind == "text":
        return "a text"
    if isinstance(node, Scalar) and node.kind != "null":
        return f"{_KIND_NAMES[node.kind]} ({node.value})"
    return _KIND_NAMES[node.kind]
