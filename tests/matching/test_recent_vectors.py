"""Vectors that are remembered between two builds, and read again when they are old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from chatbot.matching.encoder import Vectors
from chatbot.matching.recent_vectors import RecentVectors
from chatbot.matching.vector_cache import VectorCache

_ROWS: Mapping[bytes, Vectors] = {
    bytes([number]) * 32: np.full(4, number, dtype=np.float32) for number in range(8)
}
_KEYS = list(_ROWS)


class _Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 2, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class _Watched(VectorCache):
    """A file of vectors that notes what it was asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked: list[int] = []

    def read(self, fingerprint: str, hashes: Sequence[bytes], dim: int) -> dict[bytes, Vectors]:
        self.asked.append(len(hashes))
        return super().read(fingerprint, hashes, dim)


def test_that_a_build_reads_only_what_the_one_before_did_not(tmp_path: Path) -> None:
    store, clock = _Watched(tmp_path), _Clock()
    vectors = RecentVectors(store, clock)
    vectors.write("e", _ROWS)
    vectors.read("e", _KEYS[:6], 4)
    found = vectors.read("e", _KEYS[1:], 4)
    assert store.asked == [6, 2]
    assert {key: row.tolist() for key, row in found.items()} == {
        key: _ROWS[key].tolist() for key in _KEYS[1:]
    }
    vectors.read("e", _KEYS[:1], 4)  # a message, that no build has
    vectors.read("e", _KEYS[1:], 4)
    assert store.asked == [6, 2, 1]


def test_that_another_encoder_has_other_vectors(tmp_path: Path) -> None:
    vectors = RecentVectors(_Watched(tmp_path), _Clock())
    vectors.write("e", _ROWS)
    vectors.read("e", _KEYS, 4)
    assert vectors.read("other", _KEYS, 4) == {}


def test_that_what_is_in_use_is_read_again_after_a_day(tmp_path: Path) -> None:
    store, clock = _Watched(tmp_path), _Clock()
    vectors = RecentVectors(store, clock)
    vectors.write("e", _ROWS)
    for hours in (0, 12, 11, 2, 20):
        clock.time += timedelta(hours=hours)
        vectors.read("e", _KEYS, 4)
    assert store.asked == [8, 8]
