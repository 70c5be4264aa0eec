"""Reads a file that is to be imported: what is right row by row, and why the rest is refused."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from chatbot.answers.entries import Entry
from chatbot.exchange.export import AnyMedia
from chatbot.knowledge.columns import REASON, key_of
from chatbot.knowledge.csv_records import Record
from chatbot.knowledge.entry_files import ENTRY_SUFFIXES, Placed, derived_id, read_file
from chatbot.knowledge.media_files import MEDIA_FOLDER, MediaFolder
from chatbot.knowledge.problems import ContentErrors, Problem, Problems
from chatbot.knowledge.references import References
from chatbot.knowledge.table_entries import TABLE_SUFFIXES, EntryTable, read_table
from chatbot.knowledge.xlsx_entries import EntrySheet, read_entry_sheet
from chatbot.knowledge.xlsx_rows import reference
from chatbot.understanding.normalise import Normaliser

_LARGEST_PICTURE = 2 * 1024 * 1024
_KINDS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}


@dataclass(frozen=True, slots=True)
class Refused:
    """Rows of the file that are not taken, and why."""

    lines: tuple[int, ...]
    id: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a file holds. ``pictures`` were in its cells, by the path that they are to have."""

    placed: tuple[Placed, ...]
    refused: tuple[Refused, ...]
    warnings: tuple[Problem, ...]
    pictures: Mapping[str, bytes]
    table: EntryTable | None = None

    @property
    def is_of_refused(self) -> bool:
        """Return whether these are rows that were refused before: not all of a file."""
        headings = self.table.records[0].cells if self.table and self.table.records else ()
        return REASON in headings


class _Pictures(MediaFolder):
    """The pictures of the folder, and those that come in with the file."""

    def __init__(self, root: Path, pictures: Mapping[str, bytes]) -> None:
        super().__init__(root)
        self._incoming = pictures

    def objection(self, file: str) -> str | None:
        return None if file in self._incoming else super().objection(file)


#: Says why a row cannot be taken though all in it is right, None if it can.
Objection = Callable[[Placed], str | None]
#: Checks what entries refer to, once all of them are read.
Check = Callable[[References, Problems], None]
#: Is told how many rows are read, of how many if that is known.
Advance = Callable[[int, int | None], None]


def _no_objection(_placed: Placed) -> None:
    """Take every row."""


def no_progress(_done: int, _total: int | None) -> None:
    """Tell nobody."""


def read_incoming(
    path: Path,
    root: Path,
    normaliser: Normaliser,
    check: Check | None = None,
    *,
    extra_as_similar: bool = False,
    advance: Advance = no_progress,
    objection: Objection = _no_objection,
) -> Incoming:
    """Return the entries of a file and its refused rows.

    ``root`` is the folder whose pictures they may use.

    Raises:
        ContentErrors: the file as a whole cannot be read.
    """
    problems, references = Problems(), References()
    if path.suffix.lower() not in ENTRY_SUFFIXES:
        problems.add(path, 0, "", f"这里不读这种文件，只读 {'、'.join(ENTRY_SUFFIXES)}")
        problems.raise_any()
    pictures: dict[str, bytes] = {}
    table = _table(path, problems, pictures) if path.suffix.lower() in TABLE_SUFFIXES else None
    read: list[Placed] = []
    if table is not None or path.suffix.lower() not in TABLE_SUFFIXES:
        media = _Pictures(root, pictures)
        rows = len(table.records) - 1 if table else None
        for each in read_file(
            path, normaliser, problems, references, media, table,
            extra_as_similar=extra_as_similar,
        ):  # fmt: skip
            read.append(each)
            advance(len(read), rows)
    if check is not None:
        check(references, problems)
    sorting = _Sorting(path, read, problems, table)
    for each in read:
        reason = objection(each)
        if reason is not None:
            sorting.refuse(each.lines, reason)
    good = _without_repeated(read, sorting, normaliser)
    return Incoming(
        tuple(good), tuple(sorting.refused()), tuple(problems.warnings), pictures, table
    )


def read_base(path: Path, normaliser: Normaliser) -> tuple[Entry, ...]:
    """Return the entries of a file that another was made from."""
    problems = Problems()
    media = AnyMedia(path)
    read = list(read_file(path, normaliser, problems, References(), media))
    problems.raise_any()
    return tuple(each.entry for each in read if each.entry is not None)


def matched(
    entries: Iterable[Entry], by_question: Mapping[str, str] | None = None,
    key: Callable[[str], str] = str,
    taken: Collection[str] = (),
) -> Iterator[Entry]:  # fmt: skip
    """Give entries without an id that of the one with the same question, or one of their own."""
    listed = list(entries)
    written = {entry.id for entry in listed if entry.id}
    # What is another entry's id is no new one's, be that entry in the folder or in the file.
    used = {*written, *(by_question or {}).values(), *taken}
    for entry in listed:
        known = (by_question or {}).get(key(entry.question), "")
        known = "" if known in written else known
        identifier = entry.id or known or derived_id(entry.question, used)
        used.add(identifier)
        yield replace(entry, id=identifier)


def _table(path: Path, problems: Problems, pictures: dict[str, bytes]) -> EntryTable | None:
    if path.suffix.lower() != ".xlsx":
        return read_table(path, problems)
    sheet = read_entry_sheet(path, problems)
    if sheet is None:
        return None
    records = _with_pictures(path, sheet, problems, pictures)
    return EntryTable(path, records, sheet.name)


def _with_pictures(
    path: Path, sheet: EntrySheet, problems: Problems, pictures: dict[str, bytes]
) -> list[Record]:
    """Return the records with the paths that pictures in cells are to have."""
    keys = [key_of(heading) for heading in sheet.records[0].cells]
    own = {record.line: record for record in sheet.records}
    for (line, column), picture in sorted(sheet.pictures.items()):
        objection = _objection(picture)
        record = own.get(line)
        if "image" not in keys:
            objection = "这一行有图片，但没有“图片”这一列，请加上这一列"
        elif record is None or record.cells[keys.index("image")]:
            objection = objection or "这一行已经有一张图片，一行只能有一张"
        if objection or record is None:
            place = f"{sheet.name}!{reference(line, column)}"
            problems.add(path, line, place, objection or "图片不在任何一行里")
            continue
        name = _name(picture)
        pictures[name] = picture
        cells = list(record.cells)
        cells[keys.index("image")] = name
        own[line] = Record(line, tuple(cells))
    return list(own.values())


def _objection(picture: bytes) -> str | None:
    if not picture.startswith(tuple(_KINDS)):
        return "图片不是 PNG 或 JPG，请另存后重新插入"
    return "图片超过 2 MB，请压缩" if len(picture) > _LARGEST_PICTURE else None


def _name(picture: bytes) -> str:
    """Return a path that is the same whenever the same picture comes."""
    kind = next(kind for mark, kind in _KINDS.items() if picture.startswith(mark))
    return f"{MEDIA_FOLDER}/{hashlib.sha256(picture).hexdigest()[:12]}.{kind}"


class _Sorting:
    """Puts every problem to the rows that it is about."""

    def __init__(
        self, path: Path, read: list[Placed], problems: Problems, table: EntryTable | None
    ) -> None:
        self._starts = [each.line for each in read]
        self._read = read
        #: A line of these files is an entry of its own, or part of a row that is known.
        self._by_line = table is not None or path.suffix.lower() == ".jsonl"
        self._row_of = {line: each for each in read for line in each.lines}
        self._reasons: dict[tuple[int, ...], list[str]] = {}
        first = table.records[0].line if table else 0
        whole = [problem for problem in problems.found if self._is_whole(problem, first)]
        if whole:
            raise ContentErrors(whole)
        for problem in problems.found:
            text = f"{problem.key}：{problem.text}" if problem.key else problem.text
            self.refuse(self._lines(problem.line), text)

    def refuse(self, lines: tuple[int, ...], reason: str) -> None:
        self._reasons.setdefault(lines, []).append(reason)

    def is_refused(self, placed: Placed) -> bool:
        return placed.entry is None or placed.lines in self._reasons

    def refused(self) -> Iterator[Refused]:
        for lines, reasons in sorted(self._reasons.items()):
            row = self._row_of.get(lines[0])
            identifier = row.written_id if row else ""
            yield Refused(lines, identifier, tuple(dict.fromkeys(reasons)))

    def _is_whole(self, problem: Problem, headings: int) -> bool:
        if problem.line <= headings:
            return True
        return not self._by_line and not (self._starts and self._starts[0] <= problem.line)

    def _lines(self, line: int) -> tuple[int, ...]:
        if self._by_line:
            row = self._row_of.get(line)
            return row.lines if row else (line,)
        return self._read[bisect_right(self._starts, line) - 1].lines


def _without_repeated(
    read: list[Placed], sorting: _Sorting, normaliser: Normaliser
) -> list[Placed]:
    """Return the rows that are right, without those that say an entry once more."""
    good: list[Placed] = []
    by_id: dict[str, int] = {}
    by_question: dict[str, int] = {}
    bare: dict[str, int] = {}
    for each in read:
        if each.entry is None or sorting.is_refused(each):
            continue
        question = normaliser.key(each.entry.question)
        first = by_id.get(each.entry.id) if each.entry.id else by_question.get(question)
        if first is None and each.entry.id:
            first = bare.get(question)
        if first is not None:
            what = f"编号“{each.entry.id}”" if each.entry.id in by_id else "同样的问题"
            sorting.refuse(each.lines, f"{what}已经写在第 {first} 行")
            continue
        if each.entry.id:
            by_id[each.entry.id] = each.line
        else:
            bare.setdefault(question, each.line)
        by_question.setdefault(question, each.line)
        good.append(each)
    return good
