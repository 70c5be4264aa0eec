"""What customers wrote lately, as far as it tells whom a notice would have reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.tags import tags_of_customers

#: Turns beyond so many are not looked at: the newest tell enough.
MOST_TURNS = 20_000


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


@dataclass(frozen=True, slots=True)
class Lately:
    """What was asked; ``is_cut`` if only the newest of it."""

    asked: list[Asked]
    is_cut: bool


_ASKED = statement(
    "SELECT c.open_kfid, c.external_userid, c.scope_rows, c.scene, t.faq, count(*) AS turns"
    " FROM (SELECT conversation_id, decision ->> 'faq_id' AS faq FROM turns"
    " WHERE created_at >= :since ORDER BY created_at DESC, id DESC LIMIT :most) AS t"
    " JOIN conversations c ON c.id = t.conversation_id"
    " GROUP BY c.open_kfid, c.external_userid, c.scope_rows, c.scene, t.faq"
)


def asked_since(
    connection: Connection, since: datetime, now: datetime, most: int = MOST_TURNS
) -> Lately:
    """Return what was asked since then in the newest ``most`` turns."""
    found = connection.execute(_ASKED, {"since": since, "most": most}).all()
    customers = list({row.external_userid for row in found})
    tags = tags_of_customers(connection, customers, now)
    asked = [
        Asked(
            row.open_kfid, row.external_userid, row.scope_rows or {}, row.scene or "",
            tags.get(row.external_userid, ()), row.faq, int(row.turns),
        )
        for row in found
    ]  # fmt: skip
    return Lately(asked, sum(each.turns for each in asked) >= most)
