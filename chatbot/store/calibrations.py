"""What confidence was worth when a snapshot had gone live, and what was learnt from labels when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from chatbot.answers.correction import Correction
from chatbot.store.database import statement
from chatbot.store.messages import storable_json


@dataclass(frozen=True, slots=True)
class Calibration:
    """The report on a snapshot, as `chatbot knowledge calibrate --json` tells it.

    ``newest`` is the label told last by then; ``sources`` counts the labels by their source.
    """

    snapshot: int
    at: datetime
    newest: int
    sources: Mapping[str, int]
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Learning:
    """A snapshot that decides by other lessons from labels than the one before.

    ``correction`` is None where it decides without any again. The reports are those on it and on
    the one before, None where nothing had worked them out; so are the sources.
    """

    snapshot: int
    at: datetime
    cause: str
    actor: str
    former: Correction | None
    correction: Correction | None
    sources: Mapping[str, int] | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


_KEEP = statement(
    "INSERT INTO calibrations (snapshot, at, newest, sources, report)"
    " VALUES (:snapshot, :at, :newest, CAST(:sources AS jsonb), CAST(:report AS jsonb))"
    " ON CONFLICT (snapshot) DO UPDATE SET at = EXCLUDED.at, newest = EXCLUDED.newest,"
    " sources = EXCLUDED.sources, report = EXCLUDED.report"
)
_NEWEST = statement(
    "SELECT snapshot, at, newest, sources, report FROM calibrations ORDER BY snapshot DESC LIMIT 1"
)
_SOURCES = statement(
    "SELECT source, count(*) AS labels FROM turn_labels WHERE created_at >= :since"
    " GROUP BY source ORDER BY source"
)
_LEARNINGS = statement(
    # What goes with other content is learnt anew, but often says the same.
    "WITH lives AS (SELECT number, published_at, cause, actor, correction,"
    " lag(correction) OVER (ORDER BY number) AS former, lag(number) OVER (ORDER BY number) AS"
    " former_number FROM snapshots WHERE state = 'live')"
    " SELECT l.number, l.published_at, l.cause, l.actor, l.former, l.correction, a.sources,"
    " b.report AS before, a.report AS after FROM lives l"
    " LEFT JOIN calibrations a ON a.snapshot = l.number"
    " LEFT JOIN calibrations b ON b.snapshot = l.former_number"
    " WHERE (l.correction - 'newest' - 'content') IS DISTINCT FROM"
    " (l.former - 'newest' - 'content') ORDER BY l.number DESC LIMIT :limit"
)


def keep_calibration(connection: Connection, found: Calibration) -> None:
    """Keep the report on a snapshot, in the place of an earlier one on the same."""
    connection.execute(_KEEP, {
        "snapshot": found.snapshot, "at": found.at, "newest": found.newest,
        "sources": storable_json(found.sources), "report": storable_json(found.report),
    })  # fmt: skip


def newest_calibration(connection: Connection) -> Calibration | None:
    """Return the report on the newest snapshot that has one."""
    row = connection.execute(_NEWEST).one_or_none()
    return Calibration(*row) if row else None


def sources_since(connection: Connection, since: datetime) -> dict[str, int]:
    """Return how many labels of which source were told since an instant."""
    return {row.source: row.labels for row in connection.execute(_SOURCES, {"since": since})}


def learnings(connection: Connection, limit: int) -> list[Learning]:
    """Return what was learnt, the newest first."""
    return [_learning(row) for row in connection.execute(_LEARNINGS, {"limit": limit})]


def _learning(row: Row[Any]) -> Learning:
    former, correction = (
        None if each is None else Correction.from_json(each)
        for each in (row.former, row.correction)
    )
    return Learning(
        row.number, row.published_at, row.cause, row.actor, former, correction, row.sources,
        row.before, row.after,
    )  # fmt: skip
