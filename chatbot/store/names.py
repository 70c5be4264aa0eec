"""What customers are called, asked for in batches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.messages import storable_text

_CLAIM = statement(
    "UPDATE conversations SET name_asked_at = :now WHERE id IN (SELECT id FROM conversations"
    " WHERE nickname IS NULL AND customer_wrote_at > :since"
    " AND (name_asked_at IS NULL OR name_asked_at <= :again)"
    # Whoever is at work on a conversation is not waited for; its name is asked for next time.
    " ORDER BY customer_wrote_at DESC LIMIT :limit FOR UPDATE SKIP LOCKED)"
    " RETURNING external_userid"
)
_SAVE = statement(
    # In the order of all who lock several conversations.
    "WITH named AS (SELECT c.id, n.name FROM conversations c JOIN"
    " unnest(CAST(:customers AS text[]), CAST(:names AS text[])) AS n(customer, name)"
    " ON n.customer = c.external_userid WHERE c.nickname IS NULL ORDER BY c.id FOR UPDATE OF c)"
    " UPDATE conversations SET nickname = named.name FROM named WHERE conversations.id = named.id"
)


def claim_unnamed(
    connection: Connection, now: datetime, since: datetime, again: datetime, limit: int
) -> list[str]:
    """Return customers without a name who wrote after ``since``, each for one caller only.

    Who was asked for after ``again`` in vain is left alone.
    """
    values = {"now": now, "since": since, "again": again, "limit": limit}
    return sorted(set(connection.scalars(_CLAIM, values)))


def save_names(connection: Connection, names: Mapping[str, str]) -> None:
    """Keep what customers are called, on all accounts."""
    values = {"customers": list(names), "names": list(map(storable_text, names.values()))}
    connection.execute(_SAVE, values)
