"""What processes build before it goes live, and who has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.presence import ALIVE, CHANNEL
from chatbot.store.snapshots import CONTENT_TOPIC

#: Who wanted something built has given up by then, or was stopped.
_WANTED_FOR = timedelta(minutes=2)

_WANT = statement(
    "INSERT INTO wanted_builds (number, wanted_at) VALUES (:number, :now)"
    " ON CONFLICT (number) DO UPDATE SET wanted_at = EXCLUDED.wanted_at"
)
_FORGET = statement("DELETE FROM wanted_builds WHERE wanted_at < :since OR number = :number")
_NOTIFY = statement("SELECT pg_notify(:channel, :payload)")
_NEWEST = (
    "SELECT number FROM (SELECT number, wanted_at FROM wanted_builds WHERE wanted_at >= :since"
    " UNION ALL SELECT number, NULL FROM snapshots WHERE state = 'candidate') wanted {where}"
    " ORDER BY wanted_at DESC NULLS LAST LIMIT 1"
)
_WANTED = statement(
    _NEWEST.format(where="WHERE :live = (SELECT max(number) FROM snapshots WHERE state = 'live')")
)
_NOTE = statement(
    "UPDATE processes SET built = :digest WHERE id = :process AND built IS DISTINCT FROM :digest"
)
_BUILDING = statement(
    f"SELECT (SELECT count(*) FROM processes p WHERE built <> :digest AND {ALIVE}) AS behind,"
    f" COALESCE(({_NEWEST.format(where='')}) = :number, false) AS wanted"
)


@dataclass(frozen=True, slots=True)
class Building:
    """How many processes that answer customers have not built a content, and whether they do."""

    behind: int
    wanted: bool


def want_build(connection: Connection, number: int, now: datetime) -> None:
    """Let all processes build a snapshot of before; tell them at once."""
    connection.execute(_WANT, {"number": number, "now": now})
    connection.execute(_NOTIFY, {"channel": CHANNEL, "payload": f"0:{CONTENT_TOPIC}"})


def forget_build(connection: Connection, number: int, now: datetime) -> None:
    """Let nobody build a snapshot any more, nor what was wanted long ago."""
    connection.execute(_FORGET, {"number": number, "since": now - _WANTED_FOR})


def wanted_build(connection: Connection, live: int, now: datetime) -> int | None:
    """Return the snapshot to build ahead: what was wanted last, or the candidate that waits.

    None as well if another snapshot than ``live`` is.
    """
    values = {"live": live, "since": now - _WANTED_FOR}
    number: int | None = connection.scalar(_WANTED, values)
    return number


def note_built(connection: Connection, process: int, digest: str | None) -> None:
    """Note which content a process has built last; None: it gets nowhere, so nobody waits."""
    connection.execute(_NOTE, {"process": process, "digest": digest})


def building(connection: Connection, number: int, digest: str, now: datetime) -> Building:
    """Return how far processes are with the snapshot ``number``, whose content has this digest."""
    values = {"number": number, "digest": digest, "since": now - _WANTED_FOR}
    row = connection.execute(_BUILDING, values).one()
    return Building(row.behind, row.wanted)
