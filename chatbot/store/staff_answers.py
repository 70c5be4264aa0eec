"""Turns that were only recorded, what members of staff wrote instead, and how alike both are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.tags import tags_of_customers


@dataclass(frozen=True, slots=True)
class Answered:
    """A recorded turn whose drafts can be held against what a member wrote then.

    ``written`` are the member's texts, ``first`` and ``last`` the ids of these messages.
    """

    turn_id: int
    drafts: Sequence[dict[str, Any]]
    written: Sequence[str]
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of holding a turn's drafts against a member's words, by which ``measure``."""

    turn_id: int
    first: int
    last: int
    verdict: str
    reason: str
    similarity: float
    measure: str


@dataclass(frozen=True, slots=True)
class RecordedCount:
    """How many turns of a conversation had this action and this outcome.

    ``outcome`` is a person's judgement ("right", "wrong", "other") if there is one, else the
    verdict of the comparison, else "none"; ``judged`` tells which.
    """

    conversation_id: int
    action: str
    outcome: str
    judged: bool
    turns: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A turn on which the bot and a member were of different minds."""

    turn_id: int
    public_id: str
    at: datetime
    text: str
    drafts: Sequence[dict[str, Any]]
    written: Sequence[str]
    reason: str
    servicer: str | None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What tells which rows of tables a conversation is about."""

    rows: dict[str, str]
    tags: tuple[str, ...]
    scene: str


#: A member's messages after a turn: from their first one up to the customer's next. An answer
#: that comes after the customer's window has closed is none to this question.
_BLOCK = (
    " CROSS JOIN LATERAL (SELECT max(id) AS asked FROM messages WHERE turn_id = t.id) q"
    " CROSS JOIN LATERAL (SELECT min(id) AS first FROM messages WHERE conversation_id ="
    " t.conversation_id AND id > q.asked AND servicer_userid IS NOT NULL AND origin = 5"
    " AND msgtype = 'text' AND sent_at < t.created_at + interval '48 hours') f"
    " CROSS JOIN LATERAL (SELECT min(id) AS next FROM messages WHERE conversation_id ="
    " t.conversation_id AND id > f.first AND origin = 3 AND msgtype <> 'event') n"
    " CROSS JOIN LATERAL (SELECT max(id) AS last, max(sent_at) AS ended,"
    " array_agg(content ->> 'content' ORDER BY id) AS written FROM messages"
    " WHERE conversation_id = t.conversation_id AND id >= f.first"
    " AND (n.next IS NULL OR id < n.next) AND servicer_userid IS NOT NULL AND origin = 5"
    " AND msgtype = 'text') b"
)
_UNCOMPARED = statement(
    "SELECT t.id, t.drafts, b.written, f.first, b.last FROM turns t"
    " LEFT JOIN staff_answers a ON a.turn_id = t.id"
    f"{_BLOCK}"
    " WHERE t.mode = 'assist' AND t.action = 'answer' AND t.created_at >= :since"
    " AND t.drafts <> '[]' AND (a.measure <> :measure"
    " OR (a.turn_id IS NULL AND t.created_at >= :answerable))"
    " AND (n.next IS NOT NULL OR b.ended <= :settled) ORDER BY t.id DESC LIMIT :limit"
)
_SAVE = statement(
    "INSERT INTO staff_answers (turn_id, first_message_id, last_message_id, verdict, reason,"
    " similarity, measure, compared_at) VALUES (:turn_id, :first, :last, :verdict, :reason,"
    " :similarity, :measure, :now) ON CONFLICT (turn_id) DO UPDATE SET"
    " first_message_id = EXCLUDED.first_message_id, last_message_id = EXCLUDED.last_message_id,"
    " verdict = EXCLUDED.verdict, reason = EXCLUDED.reason, similarity = EXCLUDED.similarity,"
    " measure = EXCLUDED.measure, compared_at = EXCLUDED.compared_at"
)
_COUNTS = statement(
    "SELECT t.conversation_id, t.action, COALESCE(j.verdict, a.verdict, 'none') AS outcome,"
    " j.turn_id IS NOT NULL AS judged, count(*) AS turns"
    " FROM turns t JOIN conversations c ON c.id = t.conversation_id"
    " LEFT JOIN turn_judgements j ON j.turn_id = t.id"
    " LEFT JOIN staff_answers a ON a.turn_id = t.id"
    " WHERE t.mode = 'assist' AND t.created_at >= :since AND c.open_kfid = :open_kfid"
    " AND t.trace ->> 'rule' IS DISTINCT FROM :rating GROUP BY 1, 2, 3, 4"
)
_DIFFERENCES = statement(
    "SELECT t.id, c.public_id, t.created_at, t.text, t.drafts, w.written,"
    " CASE WHEN j.turn_id IS NULL THEN a.reason ELSE 'judged' END, w.servicer"
    " FROM turns t JOIN conversations c ON c.id = t.conversation_id"
    " LEFT JOIN turn_judgements j ON j.turn_id = t.id"
    " LEFT JOIN staff_answers a ON a.turn_id = t.id"
    " LEFT JOIN LATERAL (SELECT array_agg(content ->> 'content' ORDER BY id) AS written,"
    " min(servicer_userid) AS servicer FROM messages WHERE conversation_id = t.conversation_id"
    " AND id BETWEEN a.first_message_id AND a.last_message_id AND servicer_userid IS NOT NULL"
    " AND origin = 5 AND msgtype = 'text') w ON true"
    " WHERE t.mode = 'assist' AND t.action = 'answer' AND t.created_at >= :since"
    " AND c.open_kfid = :open_kfid AND (j.verdict IN ('wrong', 'other')"
    " OR (j.turn_id IS NULL AND a.verdict = 'different'))"
    " AND (CAST(:conversations AS bigint[]) IS NULL OR c.id = ANY(:conversations))"
    " ORDER BY t.id DESC LIMIT :limit"
)
_WHEREABOUTS = statement(
    "SELECT id, external_userid, scope_rows AS rows, scene FROM conversations WHERE id = ANY(:ids)"
)


def uncompared(
    connection: Connection,
    measure: str,
    since: datetime,
    answerable: datetime,
    settled: datetime,
    limit: int,
) -> list[Answered]:
    """Return the newest turns begun after ``since`` that are still to be compared.

    A member has finished when the customer writes again, or wrote last before ``settled``. Turns
    from before ``answerable`` are only compared anew, by another measure.
    """
    values = {
        "measure": measure, "since": since, "settled": settled, "limit": limit,
        "answerable": answerable,
    }  # fmt: skip
    return [
        Answered(row.id, row.drafts, [text or "" for text in row.written], row.first, row.last)
        for row in connection.execute(_UNCOMPARED, values)
    ]


def save_comparison(connection: Connection, compared: Compared, now: datetime) -> None:
    """Keep what came of a comparison, in the place of an earlier one."""
    values = {
        "turn_id": compared.turn_id, "first": compared.first, "last": compared.last,
        "verdict": compared.verdict, "reason": compared.reason,
        "similarity": compared.similarity, "measure": compared.measure, "now": now,
    }  # fmt: skip
    connection.execute(_SAVE, values)


def recorded_counts(
    connection: Connection, open_kfid: str, since: datetime, rating_rule: str
) -> list[RecordedCount]:
    """Count an account's turns that were only recorded; ratings (by their rule) ask nothing."""
    values = {"open_kfid": open_kfid, "since": since, "rating": rating_rule}
    return [RecordedCount(*row) for row in connection.execute(_COUNTS, values)]


def differences(
    connection: Connection,
    open_kfid: str,
    since: datetime,
    conversations: Sequence[int] | None,
    limit: int,
) -> list[Difference]:
    """Return the newest turns that differ, of these conversations only unless it is None."""
    values = {
        "open_kfid": open_kfid, "since": since, "limit": limit,
        "conversations": None if conversations is None else list(conversations),
    }  # fmt: skip
    return [
        Difference(row[0], row[1], row[2], row[3], row[4], row[5] or (), row[6], row[7])
        for row in connection.execute(_DIFFERENCES, values)
    ]


def whereabouts(
    connection: Connection, ids: Sequence[int], now: datetime
) -> Mapping[int, Whereabouts]:
    """Return what tells which rows of tables these conversations are about."""
    found = list(connection.execute(_WHEREABOUTS, {"ids": list(ids)}))
    tags = tags_of_customers(connection, [row.external_userid for row in found], now)
    return {
        row.id: Whereabouts(row.rows, tags.get(row.external_userid, ()), row.scene) for row in found
    }
