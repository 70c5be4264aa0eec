"""Sentence vectors in the database: what one machine has embedded, no other embeds again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from chatbot.clock import Clock
from chatbot.store.database import Database, statement

Vectors: TypeAlias = npt.NDArray[np.float32]

#: One query a chunk: 10,000 vectors of 384 numbers are 15 MB on their way.
_CHUNK = 10_000
#: How exact ``used_at`` is; each update writes a whole vector again.
_TOUCH_AFTER = timedelta(days=7)
_UNUSED_FOR = timedelta(days=90)

_READ = statement(
    "SELECT text_hash, vector FROM vectors"
    " WHERE fingerprint = :fingerprint AND text_hash = ANY(:hashes)"
)
# Another process that touches the same rows at this moment does it for us.
_TOUCH = statement(
    "UPDATE vectors SET used_at = :now WHERE ctid = ANY(ARRAY("
    "SELECT ctid FROM vectors WHERE fingerprint = :fingerprint AND text_hash = ANY(:hashes)"
    " AND used_at < :before FOR UPDATE SKIP LOCKED))"
)
_WRITE = statement(
    "INSERT INTO vectors (fingerprint, text_hash, vector, used_at)"
    " SELECT :fingerprint, unnest(CAST(:hashes AS bytea[])), unnest(CAST(:rows AS bytea[])), :now"
    " ON CONFLICT (fingerprint, text_hash) DO UPDATE"
    " SET vector = EXCLUDED.vector, used_at = EXCLUDED.used_at"
)
_PRUNE = statement("DELETE FROM vectors WHERE used_at < :before")


class DatabaseVectors:
    """Vectors by encoder fingerprint and text hash, shared by all machines."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def read(self, fingerprint: str, hashes: Sequence[bytes], dim: int) -> dict[bytes, Vectors]:
        """Return the known vectors among ``hashes``; a row of the wrong length is unknown.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        found: dict[bytes, Vectors] = {}
        for chunk in _chunks(hashes):
            found |= self._database.run_sync(_read, fingerprint, chunk, dim, self._clock.now())
        return found

    def write(self, fingerprint: str, vectors: Mapping[bytes, Vectors]) -> None:
        """Keep ``vectors``; raise StoreUnavailable if the database cannot be reached."""
        for chunk in _chunks(sorted(vectors)):  # in one order, so that two writers never deadlock
            rows = [vectors[key].astype("<f4").tobytes() for key in chunk]
            self._database.run_sync(_write, fingerprint, chunk, rows, self._clock.now())


def prune_vectors(connection: Connection, now: datetime) -> int:
    """Delete vectors that no build has read for 90 days; return how many.

    Call it right after a build, which has just read those in use.
    """
    return connection.execute(_PRUNE, {"before": now - _UNUSED_FOR}).rowcount


def _read(
    connection: Connection, fingerprint: str, hashes: list[bytes], dim: int, now: datetime
) -> dict[bytes, Vectors]:
    values = {"fingerprint": fingerprint, "hashes": hashes}
    connection.execute(_TOUCH, {**values, "now": now, "before": now - _TOUCH_AFTER})
    return {
        bytes(row.text_hash): np.frombuffer(row.vector, dtype="<f4")
        for row in connection.execute(_READ, values)
        if len(row.vector) == 4 * dim
    }


def _write(
    connection: Connection, fingerprint: str, hashes: list[bytes], rows: list[bytes], now: datetime
) -> None:
    values = {"fingerprint": fingerprint, "hashes": hashes, "rows": rows, "now": now}
    connection.execute(_WRITE, values)


def _chunks(hashes: Sequence[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(hashes), _CHUNK):
        yield list(hashes[start : start + _CHUNK])
