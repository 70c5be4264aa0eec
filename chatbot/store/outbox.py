"""The outbox: every effect on the outside world, each with exactly one fate."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.messages import storable_json, storable_text

Lane = Literal["conversation", "direct"]
Kind = Literal["kf_message", "kf_event_message", "transition", "staff_message", "webhook"]
#: The fates; ``pending`` and ``sending`` are not among them.
PartFate = Literal["delivered", "refused", "superseded", "held", "expired", "unknown"]


@dataclass(frozen=True, slots=True)
class NewPart:
    """A part to be sent. ``due_at`` may lie ahead; after ``expires_at`` it is not sent."""

    lane: Lane
    kind: Kind
    conversation_id: int
    session_version: int
    msgid: str
    payload: dict[str, Any]
    due_at: datetime
    expires_at: datetime | None = None
    turn_id: int | None = None
    handoff_id: int | None = None
    #: The member who wrote it, or wants the session moved; None: the bot by itself.
    by_userid: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part that has no fate yet.

    ``uncertain``: an earlier attempt may have reached the platform, so the next is a repeat.
    """

    id: int
    lane: Lane
    kind: Kind
    conversation_id: int
    turn_id: int | None
    handoff_id: int | None
    session_version: int
    msgid: str
    payload: dict[str, Any]
    state: str
    attempts: int
    uncertain: bool
    first_tried_at: datetime | None
    due_at: datetime
    expires_at: datetime | None
    by_userid: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a part stands: pending, sending, or its fate, and what it was refused for."""

    state: str
    error_code: int | None
    error_text: str | None


_COLUMNS = (
    "id, lane, kind, conversation_id, turn_id, handoff_id, session_version, msgid, payload,"
    " state, attempts, uncertain, first_tried_at, due_at, expires_at, by_userid"
)
_INSERT = statement(
    "INSERT INTO outbox (lane, kind, conversation_id, turn_id, handoff_id, session_version,"
    " msgid, payload, due_at, expires_at, by_userid, created_at) VALUES (:lane, :kind,"
    " :conversation_id, :turn_id, :handoff_id, :session_version, :msgid, CAST(:payload AS jsonb),"
    f" :due_at, :expires_at, :by_userid, :now) RETURNING {_COLUMNS}"
)
_OPEN = statement(
    f"SELECT {_COLUMNS} FROM outbox"
    " WHERE conversation_id = ANY(:conversations) AND lane = 'conversation'"
    " AND state IN ('pending', 'sending') ORDER BY id"
)
_BEGIN = statement(
    "UPDATE outbox SET uncertain = uncertain OR state = 'sending', state = 'sending',"
    " attempts = attempts + 1, first_tried_at = COALESCE(first_tried_at, :now),"
    " lease_owner = :me, lease_until = :until WHERE id = :id AND settled_at IS NULL"
    f" RETURNING {_COLUMNS}"
)
_ATTEMPTS = statement("SELECT attempts FROM outbox WHERE id = :id FOR UPDATE")
_SETTLE = statement(
    # What an earlier attempt was refused for stays on record, unless the part arrived after all.
    "UPDATE outbox SET state = :state, settled_at = :now, result = CAST(:result AS jsonb),"
    " error_code = CASE WHEN :state = 'delivered' THEN :error_code"
    " ELSE COALESCE(:error_code, error_code) END,"
    " error_text = CASE WHEN :state = 'delivered' THEN :error_text"
    " ELSE COALESCE(:error_text, error_text) END,"
    " lease_owner = NULL, lease_until = NULL"
    " WHERE id = :id AND settled_at IS NULL"
)
_RETRY = statement(
    "UPDATE outbox SET state = 'pending', uncertain = :uncertain, due_at = :due_at,"
    " error_code = :error_code, error_text = :error_text,"
    " lease_owner = NULL, lease_until = NULL WHERE id = :id AND settled_at IS NULL"
)
_SETTLE_REST = statement(
    "UPDATE outbox SET state = :state, settled_at = :now, error_text = :reason"
    " WHERE conversation_id = :conversation_id AND lane = 'conversation'"
    " AND state = 'pending' AND kind = 'kf_message' AND by_userid IS NULL"
    " AND (CAST(:turn_id AS bigint) IS NULL OR turn_id = :turn_id)"
)
_CLAIM_DIRECT = statement(
    "UPDATE outbox SET uncertain = uncertain OR state = 'sending', state = 'sending',"
    " attempts = attempts + 1, first_tried_at = COALESCE(first_tried_at, :now),"
    " lease_owner = :me, lease_until = :until"
    " WHERE id IN (SELECT id FROM outbox WHERE lane = 'direct' AND due_at <= :now"
    " AND NOT id = ANY(:busy) AND (state = 'pending' OR (state = 'sending'"
    " AND (lease_owner IS NULL OR lease_until < :now OR lease_owner = :me)))"
    " ORDER BY expires_at NULLS LAST, due_at LIMIT :limit FOR UPDATE SKIP LOCKED)"
    f" RETURNING {_COLUMNS}"
)
_NEXT_DIRECT = statement(
    "SELECT min(due_at) FROM outbox WHERE lane = 'direct' AND state = 'pending'"
)
_SINCE = statement(
    # More than the last few can never count, however long the history is.
    "SELECT c.id, count(*) FROM"
    " unnest(CAST(:conversations AS bigint[]), CAST(:since AS timestamptz[])) AS c(id, since)"
    " CROSS JOIN LATERAL (SELECT state, attempts, settled_at FROM outbox"
    " WHERE conversation_id = c.id AND lane = 'conversation' AND kind = 'kf_message'"
    " ORDER BY outbox.id DESC LIMIT 20) AS p"
    " WHERE p.attempts > 0 AND (p.settled_at IS NULL"
    " OR (p.state IN ('delivered', 'unknown') AND p.settled_at >= c.since)) GROUP BY c.id"
)
_FAILED = statement(
    # The report may overtake our own note that the part was accepted.
    "UPDATE outbox SET state = 'refused', error_code = :error_code, error_text = :error_text,"
    " settled_at = COALESCE(settled_at, :now) WHERE msgid = :msgid RETURNING conversation_id"
)
_FATES = statement(
    "SELECT state, error_code, error_text FROM outbox WHERE id = ANY(:ids) ORDER BY id"
)


def new_msgid() -> str:
    """Return an id for one part: fixed once stored, so that a repeat is recognised.

    Random, because numbers would begin again with a new database while the platform remembers.
    """
    return secrets.token_hex(14)


def insert_part(connection: Connection, part: NewPart, now: datetime) -> Part:
    """Store a part."""
    values = {
        "lane": part.lane, "kind": part.kind, "conversation_id": part.conversation_id,
        "turn_id": part.turn_id, "handoff_id": part.handoff_id,
        "session_version": part.session_version, "msgid": part.msgid,
        "payload": storable_json(part.payload), "due_at": part.due_at,
        "expires_at": part.expires_at, "by_userid": part.by_userid, "now": now,
    }  # fmt: skip
    return Part(*connection.execute(_INSERT, values).one())


def open_parts(connection: Connection, conversations: Sequence[int]) -> list[Part]:
    """Return the parts of these conversations that have no fate yet, in order."""
    rows = connection.execute(_OPEN, {"conversations": list(conversations)})
    return [Part(*row) for row in rows]


def begin_part(
    connection: Connection, part_id: int, me: int, now: datetime, until: datetime
) -> Part | None:
    """Mark a part as being sent, before the call goes out; None if it has its fate by now."""
    values = {"id": part_id, "me": me, "now": now, "until": until}
    row = connection.execute(_BEGIN, values).one_or_none()
    return Part(*row) if row else None


def claim_direct(
    connection: Connection,
    me: int,
    busy: Sequence[int],
    now: datetime,
    until: datetime,
    limit: int,
) -> list[Part]:
    """Claim parts of the direct lane, those with a deadline first; all are marked as sending.

    ``busy`` are the parts this process is sending right now; others it had begun are repeated.
    """
    values = {"me": me, "busy": list(busy), "now": now, "until": until, "limit": limit}
    parts = [Part(*row) for row in connection.execute(_CLAIM_DIRECT, values)]
    return sorted(parts, key=lambda part: (part.expires_at is None, part.expires_at, part.id))


def next_direct_at(connection: Connection) -> datetime | None:
    """Return when the next part of the direct lane is due, or None."""
    due_at: datetime | None = connection.scalar(_NEXT_DIRECT)
    return due_at


def is_attempt(connection: Connection, part: Part) -> bool:
    """Say, and lock it, whether ``part`` as it was claimed is still the newest attempt."""
    attempts = connection.scalar(_ATTEMPTS, {"id": part.id})
    return bool(attempts == part.attempts)


def settle_part(
    connection: Connection,
    part_id: int,
    fate: PartFate,
    now: datetime,
    *,
    error_code: int | None = None,
    error_text: str | None = None,
    result: dict[str, Any] | None = None,
) -> bool:
    """Give a part its fate; return False if it has one already."""
    values = {
        "id": part_id, "state": fate, "now": now, "error_code": error_code,
        "error_text": None if error_text is None else storable_text(error_text),
        "result": None if result is None else storable_json(result),
    }  # fmt: skip
    return connection.execute(_SETTLE, values).rowcount == 1


def retry_part(
    connection: Connection,
    part_id: int,
    due_at: datetime,
    *,
    uncertain: bool,
    error_code: int | None,
    error_text: str,
) -> None:
    """Let a part be tried again later."""
    values = {
        "id": part_id, "due_at": due_at, "uncertain": uncertain, "error_code": error_code,
        "error_text": storable_text(error_text),
    }  # fmt: skip
    connection.execute(_RETRY, values)


def settle_waiting_messages(
    connection: Connection,
    conversation_id: int,
    fate: PartFate,
    reason: str,
    now: datetime,
    *,
    turn_id: int | None = None,
) -> int:
    """Give all messages of the bot that are not under way one fate, or those of one turn."""
    values = {
        "conversation_id": conversation_id, "state": fate, "reason": reason, "now": now,
        "turn_id": turn_id,
    }  # fmt: skip
    return connection.execute(_SETTLE_REST, values).rowcount


def messages_since(connection: Connection, since: Mapping[int, datetime]) -> dict[int, int]:
    """Return how many messages of each conversation may have gone out since its instant.

    Those under way count, and those whose outcome is unknown. Conversations without any are
    left out.
    """
    values = {"conversations": list(since), "since": list(since.values())}
    return {row[0]: int(row[1]) for row in connection.execute(_SINCE, values)}


def mark_failed(
    connection: Connection, msgid: str, error_code: int, error_text: str, now: datetime
) -> int | None:
    """Turn a delivered part into a refused one: the platform said so later.

    Returns the conversation's id, or None if no such part is known.
    """
    values = {"msgid": msgid, "error_code": error_code, "error_text": error_text, "now": now}
    conversation_id: int | None = connection.scalar(_FAILED, values)
    return conversation_id


def fates_of(connection: Connection, part_ids: Sequence[int]) -> list[Standing]:
    """Return how these parts stand, in order."""
    return [Standing(*row) for row in connection.execute(_FATES, {"ids": list(part_ids)})]
