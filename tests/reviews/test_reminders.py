"""Reminders of entries to be looked over, in a real database."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text

from chatbot.answers.entries import Entry, plain_answer
from chatbot.dialogue.service import Mind
from chatbot.editing.kinds import Subject
from chatbot.knowledge.content import load_content
from chatbot.store.database import Database
from chatbot.store.grants import KnownMember, know_member
from tests.clocks import SetClock
from tests.reviews.town import URL, editing, publish, reminders

#: A Wednesday; nothing of the calendar is special about it.
_MORNING = datetime(2026, 7, 15, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
_DAY = timedelta(days=1)


@pytest.fixture
def clock(database: Database, tmp_path: Path) -> SetClock:
    publish(database, tmp_path / "knowledge", _MORNING.date())
    member = KnownMember("xiaozhou", "小周", (), False)
    database.run_sync(know_member, member, _MORNING + 900 * _DAY)
    return SetClock(_MORNING)


def _told(database: Database) -> dict[str, list[str]]:
    def read(connection: Connection) -> list[Any]:
        sql = "SELECT userid, message FROM staff_messages ORDER BY id"
        return list(connection.execute(text(sql)))

    told: dict[str, list[str]] = {}
    for userid, message in database.run_sync(read):
        told.setdefault(userid, []).append(message["text"]["content"])
    return told


async def test_that_each_owner_gets_one_message_of_all_that_is_due(
    database: Database, clock: SetClock, mind: Mind
) -> None:
    await reminders(database, clock, mind)._look()
    told = _told(database)
    assert told.keys() == {"xiaozhou", "liang"}
    (own,), (others,) = told["xiaozhou"], told["liang"]
    assert own.startswith("有 3 条知识该复核了")
    for faq_id in ("late", "breakfast", "soon"):
        assert f"{URL}/console/entries/{faq_id}" in own
    assert "可以延迟退房吗？（复核日期 2026-07-06，已过）" in own
    assert "有健身房吗" not in own
    assert others.startswith("有 2 条")
    assert "可以带宠物吗？" in others
    assert "怎么开发票？" in others
    assert own.endswith(f"{URL}/console/reviews")


async def test_that_each_reminder_is_told_once_over_all_processes_and_again_weekly(
    database: Database, clock: SetClock, mind: Mind
) -> None:
    both = [reminders(database, clock, mind) for _ in range(2)]
    await asyncio.gather(*(each._look() for each in both))
    assert {userid: len(each) for userid, each in _told(database).items()} == {
        "xiaozhou": 1, "liang": 1,
    }  # fmt: skip
    clock.at += _DAY
    await both[0]._look()
    assert len(_told(database)["xiaozhou"]) == 1
    clock.at += 4 * _DAY  # the day of the one that was soon, and a week after the overdue one's
    await both[1]._look()
    *_, last = _told(database)["xiaozhou"]
    assert "有停车场吗？" in last
    assert "可以延迟退房吗？" in last
    assert "早餐几点供应？" not in last


async def test_that_an_entry_with_another_day_is_told_again_on_the_same_day(
    database: Database, clock: SetClock, mind: Mind
) -> None:
    job = reminders(database, clock, mind)
    for days in (9, 7, 7):
        day = (clock.now() - days * _DAY).date()
        entry = Entry("late", "可以延迟退房吗？", plain_answer("可以。"), owner="小周", review=day)
        database.run_sync(job.remind, [entry], clock.now())
    first, second = _told(database)["xiaozhou"]
    assert ("2026-07-06" in first, "2026-07-08" in second) == (True, True)


@pytest.mark.parametrize(
    "quiet",
    [
        _MORNING.replace(hour=8, minute=59),
        _MORNING.replace(hour=18, minute=0),
        _MORNING + 3 * _DAY,  # a Saturday
    ],
)
async def test_that_nobody_is_reminded_outside_working_hours(
    database: Database, clock: SetClock, mind: Mind, quiet: datetime
) -> None:
    clock.at = quiet
    await reminders(database, clock, mind)._look()
    assert _told(database) == {}


async def test_that_what_was_found_right_is_not_reminded_of_before_it_is_published(
    database: Database, clock: SetClock, mind: Mind
) -> None:
    desk, subject = editing(database, clock), Subject("entry", "breakfast")
    record = await desk.record(subject)
    assert record is not None
    await desk.save(subject, record, {**record, "review": "2027-01-01"}, "xiaozhou")
    await reminders(database, clock, mind, desk)._look()
    (own,) = _told(database)["xiaozhou"]
    assert "早餐几点供应？" not in own
    assert own.startswith("有 2 条")


async def test_that_many_are_told_in_a_message_that_the_platform_takes(
    database: Database, clock: SetClock, mind: Mind, tmp_path: Path
) -> None:
    folder = tmp_path / "many"
    publish(database, folder, _MORNING.date())
    lines = [
        f"- {{id: entry-{n:03}, question: 第{n:03}个很长很长很长很长的问题？, answer: 好。,"
        " review: 2026-07-15, owner: xiaozhou}\n"
        for n in range(80)
    ]
    (folder / "faq.yaml").write_text("".join(lines), encoding="utf-8")
    reminding = reminders(database, clock, mind)
    content = load_content(folder, None)
    assert database.run_sync(reminding.remind, content.entries, clock.now()) == 1
    (own,) = _told(database)["xiaozhou"]
    assert len(own.encode()) <= 2048
    assert own.startswith("有 80 条")
    assert "另有" in own
