"""Notes that people write about customers; a removed one stays on record, unseen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.messages import storable_text


@dataclass(frozen=True, slots=True)
class Note:
    """A note with who wrote it."""

    id: int
    text: str
    written_by: str
    written_at: datetime


_ADD = statement(
    "INSERT INTO customer_notes (external_userid, text, written_by, written_at)"
    " VALUES (:customer, :text, :userid, :now) RETURNING id"
)
_REMOVE = statement(
    "UPDATE customer_notes SET removed_by = :userid, removed_at = :now"
    " WHERE id = :id AND external_userid = :customer AND removed_at IS NULL"
)
_OF = statement(
    "SELECT id, text, written_by, written_at FROM customer_notes"
    " WHERE external_userid = :customer AND removed_at IS NULL ORDER BY id DESC LIMIT :limit"
)


def add_note(
    connection: Connection, external_userid: str, text: str, userid: str, now: datetime
) -> int:
    """Write a note; return its id."""
    values = {
        "customer": external_userid, "text": storable_text(text), "userid": userid, "now": now,
    }  # fmt: skip
    return int(connection.execute(_ADD, values).scalar_one())


def remove_note(
    connection: Connection, external_userid: str, note_id: int, userid: str, now: datetime
) -> bool:
    """Remove a note of this customer's; False if there is none (any more)."""
    values = {"customer": external_userid, "id": note_id, "userid": userid, "now": now}
    return connection.execute(_REMOVE, values).rowcount == 1


def notes_of(connection: Connection, external_userid: str, limit: int) -> Sequence[Note]:
    """Return the newest notes, newest first."""
    rows = connection.execute(_OF, {"customer": external_userid, "limit": limit})
    return [Note(*row) for row in rows]
