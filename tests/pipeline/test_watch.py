"""Whole plays in which nobody answers: the session finds somebody, or its end."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from chatbot.accounts.agent import Agent
from chatbot.accounts.desk_rules import DeskRules
from chatbot.accounts.hours import OpeningHours
from chatbot.store.agents import save_agents
from chatbot.store.watch import save_desk_rules
from tests.pipeline.stage import (
    AZHEN,
    LIANG,
    XIAOZHOU,
    Stage,
    eventually,
    play,
)

_AT = datetime(2026, 11, 24, tzinfo=UTC)
_MINUTE = 60
_ZONE = ZoneInfo("Asia/Shanghai")
_KNOWLEDGE = Path(__file__).parents[2] / "knowledge"


async def _with(stage: Stage, servicer: str) -> None:
    await eventually(stage.state, lambda found: found == (3, servicer))


async def _told(stage: Stage, userid: str, count: int = 1) -> list[dict[str, Any]]:
    """Wait for cards to a member; return them."""

    async def cards() -> list[dict[str, Any]]:
        return [card for card in await stage.log("app_message") if card["users"] == [userid]]

    return await eventually(cards, lambda found: len(found) >= count)


async def _answer(stage: Stage, userid: str, words: str) -> None:
    """Let a member answer, and wait until that is known: time is moved next."""
    before = len(stage.rows("SELECT id FROM messages WHERE origin = 5"))
    await stage.staff(userid, "answer", text=words)

    async def known() -> int:
        return len(stage.rows("SELECT id FROM messages WHERE origin = 5"))

    await eventually(known, lambda found: found > before)
    await stage.settled()


async def test_that_who_is_not_answered_goes_to_a_colleague_and_then_the_supervisor_hears(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    async with play(database_url, vectors_dir, clock_file=tmp_path / "clock") as stage:
        await stage.say("转人工")
        await _with(stage, AZHEN)
        await stage.settled()
        await stage.advance(5 * _MINUTE)
        await _with(stage, XIAOZHOU)
        await _told(stage, XIAOZHOU)
        await stage.advance(5 * _MINUTE)
        (card,) = await _told(stage, LIANG)
        assert "没有人回复" in str(card)
        await stage.advance(2 * _MINUTE)
        await asyncio.sleep(1.5)
        assert len(await _told(stage, LIANG)) == 1
        assert await stage.state() == (3, XIAOZHOU)


async def test_that_an_answer_in_time_changes_nothing_and_silence_ends_the_session(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    async with play(database_url, vectors_dir, clock_file=tmp_path / "clock") as stage:
        await stage.say("转人工")
        await _with(stage, AZHEN)
        await stage.settled()
        await stage.advance(4 * _MINUTE)
        await _answer(stage, AZHEN, "您好，请问有什么可以帮您？")
        await stage.advance(10 * _MINUTE)
        await asyncio.sleep(1.5)
        assert await stage.state() == (3, AZHEN)
        await stage.advance(20 * _MINUTE)
        await stage.in_state(4)
        assert "已结束" in (await stage.delivered(count=2))[-1]
        await stage.settled()
        await stage.say("西湖店早餐几点供应？")
        assert "10:30" in (await stage.delivered(count=3))[-1]


async def test_that_a_customer_who_goes_on_talking_is_never_cut_off(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    async with play(database_url, vectors_dir, clock_file=tmp_path / "clock") as stage:
        await stage.say("转人工")
        await _with(stage, AZHEN)
        for words in ("您好", "请稍等", "查到了"):
            await _answer(stage, AZHEN, words)
            await stage.advance(25 * _MINUTE)
            await stage.say("好的谢谢")  # wants no answer, so that nobody else has to give one
            await stage.settled()
        await asyncio.sleep(1.5)
        assert await stage.state() == (3, AZHEN)
        assert not [card for card in await stage.log("app_message") if card["users"] == [LIANG]]


async def test_that_who_stops_to_receive_leaves_nobody_waiting(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.say("转人工")
        await _with(stage, AZHEN)
        await stage.settled()
        await stage.staff(AZHEN, "receive", on=False)
        await _with(stage, XIAOZHOU)


async def test_that_who_comes_back_gets_who_waits_in_the_pool(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    async with play(database_url, vectors_dir, clock_file=tmp_path / "clock") as stage:
        for userid in (AZHEN, XIAOZHOU):
            await stage.staff(userid, "receive", on=False)
        await stage.say("转人工")
        await stage.in_state(2)
        await stage.settled()
        await stage.advance(3 * _MINUTE)
        await _told(stage, LIANG)
        await stage.staff(XIAOZHOU, "receive", on=True)
        await stage.advance(_MINUTE)
        await _with(stage, XIAOZHOU)


async def test_that_the_supervisor_reads_the_duty_phone_where_it_is_urgent(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    async with play(database_url, vectors_dir, clock_file=tmp_path / "clock") as stage:
        rules = DeskRules(duty_phone="0571-1234")
        stage.database.run_sync(save_desk_rules, rules, _AT, "test")
        await stage.staff(XIAOZHOU, "receive", on=False)
        await stage.say("门锁打不开")
        await _with(stage, AZHEN)
        await stage.settled()
        await stage.advance(61)
        (card,) = await _told(stage, LIANG)
        assert "0571-1234" in str(card)


async def test_that_after_hours_who_was_not_answered_hears_when_and_the_bot_is_back(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    knowledge = tmp_path / "knowledge"
    shutil.copytree(_KNOWLEDGE, knowledge)
    accounts = knowledge / "accounts.toml"
    written = accounts.read_text("utf-8")
    assert "每天 00:00-24:00" in written
    accounts.write_text(written.replace("每天 00:00-24:00", "每天 09:00-18:00"), encoding="utf-8")
    clock = tmp_path / "clock"
    evening = datetime.now(_ZONE).replace(hour=17, minute=58, second=0) + timedelta(days=1)
    clock.write_text(str((evening - datetime.now(_ZONE)).total_seconds()))
    async with play(database_url, vectors_dir, clock_file=clock, knowledge_dir=knowledge) as stage:
        day = OpeningHours.parse(["每天 09:00-18:00"])
        agents = [Agent(AZHEN, hours=day), Agent(XIAOZHOU, hours=day)]
        stage.database.run_sync(save_agents, agents, _AT, "test")
        await stage.say("转人工")
        await _with(stage, AZHEN)
        await stage.settled()
        await stage.advance(5 * _MINUTE)
        await stage.in_state(4)
        words = (await stage.delivered(count=2))[-1]
        assert "已经下班" in words
        assert "明天 09:00" in words
        await stage.settled()
        (item,) = stage.rows("SELECT kind FROM open_items WHERE closed_at IS NULL")
        assert item["kind"] == "unanswered"
        await stage.say("西湖店早餐几点供应？")
        assert "10:30" in (await stage.delivered(count=3))[-1]
