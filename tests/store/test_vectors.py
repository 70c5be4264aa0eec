from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from chatbot.store.database import Database
from chatbot.store.vectors import DatabaseVectors, Vectors, prune_vectors


class HandClock:
    """A clock that stands where a test puts it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here waits")

    def pass_days(self, days: float) -> None:
        self.time += timedelta(days=days)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def vectors(database: Database, clock: HandClock) -> DatabaseVectors:
    return DatabaseVectors(database, clock)


def _key(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()


def _row(value: float) -> Vectors:
    return np.full(4, value, dtype=np.float32)


def _column(database: Database, sql: str) -> list[Any]:
    return database.run_sync(lambda connection: list(connection.scalars(text(sql))))


def test_that_what_one_machine_wrote_another_reads(vectors: DatabaseVectors) -> None:
    vectors.write("letters", {_key("a"): _row(0.1), _key("b"): _row(0.2)})
    found = vectors.read("letters", [_key("a"), _key("c")], 4)
    assert list(found) == [_key("a")]
    assert np.array_equal(found[_key("a")], _row(0.1))


def test_that_other_encoders_and_wrong_lengths_are_unknown(vectors: DatabaseVectors) -> None:
    vectors.write("letters", {_key("a"): _row(0.1)})
    assert vectors.read("other", [_key("a")], 4) == {}
    assert vectors.read("letters", [_key("a")], 5) == {}


def test_that_writing_again_mends_a_broken_row(vectors: DatabaseVectors) -> None:
    vectors.write("letters", {_key("a"): np.zeros(2, dtype=np.float32)})
    vectors.write("letters", {_key("a"): _row(0.5)})
    assert np.array_equal(vectors.read("letters", [_key("a")], 4)[_key("a")], _row(0.5))


def test_that_thousands_are_read_at_once(vectors: DatabaseVectors) -> None:
    rows = {_key(str(number)): _row(number) for number in range(12_000)}
    vectors.write("letters", rows)
    found = vectors.read("letters", list(rows), 4)
    assert len(found) == len(rows)
    assert all(np.array_equal(found[key], row) for key, row in rows.items())


def test_that_only_vectors_nobody_reads_are_forgotten(
    vectors: DatabaseVectors, database: Database, clock: HandClock
) -> None:
    vectors.write("letters", {_key("used"): _row(1), _key("left"): _row(2)})
    clock.pass_days(60)
    vectors.read("letters", [_key("used")], 4)
    clock.pass_days(60)
    assert database.run_sync(prune_vectors, clock.now()) == 1
    assert _column(database, "SELECT text_hash FROM vectors") == [_key("used")]


def test_that_reading_rarely_writes(
    vectors: DatabaseVectors, database: Database, clock: HandClock
) -> None:
    vectors.write("letters", {_key("a"): _row(1)})
    written = clock.now()
    clock.pass_days(6)
    vectors.read("letters", [_key("a")], 4)
    assert _column(database, "SELECT used_at FROM vectors") == [written]
    clock.pass_days(2)
    vectors.read("letters", [_key("a")], 4)
    assert _column(database, "SELECT used_at FROM vectors") == [clock.now()]


def test_that_nothing_is_asked_for_without_cost(vectors: DatabaseVectors) -> None:
    vectors.write("letters", {})
    assert vectors.read("letters", [], 4) == {}
