"""What is wrong with the watched files, kept where a person on any machine can see it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.store.database import statement

Record = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class RefusedFiles:
    """Files that are not published because of ``problems``: file, line, key and text each."""

    watcher: str
    since: datetime
    problems: Sequence[Record]


# Only one machine watches at a time: what another one had noted before is out of date.
_FORGET_OTHERS = statement("DELETE FROM content_problems WHERE watcher <> :watcher")
_SAVE = statement(
    "INSERT INTO content_problems (watcher, since, problems)"
    " VALUES (:watcher, :now, CAST(:problems AS jsonb))"
    " ON CONFLICT (watcher) DO UPDATE SET problems = EXCLUDED.problems"
)
_CLEAR = statement("DELETE FROM content_problems")
_READ = statement("SELECT watcher, since, problems FROM content_problems ORDER BY since LIMIT 1")


def save_problems(
    connection: Connection, watcher: str, problems: Sequence[Record], now: datetime
) -> None:
    """Note what is wrong now; the time since when stays the first one."""
    connection.execute(_FORGET_OTHERS, {"watcher": watcher})
    values = {"watcher": watcher, "now": now, "problems": json.dumps(problems, ensure_ascii=False)}
    connection.execute(_SAVE, values)


def clear_problems(connection: Connection) -> None:
    """Note that the watched files are good."""
    connection.execute(_CLEAR)


def read_problems(connection: Connection) -> RefusedFiles | None:
    """Return what is wrong with the watched files, or None while they are good."""
    row = connection.execute(_READ).one_or_none()
    return None if row is None else RefusedFiles(row.watcher, row.since, row.problems)
