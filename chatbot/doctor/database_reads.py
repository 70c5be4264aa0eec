"""What the checks read in the database. Nothing is written, and nothing is locked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.doctor.mode_check import LiveModes
from chatbot.store.accounts import list_accounts
from chatbot.store.content_problems import RefusedFiles, read_problems
from chatbot.store.database import statement
from chatbot.store.encoders import EncoderSwitch, switch_under_way
from chatbot.store.modes import switched_modes
from chatbot.store.presence import processes_alive
from chatbot.store.snapshots import Snapshot, candidate_snapshot, live_snapshot

# The one who watches holds a lock on a connection of this name (chatbot.store.watch_lock).
_WATCHED = statement(
    "SELECT EXISTS (SELECT FROM pg_locks l"
    " JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()"
    " JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted"
    " AND l.objsubid = 1 AND a.application_name = 'chatbot-watch')"
)
_UNWRITTEN = statement(
    "SELECT state, error_code, count(*) AS tags, min(changed_at) AS since,"
    " min(tag_group || ':' || name) AS example FROM tag_writes WHERE state IN ('wanted', 'refused')"
    " GROUP BY state, error_code ORDER BY state, count(*) DESC"
)
_UNANSWERED = statement(
    "SELECT count(*) FROM customers WHERE tagging_due_at IS NOT NULL AND tagging_attempts > 0"
)
_OUR_GROUPS = statement(
    "SELECT DISTINCT tag_group FROM tag_writes WHERE state = 'written' AND NOT by_person"
)


@dataclass(frozen=True, slots=True)
class Published:
    """What is live, waits and is refused; how many processes live, and whether one watches.

    ``switch`` is the one to another encoder that a process is at work on.
    """

    live: Snapshot | None
    candidate: Snapshot | None
    refused: RefusedFiles | None
    alive: int
    watched: bool
    switch: EncoderSwitch | None


@dataclass(frozen=True, slots=True)
class Unwritten:
    """Tags that WeCom has not taken: ``code`` is why, None if it was not tried or not answered."""

    state: str
    code: int | None
    count: int
    since: datetime
    example: str


@dataclass(frozen=True, slots=True)
class TagRecords:
    """All that is not written, and for how many customers WeCom did not tell who follows them."""

    unwritten: tuple[Unwritten, ...]
    unanswered: int


def read_published(connection: Connection) -> Published:
    """Read what concerns the published content."""
    return Published(
        live_snapshot(connection),
        candidate_snapshot(connection),
        read_problems(connection),
        processes_alive(connection),
        bool(connection.scalar(_WATCHED)),
        switch_under_way(connection),
    )


def read_modes(connection: Connection) -> LiveModes:
    """Read the names of the accounts that are looked after, and the modes in force."""
    names = {account.open_kfid: account.name for account in list_accounts(connection)}
    return LiveModes(names, switched_modes(connection, names))


def read_tag_records(connection: Connection) -> TagRecords:
    """Read what WeCom has not been told of tags, by reason."""
    rows = connection.execute(_UNWRITTEN)
    unwritten = tuple(
        Unwritten(row.state, row.error_code, row.tags, row.since, row.example) for row in rows
    )
    return TagRecords(unwritten, int(connection.scalar(_UNANSWERED) or 0))


def groups_written(connection: Connection) -> frozenset[str]:
    """Return the groups of which WeCom has taken a tag from this bot."""
    return frozenset(connection.scalars(_OUR_GROUPS))
