"""Gaps as people read them: what was asked in vain, group by group, and what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row

from chatbot.curation.gaps.asked import Kind
from chatbot.curation.gaps.worth import Asking
from chatbot.store.database import statement

#: What was decided about a group: questions added to an entry, an entry made, or not ours.
Verdict = Literal["similar", "new_entry", "not_ours"]


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about a group, by whom; ``minutes_each`` is what a question cost then."""

    verdict: Verdict
    faq_id: str | None
    by: str
    at: datetime
    minutes_each: float


@dataclass(frozen=True, slots=True)
class Group:
    """A group with what the job has worked out for it."""

    id: int
    title: str
    founded_at: datetime
    nearest: str | None
    confidence: float | None
    draft: str
    draft_question_id: int | None
    draft_of: int
    decided: Decided | None
    merged_into: int | None


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it was asked, in which talk, and what a person answered.

    What came from a file has the ``source`` instead of a talk.
    """

    id: int
    conversation_id: int | None
    public_id: str | None
    kind: Kind
    text: str
    key: str
    asked_at: datetime
    placed_by: str | None
    minutes: float | None
    reply: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did with a group."""

    act: str
    actor: str
    at: datetime
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Saved:
    """How often questions of a closed gap were answered directly since, and what that saved."""

    times: int
    minutes: float


_GROUP = (
    "SELECT id, title, founded_at, nearest_faq_id, nearest_confidence, draft, draft_question_id,"
    " draft_of, decision, faq_id, decided_by, decided_at, minutes_each, merged_into"
    " FROM gap_groups"
)
_GROUPS = statement(f"{_GROUP} WHERE merged_into IS NULL ORDER BY id")
_ONE = statement(f"{_GROUP} WHERE id = :id")
#: Of everybody (:places is NULL), or of the talks that belong there, as they were counted last.
_SEEN = (
    "(CAST(:places AS integer[]) IS NULL OR EXISTS (SELECT FROM insight_talks i"
    " WHERE i.conversation_id = {talk} AND i.place_id = ANY(:places)))"
)
_SEEN_OF_QUESTION = _SEEN.format(talk="q.conversation_id")
_ASKED = statement(
    "SELECT q.group_id, q.asked_at, q.kind, q.minutes FROM gap_questions q"
    " WHERE (q.asked_at >= :since OR q.source IS NOT NULL)"
    " AND (CAST(:group AS bigint) IS NULL OR q.group_id = :group)"
    f" AND {_SEEN_OF_QUESTION}"
)
_AGAIN = statement(
    "SELECT q.group_id, count(*) AS times FROM gap_questions q"
    " JOIN gap_groups g ON g.id = q.group_id"
    " WHERE q.asked_at > g.decided_at AND q.source IS NULL"
    f" AND {_SEEN_OF_QUESTION} GROUP BY q.group_id"
)
_QUESTIONS = statement(
    "SELECT q.id, q.conversation_id, c.public_id, q.kind, q.text, q.key, q.asked_at, q.placed_by,"
    " q.minutes, q.reply, q.source"
    " FROM gap_questions q LEFT JOIN conversations c ON c.id = q.conversation_id"
    f" WHERE q.group_id = :group AND {_SEEN_OF_QUESTION}"
    " ORDER BY q.asked_at DESC, q.id DESC LIMIT :limit"
)
_SAVINGS = statement(
    "SELECT q.group_id, count(*) AS times,"
    " COALESCE(sum(COALESCE(q.minutes_each, g.minutes_each)), 0) AS minutes"
    " FROM gap_savings q JOIN gap_groups g ON g.id = q.group_id JOIN turns t ON t.id = q.turn_id"
    f" WHERE {_SEEN.format(talk='t.conversation_id')} GROUP BY q.group_id"
)
_ACTS = statement(
    "SELECT act, actor, at, detail FROM gap_acts WHERE group_id = :group ORDER BY id DESC"
)


def gap_groups(connection: Connection) -> list[Group]:
    """Return all groups, the oldest first."""
    return [_group(row) for row in connection.execute(_GROUPS)]


def gap_group(connection: Connection, group_id: int) -> Group | None:
    """Return one group, also one that was merged into another; None if there is none."""
    row = connection.execute(_ONE, {"id": group_id}).one_or_none()
    return _group(row) if row else None


def _group(row: Row[Any]) -> Group:
    decided = None
    if row.decision is not None:
        decided = Decided(
            row.decision, row.faq_id, row.decided_by, row.decided_at, row.minutes_each
        )
    return Group(
        row.id, row.title, row.founded_at, row.nearest_faq_id, row.nearest_confidence, row.draft,
        row.draft_question_id, row.draft_of, decided, row.merged_into,
    )  # fmt: skip


def askings(
    connection: Connection,
    since: datetime,
    places: Sequence[int] | None = None,
    group: int | None = None,
) -> dict[int, list[Asking]]:
    """Return what was asked in vain since an instant, by group: of all, or of one ``group``.

    What came from files is as old as the file is, and always there. ``places`` are those of
    `chatbot.store.insight` whose customers count; None: all.
    """
    values = {"since": since, "places": places, "group": group}
    found: dict[int, list[Asking]] = defaultdict(list)
    for row in connection.execute(_ASKED, values):
        found[row.group_id].append(Asking(row.asked_at, row.kind, row.minutes))
    return found


def asked_again(connection: Connection, places: Sequence[int] | None = None) -> dict[int, int]:
    """Return how often questions of decided gaps were asked in vain since, by group."""
    rows = connection.execute(_AGAIN, {"places": places})
    return {row.group_id: row.times for row in rows}


def questions_of(
    connection: Connection, group_id: int, places: Sequence[int] | None, limit: int
) -> list[Question]:
    """Return a group's newest questions, the newest first."""
    values = {"group": group_id, "places": places, "limit": limit}
    return [Question(*row) for row in connection.execute(_QUESTIONS, values)]


def savings(connection: Connection, places: Sequence[int] | None = None) -> dict[int, Saved]:
    """Return what answers to questions of gaps saved since those were closed, by group."""
    rows = connection.execute(_SAVINGS, {"places": places})
    return {row.group_id: Saved(row.times, float(row.minutes)) for row in rows}


def acts_of(connection: Connection, group_id: int) -> list[Act]:
    """Return what was done with a group, newest first."""
    return [Act(*row) for row in connection.execute(_ACTS, {"group": group_id})]
