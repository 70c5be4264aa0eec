"""Changes cells of a workbook where they stand; every other byte of its parts stays.

Widths, colours, pictures, notes, other columns and other sheets are not even looked at: only the
elements of the cells that change are written anew in the part of their sheet.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from xml.parsers import expat
from xml.sax.saxutils import escape

from chatbot.exchange.edit_cells import CellEdit, cell_edits
from chatbot.exchange.edits import Edit, Left, NotReadableError
from chatbot.exchange.xlsx_text import stored_text
from chatbot.knowledge.columns import key_of
from chatbot.knowledge.xlsx_book import Book, NotABookError, SheetPart, local, open_book
from chatbot.knowledge.xlsx_entries import find_entries
from chatbot.knowledge.xlsx_rows import merged_cells, place_of, raw_rows, reference


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a cell is in the part of its sheet, or would be: then ``start`` is ``end``."""

    start: int
    end: int
    prefix: str
    style: str = ""


def edited_xlsx(raw: bytes, edits: Sequence[Edit], left: Left) -> bytes:
    """Return the workbook with every edit made; note in ``left`` those that cannot be.

    Raises:
        NotReadableError: the file is not what it was.
    """
    try:
        with open_book(raw) as book:
            found = find_entries(book)
            if found is None:
                raise NotABookError
            sheet, headings = found
            keys = [key_of(heading) for heading in headings.cells]
            columns = {key: number for number, key in reversed(tuple(enumerate(keys))) if key}
            special = _special(book, sheet, {line for edit in edits for line in edit.lines})
            cells = list(cell_edits(edits, columns, {}, left, special))
            part = with_cells(book.archive.read(sheet.part), cells)
            return with_part(book.archive, sheet.part, part)
    except (NotABookError, zipfile.BadZipFile, expat.ExpatError):
        raise NotReadableError("文件读不出来") from None


def _special(book: Book, sheet: SheetPart, lines: set[int]) -> dict[tuple[int, int], str]:
    """Return the cells of some lines that are computed or merged, and what to tell of each."""
    special: dict[tuple[int, int], str] = {}
    for row in raw_rows(book, sheet.part):
        for cell in row.cells:
            if cell.formula is not None:
                place = reference(row.line, cell.column)
                special[row.line, cell.column] = f"{place} 是公式，请自己改"
    for merged in merged_cells(book, sheet.part):
        for line in lines:
            if merged.first_line <= line <= merged.last_line:
                text = f"{merged.reference} 是合并的格子，请自己改"
                columns = range(merged.first_column, merged.last_column + 1)
                special |= dict.fromkeys(((line, column) for column in columns), text)
    return special


class _Finder:
    """Finds the places of some cells among the bytes of a sheet."""

    def __init__(self, source: bytes, wanted: set[tuple[int, int]]) -> None:
        self.places: dict[tuple[int, int], _Place] = {}
        self._source = source
        self._by_line: dict[int, list[int]] = {}
        for line, column in sorted(wanted):
            self._by_line.setdefault(line, []).append(column)
        self._line = 0
        self._column = -1
        self._open: _Place | None = None
        self._awaited: list[int] = []
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        kind = local(name)
        if kind == "row":
            line = attributes.get("r", "")
            self._line = int(line) if line.isdigit() else self._line + 1
            self._awaited = list(self._by_line.get(self._line, ()))
            self._column = -1
        elif kind == "c" and self._awaited:
            self._begin_cell(name, attributes)

    def _begin_cell(self, name: str, attributes: dict[str, str]) -> None:
        start = self.parser.CurrentByteIndex
        written = attributes.get("r")
        self._column = place_of(written)[0] if written else self._column + 1
        prefix = name.removesuffix("c")
        while self._awaited and self._awaited[0] < self._column:
            self.places[self._line, self._awaited.pop(0)] = _Place(start, start, prefix)
        if self._awaited and self._awaited[0] == self._column:
            self._open = _Place(start, start, prefix, attributes.get("s", ""))

    def _end(self, name: str) -> None:
        kind = local(name)
        at = self.parser.CurrentByteIndex
        if kind == "c" and self._open is not None:
            # Of <c .../> expat is behind the whole tag already, of <c>...</c> before its end.
            is_apart = self._source.startswith(f"</{name}".encode(), at)
            end = self._source.index(b">", at) + 1 if is_apart else at
            place = _Place(self._open.start, end, self._open.prefix, self._open.style)
            self.places[self._line, self._awaited.pop(0)] = place
            self._open = None
        elif kind == "row":
            for column in self._awaited:
                self.places[self._line, column] = _Place(at, at, name.removesuffix("row"))
            self._awaited = []


def with_cells(source: bytes, cells: list[CellEdit]) -> bytes:
    """Return the part of a sheet with the texts of some cells, whose rows are there.

    Raises:
        NotReadableError: a row is not there.
    """
    finder = _Finder(source, {(cell.line, cell.column) for cell in cells})
    finder.parser.StartDoctypeDeclHandler = _refuse
    finder.parser.Parse(source, True)
    pieces: list[bytes] = []
    at = 0
    for cell in sorted(cells, key=lambda each: (each.line, each.column)):
        place = finder.places.get((cell.line, cell.column))
        if place is None:
            raise NotReadableError(f"在文件里找不到第 {cell.line} 行")
        pieces += (source[at : place.start], _element(place, cell))
        at = place.end
    return b"".join([*pieces, source[at:]])


def _element(place: _Place, cell: CellEdit) -> bytes:
    """Return a cell with a text of its own; the look that it had stays."""
    style = f' s="{place.style}"' if place.style else ""
    name, inside = f"{place.prefix}c", place.prefix
    begin = f'<{name} r="{reference(cell.line, cell.column)}"{style}'
    if not cell.text:
        return f"{begin}/>".encode()
    text = escape(stored_text(cell.text))
    return (
        f'{begin} t="inlineStr"><{inside}is><{inside}t xml:space="preserve">{text}'
        f"</{inside}t></{inside}is></{name}>"
    ).encode()


def with_part(archive: zipfile.ZipFile, name: str, part: bytes) -> bytes:
    """Return the archive with one part replaced."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as copy:
        for item in archive.infolist():
            content = part if item.filename == name else archive.read(item)
            copy.writestr(item, content, item.compress_type)
    return written.getvalue()


def _refuse(*_: object) -> None:
    raise NotABookError
