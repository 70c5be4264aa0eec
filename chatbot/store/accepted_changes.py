"""Changes of knowledge that were accepted on a page: they wait for somebody to publish."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from chatbot.store.database import statement

_NOTE = statement(
    "INSERT INTO accepted_changes (faq_id, actor, at) VALUES (:faq_id, :actor, :now) RETURNING id"
)
_TAKE_BACK = statement("DELETE FROM accepted_changes WHERE id = :id")
_WAITS = statement(
    # A person published since, or went back: what is in the files now was looked at.
    "SELECT EXISTS (SELECT FROM accepted_changes WHERE at > COALESCE((SELECT max(published_at)"
    " FROM snapshots WHERE state = 'live' AND cause IN ('publish', 'rollback')), '-infinity'))"
)


def note_accepted(connection: Connection, faq_id: str, actor: str, now: datetime) -> int:
    """Note that a change is about to be written, so that nothing publishes it by itself."""
    values = {"faq_id": faq_id, "actor": actor, "now": now}
    return int(connection.execute(_NOTE, values).scalar_one())


def take_back_accepted(connection: Connection, number: int) -> None:
    """Forget a change that could not be written."""
    connection.execute(_TAKE_BACK, {"id": number})


def accepted_change_waits(connection: Connection) -> bool:
    """Return whether something was accepted since a person published last."""
    return bool(connection.scalar(_WAITS))
