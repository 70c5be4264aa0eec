"""Tables of facts as they are edited on pages: cell by cell, so that two may edit at a time.

A record has its ``columns``, the names of its ``rows``, and each cell that is not empty by its
row and its column: ``云栖西湖店.早餐时间``. No column has a dot.
"""

from __future__ import annotations

import tempfile
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chatbot.answers.messages import Message, words_of
from chatbot.editing.kinds import EditRefused, FieldProblem, FileChange
from chatbot.editing.merging import Merged, Record, merged_records
from chatbot.exchange.applying import Draft, Drafts
from chatbot.exchange.edit_intent import retired_path
from chatbot.exchange.edit_table import edited_table, read_table, table_source
from chatbot.exchange.edits import NotEditableError
from chatbot.facts.tables import Table
from chatbot.facts.variables import variables_in
from chatbot.knowledge.content import Content
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.table_files import TABLES_FOLDER, read_tables
from chatbot.workshop import Folders

_LISTS = frozenset({"columns", "rows"})
_SHOWN = 3
#: What a workbook begins with, for it is a ZIP archive.
_BOOK = b"PK\x03\x04"
#: Longer names than any table may have; no file can have names of more than 255 bytes.
_LONGEST_NAME = 60
#: The next look merges what was saved by hand since the files were read.
_MOVED = "文件刚刚被人改过，等下一次再写"


@dataclass(frozen=True, slots=True)
class Use:
    """An entry or an intent that says a column of a table, and what it is called."""

    kind: str
    key: str
    title: str


def cell_key(row: str, column: str) -> str:
    """Return the key of a cell in a table's record."""
    return f"{row}.{column}"


class TableKind:
    """Tables by name."""

    @property
    def lists(self) -> Collection[str]:
        """Return the fields whose items stand for themselves."""
        return _LISTS

    def fields(self, content: Content, key: str) -> Record | None:
        """Return what a table says, None if there is none."""
        table = _called(content, key)
        return None if table is None else table_record(table)

    def merge(self, base: Record | None, theirs: Record | None, mine: Record | None) -> Merged:
        """Return ``theirs`` with the cells, rows and columns that ``mine`` has changed."""
        return merged_records(base, theirs, mine, _LISTS)

    def applied(self, content: Content, key: str, record: Record | None) -> Content:
        """Return the content with the table as the record says.

        Raises:
            EditRefused: the readers of files would refuse it, or answers use what goes.
        """
        others = [each for each in content.tables if each.name != key]
        if record is not None:
            others.append(read_table_record(key, record))
        made = replace(content, tables=tuple(sorted(others, key=lambda each: each.name)))
        table = _called(made, key)
        gone = [
            FieldProblem("columns", _in_use(key, column, used))
            for column, used in uses_of(content, key).items()
            if table is None or column not in table.columns
        ]
        if gone:
            raise EditRefused(gone)
        return made

    def drafts(self, folders: Folders, content: Content, changes: Sequence[FileChange]) -> Drafts:
        """Return the files with the changes; what goes is kept in a folder that is not read."""
        root = folders.knowledge / TABLES_FOLDER
        paths = {_name_of(path): path for path in root.iterdir()} if root.is_dir() else {}
        files: dict[Path, Draft] = {}
        left: dict[str, str] = {}
        for change in changes:
            if not folders.knowledge.is_dir():
                left[change.key] = f"{folders.knowledge} 不是文件夹，表格没有地方写"
                continue
            try:
                files |= dict(_drafts(root, change, paths.get(change.key)))
            except (NotEditableError, EditRefused) as reason:
                left[change.key] = str(reason)
        return Drafts(folders.knowledge, files, left)


def table_record(table: Table) -> Record:
    """Return what a table says, without its name."""
    cells = {
        cell_key(row, column): text
        for row, texts in table.rows.items()
        for column, text in texts.items()
    }
    return {"columns": list(table.columns), "rows": list(table.rows), **cells}


def lines_of(record: Record) -> list[list[str]]:
    """Return the lines that a record makes, the headings first."""
    columns, rows = _names(record, "columns"), _names(record, "rows")
    return [
        columns,
        *([row, *(_text(record, cell_key(row, each)) for each in columns[1:])] for row in rows),
    ]


def record_of_lines(lines: Sequence[Sequence[str]]) -> Record:
    """Return the record of lines, the headings first; cells of no column are dropped."""
    columns, *rows = lines
    record: Record = {"columns": list(columns), "rows": [row[0] for row in rows]}
    for row in rows:
        for column, text in zip(columns[1:], row[1:], strict=False):
            if text:
                record[cell_key(row[0], column)] = text
    return record


def read_table_record(name: str, record: Record) -> Table:
    """Return the table that a record makes, read as a file of it would be.

    Raises:
        EditRefused: the reader of files refuses it; says all that is wrong.
    """
    lines = lines_of(record)
    _refuse_lost(record, lines)
    problems = Problems()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / TABLES_FOLDER / f"{_file_name(name)}.csv"
        path.parent.mkdir()
        path.write_text(table_source(lines), "utf-8")
        read = read_tables(Path(folder), problems)
    if problems.found or len(read) != 1:
        found = [FieldProblem(_place(each.line, each.key, lines), each.text)
                 for each in problems.found]  # fmt: skip
        raise EditRefused(found or [FieldProblem("", f"不能用“{name}”作表格名")])
    return read[0]


def read_table_file(name: str, data: bytes) -> Table:
    """Return the table ``name`` that an uploaded CSV or Excel file makes; raises EditRefused."""
    problems = Problems()
    suffix = ".xlsx" if data.startswith(_BOOK) else ".csv"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / TABLES_FOLDER / f"{_file_name(name)}{suffix}"
        path.parent.mkdir()
        path.write_bytes(data)
        read = read_tables(Path(folder), problems)
    if problems.found or len(read) != 1:
        found = [FieldProblem(f"第 {each.line} 行 {each.key}".strip() if each.line else each.key,
                              each.text) for each in problems.found]  # fmt: skip
        raise EditRefused(found or [FieldProblem("", "文件里没有表格")])
    return read[0]


def uses_of(content: Content, name: str) -> dict[str, list[Use]]:
    """Return who says which column of a table; also columns that it does not have."""
    return all_uses(content).get(name, {})


def all_uses(content: Content) -> dict[str, dict[str, list[Use]]]:
    """Return who says which column, by table; also of tables that there are not."""
    used: dict[str, dict[str, list[Use]]] = {}
    said: list[tuple[Use, Iterable[Message]]] = [
        (Use("entry", entry.id, entry.question), entry.messages) for entry in content.entries
    ]
    said += [(Use("intent", intent.name, intent.title), intent.reply) for intent in content.intents]
    for use, messages in said:
        words = (text for message in messages for text in words_of(message) if "{" in text)
        for each in dict.fromkeys(each for text in words for each in variables_in(text)):
            used.setdefault(each.group, {}).setdefault(each.name, []).append(use)
    return used


def _refuse_lost(record: Record, lines: Sequence[Sequence[str]]) -> None:
    """Refuse a record with texts in rows or columns that it does not have: nobody would see them.

    That is what becomes of a cell that one fills in while another takes its row out.
    """
    columns, *rows = lines
    known = {cell_key(row[0], column) for row in rows for column in columns[1:]}
    lost = [
        FieldProblem(key, f"这一格写了“{text}”，它的行或列却已经去掉了")
        for key, text in record.items()
        if key not in _LISTS and text and key not in known
    ]
    if lost:
        raise EditRefused(lost)


def _drafts(root: Path, change: FileChange, path: Path | None) -> Iterator[tuple[Path, Draft]]:
    former = None if path is None else path.read_bytes()
    if path is None or former is None:
        if change.after is None:
            return
        if change.before is not None:
            raise NotEditableError(_MOVED)
        read_table_record(change.key, change.after)
        data = b"\xef\xbb\xbf" + table_source(lines_of(change.after)).encode()
        yield root / f"{change.key}.csv", Draft(None, data)
        return
    stands = read_table(path.name, former)
    if stands is None or table_record(stands) != change.before:
        raise NotEditableError(_MOVED)
    if change.after is None:
        yield retired_path(path, root), Draft(None, former)
        yield path, Draft(former, None)
    else:
        after = read_table_record(change.key, change.after)
        yield path, Draft(former, edited_table(path.name, former, after))


def _name_of(path: Path) -> str:
    """Return the name of the table that a file holds, however the system writes it."""
    return unicodedata.normalize("NFC", path.stem)


def _called(content: Content, name: str) -> Table | None:
    return next((each for each in content.tables if each.name == name), None)


def _in_use(name: str, column: str, used: Sequence[Use]) -> str:
    who = "、".join(f"“{each.title}”" for each in used[:_SHOWN])
    more = f"等 {len(used)} 处" if len(used) > _SHOWN else ""
    return f"{who}{more}还在用 {{{name}.{column}}}，请先改好再去掉这一列"


def _names(record: Record, key: str) -> list[str]:
    return [str(each) for each in record.get(key) or ()]


def _text(record: Record, key: str) -> str:
    return str(record.get(key) or "")


def _file_name(name: str) -> str:
    """Return a name that is one of a file, whatever was typed."""
    is_one = "/" not in name and "\0" not in name and not name.startswith((".", "_"))
    return name if is_one and len(name) <= _LONGEST_NAME else "{"


def _place(line: int, key: str, lines: Sequence[Sequence[str]]) -> str:
    """Return the cell that a problem of the file means, by its row and its column."""
    at, first = 0, 1
    for number, each in enumerate(lines):
        if first <= line:
            at = number
        first += 1 + sum(cell.count("\n") for cell in each)
    if not line or not at:
        return key
    return cell_key(lines[at][0], key) if key else lines[at][0]
