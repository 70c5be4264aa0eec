"""The bot is silent for a customer while somebody types a reply."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from chatbot.store.database import statement

_PAUSE = statement(
    # Who types first keeps it until their time is over.
    "UPDATE conversations SET paused_by = :userid, paused_until = :until WHERE id = :id"
    " AND (paused_by IS NULL OR paused_by = :userid OR paused_until <= :now)"
)
_RESUME = statement(
    "UPDATE conversations SET paused_by = NULL, paused_until = NULL"
    " WHERE id = :id AND paused_by = :userid"
)
_PAUSED = statement(
    "SELECT paused_by, paused_until FROM conversations WHERE id = :id AND paused_until > :now"
)


def pause_bot(
    connection: Connection, conversation_id: int, userid: str, now: datetime, until: datetime
) -> bool:
    """Let the bot be silent until then; False while somebody else types."""
    values = {"id": conversation_id, "userid": userid, "now": now, "until": until}
    return connection.execute(_PAUSE, values).rowcount == 1


def resume_bot(connection: Connection, conversation_id: int, userid: str) -> bool:
    """End one's own pause; False if there is none."""
    return connection.execute(_RESUME, {"id": conversation_id, "userid": userid}).rowcount == 1


def paused(
    connection: Connection, conversation_id: int, now: datetime
) -> tuple[str, datetime] | None:
    """Return by whom and until when the bot is silent, None if it is not."""
    row = connection.execute(_PAUSED, {"id": conversation_id, "now": now}).one_or_none()
    return (row.paused_by, row.paused_until) if row else None
