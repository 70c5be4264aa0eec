"""The rows of a sheet, one after the other, and the text of each cell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

from chatbot.knowledge.xlsx_book import Book, local, parsed, unescaped_text
from chatbot.knowledge.xlsx_shown import NotAsShown, moment_shown, number_shown

_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z0-9$]+:[A-Z0-9$]+)[\"']")
#: How WPS puts a picture into a cell.
_PICTURE = re.compile(r"DISPIMG\(\s*\"([^\"]+)\"", re.IGNORECASE)
_LONGEST_TAG = 256
_CHUNK = 1 << 16


@dataclass(slots=True)
class RawCell:
    """A cell as it is stored. ``column`` counts from 0; ``value`` is None if there is none."""

    column: int
    kind: str
    style: int
    value: str | None = None
    formula: str | None = None

    @property
    def picture(self) -> str:
        """Return the name of the picture that WPS shows in it, empty if there is none."""
        found = _PICTURE.search(self.formula or "")
        return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class RawRow:
    """The cells of a row that hold anything; ``line`` counts from 1."""

    line: int
    cells: list[RawCell]


@dataclass(frozen=True, slots=True)
class Merged:
    """Cells merged into one: lines and columns (from 0) from the first to the last."""

    reference: str
    first_line: int
    last_line: int
    first_column: int
    last_column: int


def raw_rows(book: Book, part: str) -> Iterator[RawRow]:
    """Yield the rows of a sheet in order."""
    reader = _RowReader()
    for _ in parsed(book.archive, part, reader.parser):
        yield from reader.take()


def merged_cells(book: Book, part: str) -> list[Merged]:
    """Return the merged cells of a sheet, which are written below all its rows."""
    found: list[Merged] = []
    rest = b""
    with book.archive.open(part) as source:
        while chunk := source.read(_CHUNK):
            rest += chunk
            last = None
            for last in _MERGED.finditer(rest):
                found.append(_merged(last[1].decode()))
            rest = rest[last.end() if last else 0 :][-_LONGEST_TAG:]
    return found


def reference(line: int, column: int) -> str:
    """Return what Excel calls a cell: B7."""
    return f"{letters(column)}{line}"


def letters(column: int) -> str:
    """Return what Excel calls a column that counts from 0."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def text_of(book: Book, cell: RawCell) -> str:
    """Return the text of a cell as Excel shows it; raise NotAsShown if that cannot be told."""
    value = cell.value
    if value is None:
        return ""
    match cell.kind:
        case "e":
            raise NotAsShown(f"这一格是错误值 {value}")
        case "b":
            raise NotAsShown("不能是 TRUE/FALSE，请写成文字，如“是”“否”")
        case "s":
            return _plain(_shared(book, value))
        case "n":
            return _number(book, cell, value)
        case _:
            return _plain(value)


def _shared(book: Book, value: str) -> str:
    try:
        return book.shared[int(value)]
    except (ValueError, IndexError):
        raise NotAsShown("这一格的文字找不到，请用 Excel 打开另存一次") from None


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _number(book: Book, cell: RawCell, value: str) -> str:
    from openpyxl.styles.numbers import is_date_format  # noqa: PLC0415  (only workbooks need it)
    from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel  # noqa: PLC0415

    if not value:
        return ""
    try:
        number = float(value)
        form = book.formats[cell.style] if cell.style < len(book.formats) else "General"
        if not is_date_format(form):
            return number_shown(number, form)
        moment = from_excel(number, MAC_EPOCH if book.from_1904 else WINDOWS_EPOCH)
    except (ValueError, OverflowError):
        raise NotAsShown(f"“{value}”看不出是什么数字或日期，请设成文本格式再写") from None
    return moment_shown(moment)


def _merged(written: str) -> Merged:
    first, _, last = written.partition(":")
    first_column, first_line = place_of(first)
    last_column, last_line = place_of(last)
    return Merged(written, first_line, last_line, first_column, last_column)


def place_of(written: str) -> tuple[int, int]:
    """Return the column, from 0, and the line of a reference; of a broken one the first cell."""
    found = _REFERENCE.fullmatch(written)
    if not found:
        return 0, 1
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1, int(found[2])


class _RowReader:
    """Takes rows from the events of a parser."""

    def __init__(self) -> None:
        self._rows: list[RawRow] = []
        self._row = RawRow(0, [])
        self._cell = RawCell(-1, "n", 0)
        self._within = ""
        self._pieces: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def take(self) -> list[RawRow]:
        """Return the rows that are complete since the last time."""
        rows, self._rows = self._rows, []
        return rows

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        name = local(name)
        if name == "row":
            line = attributes.get("r", "")
            self._row = RawRow(int(line) if line.isdigit() else self._row.line + 1, [])
            self._cell = RawCell(-1, "n", 0)
        elif name == "c":
            written = attributes.get("r")
            column = place_of(written)[0] if written else self._cell.column + 1
            style = attributes.get("s", "0")
            self._cell = RawCell(column, attributes.get("t", "n"), int(style))
        elif name in {"v", "f", "t", "rPh"} and self._within != "rPh":
            self._within = name
            self._pieces = []

    def _end(self, name: str) -> None:
        name = local(name)
        if name == "row":
            self._rows.append(self._row)
        elif name == "c":
            if self._cell.value is not None or self._cell.formula is not None:
                self._row.cells.append(self._cell)
        elif name == self._within:
            self._take("".join(self._pieces))
            self._within = ""

    def _take(self, text: str) -> None:
        if self._within == "f":
            self._cell.formula = text
        elif self._within == "v" and self._cell.kind == "n":
            self._cell.value = text
        elif self._within in {"v", "t"}:
            self._cell.value = (self._cell.value or "") + unescaped_text(text)

    def _characters(self, text: str) -> None:
        if self._within:
            self._pieces.append(text)
