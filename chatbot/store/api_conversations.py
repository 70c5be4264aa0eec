"""Conversations of other systems: a context by a key of their own choice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.messages import storable_json


@dataclass(frozen=True, slots=True)
class StoredContext:
    """A context and which turn it stands after; version 0 is one that is not stored yet."""

    context: dict[str, Any]
    version: int


_READ = statement("SELECT context, version, updated_at FROM api_conversations WHERE key = :key")
_SAVE = statement(
    "INSERT INTO api_conversations (key, context, version, updated_at)"
    " VALUES (:key, CAST(:context AS jsonb), :version + 1, :now)"
    " ON CONFLICT (key) DO UPDATE SET context = EXCLUDED.context, version = EXCLUDED.version,"
    " updated_at = EXCLUDED.updated_at WHERE api_conversations.version = :version"
)
_FORGET = statement("DELETE FROM api_conversations WHERE updated_at < :before")


def read_context(connection: Connection, key: str, since: datetime) -> StoredContext:
    """Return the context of a conversation; an empty one if it was last used before ``since``."""
    row = connection.execute(_READ, {"key": key}).one_or_none()
    if row is None:
        return StoredContext({}, 0)
    return StoredContext(row.context if row.updated_at >= since else {}, row.version)


def save_context(
    connection: Connection, key: str, version: int, context: dict[str, Any], now: datetime
) -> bool:
    """Store the context that follows on ``version``; return False if another turn did already."""
    values = {"key": key, "version": version, "context": storable_json(context), "now": now}
    return connection.execute(_SAVE, values).rowcount == 1


def forget_contexts(connection: Connection, before: datetime) -> int:
    """Delete the conversations last used before an instant; return how many."""
    return connection.execute(_FORGET, {"before": before}).rowcount
