from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from chatbot.store.database import Database
from chatbot.store.errors import StoreUnavailable
from chatbot.store.watch_lock import WatchLock
from tests.pipeline.stage import eventually


@pytest.fixture
async def locks(database: Database) -> AsyncIterator[tuple[WatchLock, WatchLock]]:
    first, second = WatchLock(database), WatchLock(database)
    yield first, second
    await first.release()
    await second.release()


def _end_all_watchers(database: Database) -> None:
    query = (
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE application_name = 'chatbot-watch' AND datname = current_database()"
    )
    database.run_sync(lambda connection: connection.execute(text(query)).all())


async def test_that_one_holds_it_and_another_takes_over(
    locks: tuple[WatchLock, WatchLock],
) -> None:
    first, second = locks
    assert await first.hold()
    assert not await second.hold()
    assert await first.hold()
    assert first.times_taken == 1, "still the same taking"
    await first.release()
    await eventually(second.hold, bool)  # as soon as PostgreSQL has seen the connection end
    assert not await first.hold()


async def test_that_a_lost_connection_is_noticed_before_the_lock_is_used(
    locks: tuple[WatchLock, WatchLock], database: Database
) -> None:
    first, second = locks
    assert await first.hold()
    _end_all_watchers(database)
    assert await second.hold()
    with pytest.raises(StoreUnavailable):
        await first.hold()
    assert not await first.hold()


async def test_that_taking_it_again_after_a_loss_counts(
    locks: tuple[WatchLock, WatchLock], database: Database
) -> None:
    first, _ = locks
    assert await first.hold()
    _end_all_watchers(database)
    with pytest.raises(StoreUnavailable):
        await first.hold()
    assert await first.hold()
    assert first.times_taken == 2


async def test_that_a_database_out_of_reach_is_said_so() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none", threads=1)
    with pytest.raises(StoreUnavailable, match="watched files"):
        await WatchLock(database).hold()
    database.dispose()
