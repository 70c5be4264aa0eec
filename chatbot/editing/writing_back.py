"""Writes what was edited on pages into the files, by the one machine that watches them.

What a file says by now is merged in field by field, comments stay, and what cannot be merged waits
for a person. It is all the same whether an edit is written once or again: a process that dies
between writing and noting it loses and doubles nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from chatbot.clock import Clock
from chatbot.editing.content import edited
from chatbot.editing.kinds import EditRefused, FileChange, Kind
from chatbot.editing.merging import Record, Step, onto
from chatbot.editing.registry import KINDS, restored
from chatbot.errors import ContentError
from chatbot.knowledge.content import Content, Reading, read_content
from chatbot.knowledge.edit_files import editing
from chatbot.knowledge.problems import ContentErrors, Problem
from chatbot.store.database import Database
from chatbot.store.edits import (
    EditsSeen,
    StoredEdit,
    edits_not_at,
    edits_seen,
    mark_conflict,
    mark_written,
    rewrite_held,
    subjects_of,
    unwritten_edits,
)
from chatbot.store.media import read_media
from chatbot.workshop import Folders

log = structlog.get_logger()

_Subject = tuple[str, str]


@dataclass(slots=True)
class _Plan:
    """What becomes of the edits that wait."""

    changes: dict[str, list[FileChange]] = field(default_factory=dict)
    #: Those that the files hold already.
    held: list[int] = field(default_factory=list)


class WriteBack:
    """Writes edits into the files below ``folders``; call it only while holding the watch lock."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        folders: Folders,
        kinds: Mapping[str, Kind] = KINDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._folders = folders
        self._kinds = kinds
        #: What is known by this machine and folder.
        self._where = f"{socket.gethostname()}:{folders.knowledge.absolute()}"

    def begin(self) -> None:
        """Let what another folder holds and nobody has published be written into this one, too."""
        self._database.run_sync(rewrite_held, self._where)

    def write(self, *, again: bool) -> dict[Path, bytes | None]:
        """Write the edits that wait; return the files that changed as they are, None for gone.

        ``again``: those in conflict are tried once more, for files have changed.

        What cannot be written waits for a person, or for the next change of a file.

        Raises:
            ContentErrors: the files are wrong as they are.
        """
        edits = self._database.run_sync(unwritten_edits)
        todo = {
            subject: listed
            for subject, listed in subjects_of(edits).items()
            if subject[0] in self._kinds
            and (again or any(each.state == "waiting" for each in listed))
        }
        if not todo:
            return {}
        with editing(self._folders.knowledge):
            reading = read_content(
                self._folders.knowledge, self._folders.intents, self._folders.hosts
            )
            return self._write(reading, todo)

    def _write(
        self, reading: Reading, todo: Mapping[_Subject, Sequence[StoredEdit]]
    ) -> dict[Path, bytes | None]:
        plan = self._planned(reading.content, todo)
        written: dict[Path, bytes | None] = {}
        for kind, changes in plan.changes.items():
            try:
                drafts = self._kinds[kind].drafts(self._folders, reading.content, changes)
                drafts.write()
            except ContentError as reason:  # closed to us, or saved by somebody at this moment
                for change in changes:
                    self._leave(todo[kind, change.key], str(reason), change.before)
                continue
            written |= {
                path: draft.data
                for path, draft in drafts.files.items()
                if draft.data != draft.former
            }
            for change in changes:
                edits, why = todo[kind, change.key], drafts.left.get(change.key)
                if why is None:
                    plan.held += [each.id for each in edits]
                else:
                    self._leave(edits, why, change.before)
        machine, now = socket.gethostname(), self._clock.now()
        self._database.run_sync(mark_written, plan.held, self._where, machine, now, restored)
        if written:
            log.info("edits_written", edits=plan.held, files=[path.name for path in written])
        return written

    def _planned(self, content: Content, todo: Mapping[_Subject, Sequence[StoredEdit]]) -> _Plan:
        plan = _Plan()
        for (name, key), edits in todo.items():
            kind = self._kinds[name]
            present = kind.fields(content, key)
            merged = onto(_steps(edits), present, kind.merge)
            if merged.clashes:
                self._leave(edits, "", present)
            elif merged.record == present:
                plan.held += [each.id for each in edits]
            else:
                pictures = self._pictures(edits, content)
                change = FileChange(key, present, merged.record, pictures)
                plan.changes.setdefault(name, []).append(change)
        return plan

    def _pictures(self, edits: Iterable[StoredEdit], content: Content) -> dict[str, bytes]:
        """Return the pictures that came with edits and that the files do not show yet.

        Also those that the folder has from before: what is the same is not written again.
        """
        wanted = {path: sha for each in edits for path, sha in each.pictures.items()}
        found = {}
        for path, sha in wanted.items():
            stored = None if path in content.media else self._database.run_sync(read_media, sha)
            if stored is not None:
                found[path] = stored.content
        return found

    def _leave(self, edits: Sequence[StoredEdit], why: str, found: Record | None) -> None:
        """Let a person decide; the same is noted once."""
        if all((each.state, each.why, each.found) == ("conflict", why, found) for each in edits):
            return
        log.warning("edit_not_written", kind=edits[0].kind, key=edits[0].key, why=why or "conflict")
        ids = [each.id for each in edits]
        self._database.run_sync(mark_conflict, ids, why, found)

    def with_unwritten(self, reading: Reading) -> tuple[Reading, EditsSeen]:
        """Return what was read from the files with the edits that they do not hold.

        Also which edits there are, so that an offer of it can be refused if some came since.

        Raises:
            ContentErrors: an edit does not fit the files any more.
        """
        seen, edits = self._database.run_sync(lambda connection: (
            edits_seen(connection), unwritten_edits(connection)
        ))  # fmt: skip
        return replace(reading, content=self._merged(reading.content, edits)), seen

    def lacking(self, reading: Reading) -> list[str]:
        """Return the keys of what was edited on pages, if what was read here lacks some of it.

        Also what another folder holds and nobody has published yet; raises as ``with_unwritten``.
        """
        edits = self._database.run_sync(edits_not_at, self._where)
        if self._merged(reading.content, edits).digest == reading.content.digest:
            return []
        return list(dict.fromkeys(each.key for each in edits))

    def _merged(self, content: Content, edits: Sequence[StoredEdit]) -> Content:
        for (name, key), listed in subjects_of(edits).items():
            kind = self._kinds.get(name)
            if kind is None:
                continue
            merged = onto(_steps(listed), kind.fields(content, key), kind.merge)
            wanted = {path: sha for each in listed for path, sha in each.pictures.items()}
            try:
                content = edited(content, kind, key, merged.record, {**wanted, **content.media})
            except EditRefused as refused:
                raise ContentErrors(list(self._problems(key, refused))) from None
        return content

    def _problems(self, key: str, refused: EditRefused) -> Iterator[Problem]:
        for each in refused.problems:
            text = f"网页上对“{key}”的改动与文件合不上：{each.text}"
            yield Problem(self._folders.knowledge, 0, each.key, text)


def _steps(edits: Sequence[StoredEdit]) -> list[Step]:
    return [Step(each.base, each.after) for each in edits]
