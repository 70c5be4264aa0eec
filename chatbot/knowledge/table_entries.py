"""Entries in tables, CSV or Excel: one row an entry, or a variant of its answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Names
from dataclasses import dataclass
from pathlib import Path

from chatbot.facts.tables import split_values
from chatbot.knowledge.columns import (
    AUTO_WORDS,
    COLUMNS,
    ISO_KEYS,
    iso_day,
    key_of,
    unescaped,
)
from chatbot.knowledge.csv_records import Record, headings_of, is_ragged, read_records
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.tree import Listing, Mapping, Node, Scalar
from chatbot.knowledge.xlsx_entries import picture_problems, read_entry_sheet

TABLE_SUFFIXES = (".csv", ".xlsx")
_SEVERAL = ("similar", "not", "tags")
#: Columns that say something about a variant; the others belong to the entry's first row.
_OF_VARIANT = ("answer", "image", "link", "miniprogram", "when")
#: What a condition begins with if it is not about a tag.
_CONDITION = re.compile(r"(账号|语言)\s*[=＝]\s*(.+)")
_LINK = re.compile(r"(?P<title>.+?)\s+(?P<url>https?://\S+)\s+(?P<image>_media/.+)", re.DOTALL)
_MINIPROGRAM = re.compile(
    r"(?P<title>.+?)\s+(?P<appid>wx\w+)\s+(?P<page>\S+)\s+(?P<image>_media/.+)", re.DOTALL
)
#: How a cell that holds a whole message is written.
_FORMS = {
    "link": (_LINK, "应写成“标题 网址 _media/图片”，中间用空格隔开；有描述的链接请写进 YAML 文件"),
    "miniprogram": (_MINIPROGRAM, "应写成“标题 AppID 页面路径 _media/图片”，中间用空格隔开"),
}


@dataclass(frozen=True, slots=True)
class _Row:
    """The cells of a record that are not empty, by key."""

    line: int
    cells: Names[str, str]


@dataclass(frozen=True, slots=True)
class EntryTable:
    """The records of a file, the headings first; ``sheet`` is empty for a CSV file."""

    path: Path
    records: list[Record]
    sheet: str = ""


def read_table(path: Path, problems: Problems) -> EntryTable | None:
    """Return the table of a CSV or Excel file; None after a problem with the file as a whole."""
    if path.suffix.lower() == ".csv":
        records = read_records(path, problems)
        return EntryTable(path, records) if records else None
    sheet = read_entry_sheet(path, problems)
    if sheet is None:
        return None
    picture_problems(path, sheet, problems)
    return EntryTable(path, sheet.records, sheet.name)


def table_entries(path: Path, problems: Problems) -> Iterator[tuple[Node, Names[str, str]]]:
    """Yield the entries of a file as if they were written in YAML, with the columns' names."""
    table = read_table(path, problems)
    if table is not None:
        yield from entries_of(table, problems)


def entries_of(
    table: EntryTable, problems: Problems, *, extra_as_similar: bool = False
) -> Iterator[tuple[Node, Names[str, str]]]:
    """Yield the entries of a table with the columns' names.

    A line that has a problem already is passed over. ``extra_as_similar``: columns that mean
    nothing hold similar questions.
    """
    heading, *records = table.records
    broken = {problem.line for problem in problems.found if problem.path == table.path}
    sheet = _Sheet.begin(table, heading, problems, extra_as_similar=extra_as_similar)
    if sheet is None:
        return
    whole = (record for record in records if record.line not in broken)
    # A row with notes alone is no entry.
    rows = [row for record in whole if (row := sheet.row(record)) is not None and row.cells]
    for group in _entries_of(rows):
        node = sheet.entry(group)
        if node is not None:
            yield node, sheet.shown


def _entries_of(rows: list[_Row]) -> Iterator[list[_Row]]:
    """Put a row with a condition and the next one with the same id together."""
    group: list[_Row] = []
    for row in rows:
        continues = bool(group) and "when" in group[-1].cells and "id" in row.cells
        if continues and row.cells["id"] == group[0].cells.get("id"):
            group.append(row)
            continue
        if group:
            yield group
        group = [row]
    if group:
        yield group


class _Sheet:
    """The columns of one file. A column whose key is empty is beside the entries."""

    def __init__(
        self,
        table: EntryTable,
        headings: tuple[str, ...],
        keys: tuple[str, ...],
        problems: Problems,
    ) -> None:
        self._path = table.path
        self._headings = headings
        self._problems = problems
        self._keys = keys
        lead = f"{table.sheet}!" if table.sheet else ""
        self._sheet = table.sheet
        self._names = {
            key: f"{lead}{heading}"
            for key, heading in reversed(tuple(zip(keys, headings, strict=True)))
            if key
        }
        self.shown = _shown_names(self._names)

    @classmethod
    def begin(
        cls, table: EntryTable, record: Record, problems: Problems, *, extra_as_similar: bool
    ) -> _Sheet | None:
        """Return the sheet with the headings of ``record``, None if they are wrong."""
        before = len(problems.found)
        headings = headings_of(table.path, record, problems) or ()
        keys: list[str] = []
        for heading in headings:
            key = key_of(heading)
            if key is None and extra_as_similar:
                keys.append("similar")
                continue
            if key is None:
                text = f"没有这一列；可以用的列：{_known()}。表格里写不下的内容请写进 YAML 文件"
                problems.add(table.path, record.line, heading, text)
            elif key and key in keys:
                text = f"这一列和“{headings[keys.index(key)]}”是同一列"
                problems.add(table.path, record.line, heading, text)
            keys.append(key or "")
        for key in ("question", "answer"):
            if headings and key not in keys:
                problems.add(table.path, record.line, table.sheet, f"缺少“{COLUMNS[key][0]}”这一列")
        return (
            cls(table, headings, tuple(keys), problems) if len(problems.found) == before else None
        )

    def row(self, record: Record) -> _Row | None:
        """Return the cells of ``record`` by key, None after a problem."""
        if is_ragged(self._path, record, self._headings, self._problems, self._sheet):
            return None
        cells: dict[str, str] = {}
        for key, cell in zip(self._keys, record.cells, strict=False):
            if cell and key:
                text = unescaped(cell)
                cells[key] = f"{cells[key]}\n{text}" if key in cells else text
        return _Row(record.line, cells)

    def entry(self, group: list[_Row]) -> Node | None:
        """Return the entry of the rows ``group``, None after a problem."""
        before = len(self._problems.found)
        self._check_group(group)
        first = group[0]
        pairs = [
            (key, first.line, _value(key, cell, first.line))
            for key, cell in first.cells.items()
            if key not in {*_OF_VARIANT, "valid_from", "valid_until"}
        ]
        days = [
            (key.removeprefix("valid_"), first.line, _value(key, first.cells[key], first.line))
            for key in ("valid_from", "valid_until")
            if key in first.cells
        ]
        if days:
            pairs.append(("valid", first.line, Mapping(tuple(days), first.line)))
        answer = self._answer(group)
        if answer is not None:
            pairs.append(("answer", first.line, answer))
        if len(self._problems.found) > before:
            return None
        return Mapping(tuple(pairs), first.line)

    def _check_group(self, group: list[_Row]) -> None:
        first = group[0]
        if "when" in first.cells and "id" not in first.cells:
            text = "有适用条件的行要写编号，同一编号紧接的下一行是条件不符合时的答案"
            self._complain(first, "id", text)
        for row in group[1:]:
            for key, cell in row.cells.items():
                if key in {"id", *_OF_VARIANT} or cell == first.cells.get(key):
                    continue
                text = f"同一条目只在第一行（第 {first.line} 行）写这一格，这里留空"
                self._complain(row, key, text)

    def _answer(self, group: list[_Row]) -> Node | None:
        line = group[0].line
        if len(group) == 1 and "when" not in group[0].cells:
            messages = self._messages(group[0])
            return Listing(tuple(messages), line) if messages else None
        return Listing(tuple(map(self._variant, group)), line)

    def _variant(self, row: _Row) -> Node:
        messages = Listing(tuple(self._messages(row)), row.line)
        pairs: list[tuple[str, int, Node]] = [("messages", row.line, messages)]
        if "when" in row.cells:
            pairs.append(("when", row.line, self._condition(row)))
        return Mapping(tuple(pairs), row.line)

    def _condition(self, row: _Row) -> Node:
        written = row.cells["when"]
        if len(split_values(written)) > 1:
            self._complain(row, "when", "一格只能写一个条件；几个条件请写进 YAML 文件")
        named = _CONDITION.fullmatch(written)
        item = Scalar(named[2] if named else written, "text", row.line)
        if named and named[1] == "语言":
            return Mapping((("language", row.line, item),), row.line)
        key = "accounts" if named else "tags"
        return Mapping(((key, row.line, Listing((item,), row.line)),), row.line)

    def _messages(self, row: _Row) -> list[Node]:
        messages: list[Node] = []
        if "answer" in row.cells:
            messages.append(Scalar(row.cells["answer"], "text", row.line))
        if "image" in row.cells:
            messages.append(_message("image", {"file": row.cells["image"]}, row.line))
        for key, (form, expected) in _FORMS.items():
            if key not in row.cells:
                continue
            found = form.fullmatch(row.cells[key])
            if found is None:
                self._complain(row, key, expected)
            else:
                messages.append(_message(key, found.groupdict(), row.line))
        return messages

    def _complain(self, row: _Row, key: str, text: str) -> None:
        self._problems.add(self._path, row.line, self._names.get(key, COLUMNS[key][0]), text)


def _value(key: str, cell: str, line: int) -> Node:
    if key in _SEVERAL:
        return Listing(tuple(Scalar(each, "text", line) for each in split_values(cell)), line)
    if key in ISO_KEYS:
        return Scalar(iso_day(cell), "text", line)
    return Scalar(AUTO_WORDS.get(cell, cell) if key == "auto" else cell, "text", line)


def _message(kind: str, values: Names[str, str], line: int) -> Node:
    pairs = {"type": kind, **values}.items()
    return Mapping(tuple((key, line, Scalar(value, "text", line)) for key, value in pairs), line)


def _known() -> str:
    return "、".join(names[0] for names in COLUMNS.values())


def _shown_names(names: Names[str, str]) -> Names[str, str]:
    """Return what the keys of an entry are called in the file."""
    message = {"file": "image", "url": "link", "appid": "miniprogram", "page": "miniprogram"}
    cards = "/".join(names[key] for key in ("link", "miniprogram") if key in names)
    inside = {key: names.get(column, "") for key, column in message.items()}
    inside |= {"title": cards, "image": cards}
    answer = names["answer"]
    shown = {**names, "answer.messages": answer}
    shown |= {f"answer.{each}": names.get("when", "") for each in ("when", "when.tags")}
    shown |= {f"answer.when.{each}": names.get("when", "") for each in ("accounts", "language")}
    shown["valid.from"] = names.get("valid_from", "")
    shown["valid.until"] = names.get("valid_until", "")
    for within in ("answer", "answer.messages"):
        shown |= {f"{within}.{key}": name for key, name in inside.items()}
    return {key: name for key, name in shown.items() if name}
