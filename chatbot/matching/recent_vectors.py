"""Vectors of the last build, in memory: the next one reads only what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from chatbot.clock import Clock
from chatbot.matching.encoder import Vectors
from chatbot.matching.vector_cache import VectorStore

#: What was read longer ago is read again: so the store knows that it is in use, and keeps it.
_FRESH = timedelta(days=1)


class RecentVectors:
    """Another store, with what the last build read of it in memory.

    A reading of at least half as many vectors as are remembered is a build's, and what is
    remembered from then on; others are a few messages.
    """

    def __init__(self, store: VectorStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._fingerprint = ""
        self._rows: Mapping[bytes, Vectors] = {}
        self._read_at = clock.now()

    def read(self, fingerprint: str, hashes: Sequence[bytes], dim: int) -> dict[bytes, Vectors]:
        """Return the known vectors among ``hashes``, each of shape (dim,)."""
        now = self._clock.now()
        rows = self._remembered(fingerprint, now)
        found = {key: rows[key] for key in hashes if key in rows}
        missing = [key for key in hashes if key not in found]
        if missing:
            found |= self._store.read(fingerprint, missing, dim)
        if 2 * len(hashes) >= len(rows):
            if not rows:
                self._read_at = now
            self._fingerprint, self._rows = fingerprint, found.copy()
        return found

    def _remembered(self, fingerprint: str, now: datetime) -> Mapping[bytes, Vectors]:
        fits = fingerprint == self._fingerprint and now - self._read_at < _FRESH
        return self._rows if fits else {}

    def write(self, fingerprint: str, vectors: Mapping[bytes, Vectors]) -> None:
        """Keep ``vectors``; all of them or, after a crash, none."""
        self._store.write(fingerprint, vectors)
