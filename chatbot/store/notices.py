"""Notices as they are kept, and who was told which on which day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.notices.notice import NewNotice, Notice
from chatbot.store.database import statement
from chatbot.store.messages import storable_json, storable_text
from chatbot.store.presence import CHANNEL

#: Announced to all processes, with the change itself, when a notice is written or ended.
NOTICES_TOPIC = "notices"


@dataclass(frozen=True, slots=True)
class KeptNotice:
    """A notice with its story; ``notice.ends_at`` is when it really ends, or ended.

    ``ended_at`` is when somebody ended it before its time.
    """

    notice: Notice
    ended_at: datetime | None
    version: int
    created_by: str
    created_at: datetime
    changed_by: str
    changed_at: datetime


_COLUMNS = (
    "id, text, mode, begins_at, LEAST(ends_at, ended_at) AS until, stores, accounts, categories,"
    " ended_at, version, created_by, created_at, changed_by, changed_at"
)
_LIVE = statement(
    f"SELECT {_COLUMNS} FROM notices WHERE LEAST(ends_at, ended_at) > :since ORDER BY id"
)
_ALL = statement(f"SELECT {_COLUMNS} FROM notices ORDER BY begins_at DESC, id DESC LIMIT :limit")
_ONE = statement(f"SELECT {_COLUMNS} FROM notices WHERE id = :id")
_INSERT = statement(
    "INSERT INTO notices (text, mode, stores, accounts, categories, begins_at, ends_at,"
    " created_by, created_at, changed_by, changed_at) VALUES (:text, :mode,"
    " CAST(:stores AS jsonb), CAST(:accounts AS jsonb), CAST(:categories AS jsonb),"
    " :begins_at, :ends_at, :who, :now, :who, :now) RETURNING id"
)
_CHANGE = statement(
    "UPDATE notices SET text = :text, mode = :mode, stores = CAST(:stores AS jsonb),"
    " accounts = CAST(:accounts AS jsonb), categories = CAST(:categories AS jsonb),"
    " begins_at = :begins_at, ends_at = :ends_at, version = version + 1, changed_by = :who,"
    " changed_at = :now WHERE id = :id AND version = :version AND ended_at IS NULL"
    " AND ends_at > :now"
)
_END = statement(
    "UPDATE notices SET ended_at = :now, version = version + 1, changed_by = :who,"
    " changed_at = :now WHERE id = :id AND ended_at IS NULL AND ends_at > :now"
)
_NOTIFY = statement("SELECT pg_notify(:channel, :payload)")
#: What became of a message that no customer has read.
_LOST = "('refused', 'superseded', 'held', 'expired')"
_TOLD = statement(
    "SELECT t.notice_id FROM notice_tellings t LEFT JOIN outbox o ON o.id = t.part_id"
    " WHERE t.customer = :customer AND t.day = :day AND t.notice_id = ANY(:notices)"
    f" AND (o.id IS NULL OR o.state NOT IN {_LOST})"
)
_TELL = statement(
    "INSERT INTO notice_tellings (notice_id, customer, day, turn_id, part_id, told_at)"
    " SELECT notice, :customer, :day, :turn_id, :part_id, :now"
    # In one order, so that two processes that tell the same do not wait for each other.
    " FROM unnest(CAST(:notices AS bigint[])) AS notice ORDER BY notice"
    " ON CONFLICT (notice_id, customer, day) DO UPDATE SET turn_id = EXCLUDED.turn_id,"
    " part_id = EXCLUDED.part_id, told_at = EXCLUDED.told_at"
    " WHERE EXISTS (SELECT 1 FROM outbox o WHERE o.id = notice_tellings.part_id"
    f" AND o.state IN {_LOST}) RETURNING notice_id"
)
_COUNTS = statement(
    "SELECT t.notice_id, count(DISTINCT t.customer) FROM notice_tellings t"
    " LEFT JOIN outbox o ON o.id = t.part_id WHERE t.notice_id = ANY(:notices)"
    f" AND (o.id IS NULL OR o.state NOT IN {_LOST}) GROUP BY t.notice_id"
)


def live_notices(connection: Connection, since: datetime) -> list[Notice]:
    """Return the notices that hold, will hold, or ended after ``since``."""
    return [_kept(row).notice for row in connection.execute(_LIVE, {"since": since})]


def all_notices(connection: Connection, limit: int) -> list[KeptNotice]:
    """Return the newest notices, the one that begins last first."""
    return [_kept(row) for row in connection.execute(_ALL, {"limit": limit})]


def one_notice(connection: Connection, notice_id: int) -> KeptNotice | None:
    """Return a notice, None if there is no such."""
    row = connection.execute(_ONE, {"id": notice_id}).one_or_none()
    return None if row is None else _kept(row)


def insert_notice(connection: Connection, new: NewNotice, who: str, now: datetime) -> int:
    """Write a notice down, for all processes to see; return its number."""
    notice_id = int(connection.execute(_INSERT, {**_values(new, who), "now": now}).scalar_one())
    _announce(connection)
    return notice_id


def change_notice(
    connection: Connection, notice_id: int, new: NewNotice, version: int, who: str, now: datetime
) -> bool:
    """Write a notice anew; return False if it is over, or not what was seen as ``version``."""
    values = {**_values(new, who), "id": notice_id, "version": version, "now": now}
    changed = connection.execute(_CHANGE, values).rowcount == 1
    if changed:
        _announce(connection)
    return changed


def end_notice(connection: Connection, notice_id: int, who: str, now: datetime) -> bool:
    """End a notice, or call off one that is to come; return False if it is over."""
    values = {"id": notice_id, "who": storable_text(who), "now": now}
    ended = connection.execute(_END, values).rowcount == 1
    if ended:
        _announce(connection)
    return ended


def told_on(
    connection: Connection, customer: str, day: date, notices: Sequence[int]
) -> frozenset[int]:
    """Return which of these notices the customer was told on ``day``."""
    values = {"customer": customer, "day": day, "notices": list(notices)}
    return frozenset(connection.scalars(_TOLD, values))


def note_tellings(
    connection: Connection,
    customer: str,
    day: date,
    notices: Sequence[int],
    now: datetime,
    *,
    turn_id: int | None = None,
    part_id: int | None = None,
) -> bool:
    """Note that the part tells these notices; False if another turn has told one meanwhile.

    Roll back then: what was decided would tell it twice. Two that tell the same wait for each
    other here, so that the second sees what the first has done.
    """
    values = {
        "customer": customer, "day": day, "notices": list(notices), "turn_id": turn_id,
        "part_id": part_id, "now": now,
    }  # fmt: skip
    return len(connection.execute(_TELL, values).all()) == len(set(notices))


def told_customers(connection: Connection, notices: Sequence[int]) -> dict[int, int]:
    """Return how many customers were told each of these notices in front of a reply."""
    found = connection.execute(_COUNTS, {"notices": list(notices)})
    return {row[0]: int(row[1]) for row in found}


def _announce(connection: Connection) -> None:
    connection.execute(_NOTIFY, {"channel": CHANNEL, "payload": f"0:{NOTICES_TOPIC}"})


def _values(new: NewNotice, who: str) -> dict[str, Any]:
    return {
        "text": storable_text(new.text),
        "mode": new.mode,
        "stores": storable_json(list(new.stores)),
        "accounts": storable_json(list(new.accounts)),
        "categories": storable_json(list(new.categories)),
        "begins_at": new.begins_at,
        "ends_at": new.ends_at,
        "who": storable_text(who),
    }


def _kept(row: Any) -> KeptNotice:
    # One that was called off before it began ends when it begins: it never holds.
    notice = Notice(
        row.id, row.text, row.mode, row.begins_at, max(row.until, row.begins_at),
        tuple(row.stores), tuple(row.accounts), tuple(row.categories),
    )  # fmt: skip
    return KeptNotice(
        notice, row.ended_at, row.version, row.created_by, row.created_at, row.changed_by,
        row.changed_at,
    )  # fmt: skip
