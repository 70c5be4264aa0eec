"""Customers and who follows them; the row of a customer is the lock on all about their tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from chatbot.store.database import statement

#: A customer without a follower is asked about at most this often; events tell of the rest.
ASK_AGAIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Relation:
    """A member who has (``active``) or had the customer as a contact.

    ``channel`` is the state of the contact way the customer came through, often empty.
    """

    userid: str
    active: bool
    channel: str
    since: datetime
    changed_at: datetime


_ENSURE = statement(
    "INSERT INTO customers (external_userid, first_seen_at) VALUES (:customer, :now)"
    " ON CONFLICT (external_userid) DO NOTHING"
)
_LOCK = statement("SELECT 1 FROM customers WHERE external_userid = :customer FOR UPDATE")
_LOOKED_UP = statement(
    "UPDATE customers SET looked_up_at = :read_at WHERE external_userid = :customer"
)
_RELATIONS = statement(
    "SELECT userid, active, channel, since, changed_at FROM contact_relations"
    " WHERE external_userid = :customer ORDER BY userid"
)
_TOLD = statement(
    # Of two events the later counts, whichever arrives first.
    "INSERT INTO contact_relations AS r (external_userid, userid, active, channel, since, event_at,"
    " changed_at) VALUES (:customer, :userid, :active, :channel, :event_at, :event_at, :now)"
    " ON CONFLICT (external_userid, userid) DO UPDATE SET active = EXCLUDED.active,"
    " channel = COALESCE(NULLIF(EXCLUDED.channel, ''), r.channel),"
    " since = CASE WHEN r.active THEN r.since ELSE EXCLUDED.since END,"
    " event_at = EXCLUDED.event_at, changed_at = EXCLUDED.changed_at"
    " WHERE r.event_at IS NULL OR r.event_at <= EXCLUDED.event_at"
)
_READ = statement(
    "INSERT INTO contact_relations AS r (external_userid, userid, active, channel, since,"
    " changed_at) VALUES (:customer, :userid, true, :channel, :since, :now)"
    " ON CONFLICT (external_userid, userid) DO UPDATE SET active = true,"
    " channel = COALESCE(NULLIF(EXCLUDED.channel, ''), r.channel),"
    " since = EXCLUDED.since, changed_at = EXCLUDED.changed_at"
    # What an event told while the platform was being asked is newer.
    " WHERE r.changed_at < :read_at"
)
_END_OTHERS = statement(
    "UPDATE contact_relations SET active = false, changed_at = :now"
    " WHERE external_userid = :customer AND active AND changed_at < :read_at"
    " AND NOT userid = ANY(:kept)"
)
_END = statement(
    "UPDATE contact_relations SET active = false, changed_at = :now"
    " WHERE external_userid = :customer AND userid = :userid AND active"
)


def lock_customer(connection: Connection, external_userid: str, now: datetime) -> None:
    """Lock the customer's row, made if missing, before anything about their tags changes."""
    values = {"customer": external_userid, "now": now}
    if connection.execute(_LOCK, values).one_or_none() is None:
        connection.execute(_ENSURE, values)
        connection.execute(_LOCK, values).one()


def relations_of(connection: Connection, external_userid: str) -> list[Relation]:
    """Return the members who have or had the customer as a contact."""
    rows = connection.execute(_RELATIONS, {"customer": external_userid})
    return [Relation(*row) for row in rows]


def relation_told(
    connection: Connection,
    external_userid: str,
    userid: str,
    *,
    active: bool,
    channel: str,
    event_at: datetime,
    now: datetime,
) -> None:
    """Note what an event says of a relation, unless a later event has been heard."""
    values = {
        "customer": external_userid, "userid": userid, "active": active, "channel": channel,
        "event_at": event_at, "now": now,
    }  # fmt: skip
    connection.execute(_TOLD, values)


def relation_over(connection: Connection, external_userid: str, userid: str, now: datetime) -> None:
    """Note that the platform does not know the relation (any more)."""
    connection.execute(_END, {"customer": external_userid, "userid": userid, "now": now})


def relations_read(
    connection: Connection,
    external_userid: str,
    followers: Sequence[tuple[str, str, datetime]],
    read_at: datetime,
    now: datetime,
) -> None:
    """Note who follows the customer: (userid, channel, since) as read at ``read_at``."""
    connection.execute(_LOOKED_UP, {"customer": external_userid, "read_at": read_at})
    for userid, channel, since in followers:
        values = {
            "customer": external_userid, "userid": userid, "channel": channel, "since": since,
            "read_at": read_at, "now": now,
        }  # fmt: skip
        connection.execute(_READ, values)
    kept = [userid for userid, _, _ in followers]
    values = {"customer": external_userid, "kept": kept, "read_at": read_at, "now": now}
    connection.execute(_END_OTHERS, values)
