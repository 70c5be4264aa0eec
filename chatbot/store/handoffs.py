"""Handoffs, notice codes and open items: what waits for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.messages import storable_text
from chatbot.store.staff_messages import retire_cards

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
    does not answer; or "message": one was left out of hours, ``detail`` is what it is about,
    ``phone`` and ``wanted`` (a time, in the customer's words) are what it says. ``wrote_at`` is
    when the customer wrote last, ``followers`` are the members who have them as a contact.
    ``can_be_told`` says of a session with people whether a message to the customer is left,
    through its one code; None of others.
    """

    kind: str
    since: datetime
    detail: str
    public_id: str
    customer: str
    wrote_at: datetime | None
    followers: tuple[str, ...]
    phone: str = ""
    wanted: str = ""
    can_be_told: bool | None = None


_COLUMNS = "id, conversation_id, turn_id, reason, skill, priority, state, servicer_userid"
_INSERT = statement(
    "INSERT INTO handoffs (conversation_id, turn_id, reason, skill, priority, state, created_at)"
    " VALUES (:conversation_id, :turn_id, :reason, :skill, :priority, 'requested', :now)"
    " RETURNING id"
)
_GET = statement(f"SELECT {_COLUMNS} FROM handoffs WHERE id = :id")
_OPEN = statement(
    f"SELECT {_COLUMNS} FROM handoffs WHERE conversation_id = :conversation_id"
    " AND state <> 'ended' ORDER BY id DESC LIMIT 1"
)
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
#: The codes of the session as it is now, :occasion being that of its state. What was given to a
#: part that surely was not sent can be given again.
_CODE_OF_SESSION = (
    "n.conversation_id = c.id AND n.received_at >= COALESCE(c.session_started_at, n.received_at)"
)
_NOT_SENT = "(n.outbox_id IS NULL OR o.state IN ('expired', 'superseded'))"
_FREE_CODE = statement(
    "SELECT n.code FROM notice_codes n JOIN conversations c ON c.id = :conversation_id"
    f" LEFT JOIN outbox o ON o.id = n.outbox_id WHERE {_CODE_OF_SESSION}"
    f" AND n.occasion = :occasion AND n.expires_at > :now AND {_NOT_SENT}"
    " ORDER BY n.received_at DESC LIMIT 1 FOR UPDATE OF n"
)
_FREE = statement("UPDATE notice_codes SET outbox_id = NULL WHERE code = :code")
_CAN_BE_TOLD = (
    "EXISTS (SELECT FROM notice_codes n LEFT JOIN outbox o ON o.id = n.outbox_id"
    f" WHERE {_CODE_OF_SESSION} AND ({_NOT_SENT} OR o.state = 'pending')"
    " AND n.occasion = CASE c.service_state WHEN 2 THEN 'pool' ELSE 'person' END)"
)
_TOLD_LATER = statement(f"SELECT {_CAN_BE_TOLD} FROM conversations c WHERE c.id = :conversation_id")
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
    "WITH left_ones AS (SELECT conversation_id, created_at, title, phone, wanted FROM cases"
    " WHERE state = 'open' AND kind = 'message')"
    " SELECT w.kind, w.since, w.detail, c.public_id, COALESCE(c.nickname, c.external_userid)"
    " AS customer, c.customer_wrote_at, w.phone, w.wanted,"
    " ARRAY(SELECT userid FROM contact_relations r WHERE r.external_userid = c.external_userid"
    " AND r.active ORDER BY r.since) AS followers,"
    f" CASE WHEN c.service_state IN (2, 3) THEN {_CAN_BE_TOLD} END AS can_be_told"
    " FROM (SELECT conversation_id, 'message' AS kind, created_at AS since, title AS detail,"
    " phone, wanted FROM left_ones UNION ALL"
    # What was left as a message is one thing, not two.
    " SELECT conversation_id, kind, first_message_at, detail, '', '' FROM open_items i"
    " WHERE closed_at IS NULL AND NOT (kind = 'unanswered' AND EXISTS (SELECT FROM left_ones l"
    " WHERE l.conversation_id = i.conversation_id)) UNION ALL"
    " SELECT conversation_id, state, created_at, '', '', '' FROM handoffs h"
    " WHERE state IN ('requested', 'pooled', 'failed') AND NOT (state = 'pooled'"
    " AND EXISTS (SELECT FROM left_ones l WHERE l.conversation_id = h.conversation_id)) UNION ALL"
    " SELECT id, 'alarmed', customer_wrote_at, COALESCE(servicer_userid, ''), '', ''"
    " FROM conversations WHERE service_state = 3 AND alarmed_at IS NOT NULL) AS w"
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


def open_handoff(connection: Connection, conversation_id: int) -> Handoff | None:
    """Return the newest handoff of a conversation that has not ended, or None."""
    row = connection.execute(_OPEN, {"conversation_id": conversation_id}).one_or_none()
    return Handoff(*row) if row else None


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
    """Record that a person serves the conversation now; who got a card as well sees it there."""
    values = {"conversation_id": conversation_id, "servicer": servicer_userid, "now": now}
    connection.execute(_TAKE, values)
    retire_cards(connection, conversation_id, "taken", servicer_userid, now)


def end_handoffs(connection: Connection, conversation_id: int, now: datetime) -> None:
    """Record that the person is done and the conversation is the bot's again."""
    connection.execute(_END, {"conversation_id": conversation_id, "now": now})
    retire_cards(connection, conversation_id, "ended", None, now)


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


def free_notice_code(
    connection: Connection, conversation_id: int, occasion: Occasion, now: datetime
) -> str | None:
    """Return the code of the running session that is still good for a message, to be used now.

    None if there never was one, or it has been spent.
    """
    values = {"conversation_id": conversation_id, "occasion": occasion, "now": now}
    code: str | None = connection.scalar(_FREE_CODE, values)
    if code is not None:
        connection.execute(_FREE, {"code": code})
    return code


def can_be_told(connection: Connection, conversation_id: int) -> bool:
    """Return whether a message to who is with people is left, or already on its way."""
    return bool(connection.scalar(_TOLD_LATER, {"conversation_id": conversation_id}))


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
    """Return left messages, open items, handoffs nobody has taken, and sessions nobody answers in.

    The longest waiting come first.
    """
    return [
        Waiting(
            row.kind, row.since, row.detail, row.public_id, row.customer, row.customer_wrote_at,
            tuple(row.followers), row.phone, row.wanted, row.can_be_told,
        )
        for row in connection.execute(_WAITING)
    ]  # fmt: skip
