"""Changes a table of facts in the first sheet of its workbook: only cells that differ.

Widths, colours, other sheets and their formulas are not even looked at. Rows that stay keep their
lines, so that a row that goes leaves its line empty and new ones stand below all others; where the
order changes, the texts move and the lines with their looks stay.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from xml.parsers import expat

from chatbot.exchange.aligning import aligned
from chatbot.exchange.edit_cells import CellEdit
from chatbot.exchange.edit_xlsx import with_cells, with_part
from chatbot.exchange.edits import NotEditableError, NotReadableError
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.xlsx_book import NotABookError, local, open_book
from chatbot.knowledge.xlsx_cells import read_sheet
from chatbot.knowledge.xlsx_rows import raw_rows

#: The texts of a sheet by line (from 1).
_Lines = Mapping[int, Sequence[str]]


def edited_sheet(former: bytes, lines: Sequence[Sequence[str]]) -> bytes:
    """Return the workbook with ``lines``, the headings first, in its first sheet.

    Raises:
        NotEditableError: only a person can change it; says why.
    """
    present = _present(former)
    cells = list(_cells(present, lines))
    try:
        with open_book(former) as book:
            part = book.sheets[0].part
            if any(cell.formula for row in raw_rows(book, part) for cell in row.cells):
                raise NotEditableError("第一张工作表里有公式，请自己改")
            source = with_open_rows(book.archive.read(part), {cell.line for cell in cells})
            return with_part(book.archive, part, with_cells(source, cells))
    except (NotABookError, NotReadableError, zipfile.BadZipFile, expat.ExpatError, IndexError):
        raise NotEditableError("文件读不出来") from None


def _present(former: bytes) -> _Lines:
    problems = Problems()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.xlsx"
        path.write_bytes(former)
        sheet = read_sheet(path, problems)
    if sheet is None or not sheet.records:
        raise NotEditableError(problems.found[0].text if problems.found else "文件是空的")
    return {record.line: record.cells for record in sheet.records}


def _cells(present: _Lines, lines: Sequence[Sequence[str]]) -> Iterator[CellEdit]:
    """Yield the cells that change."""
    placed = dict(zip(_places(present, lines), lines, strict=True))
    for line in sorted({*present, *placed}):
        before, after = present.get(line, ()), placed.get(line, ())
        for column in range(max(len(before), len(after))):
            old, new = (texts[column] if column < len(texts) else "" for texts in (before, after))
            if old != new:
                yield CellEdit("", line, column, new)


def _places(present: _Lines, lines: Sequence[Sequence[str]]) -> list[int]:
    """Return the line of the sheet for each of ``lines``."""
    heading, *used = present
    keys = [present[line][0] for line in used]
    behind = iter(range(max(present) + 1, max(present) + 1 + len(lines)))
    places = [heading]
    for i, j in aligned(keys, [line[0] for line in lines[1:]]):
        if i is not None and j is not None:
            places.append(used[i])
        elif j is not None:
            places.append(next(behind))
    in_order = [heading, *used, *range(max(present) + 1, max(present) + 1 + len(lines))]
    return places if places == sorted(places) else in_order[: len(lines)]


def with_open_rows(source: bytes, lines: set[int]) -> bytes:
    """Return a sheet in which each of ``lines`` has a row that cells can be put into."""
    finder = _RowFinder(source)
    finder.parser.Parse(source, True)
    splices: list[tuple[int, int, bytes]] = []
    for line in sorted(lines):
        row = finder.rows.get(line)
        tag = f"{finder.prefix}row".encode()
        if row is None:
            after = (begin for number, (begin, _, _) in finder.rows.items() if number > line)
            at = min(after, default=finder.end)
            splices.append((at, at, b'<%b r="%d"></%b>' % (tag, line, tag)))
        elif not row[2]:
            begin, end, _ = row
            opened = source[begin:end].rstrip(b">").rstrip(b"/").rstrip()
            splices.append((begin, end, b"%b></%b>" % (opened, tag)))
    pieces: list[bytes] = []
    at = 0
    for begin, end, text in splices:
        pieces += (source[at:begin], text)
        at = end
    return b"".join([*pieces, source[at:]])


class _RowFinder:
    """Finds where the rows of a sheet are: begin, end, and whether cells can be put into them."""

    def __init__(self, source: bytes) -> None:
        self.rows: dict[int, tuple[int, int, bool]] = {}
        self.end = 0
        self.prefix = ""
        self._source = source
        self._line = 0
        self._begin_at = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        if local(name) == "row":
            line = attributes.get("r", "")
            self._line = int(line) if line.isdigit() else self._line + 1
            self._begin_at = self.parser.CurrentByteIndex

    def _end(self, name: str) -> None:
        at = self.parser.CurrentByteIndex
        if local(name) == "row":
            # Of <row .../> expat is behind the whole tag already.
            is_open = self._source.startswith(f"</{name}".encode(), at)
            self.rows[self._line] = (self._begin_at, at, is_open)
        elif local(name) == "sheetData":
            self.end = at
            self.prefix = name.removesuffix("sheetData")
