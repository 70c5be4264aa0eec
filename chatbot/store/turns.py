"""The record of turns: what was decided, with what evidence."""

from __future__ import annotations

from collections.abc import Sequence
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
    "WITH turn AS (INSERT INTO turns (conversation_id, session_version, created_at, text, action,"
    " snapshot, decision, trace) VALUES (:conversation_id, :session_version, :now, :text,"
    " :action, :snapshot, CAST(:decision AS jsonb), CAST(:trace AS jsonb)) RETURNING id),"
    " taken AS (UPDATE messages SET fate = 'turn', turn_id = turn.id FROM turn"
    " WHERE messages.id = ANY(:messages) AND messages.fate = 'pending' RETURNING messages.id)"
    " SELECT turn.id, (SELECT count(*) FROM taken) FROM turn"
)
_LATEST = statement(
    "SELECT id, session_version, created_at, text, action, decision FROM turns"
    " WHERE conversation_id = :conversation_id ORDER BY id DESC LIMIT :limit"
)


def insert_turn(
    connection: Connection,
    conversation_id: int,
    session_version: int,
    messages: Sequence[int],
    decision: dict[str, Any],
    trace: dict[str, Any],
    now: datetime,
) -> tuple[int, int]:
    """Record a turn and give it those of ``messages`` that are pending; return id and number."""
    values = {
        "conversation_id": conversation_id, "session_version": session_version, "now": now,
        "text": decision["text"].replace("\x00", ""), "action": decision["action"],
        "snapshot": decision["snapshot"], "decision": storable_json(decision),
        "trace": storable_json(trace), "messages": list(messages),
    }  # fmt: skip
    turn_id, taken = connection.execute(_INSERT, values).one()
    return int(turn_id), int(taken)


def latest_turns(connection: Connection, conversation_id: int, limit: int) -> list[Turn]:
    """Return the newest turns of a conversation, oldest first."""
    values = {"conversation_id": conversation_id, "limit": limit}
    return [Turn(*row) for row in connection.execute(_LATEST, values)][::-1]
