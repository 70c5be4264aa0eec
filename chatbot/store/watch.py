"""Sessions that are not the bot's: what is known of them, and when they are looked after next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.accounts.desk_rules import DeskRules
from chatbot.store.conversations import Claim
from chatbot.store.database import statement
from chatbot.store.messages import storable_json


@dataclass(frozen=True, slots=True)
class Watched:
    """A session in the pool, or with a person.

    ``unanswered``: what the customer wrote since a person did, as (when, content), oldest first.
    ``offered_to``: who had it since somebody answered. ``handoff_id`` and ``turn_id`` are those of
    the handoff that led here, None if staff took it by themselves.
    """

    owned_at: datetime
    offered_to: tuple[str, ...]
    alarmed_at: datetime | None
    unanswered: tuple[tuple[datetime, dict[str, Any]], ...]
    spoken_at: datetime | None
    handoff_id: int | None
    turn_id: int | None
    priority: str
    #: Whether something is to be done for the customer, whether its owner knows that the session
    #: is kept for it, and whether what is not answered is on the list.
    case_open: bool = False
    case_held: bool = False
    listed: bool = False


_READ = statement(
    "WITH c AS (SELECT id, owned_at, offered_to, alarmed_at, session_started_at FROM conversations"
    " WHERE id = :id),"
    " answered AS (SELECT id, sent_at FROM messages WHERE conversation_id = :id"
    " AND servicer_userid IS NOT NULL AND sent_at >= (SELECT session_started_at FROM c)"
    " ORDER BY id DESC LIMIT 1),"
    " h AS (SELECT id, turn_id, priority FROM handoffs WHERE conversation_id = :id"
    " AND state <> 'ended' ORDER BY id DESC LIMIT 1)"
    " SELECT c.owned_at, c.offered_to, c.alarmed_at,"
    " (SELECT sent_at FROM answered) AS answered_at, (SELECT id FROM answered) AS answered_id,"
    " session_started_at,"
    " (SELECT id FROM h) AS handoff_id, (SELECT turn_id FROM h) AS turn_id,"
    " COALESCE((SELECT priority FROM h), 'normal') AS priority,"
    " EXISTS (SELECT FROM cases x WHERE x.conversation_id = :id AND x.state = 'open') AS case_open,"
    " EXISTS (SELECT FROM cases x WHERE x.conversation_id = :id AND x.state = 'open'"
    " AND x.held_since >= COALESCE(c.session_started_at, c.owned_at)) AS case_held,"
    " EXISTS (SELECT FROM open_items i WHERE i.conversation_id = :id AND i.closed_at IS NULL"
    " AND i.kind = 'unanswered') AS listed FROM c"
)
_UNANSWERED = statement(
    "SELECT sent_at, content FROM messages WHERE conversation_id = :id AND origin = 3"
    " AND id > :answered_id AND sent_at >= :since AND fate <> 'recalled' ORDER BY id LIMIT :limit"
)
#: Of so many messages nobody answered, one asks something.
_MOST_UNANSWERED = 50
_LATER = statement(
    # What happened since the claim has said that it is to be looked after at once.
    "UPDATE conversations SET watch_at = :at WHERE id = :id AND lease_owner = :me"
    " AND fence = :fence AND watch_at = :claimed"
)
_ALARMED = statement("UPDATE conversations SET alarmed_at = :now WHERE id = :id")
_OFFERED = statement(
    "UPDATE conversations SET offered_to = array_append(offered_to, :userid) WHERE id = :id"
)
_ANSWERED = statement(
    "UPDATE conversations SET offered_to = '{}', alarmed_at = NULL,"
    " watch_at = CASE WHEN service_state IN (2, 3) THEN CAST(:now AS timestamptz) END"
    " WHERE id = :id"
)
_STOPPED = statement(
    "UPDATE conversations SET watch_at = :now WHERE service_state = 3"
    " AND open_kfid = :open_kfid AND servicer_userid = :userid"
)
_RULES = statement("SELECT rules FROM desk_rules")
_SAVE_RULES = statement(
    "INSERT INTO desk_rules (rules, changed_at, changed_by)"
    " VALUES (CAST(:rules AS jsonb), :now, :changed_by) ON CONFLICT (one) DO UPDATE SET"
    " rules = EXCLUDED.rules, changed_at = EXCLUDED.changed_at, changed_by = EXCLUDED.changed_by"
)


def read_watched(connection: Connection, conversation_id: int, now: datetime) -> Watched:
    """Return what is known of a session; ``now`` stands for a beginning that nobody noted."""
    row = connection.execute(_READ, {"id": conversation_id}).one()
    values = {
        "id": conversation_id, "answered_id": row.answered_id or 0,
        "since": row.session_started_at or now, "limit": _MOST_UNANSWERED,
    }  # fmt: skip
    unanswered = [
        (sent_at, content) for sent_at, content in connection.execute(_UNANSWERED, values)
    ]
    spoken = [row.answered_at, *(sent_at for sent_at, _ in unanswered)]
    return Watched(
        owned_at=row.owned_at or now,
        offered_to=tuple(row.offered_to),
        alarmed_at=row.alarmed_at,
        unanswered=tuple(unanswered),
        spoken_at=max(filter(None, spoken), default=None),
        handoff_id=row.handoff_id,
        turn_id=row.turn_id,
        priority=row.priority,
        case_open=row.case_open,
        case_held=row.case_held,
        listed=row.listed,
    )


def watch_again(connection: Connection, claim: Claim, at: datetime | None) -> None:
    """Say when the claimed session is looked after next; None: not until something happens.

    If something has happened since it was claimed, it is looked after at once all the same.
    """
    connection.execute(_LATER, {**claim.key(), "at": at, "claimed": claim.watch_at})


def note_alarm(connection: Connection, conversation_id: int, now: datetime) -> None:
    """Note that the supervisors were told."""
    connection.execute(_ALARMED, {"id": conversation_id, "now": now})


def note_offer(connection: Connection, conversation_id: int, userid: str) -> None:
    """Note that somebody has it now, so that they do not get it again unanswered."""
    connection.execute(_OFFERED, {"id": conversation_id, "userid": userid})


def note_answer(connection: Connection, conversation_id: int, now: datetime) -> None:
    """Note that a person wrote: who had it before, and who was told, counts no more."""
    connection.execute(_ANSWERED, {"id": conversation_id, "now": now})


def watch_servicer(connection: Connection, open_kfid: str, userid: str, now: datetime) -> None:
    """Look after all sessions of a person whose status has changed."""
    connection.execute(_STOPPED, {"open_kfid": open_kfid, "userid": userid, "now": now})


def read_desk_rules(connection: Connection) -> DeskRules:
    """Return the rules in force."""
    record = connection.scalar(_RULES)
    return DeskRules.from_json(record) if record else DeskRules()


def save_desk_rules(
    connection: Connection, rules: DeskRules, now: datetime, changed_by: str
) -> None:
    """Put rules in force."""
    values = {"rules": storable_json(rules.to_json()), "now": now, "changed_by": changed_by}
    connection.execute(_SAVE_RULES, values)
