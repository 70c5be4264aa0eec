"""What happened to cases: who changed what, and what people were told, each once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from chatbot.cases.reminders import Stage
from chatbot.store.database import statement
from chatbot.store.messages import storable_text

What = Literal["created", "title", "kind", "due", "owner", "phone", "wanted", "note", "state"]


@dataclass(frozen=True, slots=True)
class CaseChange:
    """A line of a case's history; instants are written as ISO times in UTC."""

    at: datetime
    by: str
    what: What
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Telling:
    """What the members ``told`` heard of a case at an instant."""

    stage: Stage
    at: datetime
    told: tuple[str, ...]


_ADD = statement(
    "INSERT INTO case_changes (case_id, at, by, what, before, after)"
    " VALUES (:case_id, :at, :by, :what, :before, :after)"
)
_CHANGES = statement(
    "SELECT at, by, what, before, after FROM case_changes WHERE case_id = :id ORDER BY id"
)
_TELLINGS = statement(
    "SELECT stage, at, told FROM case_tellings WHERE case_id = :id ORDER BY at, stage"
)
_TOLD = statement("SELECT stage, about FROM case_tellings WHERE case_id = :id")
_TELL = statement(
    "INSERT INTO case_tellings (case_id, stage, about, at, told)"
    " VALUES (:id, :stage, :about, :now, :told) ON CONFLICT DO NOTHING RETURNING case_id"
)
_TO_REMIND = statement(
    "SELECT id, conversation_id FROM cases WHERE remind_at <= :now ORDER BY remind_at LIMIT :limit"
)
# Nothing is waited for: what somebody is at work on comes next time.
_KEEP_CONVERSATION = statement(
    "SELECT id FROM conversations WHERE id = :id FOR KEY SHARE SKIP LOCKED"
)
_KEEP_CASE = statement(
    "SELECT id FROM cases WHERE id = :id AND remind_at <= :now FOR UPDATE SKIP LOCKED"
)
_AGAIN = statement("UPDATE cases SET remind_at = :at WHERE id = :id")
_NEXT = statement("SELECT min(remind_at) FROM cases WHERE remind_at IS NOT NULL")


def add_changes(connection: Connection, case_id: int, changes: Iterable[CaseChange]) -> None:
    """Add lines to a case's history."""
    for change in changes:
        values = {
            "case_id": case_id, "at": change.at, "by": storable_text(change.by),
            "what": change.what, "before": storable_text(change.before),
            "after": storable_text(change.after),
        }  # fmt: skip
        connection.execute(_ADD, values)


def changes_of(connection: Connection, case_id: int) -> list[CaseChange]:
    """Return a case's history, the oldest line first."""
    return [CaseChange(*row) for row in connection.execute(_CHANGES, {"id": case_id})]


def tellings_of(connection: Connection, case_id: int) -> list[Telling]:
    """Return what people were told of a case."""
    rows = connection.execute(_TELLINGS, {"id": case_id})
    return [Telling(row.stage, row.at, tuple(row.told)) for row in rows]


def already_told(connection: Connection, case_id: int) -> set[tuple[Stage, datetime]]:
    """Return what was told of a case, each with the instant it was about."""
    rows = connection.execute(_TOLD, {"id": case_id})
    return {(row.stage, row.about) for row in rows}


def note_telling(
    connection: Connection,
    case_id: int,
    stage: Stage,
    about: datetime,
    told: Sequence[str],
    now: datetime,
) -> bool:
    """Note that people are told; return False if they were."""
    values = {"id": case_id, "stage": stage, "about": about, "now": now, "told": list(told)}
    return connection.scalar(_TELL, values) is not None


def claim_reminders(connection: Connection, now: datetime, limit: int) -> list[int]:
    """Lock cases of which there may be something to tell, until this transaction ends.

    The lock is the claim: a process that dies gives it back at once, and nobody waits for one.
    The conversation is kept first, as everybody does who changes a case.
    """
    claimed: list[int] = []
    for case_id, conversation_id in connection.execute(_TO_REMIND, {"now": now, "limit": limit}):
        kept = conversation_id is None or connection.scalar(
            _KEEP_CONVERSATION, {"id": conversation_id}
        )
        if kept and connection.scalar(_KEEP_CASE, {"id": case_id, "now": now}):
            claimed.append(case_id)
    return claimed


def remind_again(connection: Connection, case_id: int, at: datetime | None) -> None:
    """Say when to look next whether there is something to tell; None: not until it changes."""
    connection.execute(_AGAIN, {"id": case_id, "at": at})


def next_reminder(connection: Connection) -> datetime | None:
    """Return when the next case is to be looked at, or None."""
    at: datetime | None = connection.scalar(_NEXT)
    return at
