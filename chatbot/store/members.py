"""Colleagues who write to the app: what is remembered of them, and their turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.messages import storable_json, storable_text
from chatbot.store.staff_messages import REPLY_RANK, insert_message


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
        insert_message(
            connection, turn.userid, "reply", REPLY_RANK, message, now, turn_id=turn_id,
            due_at=now, expires_at=turn.expires_at,
        )  # fmt: skip
