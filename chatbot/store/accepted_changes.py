"""Changes of knowledge that were accepted on a page: they wait for somebody to publish."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from chatbot.store.database import statement

_NOTE = statement(
    "INSERT INTO accepted_changes (faq_id, actor, at) VALUES (:faq_id, :actor, :now) RETURNING id"
)
_TAKE_BACK = statement("DELETE FROM accepted_changes WHERE id = :id")
#: So long before a candidate was made its files may have been read.
_EARLY = timedelta(minutes=1)
_LATER = timedelta(milliseconds=1)
_WAIT_ON = statement(
    "UPDATE accepted_changes SET at = :later WHERE at >="
    " (SELECT created_at FROM snapshots WHERE number = :number) - CAST(:early AS interval)"
)
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


def publish_accepted(connection: Connection, candidate: int, now: datetime) -> None:
    """Let what a candidate may not hold yet wait on, though a person publishes now.

    Whoever publishes has looked at the candidate, which is older than what was accepted since.
    """
    connection.execute(_WAIT_ON, {"number": candidate, "later": now + _LATER, "early": _EARLY})


def accepted_change_waits(connection: Connection) -> bool:
    """Return whether something was accepted since a person published last."""
    return bool(connection.scalar(_WAITS))
