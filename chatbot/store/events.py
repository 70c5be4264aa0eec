"""Events of the app that are committed before their callback is acknowledged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.messages import storable_json

_INSERT = statement(
    "INSERT INTO app_events (dedup_key, kind, fields, created_at, received_at)"
    " VALUES (:dedup_key, :kind, CAST(:fields AS jsonb), :created_at, :now)"
    " ON CONFLICT (dedup_key) DO NOTHING"
)


def insert_app_event(
    connection: Connection,
    dedup_key: str,
    kind: str,
    fields: dict[str, Any],
    created_at: datetime,
    now: datetime,
) -> bool:
    """Store an event; return False if it is a repeat."""
    values = {
        "dedup_key": dedup_key, "kind": kind, "fields": storable_json(fields),
        "created_at": created_at, "now": now,
    }  # fmt: skip
    return connection.execute(_INSERT, values).rowcount == 1
