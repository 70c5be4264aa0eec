"""Events of the app: committed before their callback is acknowledged, then processed in order.

Events of one subject (a customer, or a member who wrote to the app) are processed one after the
other as they came; those of different subjects at the same time. Every event ends as ``done``,
``ignored`` (nobody has a use for it) or ``set_aside`` (failed too often, with the reason).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.errors import LeaseLost
from chatbot.store.messages import storable_json, storable_text

#: CreateTime counts whole seconds, so two changes of a contact within one second look like one
#: event delivered twice. Read when that second is over, the contact shows both.
_SAME_SECOND = timedelta(seconds=2)
_READ_LATER = frozenset({"edit_external_contact"})


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event claimed for processing; ``attempts`` counts this one too.

    ``fields`` are the decrypted callback's, with the platform's names.
    """

    id: int
    kind: str
    subject: str
    fields: dict[str, Any]
    created_at: datetime
    received_at: datetime
    attempts: int
    owner: int


#: What processing an event changes, in the transaction that marks it as done.
Effects = Callable[[Connection], None]

# A process that is gone from the table has been declared dead, and what it held is free.
_FREE = (
    "(e.lease_owner IS NULL OR e.lease_until < :now OR e.lease_owner = :me"
    " OR NOT EXISTS (SELECT FROM processes p WHERE p.id = e.lease_owner))"
    " AND e.kind = ANY(:kinds) AND NOT e.id = ANY(:busy)"
)
_FIRST = (
    "NOT EXISTS (SELECT FROM app_events f"
    " WHERE f.state = 'waiting' AND f.subject = e.subject AND f.id < e.id)"
)
_INSERT = statement(
    "INSERT INTO app_events (dedup_key, kind, subject, fields, created_at, received_at, due_at)"
    " VALUES (:dedup_key, :kind, :subject, CAST(:fields AS jsonb), :created_at, :now, :due_at)"
    " ON CONFLICT (dedup_key) DO NOTHING"
)
_IGNORE = statement(
    "UPDATE app_events SET state = 'ignored', processed_at = :now"
    " WHERE state = 'waiting' AND NOT kind = ANY(:known)"
)
_CLAIM = statement(
    "UPDATE app_events SET lease_owner = :me, lease_until = :until, attempts = attempts + 1"
    " WHERE id IN (SELECT e.id FROM app_events e"
    f" WHERE e.state = 'waiting' AND e.due_at <= :now AND {_FREE} AND {_FIRST}"
    " ORDER BY e.id LIMIT :limit FOR UPDATE SKIP LOCKED)"
    " RETURNING id, kind, subject, fields, created_at, received_at, attempts, lease_owner"
)
_NEXT_DUE = statement(
    f"SELECT min(e.due_at) FROM app_events e WHERE e.state = 'waiting' AND {_FREE} AND {_FIRST}"
)
_HOLD = statement(
    "SELECT id FROM app_events WHERE id = :id AND state = 'waiting'"
    " AND lease_owner = :owner AND attempts = :attempts FOR UPDATE"
)
_END = statement(
    "UPDATE app_events SET state = :state, error = :error, processed_at = :now,"
    " lease_owner = NULL, lease_until = NULL WHERE id = :id"
)
_POSTPONE = statement(
    "UPDATE app_events SET due_at = :due_at, error = :error,"
    " lease_owner = NULL, lease_until = NULL WHERE id = :id"
)


def insert_app_event(
    connection: Connection,
    dedup_key: str,
    kind: str,
    fields: dict[str, Any],
    created_at: datetime,
    now: datetime,
) -> bool:
    """Store an event; return False if it is a repeat."""
    due_at = now
    if fields.get("ChangeType") in _READ_LATER:
        due_at = max(now, created_at + _SAME_SECOND)
    values = {
        "dedup_key": dedup_key, "kind": kind, "subject": _subject(kind, fields),
        "fields": storable_json(fields), "created_at": created_at, "now": now, "due_at": due_at,
    }  # fmt: skip
    return connection.execute(_INSERT, values).rowcount == 1


def _subject(kind: str, fields: dict[str, Any]) -> str:
    """Return whose event it is: the customer's, else the sender's."""
    customer, sender = fields.get("ExternalUserID"), fields.get("FromUserName")
    subject = str(customer or "") or str(sender or "").lower() or kind
    return storable_text(subject)


def claim_events(
    connection: Connection,
    me: int,
    kinds: Collection[str],
    busy: Sequence[int],
    now: datetime,
    until: datetime,
    limit: int,
    elsewhere: Collection[str] = (),
) -> tuple[list[StoredEvent], datetime | None]:
    """Claim events of ``kinds`` that are first of their subject; also say when the next is due.

    ``elsewhere`` are kinds that others claim; events of any other kind are ignored for good.
    ``busy`` are the events this process works on.
    """
    connection.execute(_IGNORE, {"known": [*kinds, *elsewhere], "now": now})
    values = {"me": me, "kinds": list(kinds), "busy": list(busy), "now": now}
    claim = {**values, "until": until, "limit": limit}
    events = [StoredEvent(*row) for row in connection.execute(_CLAIM, claim)]
    held = [*busy, *(event.id for event in events)]
    due_at: datetime | None = connection.scalar(_NEXT_DUE, {**values, "busy": held})
    return sorted(events, key=lambda event: event.id), due_at


def finish_event(
    connection: Connection, event: StoredEvent, effects: Effects | None, now: datetime
) -> None:
    """Apply the effects and mark the event as done; without effects, as ignored.

    Raises:
        LeaseLost: another process has the event; nothing is changed.
    """
    _hold(connection, event)
    if effects is not None:
        effects(connection)
    state = "ignored" if effects is None else "done"
    connection.execute(_END, {"id": event.id, "state": state, "error": None, "now": now})


def postpone_event(
    connection: Connection, event: StoredEvent, due_at: datetime, error: str
) -> None:
    """Try again at ``due_at``; later events of the subject wait.

    Raises:
        LeaseLost: another process has the event.
    """
    _hold(connection, event)
    values = {"id": event.id, "due_at": due_at, "error": storable_text(error)}
    connection.execute(_POSTPONE, values)


def set_event_aside(connection: Connection, event: StoredEvent, error: str, now: datetime) -> None:
    """Give an event up, with the reason; later events of the subject go on.

    Raises:
        LeaseLost: another process has the event.
    """
    _hold(connection, event)
    values = {"id": event.id, "state": "set_aside", "error": storable_text(error), "now": now}
    connection.execute(_END, values)


def _hold(connection: Connection, event: StoredEvent) -> None:
    values = {"id": event.id, "owner": event.owner, "attempts": event.attempts}
    if connection.execute(_HOLD, values).one_or_none() is None:
        raise LeaseLost(f"event {event.id} went to another process")
