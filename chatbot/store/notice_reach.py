"""What customers wrote lately, as far as it tells whom a notice would have reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.tags import tags_of_customers

#: Customers beyond so many are not looked at: the newest tell enough.
_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Turns of a customer on an account that were answered by the same entry, None for none."""

    open_kfid: str
    customer: str
    rows: dict[str, str]
    scene: str
    tags: tuple[str, ...]
    faq_id: str | None
    turns: int


_ASKED = statement(
    "SELECT c.open_kfid, c.external_userid, c.scope_rows, c.scene, t.decision ->> 'faq_id' AS faq,"
    " count(*) AS turns FROM turns t JOIN conversations c ON c.id = t.conversation_id"
    " WHERE t.created_at >= :since"
    " GROUP BY c.open_kfid, c.external_userid, c.scope_rows, c.scene, t.decision ->> 'faq_id'"
    " ORDER BY max(t.id) DESC LIMIT :limit"
)


def asked_since(connection: Connection, since: datetime, now: datetime) -> list[Asked]:
    """Return what was asked since then."""
    found = connection.execute(_ASKED, {"since": since, "limit": _MOST}).all()
    customers = list({row.external_userid for row in found})
    tags = tags_of_customers(connection, customers, now)
    return [
        Asked(
            row.open_kfid, row.external_userid, row.scope_rows or {}, row.scene or "",
            tags.get(row.external_userid, ()), row.faq, int(row.turns),
        )
        for row in found
    ]  # fmt: skip
