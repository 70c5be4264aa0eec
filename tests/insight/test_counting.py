"""The sums are those of the record, however late it changes and whenever who counts is killed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from chatbot.clock import SystemClock
from chatbot.dialogue.snapshot import Snapshot
from chatbot.pipeline.insight_counting import Counting
from chatbot.store.database import Database
from tests.console.stage import make_snapshot
from tests.insight.month import Month
from tests.insight.recount import Key, recount

_CUBE = text(
    "SELECT p.rows, s.open_kfid, s.topic, s.day, s.figure, s.key, s.n, s.amount"
    " FROM insight_sums s JOIN insight_places p ON p.id = s.place_id WHERE s.topic <> '*'"
)
_TOTALS = text(
    "SELECT day, open_kfid, figure, key, n, amount FROM insight_sums"
    " WHERE place_id = 0 AND topic = '*'"
)


class _Killed(BaseException):
    """The process is gone."""


@pytest.fixture(scope="session")
def snapshot(vectors_dir: Path) -> Snapshot:
    return make_snapshot(vectors_dir)


@pytest.fixture
def counting(database: Database, snapshot: Snapshot) -> Counting:
    return Counting(database, lambda: snapshot, SystemClock())


def _month(connection: Connection, seed: int, customers: int = 25) -> list[int]:
    return Month(connection, random.Random(seed)).begin(customers)


def _late(connection: Connection, seed: int, conversations: list[int]) -> None:
    Month(connection, random.Random(seed)).late(conversations)


def _cube(connection: Connection) -> tuple[Counter[Key], Counter[Key]]:
    counts: Counter[Key] = Counter()
    amounts: Counter[Key] = Counter()
    for rows, *where, n, amount in connection.execute(_CUBE):
        key = (tuple(sorted(rows.items())), *where)
        counts[key], amounts[key] = n, amount
    return +counts, +amounts


def _assert_true(database: Database) -> None:
    counts, amounts = database.run_sync(recount)
    assert database.run_sync(_cube) == (+counts, +amounts)
    totals: Counter[Key] = Counter()
    for (_, kf, _, day, figure, key), n in counts.items():
        totals[day, kf, figure, key] += n
    rows = database.run_sync(lambda connection: connection.execute(_TOTALS).all())
    assert +Counter({tuple(row[:4]): row.n for row in rows}) == totals


@pytest.mark.parametrize("seed", range(4))
def test_that_the_sums_are_those_of_raw_turns_and_stay_so(
    database: Database, counting: Counting, seed: int
) -> None:
    conversations = database.run_sync(_month, seed)
    counting.count_all(database)
    _assert_true(database)
    database.run_sync(_late, seed, conversations)
    counting.count_all(database)
    _assert_true(database)


def test_that_something_is_counted_of_every_figure(database: Database, counting: Counting) -> None:
    conversations = database.run_sync(_month, 1)
    database.run_sync(_late, 1, conversations)
    counting.count_all(database)
    rows = database.run_sync(lambda connection: connection.execute(_TOTALS).all())
    assert {row.figure for row in rows} == {
        "conversations", "requests", "solved", "handed_over", "unsolved", "handling", "turns",
        "answers", "asked", "missed", "tags", "judged", "faulted", "promised", "kept", "refused",
        "waiting", "unserved", "ratings",
    }  # fmt: skip


@pytest.mark.parametrize("step", ["insight-taken", "insight-counted"])
def test_that_who_is_killed_while_counting_has_counted_nothing(
    database: Database, counting: Counting, snapshot: Snapshot, step: str
) -> None:
    def kill(name: str) -> None:
        if name == step:
            raise _Killed

    database.run_sync(_month, 5, 8)
    dying = Counting(database, lambda: snapshot, SystemClock(), kill)
    with pytest.raises(_Killed):
        dying.count_all(database)
    assert database.run_sync(_cube) == (Counter(), Counter())
    counting.count_all(database)
    _assert_true(database)


def test_that_two_processes_do_not_count_twice(
    database: Database, counting: Counting, snapshot: Snapshot
) -> None:
    database.run_sync(_month, 6, 8)

    def both(connection: Connection, step: Callable[[Connection], bool]) -> None:
        step(connection)
        # The other process finds that somebody counts, and leaves it to them.
        other = Counting(database, lambda: snapshot, SystemClock())
        assert not database.run_sync(other.step)

    database.run_sync(both, counting.step)
    counting.count_all(database)
    _assert_true(database)


def test_that_days_are_those_of_the_brand(database: Database, counting: Counting) -> None:
    def write(connection: Connection) -> None:
        month = Month(connection, random.Random(1))
        (conversation,) = month.begin(1)
        connection.execute(text("DELETE FROM messages"))
        for hour in (15, 16):  # before and after midnight in Shanghai
            month.turn(conversation, datetime(2026, 12, 1, hour, 59, 59, tzinfo=UTC))

    database.run_sync(write)
    counting.count_all(database)
    found = database.run_sync(
        lambda connection: connection.scalars(
            text("SELECT DISTINCT day::text FROM insight_sums WHERE day >= '2026-12-01'")
        ).all()
    )
    assert set(found) == {"2026-12-01", "2026-12-02"}
