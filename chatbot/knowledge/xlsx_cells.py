"""The first sheet of an Excel workbook as texts, just as Excel shows them."""

from __future__ import annotations

import re
import struct
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from chatbot.knowledge.csv_records import Record
from chatbot.knowledge.files import read_bytes
from chatbot.knowledge.problems import Problems

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
#: Number formats whose result is known: digits, decimals, thousands, per cent.
_NUMBER_FORMAT = re.compile(r"(#,##)?0(?:\.(0+))?(%)?(?:_ |_\)|;.*)?")
#: Excel keeps fifteen digits of a number; the digits of a longer one are already lost.
_EXACT = 10**15


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet's name and the rows that are not blank, the headings first."""

    name: str
    records: list[Record]


class _NotAsShown(Exception):
    """A cell whose text cannot be told; the text says why."""


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
    except _NotAsShown as reason:
        problems.add(path, cell.row or 0, f"{sheet}!{cell.coordinate}", str(reason))
        return ""


def _shown(cell: Cell | MergedCell) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        raise _NotAsShown("不能有公式，请粘贴成数值或文字")
    if cell.data_type == "e":
        raise _NotAsShown(f"这一格是错误值 {value}")
    if isinstance(value, bool):
        raise _NotAsShown("不能是 TRUE/FALSE，请写成客户看得懂的文字，如“有”“无”")
    if isinstance(value, int | float):
        return _number(value, cell.number_format)
    if isinstance(value, datetime | date | time | timedelta):
        return _moment(value)
    return str(value).replace("\r\n", "\n").strip()


def _number(value: float, form: str) -> str:
    """Return a number in the format of its cell: 7.0 as 7, 0.5 as 50%."""
    if abs(value) >= _EXACT:
        raise _NotAsShown("数字超过 15 位，Excel 已经丢掉了后面几位；请先设成文本格式再输入")
    if form in {"General", "@"}:
        return format(Decimal(repr(value)).normalize(), "f")
    found = _NUMBER_FORMAT.fullmatch(form)
    if found is None:
        raise _NotAsShown(f"数字格式“{form}”读不准，请设成文本格式，写成客户应看到的样子")
    thousands, decimals, percent = found.groups()
    places = f"{',' if thousands else ''}.{len(decimals or '')}"
    return format(Decimal(repr(value)), f"{places}{'%' if percent else 'f'}")


def _moment(value: datetime | date | time | timedelta) -> str:
    """Return a day in ISO form, a time of day as HH:MM."""
    if isinstance(value, timedelta):
        if not timedelta() <= value < timedelta(days=1):
            raise _NotAsShown("时间超过 24 小时，请设成文本格式，写成客户应看到的样子")
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        value = time(minutes // 60, minutes % 60, seconds)
    if isinstance(value, datetime):
        day = value.date().isoformat()
        return day if value.time() == time() else f"{day} {_moment(value.time())}"
    if isinstance(value, date):
        return value.isoformat()
    return value.isoformat("minutes" if value.second == 0 else "seconds")
