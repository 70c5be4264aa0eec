"""The turns of one customer as other systems read them: messages, decision, what was sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, TextClause

from chatbot.store.database import statement


@dataclass(frozen=True, slots=True)
class HeardMessage:
    """A message of the customer that belongs to a turn."""

    msgid: str
    msgtype: str
    content: dict[str, Any]
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class SentPart:
    """What followed from a turn, and what became of it."""

    id: int
    kind: str
    state: str
    payload: dict[str, Any]
    error_code: int | None
    error_text: str | None
    created_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One turn; ``drafts`` are the messages that a turn of mode "assist" did not send."""

    id: int
    open_kfid: str
    mode: str
    created_at: datetime
    decision: dict[str, Any]
    drafts: Sequence[dict[str, Any]]
    messages: Sequence[HeardMessage]
    parts: Sequence[SentPart]


_TURNS = statement(
    "SELECT t.id, c.open_kfid, t.mode, t.created_at, t.decision, t.drafts"
    " FROM turns t JOIN conversations c ON c.id = t.conversation_id"
    " WHERE c.external_userid = :customer"
    " AND (CAST(:open_kfid AS text) IS NULL OR c.open_kfid = :open_kfid)"
    " AND (CAST(:before AS bigint) IS NULL OR t.id < :before)"
    " ORDER BY t.id DESC LIMIT :limit"
)
_MESSAGES = statement(
    "SELECT turn_id, msgid, msgtype, content, sent_at FROM messages"
    " WHERE turn_id = ANY(:turns) ORDER BY id"
)
_PARTS = statement(
    "SELECT turn_id, id, kind, state, payload, error_code, error_text, created_at, settled_at"
    " FROM outbox WHERE turn_id = ANY(:turns) ORDER BY id"
)
_ACCOUNT = statement(
    "SELECT open_kfid FROM kf_accounts WHERE :name IN (open_kfid, name)"
    " ORDER BY open_kfid <> :name, open_kfid LIMIT 1"
)


def turn_records(
    connection: Connection,
    customer: str,
    open_kfid: str | None,
    before: int | None,
    limit: int,
) -> list[TurnRecord]:
    """Return a customer's turns, newest first; those before the turn ``before``, if given."""
    values = {"customer": customer, "open_kfid": open_kfid, "before": before, "limit": limit}
    turns = connection.execute(_TURNS, values).all()
    ids = [turn.id for turn in turns]
    messages = _by_turn(connection, _MESSAGES, ids)
    parts = _by_turn(connection, _PARTS, ids)
    return [
        TurnRecord(
            id=turn.id,
            open_kfid=turn.open_kfid,
            mode=turn.mode,
            created_at=turn.created_at,
            decision=turn.decision,
            drafts=turn.drafts,
            messages=[HeardMessage(*row) for row in messages[turn.id]],
            parts=[SentPart(*row) for row in parts[turn.id]],
        )
        for turn in turns
    ]


def find_account(connection: Connection, name: str) -> str | None:
    """Return the open_kfid of a known account by its id or its name in WeCom."""
    open_kfid: str | None = connection.scalar(_ACCOUNT, {"name": name})
    return open_kfid


def _by_turn(
    connection: Connection, query: TextClause, turns: Sequence[int]
) -> dict[int, list[Iterable[Any]]]:
    found: dict[int, list[Iterable[Any]]] = defaultdict(list)
    for turn_id, *rest in connection.execute(query, {"turns": turns}) if turns else ():
        found[turn_id].append(rest)
    return found
