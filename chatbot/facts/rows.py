"""Which row of a table a customer means."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal
from urllib.parse import unquote

from chatbot.facts.names import Names
from chatbot.facts.tables import CODE, Table
from chatbot.understanding.normalise import Normaliser

#: Columns whose values tell rows apart the way customers do. A fact such as 停车 = 免费 must not:
#: "停车免费吗" asks about it and does not choose the stores where it is so.
NARROWING = (
    "品牌", "省份", "省", "城市", "市", "区县", "区", "地区", "区域", "商圈", "类型", "类别",
)  # fmt: skip
_ADMINISTRATIVE = re.compile(r"(?<=..)[省市区县]$")
#: 上海虹桥 is a store without its 店; 西湖 would be any place at the lake.
_SHORTEST_PLACE = 3
_TOKEN = re.compile(r"[^\W_]+")

#: What told the row: the message, an earlier one of the conversation, a form's slot, a tag of the
#: customer, the link the customer came by, or that there is only one.
Evidence = Literal["message", "remembered", "slot", "tag", "scene", "only", "none"]


@dataclass(frozen=True, slots=True)
class RowChoice:
    """The keys of the rows that may be meant, in file order, and what told so.

    One key is a decision, several are candidates to ask about; none says that nothing was told,
    so that every row may be meant.
    """

    keys: tuple[str, ...]
    by: Evidence

    @property
    def key(self) -> str | None:
        """Return the row that is meant, None if that is open."""
        return self.keys[0] if len(self.keys) == 1 else None


class RowFinder:
    """Finds rows of one table; immutable, built once a snapshot, many threads may share it."""

    def __init__(self, table: Table, normaliser: Normaliser) -> None:
        self.table = table
        self._normaliser = normaliser
        self._names = Names()
        self._keys: dict[str, str] = {}
        self._values: dict[str, Names] = {}
        self._codes: dict[tuple[str, ...], list[str]] = {}
        self._brand = _common_prefix(table.rows)
        self._noun = normaliser.key(table.columns[0]) or table.name
        for key in table.rows:
            self._learn_names(key)
            self._learn_values(key)
            if tokens := _tokens(table.value(key, CODE) or ""):
                self._codes.setdefault(tokens, []).append(key)

    def find(
        self,
        *,
        text_key: str,
        remembered: str | None = None,
        slots: Mapping[str, str] | None = None,
        tags: Collection[str] = (),
        scene: str = "",
    ) -> RowChoice:
        """Return the row that is meant, or those that may be.

        The first that tells counts: ``text_key`` (the normalised message), the row ``remembered``
        from the conversation, the slot named like the table, a tag ``table:row``, the code in the
        ``scene`` of the link. A message that names only a city narrows; the others then decide
        among the rows there.
        """
        narrowed = self._narrowed(text_key)
        named = self._named(text_key)
        if named:
            both = [key for key in named if key in narrowed]
            return RowChoice(tuple(both or named), "message")
        told: tuple[tuple[Evidence, list[str]], ...] = (
            ("remembered", self._known(remembered)),
            ("slot", self._named(self._normaliser.key((slots or {}).get(self.table.name, "")))),
            ("tag", self._tagged(tags)),
            ("scene", self._from_scene(scene)),
        )
        return self._first(told, narrowed)

    def called_by_name(self, text: str) -> str | None:
        """Return the one row that a normalised message names, None if there is none or several.

        A name of two letters counts only by itself: 普通 in 普通发票 is no row.
        """
        if text in self._keys:
            return self._keys[text]
        names = self._names.names_in(text)
        told = [name for name in names if len(name) >= _SHORTEST_PLACE or name == text]
        keys = {key for name in told for key in self._names.called(name)}
        narrowed = self._narrowed(text) if len(keys) > 1 else []
        left = keys.intersection(narrowed) or keys
        return next(iter(left)) if len(left) == 1 else None

    def without_names(self, text: str) -> str:
        """Return what is left of a normalised message without names of rows and of their kind."""
        text = self._names.replaced(text, "")
        for names in self._values.values():
            text = names.replaced(text, "")
        return text.replace(self._noun, "").replace(self.table.name, "")

    def generalised(self, text: str) -> str:
        """Return a normalised text as it would be asked of any row.

        A row's name becomes the heading of the first column, a city is left out: "西湖店早餐几点"
        asks what "酒店早餐几点" asks; only the answer differs.
        """
        text = self._names.replaced(text, self._noun)
        for names in self._values.values():
            text = names.replaced(text, "")
        return text.replace(self._noun * 2, self._noun)

    def _first(self, told: Iterable[tuple[Evidence, list[str]]], narrowed: list[str]) -> RowChoice:
        if len(narrowed) == 1:
            return RowChoice(tuple(narrowed), "message")
        for evidence, keys in told:
            left = [key for key in keys if not narrowed or key in narrowed]
            if left:
                return RowChoice(tuple(left), evidence)
        if narrowed:
            return RowChoice(tuple(narrowed), "message")
        rows = tuple(self.table.rows)
        return RowChoice(rows, "only") if len(rows) == 1 else RowChoice((), "none")

    def _named(self, text: str) -> list[str]:
        """Return the rows that are named; a text that is a row's whole key means no other."""
        if text in self._keys:
            return [self._keys[text]]
        return self._in_order(self._names.mentioned(text))

    def _narrowed(self, text: str) -> list[str]:
        """Return the rows that agree with every column of which a value is mentioned."""
        left: list[str] = []
        for names in self._values.values():
            agreeing = names.mentioned(text)
            both = [key for key in left or self.table.rows if key in agreeing]
            left = both or left
        return left

    def _known(self, remembered: str | None) -> list[str]:
        return [remembered] if remembered in self.table.rows and remembered is not None else []

    def _tagged(self, tags: Collection[str]) -> list[str]:
        prefix = f"{self.table.name}:"
        names = (tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix))
        meant = {key for name in names for key in self._names.called(self._normaliser.key(name))}
        return self._in_order(meant)

    def _from_scene(self, scene: str) -> list[str]:
        """Return the rows of the longest code among the scene's tokens.

        A room's code such as YQ-HZ01-1203 begins with its store's, at the end of a token.
        """
        tokens = _tokens(unquote(scene))
        found = [part for part in _runs(tokens) if part in self._codes]
        longest = max(found, key=lambda part: (len(part), len("".join(part))), default=())
        return self._codes.get(longest, [])

    def _in_order(self, keys: Collection[str]) -> list[str]:
        return [key for key in self.table.rows if key in keys]

    def _learn_names(self, key: str) -> None:
        whole = self._normaliser.key(key)
        self._keys[whole] = key
        self._names.add(whole, key)
        for name in (*self.table.aliases(key), self.table.value(key, CODE) or ""):
            self._names.add(self._normaliser.key(name), key)
        short = self._normaliser.key(key.removeprefix(self._brand))
        if len(short) > 1:
            self._names.add(short, key)
        if len(bare := short.removesuffix("店")) > _SHORTEST_PLACE:
            self._names.add(bare, key)

    def _learn_values(self, key: str) -> None:
        for column in filter(self.table.columns[1:].__contains__, NARROWING):
            value = self._normaliser.key(self.table.value(key, column) or "")
            names = self._values.setdefault(column, Names())
            names.add(value, key)
            names.add(_ADMINISTRATIVE.sub("", value), key)


def row_called(finders: Iterable[RowFinder], text: str) -> str | None:
    """Return the row that a normalised name calls in the first of the tables that has one."""
    found = (finder.called_by_name(text) for finder in finders)
    return next((row for row in found if row is not None), None)


def _common_prefix(keys: Collection[str]) -> str:
    """Return what all keys begin with, as the brand's name that customers leave out."""
    if len(keys) < 2:
        return ""
    first, last = min(keys), max(keys)
    same = (ours == theirs for ours, theirs in zip(first, last, strict=False))
    return first[: sum(takewhile(bool, same))]


def _tokens(code: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(code.casefold()))


def _runs(tokens: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for start in range(len(tokens)):
        for end in range(start + 1, len(tokens) + 1):
            yield tokens[start:end]
