"""Reads one mapping of a content file key by key, and notes what is wrong with each."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from collections.abc import Mapping as Names
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType

from chatbot.knowledge.problems import Problems
from chatbot.knowledge.tree import Listing, Mapping, Node, Scalar
from chatbot.understanding.language import LANGUAGES, language_named

_KIND_NAMES = {
    "text": "文字",
    "number": "数字",
    "boolean": "是非值",
    "date": "日期",
    "null": "空的",
    "other": "带类型标记的值",
    "list": "列表",
    "mapping": "一组键和值",
}
#: The keys are called what they are.
NO_HEADINGS: Names[str, str] = MappingProxyType({})
_SHOWN = 20
_LARGEST_NUMBER = 1e12
#: WeCom developer documentation, 微信客服/发送消息: a line of a menu.
_CAPTION_BYTES = 128
_BRACES = frozenset("{}｛｝")
#: What is wrong with a brace in a text that no variable is filled in of.
NO_BRACES = "这里不能用花括号，变量不会换成内容"
#: Of more keys than that only those are told that come nearest to what was written.
_MOST_LISTED, _NEAREST = 60, 5
#: Halves of a character, which no encoding has, and the one character that no database keeps.
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
_TAG = re.compile(r"[^:\s][^:]*:[^:]*[^:\s]|[^:\s]:[^:\s]")


@dataclass(frozen=True, slots=True)
class Field:
    """The value of a key."""

    line: int
    node: Node


class Fields:
    """The keys of one mapping. Readers return None where the key is missing or wrong.

    A key that is none of ``allowed``, or comes twice, is a problem; so is a missing one of
    ``required``. ``headings`` are what keys (``valid.from``) are called in the file if
    something else.
    """

    def __init__(
        self,
        path: Path,
        node: Mapping,
        problems: Problems,
        allowed: Collection[str],
        required: Collection[str] = (),
        within: str = "",
        headings: Names[str, str] = NO_HEADINGS,
    ) -> None:
        self.path = path
        self.line = node.line
        self._problems = problems
        self._within = within
        self._headings = headings
        self._fields: dict[str, Field] = {}
        for key, line, value in node.pairs:
            self._take(key, line, value, allowed)
        for key in required:
            if key not in self._fields:
                self.complain(self.line, key, "缺少这一项")

    def _take(self, key: str, line: int, value: Node, allowed: Collection[str]) -> None:
        if key not in allowed:
            self.complain(line, key, f"没有这个键；可以写的有：{_listed(allowed, key)}")
        elif key in self._fields:
            self.complain(line, key, f"第 {self._fields[key].line} 行已经写过这个键")
        else:
            self._fields[key] = Field(line, value)

    def complain(self, line: int, key: str, text: str) -> None:
        """Note a problem with ``key``."""
        self._problems.add(self.path, line, self.full_key(key), text)

    def full_key(self, key: str) -> str:
        """Return ``key`` as the file calls it, with the keys that it is within."""
        full = self._within + key
        return self._headings.get(full, full)

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
            self.complain(self.line_of(key), key, "应为最多 64 个字的名称，中间没有空格")
            return None
        return value

    def plain(self, key: str) -> str | None:
        """Return a text that is shown as it is: with no variables, and no braces at all."""
        value = self.text(key)
        if value is not None and has_brace(value):
            self.complain(self.line_of(key), key, NO_BRACES)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; nothing where the key is missing or null."""
        node = self.present(key)
        if node is None:
            return ()
        if not isinstance(node, Listing):
            self.complain(node.line, key, f"应为列表，{shown(node)}")
            return ()
        read = (self._text(key, item) for item in node.items)
        return tuple(dict.fromkeys(text for text in read if text is not None))

    def texts_by_name(self, key: str, allowed: Collection[str]) -> dict[str, str]:
        """Return a mapping of names, each one of ``allowed``, to texts."""
        inner = self.inner(key, allowed)
        if inner is None:
            return {}
        return {name: text for name in filter(inner.has, allowed) if (text := inner.text(name))}

    def tags(self, key: str) -> tuple[str, ...]:
        """Return tags of the form ``group:tag``; a full-width colon is taken as well."""
        tags = tuple(tag.replace("：", ":") for tag in self.texts(key))
        for tag in tags:
            if not _TAG.fullmatch(tag):
                text = f"应写成“组:标签”，如 意向:续住，这里写的是“{tag}”"
                self.complain(self.line_of(key), key, text)
        return tags

    def language(self, key: str) -> str:
        """Return the code of a language, written as such or as it is called in Chinese."""
        written = self.text(key) if self.present(key) else None
        code = language_named(written) if written else ""
        if code is None:
            known = "、".join(f"{code}（{names[0]}）" for code, names in LANGUAGES.items())
            text = f"没有“{written}”这种语言；可以写的有：{known}"
            self.complain(self.line_of(key), key, text)
        return code or ""

    def day(self, key: str) -> date | None:
        """Return a date written as 2026-01-31."""
        node = self.present(key)
        if node is None:
            return None
        written = node.value if isinstance(node, Scalar) else ""
        try:
            return written_day(written)
        except ValueError:
            pass
        self.complain(node.line, key, f"应为 2026-01-31 这样的日期，{shown(node)}")
        return None

    def number(self, key: str) -> float | None:
        """Return a number."""
        node = self.present(key)
        if node is None:
            return None
        try:
            if isinstance(node, Scalar) and node.kind == "number":
                number = float(node.value)
                if abs(number) <= _LARGEST_NUMBER:  # neither infinite nor NaN
                    return number
        except ValueError:
            pass
        self.complain(node.line, key, f"应为数字，{shown(node)}")
        return None

    def inner(self, key: str, allowed: Collection[str]) -> Fields | None:
        """Return a mapping inside this one."""
        node = self.present(key)
        if node is None:
            return None
        if not isinstance(node, Mapping):
            expected = f"应为含 {_listed(allowed)} 的一组键和值，{shown(node)}"
            self.complain(node.line, key, expected)
            return None
        return self.part(key, node, allowed)

    def check(self, key: str, values: Collection[str], test: Callable[[str], str | None]) -> None:
        """Note for each of ``values`` what ``test`` has to say against it."""
        for value in values:
            objection = test(value)
            if objection is not None:
                self.complain(self.line_of(key), key, f"“{value}”{objection}")

    def item(self, key: str, node: Node) -> str | None:
        """Return an item of the list at ``key`` that is a text and not empty."""
        return self._text(key, node)

    def part(self, key: str, node: Mapping, allowed: Collection[str]) -> Fields:
        """Return ``node``, a mapping at ``key`` or an item of the list there."""
        within = f"{self._within}{key}."
        return Fields(
            self.path, node, self._problems, allowed, within=within, headings=self._headings
        )

    def _text(self, key: str, node: Node) -> str | None:
        if not isinstance(node, Scalar) or node.kind != "text":
            hint = "；请加引号" if node.kind in {"number", "boolean", "date"} else ""
            self.complain(node.line, key, f"应为文字，{shown(node)}{hint}")
            return None
        if not node.value.strip():
            self.complain(node.line, key, "应为文字，这里是空的")
            return None
        found = _UNKEEPABLE.search(node.value)
        if found:
            text = f"有看不见的、存不下的字符 U+{ord(found[0]):04X}，请删掉重新输入"
            self.complain(node.line, key, text)
            return None
        return node.value.strip()


def written_day(written: str) -> date:
    """Return the date written as 2026-01-31; raise ValueError for any other text."""
    if len(written) != len("2026-01-31"):
        raise ValueError(written)
    return date.fromisoformat(written)


def has_brace(text: str) -> bool:
    """Return whether there is any brace in ``text``, of either width."""
    return not _BRACES.isdisjoint(text)


def caption_objection(text: str) -> str | None:
    """Return what is wrong with a line of a menu, None if it can be shown."""
    if has_brace(text):
        return NO_BRACES
    size = len(text.encode())
    if size > _CAPTION_BYTES:
        return f"菜单的一行最多 {_CAPTION_BYTES} 字节（一个汉字 3 字节），这里有 {size} 字节"
    return None


def shown(node: Node) -> str:
    """Say what stands there, for a message."""
    if node.kind == "null":
        return "这里是空的"
    name = _KIND_NAMES[node.kind]
    if not isinstance(node, Scalar):
        return f"这里写的是{name}"
    value = node.value if len(node.value) <= _SHOWN else f"{node.value[:_SHOWN]}…"
    return f"这里写的是{name}“{value}”"


def _listed(allowed: Collection[str], written: str = "") -> str:
    """Return the keys that may be written."""
    if len(allowed) <= _MOST_LISTED:
        return "、".join(allowed)
    near = get_close_matches(written, allowed, _NEAREST) or list(allowed)[:_NEAREST]
    return f"{'、'.join(near)}……共 {len(allowed)} 个"
