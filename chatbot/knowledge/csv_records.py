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

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of a record without the spaces around them, and the line it begins in."""

    line: int
    cells: tuple[str, ...]


def read_records(path: Path, problems: Problems) -> list[Record]:
    """Return the records that are not blank, the headings first; none after a problem."""
    text = _decoded(path, problems)
    if text is None:
        return []
    found = _CONTROL.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        problems.add(path, line, "", f"有看不见的控制字符 U+{ord(found[0]):04X}，请删掉")
        return []
    return _parsed(path, text, problems)


def _parsed(path: Path, text: str, problems: Problems) -> list[Record]:
    records: list[Record] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
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


def is_ragged(path: Path, record: Record, headings: tuple[str, ...], problems: Problems) -> bool:
    """Note a problem for a record that has not one cell for each heading."""
    extra = any(record.cells[len(headings) :])
    if len(record.cells) >= len(headings) and not extra:
        return False
    text = f"按列名应有 {len(headings)} 格，这一行有 {len(record.cells)} 格，请对齐"
    problems.add(path, record.line, "", text)
    return True


def _decoded(path: Path, problems: Problems) -> str | None:
    """Return the text of a file in UTF-8, or in GBK as a Chinese Excel saves it."""
    raw = read_bytes(path, problems)
    if raw is None:
        return None
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        problems.add(path, 0, "", "文件是 UTF-16 编码，请另存为“CSV UTF-8（逗号分隔）”")
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    problems.add(path, 0, "", "文件的编码认不出来，请另存为“CSV UTF-8（逗号分隔）”")
    return None
