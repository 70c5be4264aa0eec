"""Tables of facts: the CSV and Excel files in the folder ``tables``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chatbot.facts.rows import NARROWING
from chatbot.facts.tables import ALIASES, CODE, Table
from chatbot.facts.variables import ASSISTANT, CUSTOMER
from chatbot.knowledge.csv_records import Record, is_ragged, read_records
from chatbot.knowledge.files import is_content_name, is_folder, is_there, list_folder
from chatbot.knowledge.places import Place, Places
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.xlsx_cells import read_sheet

TABLES_FOLDER = "tables"
_NAME = re.compile(r"[^\s{}｛｝.:：]{1,20}")
_BRACES = frozenset("{}｛｝")
#: A row or a city is a line of a menu, which the platform limits to 128 bytes.
_LONGEST_LINE = 30
_LONGEST_CELL = 1000


@dataclass(frozen=True, slots=True)
class _Grid:
    """The records of one file, the headings first; ``sheet`` is empty for a CSV file."""

    path: Path
    records: list[Record]
    sheet: str = ""

    def place(self, record: Record, number: int) -> str:
        """Return what an admin looks for to find the cell ``number`` (from 0) of ``record``."""
        if self.sheet:
            return f"{self.sheet}!{_letters(number)}{record.line}"
        headings = self.records[0].cells
        named = headings[number] if number < len(headings) else ""
        return named or f"第 {number + 1} 列"


def read_tables(root: Path, problems: Problems, places: Places | None = None) -> tuple[Table, ...]:
    """Return the tables of a knowledge folder by name; none for a single file.

    A table with a problem is left out; empty cells are warnings. ``places`` collects where the
    cells are.
    """
    folder = root / TABLES_FOLDER
    if not is_folder(root) or not is_there(folder):
        return ()
    read: dict[str, Table] = {}
    for path in list_folder(folder, problems):
        if not is_content_name(path.name):
            continue
        table = _read_table(path, problems, places)
        if table is not None and table.name in read:
            problems.add(path, 0, "", f"已经有一个名为“{table.name}”的表格，文件名不能重复")
        elif table is not None:
            read[table.name] = table
    return tuple(read[name] for name in sorted(read))


def _read_table(path: Path, problems: Problems, places: Places | None) -> Table | None:
    before = len(problems.found)
    grid = _read_grid(path, problems)
    name = unicodedata.normalize("NFC", path.stem)
    if not _NAME.fullmatch(name) or name in {CUSTOMER, ASSISTANT}:
        text = (
            f"文件名就是表格名：最多 20 个字，不能有空格、点、冒号和花括号，"
            f"不能叫“{CUSTOMER}”“{ASSISTANT}”"
        )
        problems.add(path, 0, "", text)
    if len(problems.found) > before or grid is None:
        return None
    if len(grid.records) < 2:
        problems.add(path, 0, "", "表格是空的：第一行写列名，下面每行一项")
        return None
    reader = _TableReader(grid, problems)
    table = Table(name, reader.columns, reader.rows())
    if len(problems.found) > before:
        return None
    if places is not None:
        places.add_table(name, reader.place)
    return table


def _read_grid(path: Path, problems: Problems) -> _Grid | None:
    match path.suffix.lower():
        case ".csv":
            return _Grid(path, read_records(path, problems))
        case ".xlsx":
            sheet = read_sheet(path, problems)
            return _Grid(path, sheet.records, sheet.name) if sheet else None
        case _:
            problems.add(path, 0, "", "表格只读 .csv 和 .xlsx 文件")
            return None


class _TableReader:
    """Checks headings first, then every row."""

    def __init__(self, grid: _Grid, problems: Problems) -> None:
        self._grid = grid
        self._problems = problems
        self._lines: dict[str, int] = {}
        headings = list(grid.records[0].cells)
        while headings and not headings[-1]:
            headings.pop()
        self.columns = tuple(headings)
        self._check_headings(grid.records[0])

    def rows(self) -> dict[str, dict[str, str]]:
        """Return the rows by key."""
        rows: dict[str, dict[str, str]] = {}
        for record in self._grid.records[1:]:
            ragged = is_ragged(self._grid.path, record, self.columns, self._problems)
            padding = ("",) * (len(self.columns) - len(record.cells))
            whole = Record(record.line, (*record.cells, *padding))
            if ragged or not self._has_own_key(whole):
                continue
            rows[whole.cells[0]] = dict(self._facts(whole))
        self._check_special(rows)
        return rows

    def place(self, key: str, column: str) -> Place:
        """Return where the cell of the row ``key`` is."""
        record = Record(self._lines.get(_plain(key), 0), ())
        number = self.columns.index(column)
        return Place(self._grid.path, record.line, self._grid.place(record, number))

    def _check_headings(self, record: Record) -> None:
        for number, heading in enumerate(self.columns):
            if not heading:
                self._complain(record, number, "这一列没有列名")
            elif heading in self.columns[:number]:
                self._complain(record, number, f"列名“{heading}”写了两次")
            elif not _NAME.fullmatch(heading):
                text = f"列名“{heading}”最多 20 个字，不能有空格、点、冒号和花括号"
                self._complain(record, number, text)

    def _has_own_key(self, record: Record) -> bool:
        key = record.cells[0]
        if not key:
            self._complain(record, 0, "第一列是每行的名称，不能是空的")
            return False
        plain = _plain(key)
        if plain in self._lines:
            text = f"“{key}”已经写在第 {self._lines[plain]} 行，第一列不能重复"
            self._complain(record, 0, text)
            return False
        self._lines[plain] = record.line
        return True

    def _facts(self, record: Record) -> Iterator[tuple[str, str]]:
        """Yield the cells that are not empty, without the key."""
        for number, column in enumerate(self.columns):
            cell = record.cells[number]
            self._check_cell(record, number, column, cell)
            if cell and number:
                yield column, cell

    def _check_cell(self, record: Record, number: int, column: str, cell: str) -> None:
        if not cell and column not in {ALIASES, CODE}:
            text = f"这一格是空的：{record.cells[0]} 没有“{column}”，问到时会转人工"
            self._problems.warn(
                self._grid.path, record.line, self._grid.place(record, number), text
            )
        elif _BRACES & set(cell):
            self._complain(record, number, "格子里不能有花括号")
        elif (not number or column in NARROWING) and len(cell) > _LONGEST_LINE:
            text = f"最多 {_LONGEST_LINE} 个字：菜单里要放得下，这里有 {len(cell)} 个"
            self._complain(record, number, text)
        elif len(cell) > _LONGEST_CELL:
            self._complain(record, number, f"最多 {_LONGEST_CELL} 个字，这里有 {len(cell)} 个")

    def _check_special(self, rows: dict[str, dict[str, str]]) -> None:
        """Refuse an alias that is another row's name, and a code that stands for two rows."""
        table = Table("", self.columns, rows)
        owners: dict[str, str] = {}
        for key in rows:
            for alias in table.aliases(key):
                if _plain(alias) in self._lines and _plain(alias) != _plain(key):
                    text = f"“{key}”的别名“{alias}”是另一行的名称"
                    self._complain_about(key, ALIASES, text)
            code = table.value(key, CODE)
            if code and owners.setdefault(code.casefold(), key) != key:
                text = f"“{key}”的代码“{code}”已经是“{owners[code.casefold()]}”的"
                self._complain_about(key, CODE, text)

    def _complain(self, record: Record, number: int, text: str) -> None:
        self._problems.add(self._grid.path, record.line, self._grid.place(record, number), text)

    def _complain_about(self, key: str, column: str, text: str) -> None:
        line = self._lines[_plain(key)]
        self._complain(Record(line, ()), self.columns.index(column), text)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _letters(number: int) -> str:
    """Return the letters of a column as Excel counts them, from 0."""
    letters = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters
