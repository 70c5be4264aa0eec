"""Rows of a chat export, read one after the other: CSV, Excel, JSON lines."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from chatbot.curation.mining.rows import COLUMNS, CONTENT, TIME, clean, columns_in
from chatbot.errors import UserError
from chatbot.knowledge.xlsx_book import Book, NotABookError, open_book
from chatbot.knowledge.xlsx_rows import RawCell, raw_rows, text_of
from chatbot.knowledge.xlsx_shown import NotAsShown

SUFFIXES = (".csv", ".xlsx", ".jsonl")
#: A workbook is read as a whole; larger exports come as CSV, which is read line by line.
_LARGEST_BOOK = 64 * 1024 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 20
#: Days of Excel begin here, or four years and a day later in books of an old Mac.
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30, tzinfo=UTC), datetime(1904, 1, 1, tzinfo=UTC)
_DAYS = range(20_000, 80_000)


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row by what their columns are, the line, and how far the file is read."""

    line: int
    cells: Mapping[str, object]
    done: int


def export_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of an export; ``done`` counts up to the file's size.

    Raises:
        UserError: the file as a whole cannot be read; says why.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UserError(f"{path}：聊天记录只读 {'、'.join(SUFFIXES)}")
    try:
        if suffix == ".xlsx":
            yield from _book_rows(path)
        elif suffix == ".jsonl":
            yield from _json_rows(path)
        else:
            yield from _csv_rows(path)
    except OSError as error:
        raise UserError(f"{path}：读不出来（{error.strerror}）") from None


def _csv_rows(path: Path) -> Iterator[Row]:
    encoding = _encoding_of(path)
    with (
        path.open("rb") as raw,
        io.TextIOWrapper(raw, encoding, errors="replace", newline="") as source,
    ):
        heading = source.readline()
        separator = "\t" if "\t" in heading and "," not in heading else ","
        reader = csv.reader(_lines(heading, source), delimiter=separator, strict=True)
        columns: Mapping[str, int] | None = None
        line, width = 1, 0
        try:
            for cells in reader:
                if columns is None:
                    columns, width = _columns(path, cells), len(cells)
                elif any(cell.strip() for cell in cells):
                    yield Row(line, _picked(cells, columns, width), raw.tell())
                line = reader.line_num + 1
        except csv.Error:
            raise UserError(
                f"{path}:{line}：这里起引号没有成对，或一格超过 13 万字；"
                "含逗号、引号或换行的内容要整个加引号，里面的引号写两遍"
            ) from None
        if columns is None:
            _columns(path, [])


def _lines(heading: str, source: TextIO) -> Iterator[str]:
    """Yield the lines with their ends; NUL stands in no text, and the reader would stop at it."""
    yield heading.replace("\0", "")
    for line in source:
        yield line.replace("\0", "")


def _encoding_of(path: Path) -> str:
    """Return how a text is encoded; raise UserError if that cannot be told."""
    with path.open("rb") as raw:
        start = raw.read(4)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    for encoding in ("utf-8", "gb18030"):
        if _decodes(path, encoding):
            return encoding
    raise UserError(f"{path}：文件的编码认不出来，请另存为“CSV UTF-8（逗号分隔）”")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as raw:
            while chunk := raw.read(_CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _json_rows(path: Path) -> Iterator[Row]:
    encoding = _encoding_of(path)
    with path.open("rb") as raw:
        for line, text in enumerate(raw, start=1):
            if text.strip():
                yield Row(line, _json_cells(path, line, text, encoding), raw.tell())


def _json_cells(path: Path, line: int, raw: bytes, encoding: str) -> Mapping[str, object]:
    try:
        record: Any = json.loads(raw.decode(encoding))
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise UserError(
            f'{path}:{line}：每行应是一个 JSON 对象，如 {{"会话": "1", "时间": '
            '"2026-01-05 14:30:00", "角色": "客户", "内容": "几点退房"}'
        )
    names = list(record)
    columns = columns_in(names)
    if set(columns) != set(COLUMNS):
        missing = "、".join(each for each in COLUMNS if each not in columns)
        raise UserError(f"{path}:{line}：没有 {missing}")
    return {column: record[names[number]] for column, number in columns.items()}


def _book_rows(path: Path) -> Iterator[Row]:
    size = path.stat().st_size
    if size > _LARGEST_BOOK:
        raise UserError(f"{path}：工作簿超过 64 MB，请另存为 CSV，那样多大都行")
    try:
        with open_book(path.read_bytes()) as book:
            part = next((each.part for each in book.sheets if not each.hidden), None)
            if part is None:
                raise NotABookError
            yield from _sheet_rows(path, book, part, size)
    except NotABookError:
        raise UserError(f"{path}：不是正确的 .xlsx 文件；请用 Excel 打开另存一次") from None


def _sheet_rows(path: Path, book: Book, part: str, size: int) -> Iterator[Row]:
    columns: Mapping[str, int] | None = None
    for row in raw_rows(book, part):
        cells = {each.column: each for each in row.cells if each.value is not None}
        if not cells:
            continue
        if columns is None:
            texts = [_text(book, cells[at]) if at in cells else "" for at in range(max(cells) + 1)]
            columns = _columns(path, texts)
            continue
        picked = {
            column: _moment(book, cells[at]) if column == TIME else _text(book, cells[at])
            for column, at in columns.items()
            if at in cells
        }
        yield Row(row.line, picked, size)
    if columns is None:
        _columns(path, [])


def _text(book: Book, cell: RawCell) -> str:
    try:
        return text_of(book, cell)
    except NotAsShown:
        return cell.value or ""


def _moment(book: Book, cell: RawCell) -> object:
    """Return a time as the moment it is: what Excel shows of it may leave out the year."""
    if cell.kind == "n":
        try:
            days = float(cell.value or "")
        except ValueError:
            return cell.value
        if int(days) in _DAYS:
            epoch = _EPOCH_1904 if book.from_1904 else _EPOCH
            return str((epoch + timedelta(seconds=round(days * 86_400))).replace(tzinfo=None))
        return days
    return _text(book, cell)


def _columns(path: Path, headings: Sequence[str]) -> Mapping[str, int]:
    columns = columns_in([clean(each) for each in headings])
    missing = [each for each in COLUMNS if each not in columns]
    if missing:
        raise UserError(
            f"{path}：第一行要是列名，缺 {'、'.join(missing)}"
            f"；要有 {'、'.join(COLUMNS)}（或 conversation、time、role、content）"
        )
    return columns


def _picked(cells: Sequence[str], columns: Mapping[str, int], width: int) -> Mapping[str, object]:
    picked: dict[str, object] = {
        column: cells[at] for column, at in columns.items() if at < len(cells)
    }
    # Whoever writes without quotes puts the commas of a message into columns of their own.
    if len(cells) > width == columns[CONTENT] + 1:
        picked[CONTENT] = ",".join(cells[columns[CONTENT] :])
    return picked
