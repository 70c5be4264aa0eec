"""Changes a table of facts in its CSV file where it stands.

Encoding, line ends, and the quotes of cells that stay are kept; so are the lines that stay.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from chatbot.exchange.aligning import Pair, aligned
from chatbot.exchange.edit_csv import CsvRow, cell_text, csv_rows, quoted
from chatbot.exchange.edit_table_xlsx import edited_sheet
from chatbot.exchange.edits import NotEditableError, Splice, spliced
from chatbot.facts.tables import Table
from chatbot.knowledge.csv_records import CsvText, decode_csv
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.table_files import TABLES_FOLDER, read_tables

#: A line of a table, the key first.
Line = tuple[str, ...]


def grid_of(table: Table) -> list[Line]:
    """Return the lines of a table, the headings first."""
    rows = (
        (key, *(table.value(key, column) or "" for column in table.columns[1:]))
        for key in table.rows
    )
    return [table.columns, *rows]


def table_source(lines: Sequence[Sequence[str]]) -> str:
    """Return a CSV file of these lines, the headings first."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(lines)
    return written.getvalue()


def read_table(name: str, data: bytes) -> Table | None:
    """Return the table that a file would be; None if it would be refused."""
    problems = Problems()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / TABLES_FOLDER / name
        path.parent.mkdir()
        path.write_bytes(data)
        read = read_tables(Path(folder), problems)
    return None if problems.found or len(read) != 1 else read[0]


def edited_table(name: str, former: bytes, after: Table) -> bytes:
    """Return the file called ``name`` as it is to be; it must come out as ``after``.

    Raises:
        NotEditableError: only a person can change it; says why.
    """
    if name.lower().endswith(".xlsx"):
        data = edited_sheet(former, grid_of(after))
    else:
        data = _edited_csv(former, grid_of(after))
    if read_table(name, data) != after:
        raise NotEditableError("它的写法不能自动改，请自己改")
    return data


def _edited_csv(former: bytes, lines: Sequence[Line]) -> bytes:
    written = decode_csv(former)
    if written is None:
        raise NotEditableError("文件的编码认不出来")
    rows = [row for row in csv_rows(written) if any(cell_text(written, each) for each in row.cells)]
    if not rows:
        raise NotEditableError("文件是空的")
    text = spliced(written.text, _splices(written, rows, lines))
    return written.mark + text.encode(written.encoding)


def _splices(written: CsvText, rows: Sequence[CsvRow], lines: Sequence[Line]) -> Iterator[Splice]:
    headings = _texts(written, rows[0])
    while headings and not headings[-1]:
        headings.pop()
    columns = aligned(headings, lines[0])
    keys = [_texts(written, row)[0] for row in rows[1:]]
    pairs: list[Pair] = [(0, 0)]
    pairs += ((None if i is None else i + 1, None if j is None else j + 1)
              for i, j in aligned(keys, [line[0] for line in lines[1:]]))  # fmt: skip
    last = rows[0]
    new: dict[int, list[Line]] = {}
    for i, j in pairs:
        if i is not None and j is not None:
            last = rows[i]
            yield from _row(written, last, columns, len(headings), lines[j])
        elif i is not None:
            yield Splice(rows[i].cells[0].start, rows[i].end, "")
        elif j is not None:
            new.setdefault(last.end, []).append(lines[j])
    for at, added in new.items():
        yield _added(written, at, added)


def _row(
    written: CsvText, row: CsvRow, columns: Sequence[Pair], width: int, line: Line
) -> Iterator[Splice]:
    """Yield what makes a row say ``line``; cells that say it already are taken as they stand."""
    texts = _texts(written, row)
    raw = [written.text[cell.start : cell.end] for cell in row.cells]
    cells: list[str] = []
    for i, j in columns:
        if j is None:
            continue
        is_kept = i is not None and i < len(texts) and texts[i] == line[j]
        is_quoted = i is not None and i < len(raw) and raw[i].startswith('"')
        cells.append(raw[i] if is_kept and i is not None else _cell(written, line[j], is_quoted))
    if len(columns) == width:  # empty cells beside the table stay there
        cells += raw[width:]
    if cells != raw:
        yield Splice(row.cells[0].start, row.cells[-1].end, written.separator.join(cells))


def _added(written: CsvText, at: int, lines: Sequence[Line]) -> Splice:
    end = "\r\n" if "\r\n" in written.text else "\n"
    whole = [written.separator.join(_cell(written, each, False) for each in line) for line in lines]
    is_open = not written.text[:at].endswith(("\n", "\r"))
    return Splice(at, at, end + end.join(whole) if is_open else "".join(f"{e}{end}" for e in whole))


def _cell(written: CsvText, text: str, is_quoted: bool) -> str:
    return quoted(text, is_quoted=is_quoted)


def _texts(written: CsvText, row: CsvRow) -> list[str]:
    return [cell_text(written, cell).replace("\r\n", "\n") for cell in row.cells]
