"""The record of turns: what was decided, with what evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from chatbot.accounts.mode import ModeSetting
from chatbot.store.conversations import Conversation
from chatbot.store.database import statement
from chatbot.store.messages import storable_json, storable_text

#: Whether a turn was answered, or only recorded with the messages it would have sent.
TurnMode = Literal["full", "assist"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn for people to read; ``decision`` is the documented JSON object.

    ``drafts`` are the message bodies that a turn of mode "assist" would have sent, ``form`` what
    a form knows after it, as titles with values in words.
    """

    id: int
    session_version: int
    created_at: datetime
    text: str
    action: str
    decision: dict[str, Any]
    mode: TurnMode = "full"
    drafts: Sequence[dict[str, Any]] = ()
    form: Sequence[Sequence[str]] = ()


_INSERT = statement(
    "WITH turn AS (INSERT INTO turns (conversation_id, session_version, created_at, text, action,"
    " snapshot, decision, trace, mode, drafts, inputs)"
    " VALUES (:conversation_id, :session_version, :now, :text, :action, :snapshot,"
    " CAST(:decision AS jsonb), CAST(:trace AS jsonb), :mode,"
    " CAST(:drafts AS jsonb), CAST(:inputs AS jsonb)) RETURNING id),"
    " taken AS (UPDATE messages SET fate = 'turn', turn_id = turn.id FROM turn"
    " WHERE messages.id = ANY(:messages) AND messages.fate = 'pending' RETURNING messages.id)"
    " SELECT turn.id, (SELECT count(*) FROM taken) AS taken, newest.mode, newest.percent"
    # The mode of this very moment: it may have been switched while the turn was being decided.
    " FROM turn LEFT JOIN LATERAL (SELECT mode, percent FROM account_modes"
    " WHERE open_kfid = :open_kfid ORDER BY id DESC LIMIT 1) AS newest ON true"
)
_LATEST = statement(
    "SELECT id, session_version, created_at, text, action, decision, mode, drafts,"
    " COALESCE(trace -> 'form', '[]') FROM turns WHERE conversation_id = :conversation_id"
    " ORDER BY id DESC LIMIT :limit"
)
_KEPT = statement(
    "SELECT t.id, t.conversation_id, c.public_id, t.created_at, t.snapshot, t.decision, t.trace,"
    " t.inputs FROM turns t JOIN conversations c ON c.id = t.conversation_id WHERE t.id = :id"
)
_UNSENT = statement(
    "SELECT payload FROM outbox WHERE turn_id = :turn_id AND kind = 'kf_message'"
    " AND state IN ('held', 'superseded') ORDER BY id"
)


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """All that is kept of a turn; ``inputs`` is None if an earlier release recorded it."""

    id: int
    conversation_id: int
    public_id: str
    created_at: datetime
    snapshot: int
    decision: dict[str, Any]
    trace: dict[str, Any]
    inputs: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Inserted:
    """A new turn, how many messages it got, and what its account is switched to (None: never)."""

    id: int
    taken: int
    switched: ModeSetting | None


def insert_turn(
    connection: Connection,
    conversation: Conversation,
    messages: Sequence[int],
    decision: dict[str, Any],
    trace: dict[str, Any],
    now: datetime,
    *,
    mode: TurnMode = "full",
    drafts: Sequence[dict[str, Any]] = (),
    inputs: dict[str, Any] | None = None,
) -> Inserted:
    """Record a turn and give it those of ``messages`` that are pending.

    ``inputs`` is what it was decided from, for deciding it again.
    """
    values = {
        "conversation_id": conversation.id, "open_kfid": conversation.open_kfid,
        "session_version": conversation.session_version, "now": now,
        "text": storable_text(decision["text"]), "action": decision["action"],
        "snapshot": decision["snapshot"], "decision": storable_json(decision),
        "trace": storable_json(trace), "messages": list(messages), "mode": mode,
        "drafts": storable_json(list(drafts)),
        "inputs": None if inputs is None else storable_json(inputs),
    }  # fmt: skip
    row = connection.execute(_INSERT, values).one()
    switched = ModeSetting(row.mode, row.percent) if row.mode is not None else None
    return Inserted(int(row.id), int(row.taken), switched)


def latest_turns(connection: Connection, conversation_id: int, limit: int) -> list[Turn]:
    """Return the newest turns of a conversation, oldest first."""
    values = {"conversation_id": conversation_id, "limit": limit}
    return [Turn(*row) for row in connection.execute(_LATEST, values)][::-1]


def kept_turn(connection: Connection, turn_id: int) -> KeptTurn | None:
    """Return a turn with what it was decided from and why, None if there is no such."""
    row = connection.execute(_KEPT, {"id": turn_id}).one_or_none()
    return None if row is None else KeptTurn(*row)


def unsent_bodies(connection: Connection, turn_id: int) -> list[dict[str, Any]]:
    """Return the messages of a turn that were not sent because the session was no longer ours."""
    return list(connection.scalars(_UNSENT, {"turn_id": turn_id}))
