"""The sheet of an Excel workbook that holds entries, as records of texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chatbot.knowledge.columns import key_of
from chatbot.knowledge.csv_records import Record
from chatbot.knowledge.files import read_bytes
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.xlsx_book import Book, NotABookError, SheetPart, open_book
from chatbot.knowledge.xlsx_pictures import pictures_by_name, pictures_over
from chatbot.knowledge.xlsx_rows import (
    Merged,
    RawCell,
    RawRow,
    merged_cells,
    raw_rows,
    reference,
    text_of,
)
from chatbot.knowledge.xlsx_shown import NotAsShown

_OLD_FORM = b"\xd0\xcf\x11\xe0"
_MOST_CELLS = 2_000_000
#: Above the headings people write what the table is about, in a few rows.
_HEADINGS_WITHIN = 20
_NOT_MERGED = ("id", "question")


@dataclass(frozen=True, slots=True)
class EntrySheet:
    """A sheet's name, its rows that are not blank, the headings first, and pictures in cells.

    ``pictures`` are by line and column (from 0).
    """

    name: str
    records: list[Record]
    pictures: Mapping[tuple[int, int], bytes] = field(default_factory=dict)


def read_entry_sheet(path: Path, problems: Problems) -> EntrySheet | None:
    """Return the first sheet with the columns 问题 and 答案; None, and a problem, without one.

    A cell that cannot be told is a problem of its line; a formula is a warning if its value is
    stored.
    """
    raw = read_bytes(path, problems)
    if raw is None:
        return None
    if raw.startswith(_OLD_FORM):
        text = "文件加了密码，或是旧版 .xls 格式；请去掉密码，另存为 .xlsx"
        problems.add(path, 0, "", text)
        return None
    try:
        with open_book(raw) as book:
            return _read(path, book, problems)
    except NotABookError:
        text = "不是正确的 .xlsx 文件，或者里面没有工作表；请用 Excel 打开另存一次"
        problems.add(path, 0, "", text)
        return None


def _read(path: Path, book: Book, problems: Problems) -> EntrySheet | None:
    found = find_entries(book)
    if found is not None:
        return _SheetReader(path, book, *found, problems).read()
    names = "、".join(f"“{each.name}”" for each in _visible(book)) or "没有"
    text = f"没有一张工作表有“问题”和“答案”这两列（看过的工作表：{names}）"
    problems.add(path, 0, "", text)
    return None


def find_entries(book: Book) -> tuple[SheetPart, Record] | None:
    """Return the sheet with entries and its row of headings, None if there is none."""
    for sheet in _visible(book):
        headings = _headings(book, sheet)
        if headings is not None:
            return sheet, headings
    return None


def _visible(book: Book) -> list[SheetPart]:
    return [each for each in book.sheets if not each.hidden and not each.name.startswith("_")]


def _headings(book: Book, sheet: SheetPart) -> Record | None:
    """Return the row of a sheet that names the columns."""
    for seen, row in enumerate(raw_rows(book, sheet.part)):
        cells = _texts(book, row)
        if {"question", "answer"} <= {key_of(cell) for cell in cells}:
            return Record(row.line, tuple(cells))
        if seen >= _HEADINGS_WITHIN:
            break
    return None


def _texts(book: Book, row: RawRow) -> list[str]:
    cells = [""] * (1 + max((cell.column for cell in row.cells), default=-1))
    for cell in row.cells:
        try:
            cells[cell.column] = text_of(book, cell)
        except NotAsShown:
            continue
    while cells and not cells[-1]:
        cells.pop()
    return cells


class _SheetReader:
    """Reads what is below the headings."""

    def __init__(
        self, path: Path, book: Book, sheet: SheetPart, headings: Record, problems: Problems
    ) -> None:
        self._path = path
        self._book = book
        self._sheet = sheet
        self._headings = headings
        self._problems = problems
        self._pictures = pictures_over(book, sheet.part)
        self._named = pictures_by_name(book)
        self._downwards: dict[int, list[Merged]] = {}
        #: The texts that go on downwards, by column, and the last line of each.
        self._going_on: dict[int, tuple[int, str]] = {}

    def read(self) -> EntrySheet:
        self._sort_merged()
        records = [self._headings]
        cells = 0
        for row in raw_rows(self._book, self._sheet.part):
            if row.line <= self._headings.line:
                continue
            record = self._record(row)
            if any(record.cells):
                records.append(record)
            cells += len(row.cells)
            if cells > _MOST_CELLS:
                text = f"超过 {_MOST_CELLS} 个格子，请拆成几个文件"
                self._problems.add(self._path, row.line, self._sheet.name, text)
                break
        pictures = {
            (line, column): picture
            for (line, column), picture in self._pictures.items()
            if line > self._headings.line and not self._is_beside(column)
        }
        return EntrySheet(self._sheet.name, records, pictures)

    def _is_beside(self, column: int) -> bool:
        """Return whether a column is beside the entries, so that nothing in it is read."""
        named = self._headings.cells[column : column + 1]
        return bool(named) and key_of(named[0]) == ""

    def _sort_merged(self) -> None:
        for merged in merged_cells(self._book, self._sheet.part):
            if merged.first_line <= self._headings.line:
                continue
            column = merged.first_column
            named = self._headings.cells[column : column + 1]
            key = key_of(named[0]) if named else None
            place = f"{self._sheet.name}!{merged.reference}"
            if merged.last_column > column or key in _NOT_MERGED:
                text = "这里不能有合并的单元格，请取消合并，每格各写各的"
                self._problems.add(self._path, merged.first_line, place, text)
            else:
                self._downwards.setdefault(merged.first_line, []).append(merged)
                text = "合并的单元格，每一行都按同样的内容读"
                self._problems.warn(self._path, merged.first_line, place, text)

    def _record(self, row: RawRow) -> Record:
        width = len(self._headings.cells)
        cells = [""] * width
        beyond = ""
        for cell in row.cells:
            text = self._text(row.line, cell)
            if cell.column < width:
                cells[cell.column] = text
            else:
                beyond = beyond or text
        for merged in self._downwards.get(row.line, ()):
            column = merged.first_column
            if column < width:
                self._going_on[column] = (merged.last_line, cells[column])
        for column, (last, text) in tuple(self._going_on.items()):
            if row.line > last:
                del self._going_on[column]
            elif any(cells):
                cells[column] = cells[column] or text
        # One cell stands for all that is where no heading is, however far away.
        return Record(row.line, (*cells, beyond) if beyond else tuple(cells))

    def _text(self, line: int, cell: RawCell) -> str:
        place = f"{self._sheet.name}!{reference(line, cell.column)}"
        if self._is_beside(cell.column):
            return self._beside(cell)
        if cell.picture:
            picture = self._named.get(cell.picture)
            if picture is None:
                text = "这一格的图片不在文件里，请重新插入"
                self._problems.add(self._path, line, place, text)
            else:
                self._pictures[line, cell.column] = picture
            return ""
        if cell.formula is not None and not cell.value and cell.kind != "str":
            text = "公式没有存下结果，请用 Excel 打开存一次，或粘贴成文字"
            self._problems.add(self._path, line, place, text)
            return ""
        try:
            shown = text_of(self._book, cell)
        except NotAsShown as reason:
            self._problems.add(self._path, line, place, str(reason))
            return ""
        if cell.formula is not None:
            self._problems.warn(self._path, line, place, f"公式，按存下的结果“{shown}”读")
        return shown

    def _beside(self, cell: RawCell) -> str:
        """Return what people wrote beside the entries, which may be anything."""
        try:
            return "" if cell.picture else text_of(self._book, cell)
        except NotAsShown:
            return cell.value or ""


def picture_problems(path: Path, sheet: EntrySheet, problems: Problems) -> None:
    """Note for every picture in a cell that it cannot be read from here."""
    for line, column in sheet.pictures:
        text = (
            "格子里的图片请存进 _media/，“图片”一列写 _media/图片名；"
            "或用 chatbot knowledge import 导入，它会替您存好"
        )
        problems.add(path, line, f"{sheet.name}!{reference(line, column)}", text)
