"""Files that somebody has put on the page for importing, and what exported files were made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.messages import storable_text

#: Who has not applied a file within so long looks for it again: the brand has it.
_KEPT = timedelta(days=7)
#: A file that was exported from a candidate comes back within so long, or is compared without.
_EXPORTED_KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class NewImport:
    """A file that is to be imported, and how it is to be read."""

    name: str
    data: bytes
    extra_as_similar: bool
    actor: str


@dataclass(frozen=True, slots=True)
class StoredImport:
    """A file, who put it there, and the candidate that it was applied as, if it was."""

    id: int
    name: str
    data: bytes
    extra_as_similar: bool
    actor: str
    at: datetime
    snapshot: int | None


_INSERT = statement(
    "INSERT INTO imports (name, data, extra_as_similar, actor, at)"
    " VALUES (:name, :data, :extra, :actor, :now) RETURNING id"
)
_FORGET = statement("DELETE FROM imports WHERE at < :before")
_READ = statement(
    "SELECT id, name, data, extra_as_similar, actor, at, snapshot FROM imports WHERE id = :id"
)
_APPLIED = statement(
    "UPDATE imports SET applied_at = :now, snapshot = :snapshot"
    " WHERE id = :id AND applied_at IS NULL"
)
_FORGET_EXPORTED = statement("DELETE FROM exported_candidates WHERE at < :before")
_KEEP_EXPORTED = statement(
    "INSERT INTO exported_candidates (number, content, at)"
    " SELECT number, content, :now FROM snapshots WHERE number = :number AND state = 'candidate'"
    " ON CONFLICT (number) DO UPDATE SET at = EXCLUDED.at"
)
_EXPORTED = statement(
    "SELECT content FROM snapshots WHERE number = :number AND state = 'live'"
    " UNION ALL SELECT content FROM exported_candidates WHERE number = :number LIMIT 1"
)


def save_import(connection: Connection, new: NewImport, now: datetime) -> int:
    """Keep a file for some days; return its number. Older ones go."""
    connection.execute(_FORGET, {"before": now - _KEPT})
    values = {
        "name": storable_text(new.name), "data": new.data, "extra": new.extra_as_similar,
        "actor": new.actor, "now": now,
    }  # fmt: skip
    return int(connection.execute(_INSERT, values).scalar_one())


def read_import(connection: Connection, number: int) -> StoredImport | None:
    """Return a file; None if there is none, or not any more."""
    row = connection.execute(_READ, {"id": number}).one_or_none()
    if row is None:
        return None
    return StoredImport(
        row.id, row.name, bytes(row.data), row.extra_as_similar, row.actor, row.at, row.snapshot
    )


def note_applied(connection: Connection, number: int, snapshot: int, now: datetime) -> bool:
    """Note that a file was applied; False if it was before, or is gone."""
    values = {"id": number, "snapshot": snapshot, "now": now}
    return connection.execute(_APPLIED, values).rowcount == 1


def keep_exported(connection: Connection, number: int, now: datetime) -> bool:
    """Keep the content that is exported, if it is a candidate's; False if that has gone meanwhile.

    What is published stays anyway. Those exported long ago go.
    """
    connection.execute(_FORGET_EXPORTED, {"before": now - _EXPORTED_KEPT})
    connection.execute(_KEEP_EXPORTED, {"number": number, "now": now})
    return exported_content(connection, number) is not None


def exported_content(connection: Connection, number: int) -> str | None:
    """Return the content that a file was exported from; None if it never was, or not any more."""
    content: str | None = connection.scalar(_EXPORTED, {"number": number})
    return content
