"""The grid of a table: a page of its rows as fields, and the record that the fields make. Pure.

The cell in column ``j`` of row ``i`` is the field ``c{i}.{j}``, a heading ``h{j}``; ``x{i}`` takes
a row out and ``d{j}`` a column; ``n{k}.{j}`` are cells of new rows, ``new_column`` a new heading.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chatbot.console.admin_pages import Posted
from chatbot.console.curating.subject import record_in
from chatbot.editing.kinds import EditRefused, FieldProblem
from chatbot.editing.merging import Record
from chatbot.editing.tables import cell_key, lines_of, record_of_lines

#: So many rows are on a page, and so many empty ones below the last.
ROWS, NEW_ROWS = 20, 3
_LISTS = ("columns", "rows")
#: The field with what ``elsewhere_of`` gave when the page was made.
ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the grid: its field, its text, and whether something is missing or wrong."""

    field: str
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row of the grid by its number in the table, from 0."""

    number: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Grid:
    """A page of a table: headings, rows, new rows, and which page of how many."""

    columns: Sequence[Cell]
    rows: Sequence[GridRow]
    new: Sequence[GridRow]
    page: int
    pages: int


def grid_of(record: Record, page: int, data: Posted | None = None) -> Grid:
    """Return a page of a table, with what was typed if something was."""
    columns, *rows = lines_of(record)
    pages = max(1, -(-len(rows) // ROWS))
    page = min(max(1, page), pages)
    first = (page - 1) * ROWS
    shown = [
        GridRow(
            first + at,
            [
                _cell(data, f"c{first + at}.{j}", cell_key(row[0], column), row[j])
                for j, column in enumerate(columns)
            ],
        )
        for at, row in enumerate(rows[first : first + ROWS])
    ]
    new = [
        GridRow(k, [_cell(data, f"n{k}.{j}", "", "") for j in range(len(columns))])
        for k in range(NEW_ROWS)
    ]
    headings = [_cell(data, f"h{j}", column, column) for j, column in enumerate(columns)]
    return Grid(headings, shown, new if page == pages else [], page, pages)


def table_in(data: Posted, name: str) -> Record:
    """Return the table that a hidden field holds.

    Raises:
        EditRefused: it is none.
    """
    record = record_in(data, name) or {}
    names = [record.get(each) or [] for each in _LISTS]
    texts = [text for key, text in record.items() if key not in _LISTS]
    for each in names:
        texts += each if isinstance(each, list) else [each]
    if not record.get("columns") or not all(isinstance(each, str) for each in texts):
        raise EditRefused([FieldProblem("", "收到的表格不完整，没有保存；请重新打开这一页再改")])
    return record


def base_of_page(record: Record, page: int) -> Record:
    """Return what a page was filled from: all names of rows and columns, and its own cells."""
    columns, *rows = lines_of(record)
    shown = rows[(page - 1) * ROWS : page * ROWS]
    return {"columns": columns, "rows": [row[0] for row in rows], **dict(_cells(columns, shown))}


def whole_base(base: Record, present: Record, shown: Sequence[int]) -> Record:
    """Return what a page was filled from, with the cells of its other rows as they are now.

    Not with those of rows and columns that came since: whoever never saw them takes none out.
    """
    rows, columns = base.get("rows") or (), set(base.get("columns") or ())
    others = {name for number, name in enumerate(rows) if number not in shown}
    elsewhere = {
        key: text
        for key, text in present.items()
        if key not in _LISTS and _row_of(key) in others and _column_of(key) in columns
    }
    return {**elsewhere, **base}


def elsewhere_of(record: Record, shown: Sequence[int]) -> dict[str, str]:
    """Return a digest of each column's cells in the rows that are not ``shown``, if there are any.

    So few letters go with a page to tell, when it comes back, whether others have written there.
    """
    columns, *rows = lines_of(record)
    others = [row for number, row in enumerate(rows) if number not in shown]
    if not others:
        return {}
    digests = {}
    for j, column in enumerate(columns):
        written = json.dumps([[row[0], row[j]] for row in others])
        digests[column] = hashlib.sha256(written.encode()).hexdigest()
    return digests


def record_of_page(data: Posted, base: Record, shown: Sequence[int]) -> Record:
    """Return the whole table with what the fields of the rows ``shown`` say.

    Raises:
        EditRefused: a new row has cells and no name; or others have written in a column that is
            to go, in rows that the page does not show.
    """
    _refuse_unseen(data, base, shown)
    columns, *rows = lines_of(base)
    lines = [[data.get(f"h{j}").strip() if f"h{j}" in data else each
              for j, each in enumerate(columns)]]  # fmt: skip
    for number, row in enumerate(rows):
        if number not in shown:
            lines.append(row)
        elif f"x{number}" not in data:
            lines.append([_typed(data, f"c{number}.{j}", text) for j, text in enumerate(row)])
    lines += _new_rows(data, len(columns))
    kept = [j for j in range(len(columns)) if f"d{j}" not in data]
    lines = [[line[j] for j in kept] for line in lines]
    if added := data.get("new_column").strip():
        lines = [[*lines[0], added], *([*line, ""] for line in lines[1:])]
    if not kept:
        raise EditRefused([FieldProblem("columns", "至少要留下一列")])
    return record_of_lines(lines)


def _refuse_unseen(data: Posted, base: Record, shown: Sequence[int]) -> None:
    seen = record_in(data, ELSEWHERE) or {}
    stands = elsewhere_of(base, shown)
    written = [
        FieldProblem(
            "columns", f"“{column}”这一列，别人刚刚在别的页上改过，没有去掉；请重新打开看一看"
        )
        for j, column in enumerate(base["columns"])
        if f"d{j}" in data and seen.get(column) != stands.get(column)
    ]
    if written:
        raise EditRefused(written)


def rows_shown(base: Record, page: int) -> range:
    """Return the numbers of the rows on a page."""
    count = len(base.get("rows") or ())
    return range(min((page - 1) * ROWS, count), min(page * ROWS, count))


def _row_of(key: str) -> str:
    return key.rpartition(".")[0]


def _column_of(key: str) -> str:
    return key.rpartition(".")[2]


def _cells(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[tuple[str, Any]]:
    for row in rows:
        for column, text in zip(columns[1:], row[1:], strict=True):
            if text:
                yield cell_key(row[0], column), text


def _new_rows(data: Posted, width: int) -> Iterator[list[str]]:
    for k in range(NEW_ROWS):
        cells = [data.get(f"n{k}.{j}").strip() for j in range(width)]
        if any(cells) and not cells[0]:
            raise EditRefused([FieldProblem("rows", "新的一行要写第一列：那是这一行的名称")])
        if cells and cells[0]:
            yield cells


def _typed(data: Posted, name: str, text: str) -> str:
    return data.get(name).strip() if name in data else text


def _cell(data: Posted | None, name: str, key: str, text: str) -> Cell:
    return Cell(name, key, data.get(name) if data is not None and name in data else text)
