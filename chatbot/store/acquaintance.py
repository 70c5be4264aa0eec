"""What a member has to do with a customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.store.database import statement


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """``known``: anything is known of the customer; ``follows``: the member has them as a contact;
    ``served``: the member serves them, or did lately. ``conversation_id`` is the conversation that
    the member has with them, else the one in which the customer wrote last; ``account`` is its
    account, empty without one.
    """

    known: bool
    follows: bool
    served: bool
    conversation_id: int | None
    account: str


_FIND = statement(
    "WITH talks AS (SELECT id, service_state, lower(servicer_userid) = :userid AS mine,"
    " customer_wrote_at, open_kfid FROM conversations WHERE external_userid = :customer),"
    " relations AS (SELECT active AND lower(userid) = :userid AS follows FROM contact_relations"
    " WHERE external_userid = :customer)"
    " SELECT EXISTS (SELECT FROM talks) OR EXISTS (SELECT FROM relations) AS known,"
    " EXISTS (SELECT FROM relations WHERE follows) AS follows,"
    " EXISTS (SELECT FROM talks WHERE service_state = 3 AND mine)"
    " OR EXISTS (SELECT FROM talks JOIN messages m ON m.conversation_id = talks.id"
    "  WHERE m.origin = 5 AND lower(m.servicer_userid) = :userid AND m.received_at >= :since)"
    " OR EXISTS (SELECT FROM talks JOIN outbox o ON o.conversation_id = talks.id"
    "  WHERE o.by_userid = :userid AND o.created_at >= :since) AS served,"
    " best.id, COALESCE(best.open_kfid, '') FROM (SELECT 1) AS one LEFT JOIN"
    " (SELECT id, open_kfid FROM talks ORDER BY (service_state = 3 AND mine) IS TRUE DESC,"
    "  customer_wrote_at DESC NULLS LAST, id DESC LIMIT 1) AS best ON true"
)


def acquaintance(
    connection: Connection, external_userid: str, userid: str, since: datetime
) -> Acquaintance:
    """Return what ``userid`` (in lower case) has to do with a customer, lately: after ``since``."""
    values = {"customer": external_userid, "userid": userid, "since": since}
    return Acquaintance(*connection.execute(_FIND, values).one())
