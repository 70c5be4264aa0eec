"""Changes cells of a CSV file where they stand: encoding, separators and quotes stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chatbot.exchange.edit_cells import cell_edits
from chatbot.exchange.edits import Edit, Left, NotReadableError, Splice, spliced
from chatbot.knowledge.columns import escaped, key_of
from chatbot.knowledge.csv_records import CsvText, decode_csv

_MARKS = '",\t\r\n'


@dataclass(frozen=True, slots=True)
class CsvCell:
    """Where a cell is in the text, with its quotes."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A record: the line that it begins in, its cells, and where the next one begins."""

    line: int
    cells: tuple[CsvCell, ...]
    end: int


def edited_csv(raw: bytes, edits: Sequence[Edit], left: Left) -> bytes:
    """Return the file with every edit made; note in ``left`` those that cannot be.

    Raises:
        NotReadableError: the file is not what it was.
    """
    written = decode_csv(raw)
    rows = list(csv_rows(written)) if written else []
    if written is None or not rows:
        raise NotReadableError("文件读不出来")
    by_line = {row.line: row for row in rows}
    heading = next(row for row in rows if any(cell_text(written, cell) for cell in row.cells))
    keys = [key_of(cell_text(written, cell)) for cell in heading.cells]
    columns = {key: number for number, key in reversed(tuple(enumerate(keys))) if key}
    splices: list[Splice] = []
    for edit in edits:
        if any(line not in by_line for line in edit.lines):
            left[edit.id] = "在文件里找不到它的位置"
        elif edit.after is None:
            splices += [Splice(row.cells[0].start, row.end, "")
                        for row in map(by_line.__getitem__, edit.lines)]  # fmt: skip
    changed = [edit for edit in edits if edit.after is not None and edit.id not in left]
    separators = {edit.lines[0]: _separator(written, by_line[edit.lines[0]]) for edit in changed}
    beyond: dict[int, dict[int, str]] = {}
    for cell in cell_edits(changed, columns, separators, left):
        row = by_line[cell.line]
        if cell.column < len(row.cells):
            splices.append(_splice(written, row.cells[cell.column], cell.text))
        elif cell.text:
            beyond.setdefault(cell.line, {})[cell.column] = cell.text
    splices += [_longer(written, by_line[line], texts) for line, texts in beyond.items()]
    return written.mark + spliced(written.text, splices).encode(written.encoding)


def csv_rows(written: CsvText) -> Iterator[CsvRow]:
    """Yield where every cell is, as the reader of CSV takes them apart."""
    text, separator = written.text, written.separator
    at, line, first = 0, 1, 1
    cells: list[CsvCell] = []
    while at < len(text):
        end = _cell_end(text, at, separator)
        cells.append(CsvCell(at, end))
        line += text.count("\n", at, end)
        if text[end : end + 1] == separator:
            at = end + 1
            if at == len(text):
                cells.append(CsvCell(at, at))
                yield CsvRow(first, tuple(cells), at)
                return
            continue
        after = end + (2 if text[end : end + 2] == "\r\n" else 1)
        yield CsvRow(first, tuple(cells), min(after, len(text)))
        line += 1
        at, first, cells = after, line, []


def _cell_end(text: str, start: int, separator: str) -> int:
    at = start
    if text[at : at + 1] == '"':
        at += 1
        while True:
            at = text.find('"', at)
            if at < 0:
                return len(text)
            if text[at + 1 : at + 2] != '"':
                at += 1
                break
            at += 2
    while at < len(text) and text[at] not in (separator, "\n", "\r"):
        at += 1
    return at


def cell_text(written: CsvText, cell: CsvCell) -> str:
    text = written.text[cell.start : cell.end]
    if text.startswith('"'):
        text = text[1:].removesuffix('"').replace('""', '"')
    return text.strip()


def _separator(written: CsvText, row: CsvRow) -> str:
    """Return what the row itself puts between several values."""
    texts = [cell_text(written, cell) for cell in row.cells]
    return "\n" if any("\n" in text for text in texts) and "|" not in "".join(texts) else "|"


def _splice(written: CsvText, cell: CsvCell, text: str) -> Splice:
    is_quoted = written.text[cell.start : cell.end].startswith('"')
    return Splice(cell.start, cell.end, quoted(escaped(text), is_quoted=is_quoted))


def _longer(written: CsvText, row: CsvRow, texts: Mapping[int, str]) -> Splice:
    """Return cells put behind the last one of a row that ends before them."""
    added = range(len(row.cells), max(texts) + 1)
    behind = (f"{written.separator}{quoted(escaped(texts.get(column, '')))}" for column in added)
    end = row.cells[-1].end
    return Splice(end, end, "".join(behind))


def quoted(text: str, *, is_quoted: bool = False) -> str:
    """Return a text as a cell holds it: in quotes if it needs them, or has them already."""
    if not is_quoted and not any(mark in text for mark in _MARKS):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
