"""The record of turns: what was decided, with what evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.messages import storable_json


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn for people to read; ``decision`` is the documented JSON object."""

    id: int
    session_version: int
    created_at: datetime
    text: str
    action: str
    decision: dict[str, Any]


_INSERT = statement(
    "INSERT INTO turns (conversation_id, session_version, created_at, text, action, snapshot,"
    " decision, trace) VALUES (:conversation_id, :session_version, :now, :text, :action,"
    " :snapshot, CAST(:decision AS jsonb), CAST(:trace AS jsonb)) RETURNING id"
)
_LATEST = statement(
    "SELECT id, session_version, created_at, text, action, decision FROM turns"
    " WHERE conversation_id = :conversation_id ORDER BY id DESC LIMIT :limit"
)


def insert_turn(
    connection: Connection,
    conversation_id: int,
    session_version: int,
    decision: dict[str, Any],
    trace: dict[str, Any],
    now: datetime,
) -> int:
    """Record a turn; return its id."""
    values = {
        "conversation_id": conversation_id, "session_version": session_version, "now": now,
        "text": decision["text"].replace("\x00", ""), "action": decision["action"],
        "snapshot": decision["snapshot"], "decision": storable_json(decision),
        "trace": storable_json(trace),
    }  # fmt: skip
    return int(connection.execute(_INSERT, values).scalar_one())


def latest_turns(connection: Connection, conversation_id: int, limit: int) -> list[Turn]:
    """Return the newest turns of a conversation, oldest first."""
    values = {"conversation_id": conversation_id, "limit": limit}
    return [Turn(*row) for row in connection.execute(_LATEST, values)][::-1]
