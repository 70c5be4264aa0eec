"""What people do with gaps: merge, split, move, decide; each is remembered with who and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.gaps import Verdict
from chatbot.store.messages import storable_json

# The job keeps the middles of groups in memory: a new edition makes it read them again, and what
# it had placed by the former one is not kept.
_NEW_EDITION = statement("UPDATE gap_progress SET edition = edition + 1")
_LOCK = statement(
    "SELECT id FROM gap_groups WHERE id = ANY(:ids) AND merged_into IS NULL ORDER BY id FOR UPDATE"
)
_FOUND = statement("INSERT INTO gap_groups (founded_at) VALUES (:now) RETURNING id")
_PUT = statement(
    "UPDATE gap_questions SET group_id = :target, placed_by = :actor, placed_at = :now"
    " WHERE group_id = :source AND key = ANY(:keys)"
)
_PUT_ALL = statement(
    "UPDATE gap_questions SET group_id = :target, placed_by = :actor, placed_at = :now"
    " WHERE group_id = :source"
)
_MERGE = statement(
    "UPDATE gap_groups SET merged_into = :target, stale = false WHERE id = :source"
    " OR merged_into = :source"
)
# What a direct answer saved is what the question cost when its gap was closed: that stays true
# when the gap is opened again or becomes part of another.
_SAVED_AS_DECIDED = statement(
    "UPDATE gap_savings s SET minutes_each = COALESCE(s.minutes_each, g.minutes_each)"
    " FROM gap_groups g WHERE g.id = s.group_id AND g.id = :source"
)
_SAVED_THERE = statement("UPDATE gap_savings SET group_id = :target WHERE group_id = :source")
_STALE = statement("UPDATE gap_groups SET stale = true WHERE id = ANY(:ids)")
_COUNT = statement(
    "SELECT count(DISTINCT key) AS texts,"
    " count(DISTINCT key) FILTER (WHERE key = ANY(:keys)) AS named"
    " FROM gap_questions WHERE group_id = :group"
)
_DECIDE = statement(
    "UPDATE gap_groups SET decision = :verdict, faq_id = :faq_id, decided_by = :actor,"
    " decided_at = :now, minutes_each = :minutes_each"
    " WHERE id = :group AND decision IS NULL"
)
_REOPEN = statement(
    "UPDATE gap_groups SET decision = NULL, faq_id = NULL, decided_by = NULL, decided_at = NULL,"
    " minutes_each = NULL WHERE id = :group"
)
_ACT = statement(
    "INSERT INTO gap_acts (group_id, act, actor, at, detail)"
    " VALUES (:group, :act, :actor, :now, CAST(:detail AS jsonb))"
)


def merge_gaps(connection: Connection, source: int, target: int, actor: str, now: datetime) -> bool:
    """Put all questions of ``source`` into ``target``; False if either is no group any more."""
    if source == target or not _lock(connection, source, target):
        return False
    values = {"source": source, "target": target, "actor": actor, "now": now}
    connection.execute(_PUT_ALL, values)
    connection.execute(_SAVED_AS_DECIDED, {"source": source})
    connection.execute(_SAVED_THERE, {"source": source, "target": target})
    connection.execute(_MERGE, {"source": source, "target": target})
    connection.execute(_STALE, {"ids": [target]})
    _note(connection, target, "merge", actor, now, {"from": source})
    _note(connection, source, "merge", actor, now, {"into": target})
    return True


def split_gap(
    connection: Connection, source: int, keys: Sequence[str], actor: str, now: datetime
) -> int | None:
    """Make a group of its own of some of a group's questions, by their letters.

    Returns its number; None if the group is gone, or nothing or all of it would go.
    """
    if not _lock(connection, source):
        return None
    texts, named = _count(connection, source, keys)
    if not 0 < named < texts:
        return None
    target = int(connection.execute(_FOUND, {"now": now}).scalar_one())
    _put(connection, source, target, keys, actor, now)
    _note(connection, source, "split", actor, now, {"into": target, "texts": named})
    _note(connection, target, "split", actor, now, {"from": source, "texts": named})
    return target


def move_questions(
    connection: Connection,
    source: int,
    target: int,
    keys: Sequence[str],
    actor: str,
    now: datetime,
) -> bool:
    """Put some of a group's questions into another; False if either is gone, or nothing went.

    A group whose last question goes is merged into the other.
    """
    if source == target or not _lock(connection, source, target):
        return False
    texts, named = _count(connection, source, keys)
    if named == 0:
        return False
    if named == texts:
        return merge_gaps(connection, source, target, actor, now)
    _put(connection, source, target, keys, actor, now)
    _note(connection, source, "move", actor, now, {"into": target, "texts": named})
    _note(connection, target, "move", actor, now, {"from": source, "texts": named})
    return True


def decide_gap(
    connection: Connection,
    group: int,
    verdict: Verdict,
    faq_id: str | None,
    minutes_each: float,
    actor: str,
    now: datetime,
    detail: Mapping[str, Any],
) -> bool:
    """Keep what was decided about a group; False if it is none any more, or somebody was first."""
    if not _lock(connection, group):
        return False
    decided = connection.execute(_DECIDE, {
        "group": group, "verdict": verdict, "faq_id": faq_id, "actor": actor, "now": now,
        "minutes_each": minutes_each,
    })  # fmt: skip
    if decided.rowcount != 1:
        return False
    _note(connection, group, verdict, actor, now, {**detail, "faq_id": faq_id})
    return True


def reopen_gap(connection: Connection, group: int, actor: str, now: datetime) -> bool:
    """Take a decision back; False if it is no group any more."""
    if not _lock(connection, group):
        return False
    connection.execute(_SAVED_AS_DECIDED, {"source": group})
    connection.execute(_REOPEN, {"group": group})
    _note(connection, group, "reopen", actor, now, {})
    return True


def _lock(connection: Connection, *groups: int) -> bool:
    """Lock groups, after the job's own progress, in the order in which it locks them."""
    connection.execute(_NEW_EDITION)
    found = connection.execute(_LOCK, {"ids": list(groups)}).all()
    return len(found) == len(groups)


def _count(connection: Connection, group: int, keys: Sequence[str]) -> tuple[int, int]:
    """Return how many different questions a group has, and how many of these are ``keys``."""
    row = connection.execute(_COUNT, {"group": group, "keys": list(keys)}).one()
    return row.texts, row.named


def _put(
    connection: Connection, source: int, target: int, keys: Sequence[str], actor: str, now: datetime
) -> None:
    values = {"source": source, "target": target, "keys": list(keys), "actor": actor, "now": now}
    connection.execute(_PUT, values)
    connection.execute(_STALE, {"ids": [source, target]})


def _note(
    connection: Connection,
    group: int,
    act: str,
    actor: str,
    now: datetime,
    detail: Mapping[str, Any],
) -> None:
    connection.execute(_ACT, {
        "group": group, "act": act, "actor": actor, "now": now, "detail": storable_json(detail),
    })  # fmt: skip
