"""A conversation as people read it: page by page, with everything that happened in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.judgements import Judgement, judgements_of
from chatbot.store.ratings import Rating, ratings_of
from chatbot.store.turns import Turn


@dataclass(frozen=True, slots=True)
class HeardLine:
    """A message of the customer or of staff, or what staff did with the session (an event)."""

    id: int
    origin: int
    msgtype: str
    content: dict[str, Any]
    servicer_userid: str | None
    sent_at: datetime
    fate: str


@dataclass(frozen=True, slots=True)
class SentLine:
    """A part of ours that concerns the customer, and what became of it."""

    id: int
    kind: str
    turn_id: int | None
    author: str | None
    payload: dict[str, Any]
    result: dict[str, Any]
    state: str
    error_text: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class DeskPage:
    """A stretch of a conversation, each list oldest first; ``older``: something came before.

    ``next_before`` is the message from which the page before is read.
    """

    heard: Sequence[HeardLine]
    sent: Sequence[SentLine]
    turns: Sequence[Turn]
    judgements: dict[int, Judgement]
    ratings: Sequence[Rating]
    next_before: int | None


_HEARD = statement(
    "SELECT id, origin, msgtype, content, servicer_userid, sent_at, fate FROM messages"
    " WHERE conversation_id = :conversation AND (CAST(:before AS bigint) IS NULL OR id < :before)"
    " AND (msgtype <> 'event' OR content ->> 'event_type' = 'session_status_change')"
    " ORDER BY id DESC LIMIT :limit"
)
_AT = statement(
    "SELECT sent_at FROM messages WHERE id = :before AND conversation_id = :conversation"
)
_FIRST_OF = statement("SELECT min(id) FROM messages WHERE turn_id = :turn")
_SENT = statement(
    "SELECT id, kind, turn_id, by_userid, payload, COALESCE(result, '{}'), state, error_text,"
    " COALESCE(settled_at, created_at) AS at FROM outbox"
    " WHERE conversation_id = :conversation AND kind <> 'staff_message'"
    " AND (CAST(:since AS timestamptz) IS NULL OR COALESCE(settled_at, created_at) >= :since)"
    " AND (CAST(:until AS timestamptz) IS NULL OR COALESCE(settled_at, created_at) < :until)"
    " ORDER BY id DESC LIMIT :limit"
)
_TURNS = statement(
    "SELECT id, session_version, created_at, text, action, decision, mode, drafts,"
    " COALESCE(trace -> 'form', '[]') FROM turns WHERE conversation_id = :conversation"
    " AND (id = ANY(:ids) OR (mode = 'assist'"
    " AND (CAST(:since AS timestamptz) IS NULL OR created_at >= :since)"
    " AND (CAST(:until AS timestamptz) IS NULL OR created_at < :until))) ORDER BY id"
)
_MEDIA = statement(
    "SELECT conversation_id, msgtype, content, sent_at FROM messages"
    " WHERE id = :id AND conversation_id IS NOT NULL AND msgtype = ANY(:types)"
)
#: Parts that may belong to a page of messages; more than the bot ever says to so many.
_PARTS_A_MESSAGE = 6


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """Which file of the platform's a message brought, and in which conversation."""

    conversation_id: int
    msgtype: str
    media_id: str
    recalled: bool
    filename: str
    sent_at: datetime


def desk_page(
    connection: Connection, conversation_id: int, before: int | None, limit: int
) -> DeskPage:
    """Return the newest ``limit`` messages before the message ``before`` (None: the newest).

    With them comes what was sent, and drafted, from the first of them up to the page after.
    """
    values: dict[str, Any] = {"conversation": conversation_id, "before": before, "limit": limit}
    heard = [HeardLine(*row) for row in connection.execute(_HEARD, values)][::-1]
    more = len(heard) == limit
    window: dict[str, Any] = {
        "conversation": conversation_id,
        "since": heard[0].sent_at if more else None,
        "until": connection.scalar(_AT, values) if before is not None else None,
        "limit": limit * _PARTS_A_MESSAGE,
    }
    sent = [SentLine(*row) for row in connection.execute(_SENT, window)][::-1]
    ids = sorted({part.turn_id for part in sent if part.turn_id is not None})
    turns = [Turn(*row) for row in connection.execute(_TURNS, {**window, "ids": ids})]
    judgements = judgements_of(connection, [turn.id for turn in turns])
    ratings = [
        each
        for each in ratings_of(connection, conversation_id, limit)
        if (window["since"] is None or each.rated_at >= window["since"])
        and (window["until"] is None or each.rated_at < window["until"])
    ]
    return DeskPage(heard, sent, turns, judgements, ratings, heard[0].id if more else None)


def first_message_of(connection: Connection, turn_id: int) -> int | None:
    """Return the first message that a turn is about, None if none is kept."""
    found: int | None = connection.scalar(_FIRST_OF, {"turn": turn_id})
    return found


def media_of(connection: Connection, message_id: int, types: Sequence[str]) -> StoredMedia | None:
    """Return the file of a message of one of ``types``, None if it has none."""
    row = connection.execute(_MEDIA, {"id": message_id, "types": list(types)}).one_or_none()
    if row is None or not row.content.get("media_id"):
        return None
    return StoredMedia(
        row.conversation_id, row.msgtype, str(row.content["media_id"]), "recalled" in row.content,
        str(row.content.get("filename") or row.content.get("name") or ""), row.sent_at,
    )  # fmt: skip
