"""Encoders by name, and the switch from one to another, where every process sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.watch_lock import EMBEDDING

_NOTE = statement(
    "INSERT INTO encoders (fingerprint, name, made_at) VALUES (:fingerprint, :name, :now)"
    " ON CONFLICT (fingerprint, name) DO UPDATE SET made_at = EXCLUDED.made_at"
)
_NAMES = statement(
    "SELECT name FROM encoders WHERE fingerprint = :fingerprint ORDER BY made_at DESC"
)
_REPORT = statement(
    "INSERT INTO encoder_switches (fingerprint, embedded, texts, reported_at)"
    " VALUES (:fingerprint, :embedded, :texts, :now) ON CONFLICT (fingerprint) DO UPDATE SET"
    " embedded = EXCLUDED.embedded, texts = EXCLUDED.texts, reported_at = EXCLUDED.reported_at"
)
_END = statement("DELETE FROM encoder_switches WHERE fingerprint = :fingerprint")
# Only as long as somebody holds the lock (chatbot.store.watch_lock); a row may outlive its writer.
_UNDER_WAY = statement(
    "SELECT fingerprint, embedded, texts FROM encoder_switches WHERE EXISTS ("
    "SELECT FROM pg_locks l"
    " JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()"
    " JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted"
    " AND l.objsubid = 1 AND a.application_name = :name)"
    " ORDER BY reported_at DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class EncoderSwitch:
    """The encoder that is being switched to, and how many of the texts have its vector."""

    fingerprint: str
    embedded: int
    texts: int


def note_encoder(connection: Connection, fingerprint: str, name: str, now: datetime) -> None:
    """Remember by which name an encoder can be made; several machines may have several."""
    connection.execute(_NOTE, {"fingerprint": fingerprint, "name": name, "now": now})


def names_of(connection: Connection, fingerprint: str) -> list[str]:
    """Return the names under which an encoder was made, the latest first."""
    return list(connection.scalars(_NAMES, {"fingerprint": fingerprint}))


def report_switch(connection: Connection, switch: EncoderSwitch, now: datetime) -> None:
    """Tell how far the switch has got."""
    values = {"fingerprint": switch.fingerprint, "embedded": switch.embedded}
    connection.execute(_REPORT, {**values, "texts": switch.texts, "now": now})


def end_switch(connection: Connection, fingerprint: str) -> None:
    """Tell that the switch to an encoder is over."""
    connection.execute(_END, {"fingerprint": fingerprint})


def switch_under_way(connection: Connection) -> EncoderSwitch | None:
    """Return the switch that a process is at work on, or None."""
    row = connection.execute(_UNDER_WAY, {"name": EMBEDDING}).one_or_none()
    return None if row is None else EncoderSwitch(row.fingerprint, row.embedded, row.texts)
