"""What the database tells the workshop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chatbot.curation.workshop_waiting import Settled
from chatbot.store.database import Database
from chatbot.store.workshop import save_verdict
from chatbot.workshop import read_told

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_that_the_latest_verdicts_are_told_apart(database: Database) -> None:
    database.run_sync(save_verdict, "late", "晚点走", "reject", "one", NOW)
    database.run_sync(save_verdict, "early", "早点到", "accept", "one", NOW)
    database.run_sync(save_verdict, "early", "晚点走", "accept", "one", NOW)
    told = database.run_sync(read_told, NOW)
    assert told.settled == Settled(["早点到", "晚点走"], [("late", "晚点走")])
    later = NOW + timedelta(hours=1)
    database.run_sync(save_verdict, "early", "晚点走", "reject", "two", later)
    settled = database.run_sync(read_told, later).settled
    assert settled == Settled(["早点到"], [("early", "晚点走"), ("late", "晚点走")])
