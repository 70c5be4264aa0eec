"""A trial of a file against the content that pages edit, whatever machine it runs on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chatbot.answers.entries import Entry
from chatbot.editing.desk import Wish
from chatbot.editing.entries import entry_record
from chatbot.editing.kinds import Subject
from chatbot.exchange.export import export_entries
from chatbot.exchange.importing import Base, Folder, Trial, Wishes, try_import
from chatbot.exchange.incoming import Refused
from chatbot.exchange.mark import Mark, read_mark
from chatbot.exchange.merging import Prefer
from chatbot.exchange.records import record_of
from chatbot.exchange.refused import refused_bytes
from chatbot.exchange.yaml_text import entry_lines
from chatbot.knowledge.content import Content

_PICTURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that came in, and how it is to be read."""

    name: str
    data: bytes
    extra_as_similar: bool = False

    @property
    def suffix(self) -> str:
        """Return what its name ends with."""
        return Path(self.name).suffix.lower()


def mark_of(sent: Sent) -> Mark | None:
    """Return the snapshot that the file says it was exported from."""
    with tempfile.TemporaryDirectory() as folder:
        return read_mark(_written(Path(folder), sent))


def tried(sent: Sent, content: Content, base: Base | None, prefer: Prefer) -> Trial:
    """Return what the file would change of a content.

    Raises:
        ContentErrors: the file as a whole cannot be read.
        UserError: it cannot be compared; says why.
    """
    wishes = Wishes(extra_as_similar=sent.extra_as_similar, prefer=prefer)
    with tempfile.TemporaryDirectory() as folder:
        root = _as_folder(Path(folder) / "knowledge", content)
        return try_import(_written(Path(folder), sent), Folder(root, content), base, wishes)


def refused_file(sent: Sent, trial: Trial, mark: Mark | None) -> bytes:
    """Return the refused rows as a file of the same form."""
    with tempfile.TemporaryDirectory() as folder:
        source = _written(Path(folder), sent)
        rows: list[Refused] = [row for row in trial.incoming.refused if row.lines[0]]
        return refused_bytes(source, source, trial.incoming.table, rows, mark)


def wishes_of(trial: Trial, actor: str) -> list[Wish]:
    """Return what the trial would do, as edits of ``actor``."""
    return list(_wishes(trial, actor))


def exported(suffix: str, content: Content, mark: Mark) -> tuple[bytes, int]:
    """Return a content's entries as a file, and how many of them such a file cannot hold."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"export{suffix}"
        done = export_entries(path, content.entries, mark)
        return path.read_bytes(), len(done.left_out)


def _wishes(trial: Trial, actor: str) -> Iterator[Wish]:
    for new in trial.new:
        yield Wish(
            Subject("entry", new.entry.id), None, entry_record(new.entry), actor,
            pictures=_shown(trial, new.entry),
        )  # fmt: skip
    for edit in trial.edits:
        if edit.after is None or edit.id in trial.left:
            continue
        yield Wish(
            Subject("entry", edit.id), entry_record(edit.before), entry_record(edit.after), actor,
            pictures=_shown(trial, edit.after),
        )  # fmt: skip


def _shown(trial: Trial, entry: Entry) -> dict[str, bytes]:
    files = {getattr(message, "file", None) for message in entry.messages}
    return {path: picture for path, picture in trial.pictures.items() if path in files}


def _written(folder: Path, sent: Sent) -> Path:
    path = folder / f"file{sent.suffix}"
    path.write_bytes(sent.data)
    return path


def _as_folder(root: Path, content: Content) -> Path:
    """Write entries as the files that a trial compares with; pictures stand for themselves."""
    root.mkdir()
    lines = (line for each in content.entries for line in entry_lines(record_of(each)))
    (root / "content.yaml").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    for file in content.media:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_PICTURE)
    return root
