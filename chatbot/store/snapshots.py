"""Published content as numbered, immutable snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.store.database import statement


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One published state of the content; ``content`` is its canonical JSON."""

    number: int
    digest: str
    content: str


_LOCK = statement("LOCK TABLE snapshots IN SHARE ROW EXCLUSIVE MODE")
_LIVE = statement(
    "SELECT number, digest, content FROM snapshots"
    " WHERE state = 'live' ORDER BY number DESC LIMIT 1"
)
_LIVE_NUMBER = statement("SELECT max(number) FROM snapshots WHERE state = 'live'")
_DROP_CANDIDATE = statement("DELETE FROM snapshots WHERE state = 'candidate'")
_INSERT = statement(
    "INSERT INTO snapshots (digest, content, state, created_at, published_at)"
    " VALUES (:digest, :content, :state, :now, :published_at) RETURNING number"
)


def live_snapshot(connection: Connection) -> Snapshot | None:
    """Return what customers are answered from, or None before the first publish."""
    row = connection.execute(_LIVE).one_or_none()
    return Snapshot(*row) if row else None


def live_number(connection: Connection) -> int | None:
    """Return the number of the live snapshot without its content."""
    number: int | None = connection.scalar(_LIVE_NUMBER)
    return number


def offer_snapshot(
    connection: Connection, digest: str, content: str, now: datetime, *, publish: bool
) -> Snapshot:
    """Make ``content`` live, or the candidate that waits; return the live or waiting snapshot.

    Content equal to the live snapshot changes nothing. A newer candidate replaces an older one.
    """
    connection.execute(_LOCK)
    live = live_snapshot(connection)
    connection.execute(_DROP_CANDIDATE)
    if live is not None and live.digest == digest:
        return live
    values = {
        "digest": digest, "content": content, "now": now,
        "state": "live" if publish else "candidate",
        "published_at": now if publish else None,
    }  # fmt: skip
    number = int(connection.execute(_INSERT, values).scalar_one())
    return Snapshot(number, digest, content)
