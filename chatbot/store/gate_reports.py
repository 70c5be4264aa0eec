"""What publishing a snapshot would change, or has changed, kept with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.messages import storable_json
from chatbot.store.snapshots import Snapshot, candidate_snapshot


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report as JSON; ``forced_by`` made it live though something pinned down breaks."""

    number: int
    report: dict[str, Any]
    created_at: datetime
    forced_by: str


_SAVE = statement(
    # A candidate may have been replaced meanwhile: then there is nothing to report on.
    "INSERT INTO gate_reports (number, report, created_at, forced_by)"
    " SELECT number, CAST(:report AS jsonb), :now, :forced_by FROM snapshots"
    " WHERE number = :number FOR KEY SHARE"
    " ON CONFLICT (number) DO UPDATE SET report = excluded.report,"
    " created_at = excluded.created_at, forced_by = excluded.forced_by"
)
_READ = statement(
    "SELECT number, report, created_at, forced_by FROM gate_reports WHERE number = :number"
)
_UNEXAMINED = statement(
    # Asked every second: the contents are not read for it.
    "SELECT s.number FROM snapshots s LEFT JOIN gate_reports r USING (number)"
    " WHERE s.state = 'candidate' AND (r.number IS NULL"
    " OR CAST(r.report ->> 'live' AS integer) IS DISTINCT FROM"
    " (SELECT max(number) FROM snapshots WHERE state = 'live'))"
)


def save_gate_report(
    connection: Connection, number: int, report: dict[str, Any], now: datetime, forced_by: str = ""
) -> None:
    """Keep the report on a snapshot in place of an older one; nothing if there is no such."""
    values = {
        "number": number, "report": storable_json(report), "now": now, "forced_by": forced_by,
    }  # fmt: skip
    connection.execute(_SAVE, values)


def read_gate_report(connection: Connection, number: int) -> StoredReport | None:
    """Return the report on a snapshot, None if there is none."""
    row = connection.execute(_READ, {"number": number}).one_or_none()
    return None if row is None else StoredReport(*row)


def unexamined_candidate(connection: Connection) -> Snapshot | None:
    """Return the candidate if nobody has held it against what is live now."""
    return candidate_snapshot(connection) if connection.scalar(_UNEXAMINED) else None
