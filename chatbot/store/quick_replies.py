"""Agents' own quick replies, and how often replies were used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.messages import storable_text

#: The first number of the locks on one agent's quick replies; the second is of the userid.
_LOCK_CLASS = 5_915_015


@dataclass(frozen=True, slots=True)
class OwnReply:
    """A quick reply that one agent wrote for himself; ``text`` with its variables."""

    id: int
    folder: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Uses:
    """How often a reply was used: by this agent, and by all."""

    own: int
    all: int


_LIST = statement(
    "SELECT id, folder, title, text FROM quick_replies WHERE userid = :userid ORDER BY position, id"
)
# Of one agent's windows the one waits for the other, so that the limit and the order hold.
_LOCK = statement("SELECT pg_advisory_xact_lock(:lock_class, hashtext(:userid))")
_INSERT = statement(
    "INSERT INTO quick_replies (userid, folder, title, text, position, changed_at)"
    " SELECT :userid, :folder, :title, :text, COALESCE(max(position) + 1, 0), :now"
    " FROM quick_replies WHERE userid = :userid HAVING count(*) < :most RETURNING id"
)
_UPDATE = statement(
    "UPDATE quick_replies SET folder = :folder, title = :title, text = :text, changed_at = :now"
    " WHERE id = :id AND userid = :userid"
)
_DELETE = statement(
    "WITH gone AS (DELETE FROM quick_replies WHERE id = :id AND userid = :userid RETURNING id)"
    ", uses AS (DELETE FROM quick_reply_uses USING gone WHERE item = 'own:' || gone.id)"
    " SELECT id FROM gone"
)
_ORDER = statement(
    "UPDATE quick_replies q SET position = o.position - 1"
    " FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS o(id, position)"
    " WHERE q.id = o.id AND q.userid = :userid"
)
_IDS = statement("SELECT id FROM quick_replies WHERE userid = :userid")
_USED = statement(
    "INSERT INTO quick_reply_uses AS u (userid, item, times, used_at)"
    " VALUES (:userid, :item, 1, :now) ON CONFLICT (userid, item)"
    " DO UPDATE SET times = u.times + 1, used_at = EXCLUDED.used_at"
)
_USES = statement(
    "SELECT item, COALESCE(sum(times) FILTER (WHERE userid = :userid), 0) AS own,"
    " sum(times) AS all_times FROM quick_reply_uses GROUP BY item"
)


def own_replies(connection: Connection, userid: str) -> list[OwnReply]:
    """Return an agent's own quick replies in the order he gave them."""
    return [OwnReply(*row) for row in connection.execute(_LIST, {"userid": userid})]


def add_reply(
    connection: Connection, userid: str, reply: OwnReply, most: int, now: datetime
) -> int | None:
    """Add a quick reply at the end and return its id; None if the agent has ``most`` already."""
    connection.execute(_LOCK, {"lock_class": _LOCK_CLASS, "userid": userid})
    values = {**_values(userid, reply), "most": most, "now": now}
    new: int | None = connection.scalar(_INSERT, values)
    return new


def change_reply(connection: Connection, userid: str, reply: OwnReply, now: datetime) -> bool:
    """Write a quick reply anew; return whether the agent has it."""
    values = {**_values(userid, reply), "id": reply.id, "now": now}
    return connection.execute(_UPDATE, values).rowcount > 0


def delete_reply(connection: Connection, userid: str, reply_id: int) -> bool:
    """Delete a quick reply; return whether the agent had it."""
    return connection.scalar(_DELETE, {"userid": userid, "id": reply_id}) is not None


def order_replies(connection: Connection, userid: str, ids: Sequence[int]) -> bool:
    """Put an agent's quick replies into an order; return False if ``ids`` are not all of them."""
    connection.execute(_LOCK, {"lock_class": _LOCK_CLASS, "userid": userid})
    if sorted(ids) != sorted(connection.scalars(_IDS, {"userid": userid})):
        return False
    connection.execute(_ORDER, {"userid": userid, "ids": list(ids)})
    return True


def note_use(connection: Connection, userid: str, item: str, now: datetime) -> None:
    """Count one more use of a reply by an agent."""
    connection.execute(_USED, {"userid": userid, "item": item, "now": now})


def uses_of(connection: Connection, userid: str) -> dict[str, Uses]:
    """Return how often each reply was used; one that never was has no key."""
    rows = connection.execute(_USES, {"userid": userid})
    return {row.item: Uses(int(row.own), int(row.all_times)) for row in rows}


def _values(userid: str, reply: OwnReply) -> dict[str, str]:
    return {
        "userid": userid, "folder": storable_text(reply.folder),
        "title": storable_text(reply.title), "text": storable_text(reply.text),
    }  # fmt: skip
