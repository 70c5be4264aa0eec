"""What customers are called by systems that share the brand's WeChat developer account."""

from __future__ import annotations

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.messages import storable_text

_READ = statement(
    "SELECT unionid FROM conversations WHERE external_userid = :customer AND unionid IS NOT NULL"
    " ORDER BY unionid = '', id LIMIT 1"
)
_SAVE = statement(
    "UPDATE conversations SET unionid = :unionid WHERE external_userid = :customer"
    " AND unionid IS DISTINCT FROM :unionid"
)


def known_unionid(connection: Connection, external_userid: str) -> str | None:
    """Return a customer's unionid: empty if the platform tells none, None if never asked."""
    unionid: str | None = connection.scalar(_READ, {"customer": external_userid})
    return unionid


def save_unionid(connection: Connection, external_userid: str, unionid: str) -> None:
    """Note what the platform has told."""
    values = {"customer": external_userid, "unionid": storable_text(unionid)}
    connection.execute(_SAVE, values)
