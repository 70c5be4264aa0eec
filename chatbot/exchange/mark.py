"""The number of the snapshot that an exported file came from, written into the file itself."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path

from chatbot.knowledge.columns import SNAPSHOT
from chatbot.knowledge.csv_records import decode_csv
from chatbot.knowledge.xlsx_book import Book, NotABookError, open_book, tree
from chatbot.knowledge.xlsx_rows import raw_rows, text_of
from chatbot.knowledge.xlsx_shown import NotAsShown

#: The hidden sheet of a workbook, and the part that holds its properties.
META_SHEET = "_meta"
_PROPERTIES = "docProps/custom.xml"
_WRITTEN = re.compile(r"(\d{1,9})(?: (.+))?")
_IN_TEXT = re.compile(rf"(?:#|<!--) *{SNAPSHOT} (\d{{1,9}}(?: .+?)?)(?: *-->)? *")


@dataclass(frozen=True, slots=True)
class Mark:
    """The snapshot, and the category if the export was limited to one."""

    snapshot: int
    category: str = ""

    def __str__(self) -> str:
        return f"{self.snapshot} {self.category}" if self.category else str(self.snapshot)


def read_mark(path: Path) -> Mark | None:
    """Return the mark of a file, None if it has none or cannot be read."""
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    match path.suffix.lower():
        case ".xlsx":
            return _of_book(raw)
        case ".csv":
            return _of_csv(raw)
        case ".jsonl":
            return _of_jsonl(raw)
        case _:
            first = raw.decode("utf-8-sig", "replace").partition("\n")[0].strip()
            found = _IN_TEXT.fullmatch(first)
            return _parsed(found[1]) if found else None


def _parsed(written: str) -> Mark | None:
    found = _WRITTEN.fullmatch(written.strip())
    return Mark(int(found[1]), found[2] or "") if found else None


def _of_csv(raw: bytes) -> Mark | None:
    written = decode_csv(raw)
    if written is None:
        return None
    try:
        reader = csv.reader(io.StringIO(written.text, newline=""), delimiter=written.separator)
        headings = next(reader, [])
        if SNAPSHOT not in headings:
            return None
        column = headings.index(SNAPSHOT)
        marks = (_parsed(row[column]) for row in reader if len(row) > column)
        return next((mark for mark in marks if mark is not None), None)
    except csv.Error:
        return None


def _of_jsonl(raw: bytes) -> Mark | None:
    try:
        record = json.loads(raw.decode("utf-8-sig").partition("\n")[0])
    except (ValueError, RecursionError):
        return None
    is_mark = isinstance(record, dict) and isinstance(record.get(SNAPSHOT), str)
    return _parsed(record[SNAPSHOT]) if is_mark else None


def _of_book(raw: bytes) -> Mark | None:
    try:
        with open_book(raw) as book:
            return _of_sheet(book) or _of_properties(book)
    except NotABookError:
        return None


def _of_sheet(book: Book) -> Mark | None:
    for sheet in book.sheets:
        if sheet.name != META_SHEET:
            continue
        for row in raw_rows(book, sheet.part):
            try:
                texts = [text_of(book, cell) for cell in row.cells]
            except NotAsShown:
                continue
            if texts[:1] == [SNAPSHOT] and len(texts) > 1:
                return _parsed(texts[1])
    return None


def _of_properties(book: Book) -> Mark | None:
    root = tree(book.archive, _PROPERTIES)
    for each in root if root is not None else ():
        if each.get("name") == SNAPSHOT:
            return _parsed("".join(each.itertext()))
    return None
