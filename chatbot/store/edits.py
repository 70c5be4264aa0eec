"""Edits made on pages: their history, what no file holds yet, and what nobody has published."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row

from chatbot.store.database import statement
from chatbot.store.messages import storable_json

#: Returns what the files say of a subject of a kind without some of its edits, which they hold.
Restored = Callable[[str, "Sequence[StoredEdit]"], "Record | None"]
EditState = Literal["waiting", "written", "conflict", "replaced", "discarded"]
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewEdit:
    """What somebody made of a record: None for none before, or none any more.

    ``pictures`` are those that came or went with it, their SHA-256 by path.
    """

    kind: str
    key: str
    before: Record | None
    after: Record | None
    pictures: Mapping[str, str]
    actor: str
    undo_of: int | None = None
    file_says: FileSays | None = None


@dataclass(frozen=True, slots=True)
class FileSays:
    """What a file is known to say, other than the content that was edited; None for nothing."""

    record: Record | None


@dataclass(frozen=True, slots=True)
class StoredEdit:
    """An edit, and what became of it.

    ``candidate`` is the snapshot that it made, ``held``: nobody has published that. In a conflict
    ``why`` says what is in the way, and ``found`` is what the file said. ``base`` is what the file
    is known to say, where that differs from ``before``.
    """

    id: int
    kind: str
    key: str
    before: Record | None
    after: Record | None
    pictures: Mapping[str, str]
    actor: str
    at: datetime
    candidate: int
    state: EditState
    why: str
    found: Record | None
    base: Record | None
    held: bool
    undo_of: int | None


@dataclass(frozen=True, slots=True)
class EditsSeen:
    """Which edits there were, to tell whether some came or went since."""

    latest: int
    unwritten: int


_COLUMNS = (
    "id, kind, key, before, after, pictures, actor, at, candidate, state, why, found,"
    " CASE WHEN is_based THEN base ELSE before END AS base, held, undo_of"
)
_INSERT = statement(
    "INSERT INTO content_edits"
    " (kind, key, before, after, pictures, actor, at, candidate, state, held, undo_of,"
    " base, is_based)"
    " VALUES (:kind, :key, CAST(:before AS jsonb), CAST(:after AS jsonb),"
    " CAST(:pictures AS jsonb), :actor, :now, :candidate, 'waiting', :held, :undo_of,"
    " CAST(:base AS jsonb), :is_based) RETURNING id"
)
_NOTE = statement(
    "INSERT INTO content_edits (kind, key, actor, at, candidate, state, held)"
    " VALUES ('entry', :key, :actor, :now, 0, 'written', true) RETURNING id"
)
_FORGET_NOTE = statement("DELETE FROM content_edits WHERE id = :id AND candidate = 0")
_READ = statement(f"SELECT {_COLUMNS} FROM content_edits WHERE id = :id")
_HISTORY = statement(
    f"SELECT {_COLUMNS} FROM content_edits WHERE kind = :kind AND key = :key"
    " ORDER BY id DESC LIMIT :limit"
)
_UNWRITTEN = statement(
    f"SELECT {_COLUMNS} FROM content_edits WHERE state IN ('waiting', 'conflict') ORDER BY id"
)
_LACKING = statement(
    f"SELECT {_COLUMNS} FROM content_edits WHERE state IN ('waiting', 'conflict')"
    " OR (state = 'written' AND held AND written_to NOT IN ('', :where)) ORDER BY id"
)
_IN_CONFLICT = statement(
    "SELECT DISTINCT key FROM content_edits WHERE kind = :kind AND state = 'conflict'"
)
_SEEN = statement(
    "SELECT COALESCE(max(id), 0) AS latest,"
    " count(*) FILTER (WHERE state IN ('waiting', 'conflict')) AS unwritten FROM content_edits"
)
_COUNT_WAITING = statement("SELECT count(*) FROM content_edits WHERE state = 'waiting'")
_WRITTEN = statement(
    "UPDATE content_edits SET state = 'written', why = '', found = NULL, is_found = false,"
    " written_to = :where WHERE id = ANY(:ids) AND state IN ('waiting', 'conflict')"
)
_CONFLICT = statement(
    "UPDATE content_edits SET state = 'conflict', why = :why, found = CAST(:found AS jsonb),"
    " is_found = true WHERE id = ANY(:ids) AND state IN ('waiting', 'conflict')"
)
_GIVE_UP = statement(
    "UPDATE content_edits SET state = 'replaced', held = false"
    " WHERE kind = :kind AND key = :key AND state IN ('waiting', 'conflict')"
)
_REWRITE = statement(
    "UPDATE content_edits SET state = 'waiting'"
    " WHERE state = 'written' AND held AND written_to NOT IN ('', :where)"
)
_HELD = statement("SELECT EXISTS (SELECT FROM content_edits WHERE held)")
_RELEASE = statement("UPDATE content_edits SET held = false WHERE held")
# Who writes them into files at this moment notes it afterwards, and finds them discarded.
_HELD_EDITS = statement(f"SELECT {_COLUMNS} FROM content_edits WHERE held ORDER BY id FOR UPDATE")
_DISCARDED = statement(
    f"SELECT {_COLUMNS} FROM content_edits WHERE id = ANY(:ids) AND state = 'discarded' ORDER BY id"
)
_DISCARD = statement(
    "UPDATE content_edits SET state = 'discarded', held = false WHERE id = ANY(:ids)"
)


def insert_edit(
    connection: Connection, edit: NewEdit, candidate: int, now: datetime, *, held: bool = True
) -> int:
    """Keep an edit that no file holds yet; return its number."""
    values = {
        "kind": edit.kind, "key": edit.key, "actor": edit.actor, "undo_of": edit.undo_of,
        "before": _stored(edit.before), "after": _stored(edit.after),
        "pictures": storable_json(dict(edit.pictures)),
        "candidate": candidate, "now": now, "held": held,
        "base": _stored(edit.file_says.record if edit.file_says else None),
        "is_based": edit.file_says is not None,
    }  # fmt: skip
    return int(connection.execute(_INSERT, values).scalar_one())


def note_in_files(connection: Connection, faq_id: str, actor: str, now: datetime) -> int:
    """Note that somebody is about to write into an entry's file what a person has to publish."""
    values = {"key": faq_id, "actor": actor, "now": now}
    return int(connection.execute(_NOTE, values).scalar_one())


def forget_note(connection: Connection, number: int) -> None:
    """Forget what could not be written."""
    connection.execute(_FORGET_NOTE, {"id": number})


def read_edit(connection: Connection, number: int) -> StoredEdit | None:
    """Return the edit of this number."""
    row = connection.execute(_READ, {"id": number}).one_or_none()
    return None if row is None else _read(row)


def edits_of(connection: Connection, kind: str, key: str, limit: int = 100) -> list[StoredEdit]:
    """Return the edits of one subject, newest first."""
    found = connection.execute(_HISTORY, {"kind": kind, "key": key, "limit": limit})
    return [_read(row) for row in found]


def unwritten_edits(connection: Connection) -> list[StoredEdit]:
    """Return what no file holds yet, oldest first."""
    return [_read(row) for row in connection.execute(_UNWRITTEN)]


def edits_not_at(connection: Connection, where: str) -> list[StoredEdit]:
    """Return what no file holds, or only another folder than ``where`` and nobody has published."""
    return [_read(row) for row in connection.execute(_LACKING, {"where": where})]


def waiting_edits(connection: Connection) -> int:
    """Return how many edits nobody has tried to write yet."""
    return int(connection.execute(_COUNT_WAITING).scalar_one())


def edits_seen(connection: Connection) -> EditsSeen:
    """Return which edits there are."""
    return EditsSeen(*connection.execute(_SEEN).one())


def subjects_in_conflict(connection: Connection, kind: str) -> set[str]:
    """Return the keys of what a person has to decide about, because a file says otherwise."""
    return set(connection.scalars(_IN_CONFLICT, {"kind": kind}))


def mark_written(
    connection: Connection, ids: Collection[int], where: str, actor: str, now: datetime,
    restored: Restored,
) -> None:  # fmt: skip
    """Note that the files at ``where`` (machine and folder) hold these edits.

    What somebody has let go while it was written is taken out of them again, by ``actor``.
    """
    connection.execute(_WRITTEN, {"ids": list(ids), "where": where})
    late = [_read(row) for row in connection.execute(_DISCARDED, {"ids": list(ids)})]
    _take_out(connection, late, actor, now, restored)


def mark_conflict(
    connection: Connection, ids: Collection[int], why: str, found: Record | None
) -> None:
    """Note why these edits cannot be written, and what the file says."""
    connection.execute(_CONFLICT, {"ids": list(ids), "why": why, "found": _stored(found)})


def give_up_edits(connection: Connection, kind: str, key: str) -> None:
    """Note that something else was decided in place of a subject's edits that no file holds."""
    connection.execute(_GIVE_UP, {"kind": kind, "key": key})


def rewrite_held(connection: Connection, where: str) -> None:
    """Let what only another folder than ``where`` holds be written once more, until published."""
    connection.execute(_REWRITE, {"where": where})


def edits_are_held(connection: Connection) -> bool:
    """Return whether there are edits that nobody has published."""
    return bool(connection.scalar(_HELD))


def release_edits(connection: Connection) -> None:
    """Note that all edits so far are published, or come to nothing."""
    connection.execute(_RELEASE)


def discard_edits(
    connection: Connection, number: int, actor: str, now: datetime, restored: Restored
) -> None:
    """Take back the edits of the candidate ``number``, which somebody has let go.

    What no file holds is gone. What the files hold already is taken out of them by an edit that
    restores: nobody wants to see it come back with the next file that is saved.
    """
    held = [_read(row) for row in connection.execute(_HELD_EDITS)]
    connection.execute(_DISCARD, {"ids": [each.id for each in held]})
    written = [each for each in held if each.state == "written" and each.candidate]
    _take_out(connection, written, actor, now, restored, number)


def _take_out(
    connection: Connection, written: Sequence[StoredEdit], actor: str, now: datetime,
    restored: Restored, number: int | None = None,
) -> None:  # fmt: skip
    """Let what edits wrote into the files be taken out of them, subject by subject."""
    for (kind, key), edits in subjects_of(written).items():
        pictures = {path: sha for each in edits for path, sha in each.pictures.items()}
        last = edits[-1]
        restoring = NewEdit(
            kind, key, last.after, restored(kind, edits), pictures, actor, undo_of=last.id
        )
        if restoring.before != restoring.after:
            insert_edit(connection, restoring, number or last.candidate, now, held=False)


def _stored(record: Record | None) -> str | None:
    return None if record is None else storable_json(record)


def _read(row: Row[Any]) -> StoredEdit:
    return StoredEdit(*tuple(row))


def subjects_of(edits: Sequence[StoredEdit]) -> dict[tuple[str, str], list[StoredEdit]]:
    """Return edits by kind and key, each subject's in their order."""
    found: dict[tuple[str, str], list[StoredEdit]] = {}
    for each in edits:
        found.setdefault((each.kind, each.key), []).append(each)
    return found
