"""Handoffs, notice codes and open items: what waits for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.messages import storable_text

HandoffState = Literal["requested", "pooled", "served", "failed", "ended"]
Occasion = Literal["welcome", "pool", "person", "ended"]
OpenItemKind = Literal["unanswered", "refused"]


@dataclass(frozen=True, slots=True)
class Handoff:
    """One conversation that a person is to take over."""

    id: int
    conversation_id: int
    turn_id: int | None
    reason: str
    skill: str | None
    priority: str
    state: HandoffState
    servicer_userid: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something a person should look at.

    ``kind`` is an open item's kind, a handoff's state, or "alarmed": a person has the session and
    does not answer. ``wrote_at`` is when the customer wrote last, ``followers`` are the members
    who have them as a contact.
    """

    kind: str
    since: datetime
    detail: str
    public_id: str
    customer: str
    wrote_at: datetime | None
    followers: tuple[str, ...]


_COLUMNS = "id, conversation_id, turn_id, reason, skill, priority, state, servicer_userid"
_INSERT = statement(
    "INSERT INTO handoffs (conversation_id, turn_id, reason, skill, priority, state, created_at)"
    " VALUES (:conversation_id, :turn_id, :reason, :skill, :priority, 'requested', :now)"
    " RETURNING id"
)
_GET = statement(f"SELECT {_COLUMNS} FROM handoffs WHERE id = :id")
_SETTLE = statement(
    "UPDATE handoffs SET state = :state, servicer_userid = :servicer, settled_at = :now"
    " WHERE id = :id"
)
_TAKE = statement(
    "UPDATE handoffs SET state = 'served', servicer_userid = :servicer, settled_at = :now"
    " WHERE conversation_id = :conversation_id AND state <> 'ended'"
)
_END = statement(
    "UPDATE handoffs SET state = 'ended', ended_at = :now"
    " WHERE conversation_id = :conversation_id AND state <> 'ended'"
)
_ADD_CODE = statement(
    "INSERT INTO notice_codes (code, conversation_id, occasion, received_at, expires_at)"
    " VALUES (:code, :conversation_id, :occasion, :now, :expires_at) ON CONFLICT DO NOTHING"
)
_USE_CODE = statement(
    "UPDATE notice_codes SET outbox_id = :outbox_id WHERE code = :code AND outbox_id IS NULL"
)
_OPEN_ITEM = statement(
    "INSERT INTO open_items (conversation_id, kind, first_message_at, last_message_at, detail,"
    " opened_at) VALUES (:conversation_id, :kind, :at, :at, :detail, :now)"
    " ON CONFLICT (conversation_id, kind) WHERE closed_at IS NULL DO UPDATE SET"
    " last_message_at = GREATEST(open_items.last_message_at, EXCLUDED.last_message_at),"
    " messages = open_items.messages + :messages"
)
_CLOSE_ITEMS = statement(
    "UPDATE open_items SET closed_at = :now"
    " WHERE conversation_id = :conversation_id AND closed_at IS NULL"
)
_WAITING = statement(
    "SELECT w.kind, w.since, w.detail, c.public_id, COALESCE(c.nickname, c.external_userid)"
    " AS customer, c.customer_wrote_at, ARRAY(SELECT userid FROM contact_relations r"
    " WHERE r.external_userid = c.external_userid AND r.active ORDER BY r.since) AS followers"
    " FROM (SELECT conversation_id, kind, first_message_at AS since, detail FROM open_items"
    " WHERE closed_at IS NULL UNION ALL"
    " SELECT conversation_id, state, created_at, '' FROM handoffs"
    " WHERE state IN ('requested', 'pooled', 'failed') UNION ALL"
    " SELECT id, 'alarmed', customer_wrote_at, COALESCE(servicer_userid, '') FROM conversations"
    " WHERE service_state = 3 AND alarmed_at IS NOT NULL) AS w"
    " JOIN conversations c ON c.id = w.conversation_id ORDER BY w.since, w.kind"
)


def insert_handoff(
    connection: Connection,
    conversation_id: int,
    turn_id: int,
    *,
    reason: str,
    skill: str | None,
    priority: str,
    now: datetime,
) -> int:
    """Record that a person is to take over; return the handoff's id."""
    values = {
        "conversation_id": conversation_id, "turn_id": turn_id, "reason": reason,
        "skill": skill, "priority": priority, "now": now,
    }  # fmt: skip
    return int(connection.execute(_INSERT, values).scalar_one())


def get_handoff(connection: Connection, handoff_id: int) -> Handoff:
    """Return one handoff that must exist."""
    return Handoff(*connection.execute(_GET, {"id": handoff_id}).one())


def settle_handoff(
    connection: Connection,
    handoff_id: int,
    state: HandoffState,
    servicer_userid: str | None,
    now: datetime,
) -> None:
    """Record who got the conversation."""
    values = {"id": handoff_id, "state": state, "servicer": servicer_userid, "now": now}
    connection.execute(_SETTLE, values)


def take_handoffs(
    connection: Connection, conversation_id: int, servicer_userid: str | None, now: datetime
) -> None:
    """Record that a person serves the conversation now."""
    values = {"conversation_id": conversation_id, "servicer": servicer_userid, "now": now}
    connection.execute(_TAKE, values)


def end_handoffs(connection: Connection, conversation_id: int, now: datetime) -> None:
    """Record that the person is done and the conversation is the bot's again."""
    connection.execute(_END, {"conversation_id": conversation_id, "now": now})


def add_notice_code(
    connection: Connection,
    conversation_id: int,
    occasion: Occasion,
    code: str,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Keep a single-use code."""
    values = {
        "code": code, "conversation_id": conversation_id, "occasion": occasion, "now": now,
        "expires_at": expires_at,
    }  # fmt: skip
    connection.execute(_ADD_CODE, values)


def use_notice_code(connection: Connection, code: str, outbox_id: int) -> bool:
    """Give the code to one part; return False if another part has it."""
    return connection.execute(_USE_CODE, {"code": code, "outbox_id": outbox_id}).rowcount == 1


def add_open_item(
    connection: Connection,
    conversation_id: int,
    kind: OpenItemKind,
    message_at: datetime,
    now: datetime,
    detail: str = "",
    messages: int = 1,
) -> None:
    """Open an item, or add ``messages`` of the customer to the one that is open."""
    values = {
        "conversation_id": conversation_id, "kind": kind, "at": message_at, "now": now,
        "detail": storable_text(detail), "messages": messages,
    }  # fmt: skip
    connection.execute(_OPEN_ITEM, values)


def close_open_items(connection: Connection, conversation_id: int, now: datetime) -> None:
    """Close all items of a conversation: a person took care of it."""
    connection.execute(_CLOSE_ITEMS, {"conversation_id": conversation_id, "now": now})


def list_waiting(connection: Connection) -> list[Waiting]:
    """Return open items, handoffs nobody has taken, and sessions nobody answers in.

    The longest waiting come first.
    """
    return [
        Waiting(
            row.kind, row.since, row.detail, row.public_id, row.customer, row.customer_wrote_at,
            tuple(row.followers),
        )
        for row in connection.execute(_WAITING)
    ]  # fmt: skip
