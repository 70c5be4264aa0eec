"""Puts what was said in an export together by talk, however many rows there are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import groupby

from chatbot.curation.mining.rows import Said

_TABLE = (
    "CREATE TABLE said (talk TEXT, at REAL, n INTEGER PRIMARY KEY, by TEXT, text TEXT);"
    "CREATE INDEX said_talk ON said (talk, at, n)"
)
_INSERT = "INSERT INTO said (talk, at, by, text) VALUES (?, ?, ?, ?)"
_READ = "SELECT talk, at, by, text FROM said ORDER BY talk, at, n"
_COUNT = "SELECT count(DISTINCT talk) FROM said"
_AT_ONCE = 1000


class Talks:
    """The talks of an export in a file of their own: memory does not grow with the rows."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, said: Iterable[Said]) -> None:
        """Add what was said, in the order in which it was written down."""
        rows = ((each.talk, each.at.timestamp(), each.by, each.text) for each in said)
        self._connection.executemany(_INSERT, rows)
        self._connection.commit()

    def __len__(self) -> int:
        """Return how many talks there are."""
        return int(self._connection.execute(_COUNT).fetchone()[0])

    def each(self) -> Iterator[list[Said]]:
        """Yield the talks, each in the order of time."""
        rows = self._connection.execute(_READ)
        for _, some in groupby(rows, key=lambda row: row[0]):
            yield [Said(talk, _moment(at), by, text) for talk, at, by, text in some]


@contextmanager
def sorted_talks() -> Iterator[Talks]:
    """Yield a place for talks that is gone afterwards."""
    # Without a name it is a file that nobody else sees, gone with the process however that ends.
    with closing(sqlite3.connect("")) as connection:
        # What is lost with the machine is read again from the export.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.executescript(_TABLE)
        yield Talks(connection)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
