"""What customers wrote lately, with all that it was decided from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.store.database import statement

_RECENT = statement(
    # The newest of each wording; walking back by time, as the index does.
    "SELECT inputs FROM (SELECT DISTINCT ON (text) text, id, inputs FROM ("
    " SELECT text, id, inputs FROM turns WHERE created_at >= :since AND inputs IS NOT NULL"
    # What deciding failed on would fail again.
    " AND decision #>> '{handoff,reason}' IS DISTINCT FROM 'error'"
    " AND text <> '' ORDER BY created_at DESC LIMIT :looked_at) AS newest"
    " ORDER BY text, id DESC) AS told ORDER BY id DESC LIMIT :limit"
)


def recent_inputs(connection: Connection, since: datetime, limit: int) -> list[dict[str, Any]]:
    """Return what the newest turns were decided from, one a wording, newest first."""
    values = {"since": since, "limit": limit, "looked_at": limit * 10}
    return list(connection.scalars(_RECENT, values))
