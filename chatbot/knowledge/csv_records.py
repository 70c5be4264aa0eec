"""Records of a CSV file, each with its line."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from chatbot.knowledge.files import read_bytes
from chatbot.knowledge.problems import Problems

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of a record without the spaces around them, and the line it begins in."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CsvText:
    """The text of a CSV file, and how to write it again: encoding, mark before it, separator."""

    text: str
    encoding: str
    mark: bytes
    separator: str


def read_records(path: Path, problems: Problems) -> list[Record]:
    """Return the records that are not blank, the headings first; none after a problem."""
    raw = read_bytes(path, problems)
    if raw is None:
        return []
    written = decode_csv(raw)
    if written is None:
        problems.add(path, 0, "", "文件的编码认不出来，请另存为“CSV UTF-8（逗号分隔）”")
        return []
    found = _CONTROL.search(written.text)
    if found:
        line = written.text.count("\n", 0, found.start()) + 1
        problems.add(path, line, "", f"有看不见的控制字符 U+{ord(found[0]):04X}，请删掉")
        return []
    return _parsed(path, written, problems)


def decode_csv(raw: bytes) -> CsvText | None:
    """Return the text of a file in UTF-8, in GBK as a Chinese Excel saves it, or in UTF-16.

    None if it is none of these.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _decoded(raw, encoding, mark)
    return _decoded(raw, "utf-8", b"") or _decoded(raw, "gb18030", b"")


def _decoded(raw: bytes, encoding: str, mark: bytes) -> CsvText | None:
    try:
        text = raw.removeprefix(mark).decode(encoding)
    except UnicodeDecodeError:
        return None
    heading = text.lstrip().partition("\n")[0]
    # Excel separates its "Unicode text" by tabs, whatever the file is called.
    separator = "\t" if "\t" in heading and "," not in heading else ","
    return CsvText(text, encoding, mark, separator)


def _parsed(path: Path, written: CsvText, problems: Problems) -> list[Record]:
    records: list[Record] = []
    source = io.StringIO(written.text, newline="")
    reader = csv.reader(source, delimiter=written.separator, strict=True)
    line = 1
    try:
        for cells in reader:
            stripped = tuple(cell.strip().replace("\r\n", "\n") for cell in cells)
            if any(stripped):
                records.append(Record(line, stripped))
            line = reader.line_num + 1
    except csv.Error:
        text = (
            "这里起引号没有成对，或一格超过 13 万字；"
            "含逗号、引号或换行的格子要整个加引号，里面的引号写两遍"
        )
        problems.add(path, line, "", text)
        return []
    return records


def headings_of(path: Path, record: Record, problems: Problems) -> tuple[str, ...] | None:
    """Return the headings without empty ones at the end; None if one is missing or twice."""
    headings = list(record.cells)
    while headings and not headings[-1]:
        headings.pop()
    before = len(problems.found)
    for number, heading in enumerate(headings, start=1):
        if not heading:
            problems.add(path, record.line, "", f"第 {number} 列没有列名")
        elif heading in headings[: number - 1]:
            problems.add(path, record.line, heading, "列名写了两次")
    return tuple(headings) if len(problems.found) == before else None


def is_ragged(
    path: Path, record: Record, headings: tuple[str, ...], problems: Problems, sheet: str = ""
) -> bool:
    """Note a problem for a record that has more cells than headings.

    Fewer are none: Excel writes no separators for the empty cells at the end of a row.
    """
    if not any(record.cells[len(headings) :]):
        return False
    text = f"按列名应有 {len(headings)} 格，这一行有 {len(record.cells)} 格，请对齐"
    problems.add(path, record.line, sheet, text)
    return True
