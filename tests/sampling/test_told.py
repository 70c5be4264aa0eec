"""The sample on the page of figures and in the digest of Mondays."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from chatbot.access.roles import Appointed, Grant
from chatbot.access.viewer import Viewer
from chatbot.clock import SystemClock
from chatbot.console.insight.digests import Digests, DigestTools
from chatbot.console.insight.reader import Asked, InsightReader
from chatbot.console.sample.desk import SampleDesk
from chatbot.dialogue.service import Mind
from chatbot.insight.digest import MOST_BYTES
from chatbot.insight.periods import period_of
from chatbot.pipeline.insight_counting import Counting
from chatbot.store.database import Database
from chatbot.store.grants import save_grant
from chatbot.store.insight import note_counted
from chatbot.store.samples import items_of, sample_weeks
from tests.clocks import SetClock
from tests.insight.month import STORES, Month
from tests.insight.test_digest import _told as told_to
from tests.sampling.conftest import drawn

#: Monday, nine in Shanghai.
MONDAY = datetime(2026, 10, 26, 1, tzinfo=UTC)
YUN, XIHU = Viewer("yun", "云", "operations"), Viewer("xihu", "西湖", "operations", (STORES[0],))


def _fill(connection: Connection) -> None:
    Month(connection, random.Random(2)).begin(60)
    save_grant(connection, Grant("operations", userid="yun"), MONDAY, "test")
    save_grant(connection, Grant("operations", (STORES[0],), userid="xihu"), MONDAY, "test")


@pytest.fixture
async def judged(database: Database, mind: Mind) -> int:
    """A sample of which three answers were judged right; return how many are open."""
    clock = SetClock(MONDAY)
    database.run_sync(_fill)
    count = drawn(database, mind, clock)
    assert count > 3
    (week,) = database.run_sync(sample_weeks, 9)
    desk = SampleDesk(database, clock)
    for item in database.run_sync(items_of, week.first_day)[:3]:
        await desk.judge(item.id, "right", None, YUN)
    Counting(database, lambda: mind.dialogue.snapshot, SystemClock()).count_all(database)
    database.run_sync(note_counted, MONDAY)
    return count - 3


def test_that_on_mondays_who_judges_is_told_of_the_sample_and_others_what_it_says(
    database: Database, mind: Mind, judged: int
) -> None:
    snapshot, appointed = mind.dialogue.snapshot, Appointed.by(["boss"], ["liang"])
    tools = DigestTools(database, lambda: snapshot, SystemClock(), appointed, "https://a.example")
    database.run_sync(Digests(tools).tell, MONDAY)
    told = told_to(database)
    waits = f"上一周的抽查等着判：{judged} 条"
    assert waits in told["week", "yun"]
    assert waits in told["week", "boss"]
    assert waits not in told["week", "liang"], "supervisors do not judge"
    assert "抽查答对 100.0%（" in told["week", "liang"]
    assert "抽查" not in told["week", "xihu"], "samples are of all stores"
    assert not any("抽查" in content for (span, _), content in told.items() if span == "day")
    assert all(len(content.encode()) <= MOST_BYTES for content in told.values())


def test_that_figures_have_the_samples_until_then_for_who_sees_all_stores(
    database: Database, mind: Mind, judged: int
) -> None:
    reader = InsightReader(lambda: mind.dialogue.snapshot)
    week = Asked(period_of("week", MONDAY.date()).before)
    found = database.run_sync(reader.read, YUN, week).sample
    assert found is not None
    assert (found.together.judged, found.together.open) == (3, judged)
    assert database.run_sync(reader.read, XIHU, week).sample is None
    earlier = Asked(week.period.before)
    assert database.run_sync(reader.read, YUN, earlier).sample is None
