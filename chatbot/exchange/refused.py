"""The refused rows of an import as a file of the same form, to be mended and imported again."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from openpyxl import Workbook

from chatbot.errors import UserError
from chatbot.exchange.incoming import Refused
from chatbot.exchange.mark import Mark
from chatbot.exchange.xlsx_text import begin_sheet, heading_cell, saved, text_cell, write_mark
from chatbot.knowledge.columns import REASON, SNAPSHOT, escaped, unescaped
from chatbot.knowledge.markdown_entries import sections_of
from chatbot.knowledge.table_entries import TABLE_SUFFIXES, EntryTable

_WIDTH = 24


def check_suffix(source: Path, target: Path) -> None:
    """Raise UserError if refused rows of ``source`` cannot be written to ``target``."""
    suffix = source.suffix.lower()
    fitting = TABLE_SUFFIXES if suffix in TABLE_SUFFIXES else (suffix,)
    if target.suffix.lower() not in fitting:
        raise UserError(
            f"{target}：被拒绝的行和 {source.name} 格式一样，请写成 {'、'.join(fitting)}"
        )


def refused_bytes(
    source: Path, target: Path, table: EntryTable | None, rows: Sequence[Refused], mark: Mark | None
) -> bytes:
    """Return the file of refused rows, each with its reasons, headings as in the source."""
    if table is not None:
        grid = list(_grid(table, rows))
        was_book, is_book = (each.suffix.lower() == ".xlsx" for each in (source, target))
        if is_book:
            plain = grid if was_book else [list(map(unescaped, cells)) for cells in grid]
            return _workbook(plain, mark)
        if was_book:
            grid = [list(map(escaped, cells)) for cells in _with_mark(grid, mark)]
        return _csv(grid)
    return _text(source, rows, mark).encode("utf-8", "replace")


def _grid(table: EntryTable, rows: Sequence[Refused]) -> Iterator[list[str]]:
    """Yield the headings and the rows; the reasons stand in the last column."""
    headings = list(table.records[0].cells)
    while headings and not headings[-1]:
        headings.pop()
    former = headings.index(REASON) if REASON in headings else None
    by_line = {record.line: record for record in table.records}
    reasons = {line: "；".join(row.reasons) if line == row.lines[0] else ""
               for row in rows for line in row.lines}  # fmt: skip
    yield [*_without(headings, former), REASON]
    for line, reason in sorted(reasons.items()):
        if line in by_line:
            cells = [*by_line[line].cells, *[""] * len(headings)][: len(headings)]
            yield [*_without(cells, former), reason]


def _with_mark(grid: list[list[str]], mark: Mark | None) -> list[list[str]]:
    """Return the rows with the column that tells a CSV file's snapshot, if they have none."""
    if mark is None or SNAPSHOT in grid[0]:
        return grid
    added = [SNAPSHOT, *[str(mark)] * (len(grid) - 1)]
    return [[*cells, mine] for cells, mine in zip(grid, added, strict=True)]


def _without(cells: list[str], column: int | None) -> list[str]:
    return [cell for number, cell in enumerate(cells) if number != column]


def _csv(grid: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(grid)
    return text.getvalue().encode("utf-8-sig", "replace")


def _workbook(grid: list[list[str]], mark: Mark | None) -> bytes:
    book = Workbook(write_only=True)
    sheet = begin_sheet(book, grid[0], [_WIDTH] * len(grid[0]))
    sheet.append([heading_cell(sheet, name) for name in grid[0]])
    for cells in grid[1:]:
        sheet.append([text_cell(sheet, cell) for cell in cells])
    if mark is not None:
        write_mark(book, mark)
    return saved(book)


def _text(source: Path, rows: Sequence[Refused], mark: Mark | None) -> str:
    # As the readers count: other characters that end a line elsewhere are text here.
    text = source.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    lines = text.split("\n")
    match source.suffix.lower():
        case ".jsonl":
            head = [f'{{"{SNAPSHOT}": "{mark}"}}'] if mark else []
            pieces = [[_noted(row), lines[row.lines[0] - 1]] for row in rows]
        case ".md":
            head = [f"<!-- {SNAPSHOT} {mark} -->"] if mark else []
            pieces = _sections(lines, rows)
        case _:
            head = [f"# {SNAPSHOT} {mark}"] if mark else []
            items = _items(text)
            pieces = [["# " + "；".join(row.reasons), *items[row.lines[0]]] for row in rows]
    return "".join(f"{line}\n" for piece in [head, *pieces] for line in piece)


def _noted(row: Refused) -> str:
    return json.dumps({REASON: "；".join(row.reasons)}, ensure_ascii=False)


def _sections(lines: list[str], rows: Sequence[Refused]) -> list[list[str]]:
    sections, _ = sections_of("\n".join(lines))
    pieces: list[list[str]] = []
    for row in rows:
        section = next(each for each in sections if each.line == row.lines[0])
        last = max([row.lines[0], *(line for line, _ in section.answer),
                    *(line for _, line, _ in section.fields)])  # fmt: skip
        category = [f"# {section.category}"] if section.category else []
        reason = f"<!-- {'；'.join(row.reasons)} -->"
        pieces.append([*category, reason, *lines[row.lines[0] - 1 : last]])
    return pieces


def _items(source: str) -> dict[int, list[str]]:
    """Return the lines of each item of a list of entries, at the left edge, by its first line."""
    root = yaml.compose(source, Loader=yaml.CSafeLoader)
    listed = root.value if isinstance(root, yaml.SequenceNode) else _entries_in(root)
    return {each.start_mark.line + 1: _item(source, each) for each in listed}


def _entries_in(root: Any) -> list[Any]:
    """Return the items that stand below ``entries:``, or the one that is all of the file."""
    values = (value for key, value in root.value if key.value == "entries")
    lists = (value for value in values if isinstance(value, yaml.SequenceNode))
    return [each for found in lists for each in found.value] or [root]


def _item(source: str, node: Any) -> list[str]:
    first, *lines = source[node.start_mark.index : node.end_mark.index].split("\n")
    # Up to where the next one begins, comments and empty lines go with that.
    while lines and (not lines[-1].strip() or _is_comment(lines[-1], node.start_mark.column)):
        lines.pop()
    margin = " " * node.start_mark.column
    moved = (f"  {line.removeprefix(margin)}" if line.strip() else "" for line in lines)
    return [f"- {first}", *moved]


def _is_comment(line: str, column: int) -> bool:
    """Return whether a line is a comment that stands further left than what it would be in."""
    return line.lstrip().startswith("#") and len(line) - len(line.lstrip()) < column
