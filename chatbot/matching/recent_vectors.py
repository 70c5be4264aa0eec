"""Vectors of the last build, in memory: the next one reads only what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chatbot.clock import Clock
from chatbot.matching.encoder import Vectors
from chatbot.matching.vector_cache import VectorStore

#: What was read longer ago is read again: so the store knows that it is in use, and keeps it.
_FRESH = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Recent:
    """Vectors of an encoder by the hash of their text, read at some time or later."""

    fingerprint: str
    rows: Mapping[bytes, Vectors]
    read_at: datetime


class RecentVectors:
    """Another store, with what the last build read of it in memory.

    A reading of at least half as many vectors as are remembered is a build's, and what is
    remembered from then on; others are a few messages.
    """

    def __init__(self, store: VectorStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._recent: _Recent | None = None

    def read(self, fingerprint: str, hashes: Sequence[bytes], dim: int) -> dict[bytes, Vectors]:
        """Return the known vectors among ``hashes``, each of shape (dim,)."""
        now, recent = self._clock.now(), self._recent
        if recent is None or recent.fingerprint != fingerprint or now - recent.read_at >= _FRESH:
            recent = _Recent(fingerprint, {}, now)
        rows = recent.rows
        found = {key: rows[key] for key in hashes if key in rows}
        missing = [key for key in hashes if key not in found]
        if missing:
            found |= self._store.read(fingerprint, missing, dim)
        if 2 * len(hashes) >= len(rows):
            self._recent = _Recent(fingerprint, found.copy(), recent.read_at)
        return found

    def write(self, fingerprint: str, vectors: Mapping[bytes, Vectors]) -> None:
        """Keep ``vectors``; all of them or, after a crash, none."""
        self._store.write(fingerprint, vectors)
