"""Where everything that was read is written: file, line and key, found when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Mapping as Names
from dataclasses import dataclass
from pathlib import Path

from chatbot.knowledge.fields import NO_HEADINGS
from chatbot.knowledge.tree import Listing, Mapping, Node, Scalar


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is written."""

    path: Path
    line: int
    key: str

    def __str__(self) -> str:
        line = f" 第 {self.line} 行" if self.line else ""
        return f"{self.path}{line}{f' {self.key}' if self.key else ''}"


#: Returns where a cell is, by the name of its row and its column.
Cells = Callable[[str, str], Place]


@dataclass(frozen=True, slots=True)
class _Source:
    """A mapping as it stands in a file; ``headings`` are what its keys are called there."""

    path: Path
    node: Node
    headings: Names[str, str]

    def place(self, key: str, text: str) -> Place:
        """Return where ``text`` is written at ``key`` (``valid.until``), or the key, or all."""
        node, line = self.node, self.node.line
        for part in filter(None, key.split(".")):
            found = _pair(node, part)
            if found is None:
                break
            line, node = found
        if text:
            line = next((each.line for each in _texts(node) if each.value.strip() == text), line)
        return Place(self.path, line, self.headings.get(key, key))


class Places:
    """Collects the nodes of entries, intents and texts while files are read; empty without files.

    What is asked for is given as it was read: an entry by its id, an intent by its name, a text
    without the spaces around it.
    """

    def __init__(self) -> None:
        self._entries: dict[str, _Source] = {}
        self._intents: dict[str, _Source] = {}
        self._texts: _Source | None = None
        self._tables: dict[str, Cells] = {}

    def add_entry(
        self, faq_id: str, path: Path, node: Node, headings: Names[str, str] = NO_HEADINGS
    ) -> None:
        """Note where the entry of this id is written."""
        self._entries[faq_id] = _Source(path, node, headings)

    def add_intent(self, name: str, path: Path, node: Node) -> None:
        """Note where the intent of this name is written."""
        self._intents[name] = _Source(path, node, NO_HEADINGS)

    def add_texts(self, path: Path, node: Node) -> None:
        """Note where the brand's own texts are written."""
        self._texts = _Source(path, node, NO_HEADINGS)

    def add_table(self, name: str, cells: Cells) -> None:
        """Note where the cells of the table of this name are."""
        self._tables[name] = cells

    def without_id(self) -> Iterator[tuple[Place, str, str]]:
        """Yield place, question and derived id of the entries with none of their own, in order."""
        for faq_id, source in self._entries.items():
            written, question = _pair(source.node, "id"), _pair(source.node, "question")
            if question is not None and (written is None or written[1].kind == "null"):
                text = next((each.value for each in _texts(question[1])), "")
                yield source.place("", ""), text, faq_id

    def of_entry(self, faq_id: str, key: str = "", text: str = "") -> Place | None:
        """Return where an entry is written, or one of its keys, or ``text`` there."""
        source = self._entries.get(faq_id)
        return source.place(key, text) if source else None

    def of_intent(self, name: str, key: str = "", text: str = "") -> Place | None:
        """Return where an intent is written, or one of its keys, or ``text`` there."""
        source = self._intents.get(name)
        return source.place(key, text) if source else None

    def of_text(self, key: str) -> Place | None:
        """Return where the brand words the text ``key`` itself."""
        return self._texts.place(key, "") if self._texts else None

    def of_cell(self, table: str, row: str, column: str) -> Place | None:
        """Return where a cell is; the key of the first column names the row."""
        cells = self._tables.get(table)
        return cells(row, column) if cells else None


def _pair(node: Node, key: str) -> tuple[int, Node] | None:
    pairs = node.pairs if isinstance(node, Mapping) else ()
    return next(((line, value) for name, line, value in pairs if name == key), None)


def _texts(node: Node) -> Iterator[Scalar]:
    match node:
        case Scalar():
            yield node
        case Listing():
            for item in node.items:
                yield from _texts(item)
        case Mapping():
            for _, _, value in node.pairs:
                yield from _texts(value)
