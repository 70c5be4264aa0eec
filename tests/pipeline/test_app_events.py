"""Events of the app: in order for each subject, exactly once, and none forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection, text

from chatbot.clock import SystemClock
from chatbot.pipeline.app_events import EventConsumer, Handled, Handler
from chatbot.pipeline.metrics import PipelineMetrics
from chatbot.pipeline.tasks import TaskGroup
from chatbot.store.database import Database
from chatbot.store.errors import LeaseLost
from chatbot.store.events import StoredEvent, claim_events, finish_event, insert_app_event
from chatbot.wecom.errors import error_for_code
from tests.pipeline.stage import eventually

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ME, OTHER = 7, 8
_NOTE = text("INSERT INTO corp_tags (tag_id, tag_group, name, position) VALUES (:id, 'g', 'n', 1)")
_NOTED = text("SELECT tag_id FROM corp_tags ORDER BY tag_id")


def _store(
    database: Database, key: str, customer: str = "wm1", kind: str = "contact", **more: Any
) -> bool:
    fields = {"ExternalUserID": customer, "FromUserName": "sys", **more}
    return database.run_sync(insert_app_event, key, kind, fields, NOW, NOW)


def _claim(database: Database, me: int, *kinds: str, at: datetime = NOW) -> list[str]:
    events, _ = database.run_sync(claim_events, me, kinds or ["contact"], [], at, at + MINUTE, 9)
    return [event.subject for event in events]


def _states(database: Database) -> list[tuple[str, int]]:
    def read(connection: Connection) -> list[tuple[str, int]]:
        rows = connection.execute(text("SELECT state, attempts FROM app_events ORDER BY id"))
        return [(row.state, row.attempts) for row in rows]

    return database.run_sync(read)


@asynccontextmanager
async def _consuming(database: Database, handler: Handler) -> AsyncIterator[EventConsumer]:
    consumer = EventConsumer(
        database, SystemClock(), lambda: ME, {"contact": handler},
        PipelineMetrics(CollectorRegistry()),
    )  # fmt: skip
    tasks = TaskGroup()
    tasks.keep_running("events", consumer.run)
    try:
        yield consumer
    finally:
        await tasks.stop()
        await consumer.finish(5)


async def _until(database: Database, enough: Callable[[list[tuple[str, int]]], bool]) -> None:
    async def look() -> list[tuple[str, int]]:
        return _states(database)

    await eventually(look, enough)


def test_that_only_the_first_event_of_a_subject_is_claimed(database: Database) -> None:
    for key, customer in (("a", "wm1"), ("b", "wm1"), ("c", "wm2")):
        assert _store(database, key, customer)
    assert _claim(database, ME) == ["wm1", "wm2"]
    assert _claim(database, OTHER, at=NOW) == ["wm1", "wm2"]  # 7 is no living process


def test_that_a_claim_of_a_living_process_is_respected_until_it_ends(database: Database) -> None:
    database.run_sync(
        lambda connection: (
            connection.execute(
                text("INSERT INTO processes (host, pid, started_at) VALUES ('h', 1, now())")
            ).rowcount
        )
    )
    alive = database.run_sync(lambda c: int(c.scalar(text("SELECT max(id) FROM processes")) or 0))
    _store(database, "a")
    assert _claim(database, alive) == ["wm1"]
    assert _claim(database, OTHER) == []
    assert _claim(database, OTHER, at=NOW + 2 * MINUTE) == ["wm1"]


def test_that_a_lost_claim_changes_nothing(database: Database) -> None:
    _store(database, "a")
    (event,), _ = database.run_sync(claim_events, ME, ["contact"], [], NOW, NOW + MINUTE, 1)
    _claim(database, OTHER)

    def effects(connection: Connection) -> None:
        connection.execute(_NOTE, {"id": "x"})

    with pytest.raises(LeaseLost):
        database.run_sync(finish_event, event, effects, NOW)
    assert database.run_sync(lambda c: list(c.scalars(_NOTED))) == []


def test_that_events_nobody_takes_are_ignored_for_good(database: Database) -> None:
    _store(database, "a", kind="app_event")
    _store(database, "b")
    _claim(database, ME)
    assert _states(database) == [("ignored", 0), ("waiting", 1)]


def test_that_a_repeat_is_no_second_event(database: Database) -> None:
    assert _store(database, "a")
    assert not _store(database, "a")


def test_that_an_edit_is_looked_at_when_its_second_is_over(database: Database) -> None:
    _store(database, "a", ChangeType="edit_external_contact")
    assert _claim(database, ME) == []
    assert _claim(database, ME, at=NOW + timedelta(seconds=2)) == ["wm1"]


async def test_that_a_subjects_events_are_processed_in_order_and_once(database: Database) -> None:
    seen: list[str] = []
    running: set[str] = set()

    async def handler(event: Any) -> Handled:
        assert event.subject not in running
        running.add(event.subject)
        await asyncio.sleep(0)
        running.discard(event.subject)
        key = event.fields["Key"]

        def effects(connection: Connection) -> None:
            connection.execute(_NOTE, {"id": key})

        return Handled(effects, lambda: seen.append(key))

    for number in range(12):
        _store(database, f"k{number:02}", f"wm{number % 3}", Key=f"k{number:02}")
    async with _consuming(database, handler):
        await _until(database, lambda found: {state for state, _ in found} == {"done"})
        await eventually(lambda: _length(seen), lambda found: found == 12)
    assert all(
        [key for key in seen if int(key[1:]) % 3 == each]
        == sorted(key for key in seen if int(key[1:]) % 3 == each)
        for each in range(3)
    )
    assert database.run_sync(lambda c: len(list(c.scalars(_NOTED)))) == 12


async def _length(seen: list[str]) -> int:
    return len(seen)


async def test_that_a_failure_is_repeated_and_then_done(database: Database) -> None:
    tries: list[int] = []

    async def handler(event: Any) -> Handled | None:
        tries.append(event.attempts)
        if len(tries) == 1:
            raise error_for_code("externalcontact/get", -1, "busy")
        return None

    _store(database, "a")
    async with _consuming(database, handler):
        await _until(database, lambda found: found == [("ignored", 2)])
    assert tries == [1, 2]


async def test_that_a_defect_is_set_aside_with_its_reason_and_the_next_goes_on(
    database: Database,
) -> None:
    async def handler(event: Any) -> Handled | None:
        if event.fields["Key"] == "bad":
            raise ValueError("no such thing")
        return None

    _store(database, "a", Key="bad")
    _store(database, "b", Key="good")
    database.run_sync(lambda c: c.execute(text("UPDATE app_events SET attempts = 3")).rowcount)
    async with _consuming(database, handler):
        await _until(database, lambda found: found == [("set_aside", 4), ("ignored", 4)])
    reasons = database.run_sync(lambda c: list(c.scalars(text("SELECT error FROM app_events"))))
    assert "no such thing" in reasons


async def test_that_a_reason_the_database_cannot_keep_does_not_stop_the_setting_aside(
    database: Database,
) -> None:
    async def handle(_event: StoredEvent) -> Handled | None:
        raise ValueError("a NUL \0 and half a character \ud83d")

    _store(database, "a")
    async with _consuming(database, handle):
        await _until(database, lambda found: found == [("set_aside", 4)])
    (reason,) = database.run_sync(lambda c: list(c.scalars(text("SELECT error FROM app_events"))))
    assert reason.startswith("a NUL")
