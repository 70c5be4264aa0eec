"""Tags of customers: how they stand, and the evidence, which is only added to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.customers.tags import Cause, Change, ChangeKind, Source, Standing, Tag
from chatbot.store.database import statement


@dataclass(frozen=True, slots=True)
class Evidence:
    """One line of why a tag stands as it does.

    ``turn_id`` and ``messages`` (ids of `chatbot.store.messages`) are what the customer said;
    ``reason`` is explained at `chatbot.customers.tags.Change`.
    """

    tag: Tag
    change: ChangeKind
    source: Source
    source_name: str
    score: float | None
    turn_id: int | None
    messages: tuple[int, ...]
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TurnRef:
    """The turn that a change of tags follows from, with the ids of its messages."""

    turn_id: int
    messages: tuple[int, ...]


_STANDING = (
    "tag_group, name, state, ours, first_given_at, last_given_at, times, lapses_at, ended_at,"
    " ended_by, ended_why, withheld_until"
)
_STANDINGS = statement(
    f"SELECT {_STANDING} FROM customer_tags WHERE external_userid = :customer"
    " ORDER BY tag_group, name"
)
_GIVEN = statement(
    "SELECT external_userid, tag_group, name FROM customer_tags"
    " WHERE external_userid = ANY(:customers) AND state = 'given'"
    " AND (lapses_at IS NULL OR lapses_at > :now) ORDER BY tag_group, name"
)
_SAVE = statement(
    f"INSERT INTO customer_tags (external_userid, {_STANDING}) VALUES (:customer, :tag_group,"
    " :name, :state, :ours, :first_given_at, :last_given_at, :times, :lapses_at, :ended_at,"
    " :ended_by, :ended_why, :withheld_until)"
    " ON CONFLICT (external_userid, tag_group, name) DO UPDATE SET state = EXCLUDED.state,"
    " ours = EXCLUDED.ours, first_given_at = EXCLUDED.first_given_at,"
    " last_given_at = EXCLUDED.last_given_at, times = EXCLUDED.times,"
    " lapses_at = EXCLUDED.lapses_at, ended_at = EXCLUDED.ended_at,"
    " ended_by = EXCLUDED.ended_by, ended_why = EXCLUDED.ended_why,"
    " withheld_until = EXCLUDED.withheld_until"
)
_ADD_EVIDENCE = statement(
    "INSERT INTO tag_evidence (external_userid, tag_group, name, change, source, source_name,"
    " score, turn_id, messages, reason, at) VALUES (:customer, :tag_group, :name, :change,"
    " :source, :source_name, :score, :turn_id, CAST(:messages AS bigint[]), :reason, :now)"
)
_EVIDENCE = statement(
    "SELECT tag_group, name, change, source, source_name, score, turn_id, messages, reason, at"
    " FROM tag_evidence WHERE external_userid = :customer ORDER BY id"
)
_LAPSED = statement(
    "SELECT DISTINCT external_userid FROM customer_tags WHERE state = 'given'"
    " AND lapses_at <= :now ORDER BY external_userid LIMIT :limit"
)


def customer_tags(connection: Connection, external_userid: str, now: datetime) -> tuple[str, ...]:
    """Return the tags a customer has at this moment, as ``group:name``."""
    return tags_of_customers(connection, [external_userid], now).get(external_userid, ())


def tags_of_customers(
    connection: Connection, customers: Sequence[str], now: datetime
) -> dict[str, tuple[str, ...]]:
    """Return the tags each of ``customers`` has at this moment; none has no key."""
    rows = connection.execute(_GIVEN, {"customers": list(customers), "now": now})
    found: dict[str, list[str]] = {}
    for customer, group, name in rows:
        found.setdefault(customer, []).append(f"{group}:{name}")
    return {customer: tuple(tags) for customer, tags in found.items()}


def standings_of(connection: Connection, external_userid: str) -> dict[Tag, Standing]:
    """Return how every tag the customer has or had stands."""
    rows = connection.execute(_STANDINGS, {"customer": external_userid})
    found = [Standing(Tag(group, name), *rest) for group, name, *rest in rows]
    return {standing.tag: standing for standing in found}


def save_changes(
    connection: Connection,
    external_userid: str,
    changes: Sequence[Change],
    now: datetime,
    turn: TurnRef | None = None,
) -> None:
    """Record changes with their evidence; the customer must be locked."""
    if not changes:
        return
    evidence = [_evidence_values(external_userid, change, turn, now) for change in changes]
    connection.execute(_ADD_EVIDENCE, evidence)
    # The last word on each tag; sent together, because a turn waits for it.
    standings = {change.tag: change.standing for change in changes if change.standing}
    if standings:
        rows = [_standing_values(external_userid, each) for each in standings.values()]
        connection.execute(_SAVE, rows)


def _evidence_values(
    customer: str, change: Change, turn: TurnRef | None, now: datetime
) -> dict[str, object]:
    cause: Cause = change.cause
    return {
        "customer": customer, "tag_group": change.tag.group, "name": change.tag.name,
        "change": change.kind, "source": cause.source, "source_name": cause.name,
        "score": cause.score, "turn_id": turn.turn_id if turn else None,
        "messages": list(turn.messages) if turn else [], "reason": change.reason, "now": now,
    }  # fmt: skip


def _standing_values(customer: str, standing: Standing) -> dict[str, object]:
    return {
        "customer": customer, "tag_group": standing.tag.group, "name": standing.tag.name,
        "state": standing.state, "ours": standing.ours,
        "first_given_at": standing.first_given_at, "last_given_at": standing.last_given_at,
        "times": standing.times, "lapses_at": standing.lapses_at,
        "ended_at": standing.ended_at, "ended_by": standing.ended_by,
        "ended_why": standing.ended_why, "withheld_until": standing.withheld_until,
    }  # fmt: skip


def evidence_of(connection: Connection, external_userid: str) -> list[Evidence]:
    """Return all evidence about a customer's tags, oldest first."""
    rows = connection.execute(_EVIDENCE, {"customer": external_userid})
    return [
        Evidence(
            tag=Tag(row.tag_group, row.name), change=row.change, source=row.source,
            source_name=row.source_name, score=row.score, turn_id=row.turn_id,
            messages=tuple(row.messages), reason=row.reason, at=row.at,
        )
        for row in rows
    ]  # fmt: skip


def customers_with_lapsed_tags(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Return customers who have a tag whose lifetime is over."""
    return list(connection.scalars(_LAPSED, {"now": now, "limit": limit}))
