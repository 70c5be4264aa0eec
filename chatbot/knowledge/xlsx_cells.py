"""The first sheet of an Excel workbook as texts, just as Excel shows them."""

from __future__ import annotations

import struct
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from chatbot.knowledge.csv_records import Record
from chatbot.knowledge.files import read_bytes
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.xlsx_shown import NotAsShown, moment_shown, number_shown

if TYPE_CHECKING:
    from openpyxl.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

_LARGEST_FILE = 8 * 1024 * 1024
#: A workbook is a ZIP archive; one that grows beyond this was not made by a person.
_LARGEST_UNPACKED = 128 * 1024 * 1024
_MOST_CELLS = 1_000_000
_OLD_FORM = b"\xd0\xcf\x11\xe0"
#: What the library raises for files that only look like workbooks.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    AssertionError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet's name and the rows that are not blank, the headings first."""

    name: str
    records: list[Record]


def read_sheet(path: Path, problems: Problems) -> Sheet | None:
    """Return the first sheet of a workbook; None, and problems, if not all of it is plain."""
    raw = read_bytes(path, problems, _LARGEST_FILE)
    if raw is None:
        return None
    if raw.startswith(_OLD_FORM):
        text = "文件加了密码，或是旧版 .xls 格式；请去掉密码，另存为 .xlsx"
        problems.add(path, 0, "", text)
        return None
    sheet = _first_sheet(raw)
    if sheet is None:
        problems.add(
            path, 0, "", "不是正确的 .xlsx 文件，或者里面没有工作表；请用 Excel 打开另存一次"
        )
        return None
    if sheet.max_row * sheet.max_column > _MOST_CELLS:
        text = (
            f"工作表“{sheet.title}”太大（{sheet.max_row} 行 {sheet.max_column} 列），请删掉空行空列"
        )
        problems.add(path, 0, "", text)
        return None
    return _plain_sheet(path, sheet, problems)


def _first_sheet(raw: bytes) -> Worksheet | None:
    # Only those who keep Excel files pay for loading this library.
    from openpyxl import load_workbook  # noqa: PLC0415  (a fifth of a second at every start)

    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            if sum(item.file_size for item in archive.infolist()) > _LARGEST_UNPACKED:
                return None
        with warnings.catch_warnings():
            # It warns of drop-down lists and styles that it does not know; nobody needs these.
            warnings.simplefilter("ignore")
            return next(iter(load_workbook(BytesIO(raw)).worksheets), None)
    except _BROKEN:
        return None


def _plain_sheet(path: Path, sheet: Worksheet, problems: Problems) -> Sheet | None:
    before = len(problems.found)
    for merged in sheet.merged_cells.ranges:
        place = f"{sheet.title}!{merged.coord}"
        problems.add(
            path, merged.min_row or 0, place, "不能有合并的单元格，请取消合并，每格各写各的"
        )
    records: list[Record] = []
    for line, row in enumerate(sheet.iter_rows(), start=1):
        cells = tuple(_text(path, sheet.title, cell, problems) for cell in row)
        if any(cells):
            records.append(Record(line, cells))
    return Sheet(sheet.title, records) if len(problems.found) == before else None


def _text(path: Path, sheet: str, cell: Cell | MergedCell, problems: Problems) -> str:
    try:
        return _shown(cell)
    except NotAsShown as reason:
        problems.add(path, cell.row or 0, f"{sheet}!{cell.coordinate}", str(reason))
        return ""


def _shown(cell: Cell | MergedCell) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        raise NotAsShown("不能有公式，请粘贴成数值或文字")
    if cell.data_type == "e":
        raise NotAsShown(f"这一格是错误值 {value}")
    if isinstance(value, bool):
        raise NotAsShown("不能是 TRUE/FALSE，请写成客户看得懂的文字，如“有”“无”")
    if isinstance(value, int | float):
        return number_shown(value, cell.number_format)
    if isinstance(value, datetime | date | time | timedelta):
        return moment_shown(value)
    return str(value).replace("\r\n", "\n").strip()
