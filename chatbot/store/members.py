"""Colleagues who write to the app: what is remembered, their turns, and what is sent in reply.

A colleague's parts are sent strictly in order: only the first that has no fate can be claimed.
They are also paced, because the platform silently drops what exceeds its limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.messages import storable_json, storable_text

MemberFate = Literal["delivered", "refused", "superseded", "expired", "unknown"]

#: The platform silently drops what exceeds 30 messages a minute from an app to a member (WeCom
#: developer documentation, 消息推送/发送应用消息). A third of them is left for cards, and for
#: repeats of a part, which the pace counts as one.
MESSAGES_PER_MINUTE = 20
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class MemberMemory:
    """What the last turn left: its context, and the lines of its menu as ``{id, text}``."""

    context: dict[str, Any]
    menu: Sequence[dict[str, str]]


@dataclass(frozen=True, slots=True)
class NewMemberTurn:
    """A turn with all that follows from it; ``messages`` lack the receiver."""

    userid: str
    event_id: int
    decision: dict[str, Any]
    trace: dict[str, Any]
    memory: MemberMemory
    messages: Sequence[dict[str, Any]]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class MemberPart:
    """A message that is being sent; ``uncertain``: an earlier attempt may have arrived."""

    id: int
    turn_id: int
    userid: str
    message: dict[str, Any]
    attempts: int
    uncertain: bool
    first_tried_at: datetime


_READ = statement(
    "SELECT context, menu FROM member_conversations WHERE userid = :userid AND updated_at >= :since"
)
_REMEMBER = statement(
    "INSERT INTO member_conversations (userid, context, menu, updated_at)"
    " VALUES (:userid, CAST(:context AS jsonb), CAST(:menu AS jsonb), :now)"
    " ON CONFLICT (userid) DO UPDATE SET context = EXCLUDED.context, menu = EXCLUDED.menu,"
    " updated_at = EXCLUDED.updated_at"
)
_FORGET = statement("DELETE FROM member_conversations WHERE updated_at < :before")
_INSERT_TURN = statement(
    "INSERT INTO member_turns (userid, event_id, created_at, text, action, snapshot, decision,"
    " trace) VALUES (:userid, :event_id, :now, :text, :action, :snapshot,"
    " CAST(:decision AS jsonb), CAST(:trace AS jsonb)) RETURNING id"
)
_INSERT_PART = statement(
    "INSERT INTO member_parts (turn_id, userid, message, due_at, expires_at, created_at)"
    " VALUES (:turn_id, :userid, CAST(:message AS jsonb), :now, :expires_at, :now)"
)

# A process that is gone from the table has been declared dead, and what it held is free.
_FREE = (
    "p.settled_at IS NULL AND (p.lease_owner IS NULL OR p.lease_until < :now"
    " OR p.lease_owner = :me OR NOT EXISTS (SELECT FROM processes x WHERE x.id = p.lease_owner))"
    " AND NOT p.id = ANY(:busy)"
)
_FIRST = (
    "NOT EXISTS (SELECT FROM member_parts f"
    " WHERE f.settled_at IS NULL AND f.userid = p.userid AND f.id < p.id)"
)
#: Joins the try that must be a minute old before the next one.
_PACE = (
    "LEFT JOIN LATERAL (SELECT s.tried_at FROM member_parts s"
    " WHERE s.userid = p.userid AND s.tried_at IS NOT NULL"
    " ORDER BY s.tried_at DESC OFFSET :most - 1 LIMIT 1) pace ON true"
)
_READY_AT = "GREATEST(p.due_at, pace.tried_at + CAST(:minute AS interval))"
_EXPIRE = statement(
    "UPDATE member_parts SET settled_at = :now, lease_owner = NULL, lease_until = NULL,"
    " state = CASE WHEN uncertain OR state = 'sending' THEN 'unknown' ELSE 'expired' END"
    f" WHERE id IN (SELECT p.id FROM member_parts p WHERE {_FREE} AND p.expires_at <= :now"
    " FOR UPDATE SKIP LOCKED) RETURNING state"
)
_CLAIM = statement(
    "UPDATE member_parts SET uncertain = uncertain OR state = 'sending', state = 'sending',"
    " attempts = attempts + 1, first_tried_at = COALESCE(first_tried_at, :now), tried_at = :now,"
    " lease_owner = :me, lease_until = :until"
    f" WHERE id IN (SELECT p.id FROM member_parts p {_PACE}"
    f" WHERE {_FREE} AND {_FIRST} AND {_READY_AT} <= :now"
    " ORDER BY p.id LIMIT :limit FOR UPDATE OF p SKIP LOCKED)"
    " RETURNING id, turn_id, userid, message, attempts, uncertain, first_tried_at"
)
_NEXT = statement(f"SELECT min({_READY_AT}) FROM member_parts p {_PACE} WHERE {_FREE} AND {_FIRST}")
# Only the newest attempt may say what became of a part.
_MINE = "id = :id AND attempts = :attempts AND settled_at IS NULL"
_KEEP = statement(f"UPDATE member_parts SET message = CAST(:message AS jsonb) WHERE {_MINE}")
_SETTLE = statement(
    "UPDATE member_parts SET state = :state, settled_at = :now, error_code = :error_code,"
    f" error_text = :error_text, lease_owner = NULL, lease_until = NULL WHERE {_MINE}"
)
_SUPERSEDE = statement(
    "UPDATE member_parts SET state = 'superseded', settled_at = :now,"
    " error_text = 'an earlier part was refused' WHERE turn_id = :turn_id AND state = 'pending'"
)
_RETRY = statement(
    "UPDATE member_parts SET state = 'pending', due_at = :due_at, uncertain = :uncertain,"
    " error_code = :error_code, error_text = :error_text,"
    f" lease_owner = NULL, lease_until = NULL WHERE {_MINE}"
)


def read_memory(connection: Connection, userid: str, since: datetime) -> MemberMemory:
    """Return what is remembered of a member who wrote after ``since``; else nothing."""
    row = connection.execute(_READ, {"userid": userid, "since": since}).one_or_none()
    return MemberMemory(row.context, row.menu) if row else MemberMemory({}, ())


def forget_members(connection: Connection, before: datetime) -> int:
    """Forget the chats of members who were silent since ``before``; return how many."""
    return connection.execute(_FORGET, {"before": before}).rowcount


def record_turn(connection: Connection, turn: NewMemberTurn, now: datetime) -> None:
    """Store a turn, what it leaves to remember, and its parts in order."""
    decision = turn.decision
    values = {
        "userid": turn.userid, "event_id": turn.event_id, "now": now,
        "text": storable_text(decision["text"]), "action": decision["action"],
        "snapshot": decision["snapshot"], "decision": storable_json(decision),
        "trace": storable_json(turn.trace),
    }  # fmt: skip
    turn_id = connection.scalar(_INSERT_TURN, values)
    remembered = {
        "userid": turn.userid, "context": storable_json(turn.memory.context),
        "menu": storable_json(list(turn.memory.menu)), "now": now,
    }  # fmt: skip
    connection.execute(_REMEMBER, remembered)
    for message in turn.messages:
        part = {
            "turn_id": turn_id, "userid": turn.userid, "message": storable_json(message),
            "expires_at": turn.expires_at, "now": now,
        }  # fmt: skip
        connection.execute(_INSERT_PART, part)


@dataclass(frozen=True, slots=True)
class Claimed:
    """Parts to send now, the fates of those that are too late, and when the next is due."""

    parts: Sequence[MemberPart]
    expired: Sequence[MemberFate]
    next_due: datetime | None


def claim_parts(
    connection: Connection,
    me: int,
    busy: Sequence[int],
    now: datetime,
    until: datetime,
    limit: int,
) -> Claimed:
    """Claim parts, at most one for each member; all are marked as being sent.

    ``busy`` are the parts this process is sending right now; others it had begun are repeated.
    """
    claimer = {"me": me, "busy": list(busy), "now": now}
    pace = {"most": MESSAGES_PER_MINUTE, "minute": _MINUTE}
    expired = list(connection.scalars(_EXPIRE, claimer))
    rows = connection.execute(_CLAIM, {**claimer, **pace, "until": until, "limit": limit})
    parts = sorted((MemberPart(*row) for row in rows), key=lambda part: part.id)
    held = {**claimer, "busy": [*busy, *(part.id for part in parts)]}
    return Claimed(parts, expired, connection.scalar(_NEXT, {**held, **pace}))


def keep_message(connection: Connection, part: MemberPart, message: dict[str, Any]) -> bool:
    """Write down what will be sent for a part, so that a repeat is the same to the byte.

    Returns False if another process has the part.
    """
    values = {"id": part.id, "attempts": part.attempts, "message": storable_json(message)}
    return connection.execute(_KEEP, values).rowcount == 1


def settle_part(
    connection: Connection,
    part: MemberPart,
    fate: MemberFate,
    now: datetime,
    error_code: int | None,
    error_text: str | None,
) -> bool:
    """Give a part its fate; False if another process has it.

    Half an answer is worse than none: a refused part takes the rest of its turn with it.
    """
    values = {
        "id": part.id, "attempts": part.attempts, "state": fate, "now": now,
        "error_code": error_code,
        "error_text": None if error_text is None else storable_text(error_text),
    }  # fmt: skip
    settled = connection.execute(_SETTLE, values).rowcount == 1
    if settled and fate == "refused":
        connection.execute(_SUPERSEDE, {"turn_id": part.turn_id, "now": now})
    return settled


def retry_part(
    connection: Connection,
    part: MemberPart,
    due_at: datetime,
    *,
    uncertain: bool,
    error_code: int | None,
    error_text: str,
) -> None:
    """Let a part be tried again later; the member's other parts wait behind it."""
    values = {
        "id": part.id, "attempts": part.attempts, "due_at": due_at, "uncertain": uncertain,
        "error_code": error_code, "error_text": storable_text(error_text),
    }  # fmt: skip
    connection.execute(_RETRY, values)
