"""Writes entries into a file of any form, and reads it back before it counts."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chatbot.answers.entries import Entry
from chatbot.errors import UserError
from chatbot.exchange.mark import Mark
from chatbot.exchange.markdown_text import markdown_lines
from chatbot.exchange.records import fields_of, json_ready, record_of
from chatbot.exchange.table_rows import UnfitError, headings, rows_of
from chatbot.exchange.xlsx_text import workbook_bytes
from chatbot.exchange.yaml_text import entry_lines
from chatbot.knowledge.columns import COLUMNS, SNAPSHOT, escaped
from chatbot.knowledge.entry_files import read_entries
from chatbot.knowledge.media_files import MediaFolder
from chatbot.knowledge.problems import Problems
from chatbot.understanding.normalise import Normaliser

_LINE_END = re.compile(r"[\n\r]")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An entry that a form cannot hold: its key that does not fit, and why."""

    entry: Entry
    key: str
    why: str


@dataclass(frozen=True, slots=True)
class Exported:
    """What is in a file, and what is not."""

    written: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...]


class AnyMedia(MediaFolder):
    """Takes every picture: whether it is there was asked when the entry was read first."""

    def objection(self, file: str) -> str | None:
        return None


def export_entries(path: Path, entries: Sequence[Entry], mark: Mark | None) -> Exported:
    """Write ``entries`` to ``path``, whose suffix says the form; an entry that does not fit is out.

    The file is read again before it takes its place: what does not come back as it was is left
    out, so that an import of the file gives just these entries.

    Raises:
        UserError: no such form, or the file cannot be written.
    """
    form = _FORMS.get(path.suffix.lower())
    if form is None:
        raise UserError(f"{path}：导出成 {'、'.join(_FORMS)} 之一")
    left_out: list[LeftOut] = []
    kept = list(_that_fit(path, entries, left_out))
    while True:
        data = form(kept, mark)
        changed = _that_change(path, data, kept)
        if not changed:
            break
        left_out += changed
        out = {each.entry.id for each in changed}
        kept = [entry for entry in kept if entry.id not in out]
    put_file(path, data)
    return Exported(tuple(kept), tuple(left_out))


def _that_fit(path: Path, entries: Iterable[Entry], left_out: list[LeftOut]) -> Iterator[Entry]:
    for entry in entries:
        try:
            refuse_unfit(path.suffix.lower(), entry)
        except UnfitError as reason:
            left_out.append(LeftOut(entry, reason.key, reason.why))
        else:
            yield entry


def refuse_unfit(suffix: str, entry: Entry) -> None:
    """Raise UnfitError if files with this suffix cannot hold an entry."""
    if suffix in {".csv", ".xlsx"}:
        rows_of(entry, "|")
    elif suffix == ".md":
        for key, value in fields_of(entry).items():
            for text in value if isinstance(value, list) else [value]:
                if key != "answer" and isinstance(text, str) and _LINE_END.search(text):
                    raise UnfitError(key, "要写在一行里，不能换行")


def _that_change(path: Path, data: bytes, kept: Sequence[Entry]) -> list[LeftOut]:
    """Return the entries that would be read otherwise than they are."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"export{path.suffix.lower()}"
        copy.write_bytes(data)
        read = read_entries(copy, Normaliser(), Problems(), media=AnyMedia(copy))
    by_id = {entry.id: entry for entry in read}
    return [
        LeftOut(entry, _first_difference(entry, by_id.get(entry.id)), "这种格式写不下")
        for entry in kept
        if by_id.get(entry.id) != entry
    ]


def _first_difference(entry: Entry, other: Entry | None) -> str:
    if other is None:
        return "id"
    ours, theirs = fields_of(entry), fields_of(replace(other, id=entry.id))
    return next((key for key in ours if ours[key] != theirs[key]), "answer")


def put_file(path: Path, data: bytes) -> None:
    """Write a file at once, so that nobody ever sees half of it."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o666 & ~_mask())
        Path(name).replace(path)
    except OSError as error:
        raise UserError(f"{path}：写不进去（{error.strerror}）") from None


def _mask() -> int:
    """Return the permissions that new files of this process do not get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _yaml(entries: Sequence[Entry], mark: Mark | None) -> bytes:
    lines = [f"# {SNAPSHOT} {mark}"] if mark else []
    for entry in entries:
        lines += entry_lines(record_of(entry))
    return "".join(f"{line}\n" for line in lines or ["[]"]).encode()


def _jsonl(entries: Sequence[Entry], mark: Mark | None) -> bytes:
    records = [{SNAPSHOT: str(mark)}] if mark else []
    records += [json_ready(record_of(entry)) for entry in entries]
    lines = (json.dumps(record, ensure_ascii=False) for record in records)
    return "".join(f"{line}\n" for line in lines).encode()


def _markdown(entries: Sequence[Entry], mark: Mark | None) -> bytes:
    lines = [f"<!-- {SNAPSHOT} {mark} -->", ""] if mark else []
    return "\n".join([*lines, *markdown_lines(entries)]).encode()


def _csv(entries: Sequence[Entry], mark: Mark | None) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    # A row of its own for the number would be an entry to those who sort or filter the table.
    writer.writerow([*headings(), *([SNAPSHOT] if mark else [])])
    for entry in entries:
        for row in rows_of(entry, "|"):
            cells = [escaped(row.get(key, "")) for key in COLUMNS]
            writer.writerow([*cells, *([str(mark)] if mark else [])])
    return text.getvalue().encode("utf-8-sig")


def _xlsx(entries: Sequence[Entry], mark: Mark | None) -> bytes:
    rows = (row for entry in entries for row in rows_of(entry, "\n"))
    return workbook_bytes(rows, mark)


_FORMS: dict[str, Callable[[Sequence[Entry], Mark | None], bytes]] = {
    ".xlsx": _xlsx,
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".md": _markdown,
}
