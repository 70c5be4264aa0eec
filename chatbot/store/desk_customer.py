"""What the desk shows of a customer beside their tags: sessions with people, other accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.store.database import statement


@dataclass(frozen=True, slots=True)
class PastHandoff:
    """A time the bot handed the customer to people."""

    public_id: str
    account: str
    reason: str
    state: str
    servicer: str | None
    at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class OtherTalk:
    """The customer's conversation with another account."""

    public_id: str
    account: str
    state: int
    wrote_at: datetime | None


_HANDOFFS = statement(
    "SELECT c.public_id, COALESCE(NULLIF(a.name, ''), c.open_kfid), h.reason, h.state,"
    " h.servicer_userid, h.created_at, h.ended_at FROM handoffs h"
    " JOIN conversations c ON c.id = h.conversation_id"
    " LEFT JOIN kf_accounts a ON a.open_kfid = c.open_kfid"
    " WHERE c.external_userid = :customer ORDER BY h.id DESC LIMIT :limit"
)
_OTHERS = statement(
    "SELECT c.public_id, COALESCE(NULLIF(a.name, ''), c.open_kfid), c.service_state,"
    " c.customer_wrote_at FROM conversations c"
    " LEFT JOIN kf_accounts a ON a.open_kfid = c.open_kfid"
    " WHERE c.external_userid = :customer AND c.id <> :id"
    " ORDER BY c.customer_wrote_at DESC NULLS LAST LIMIT :limit"
)
_TURN_TEXTS = statement("SELECT id, text FROM turns WHERE id = ANY(:turns)")
_TAG_NAMES = statement(
    "SELECT tag_group, name FROM (SELECT tag_group, name FROM corp_tags"
    " UNION SELECT tag_group, name FROM customer_tags WHERE state = 'given') AS t"
    " ORDER BY tag_group, name LIMIT :limit"
)


def past_handoffs(connection: Connection, customer: str, limit: int) -> Sequence[PastHandoff]:
    """Return when people had the customer, with any account, newest first."""
    values = {"customer": customer, "limit": limit}
    return [PastHandoff(*row) for row in connection.execute(_HANDOFFS, values)]


def other_talks(
    connection: Connection, customer: str, conversation_id: int, limit: int
) -> Sequence[OtherTalk]:
    """Return the customer's conversations but this one."""
    values = {"customer": customer, "id": conversation_id, "limit": limit}
    return [OtherTalk(*row) for row in connection.execute(_OTHERS, values)]


def turn_texts(connection: Connection, turns: Sequence[int]) -> dict[int, str]:
    """Return what customers said in these turns."""
    rows = connection.execute(_TURN_TEXTS, {"turns": list(turns)}) if turns else ()
    return {row.id: row.text for row in rows}


def tag_names(connection: Connection, limit: int) -> Sequence[tuple[str, str]]:
    """Return the tags in use, as (group, name)."""
    return [(row.tag_group, row.name) for row in connection.execute(_TAG_NAMES, {"limit": limit})]
