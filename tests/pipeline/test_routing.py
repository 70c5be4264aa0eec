"""Whole plays in which a conversation goes to the right person."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chatbot.accounts.agent import Agent
from chatbot.accounts.hours import OpeningHours
from chatbot.store.agents import save_agents
from chatbot.store.customers import lock_customer, relation_told
from tests.pipeline.stage import AZHEN, LIN, XIAOZHOU, Stage, play

_NOW = datetime(2026, 11, 24, tzinfo=UTC)
#: One minute of holidays, which no test meets.
_NEVER = OpeningHours.parse(["节假日 00:00-00:01"])
_COMPLAINT = "我要投诉"
_LOCKED_OUT = "门锁打不开"


def _write_roster(stage: Stage, *agents: Agent) -> None:
    stage.database.run_sync(save_agents, agents, _NOW, "test")


async def _handed_over(stage: Stage) -> tuple[str, list[str]]:
    """Return who has the conversation, and why it was this person."""
    await stage.in_state(3)
    await stage.settled()
    _, servicer = await stage.state()
    parts = stage.rows("SELECT result FROM outbox WHERE kind = 'transition' ORDER BY id")
    result: dict[str, Any] = parts[-1]["result"]
    assert result["servicer_userid"] == servicer
    return servicer, result["because"]


async def test_that_without_a_roster_the_first_of_equals_gets_it(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.say(_COMPLAINT)
        assert await _handed_over(stage) == (AZHEN, [])


async def test_that_the_skill_an_intent_names_decides(database_url: str, vectors_dir: Path) -> None:
    async with play(database_url, vectors_dir) as stage:
        _write_roster(stage, Agent(AZHEN, skills=("预订",)), Agent(XIAOZHOU, skills=("售后",)))
        await stage.say(_COMPLAINT)
        assert await _handed_over(stage) == (XIAOZHOU, ["skill"])


async def test_that_the_store_spoken_of_comes_before_the_skill(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        _write_roster(stage, Agent(AZHEN, skills=("售后",)), Agent(XIAOZHOU, stores=("西湖店",)))
        await stage.say("我住在杭州西湖店，我要投诉")
        assert await _handed_over(stage) == (XIAOZHOU, ["store"])


async def test_that_the_personal_adviser_comes_first(database_url: str, vectors_dir: Path) -> None:
    async with play(database_url, vectors_dir) as stage:
        _write_roster(stage, Agent(AZHEN, skills=("售后",)), Agent(XIAOZHOU))
        stage.database.run_sync(lock_customer, LIN, _NOW)
        stage.database.run_sync(
            relation_told, LIN, XIAOZHOU, active=True, channel="", event_at=_NOW, now=_NOW
        )
        await stage.say(_COMPLAINT)
        assert await _handed_over(stage) == (XIAOZHOU, ["adviser"])


async def test_that_who_served_the_customer_last_gets_them_again(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        _write_roster(stage, Agent(AZHEN, skills=("售后",)), Agent(XIAOZHOU))
        await stage.say("转人工")
        assert await _handed_over(stage) == (AZHEN, [])
        await stage.staff(AZHEN, "transfer", to=XIAOZHOU)
        await stage.staff(XIAOZHOU, "answer", text="您好，我是小周")
        await stage.staff(XIAOZHOU, "end")
        await stage.in_state(4)
        await stage.say("还是要人工")
        assert await _handed_over(stage) == (XIAOZHOU, ["served-last"])


async def test_that_a_full_desk_and_a_day_off_leave_it_to_the_pool(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        _write_roster(stage, Agent(AZHEN, hours=_NEVER), Agent(XIAOZHOU, capacity=1))
        await stage.say("转人工")
        assert await _handed_over(stage) == (XIAOZHOU, [])
        await stage.say("转人工", customer="wmDemoWangjie")
        await stage.in_state(2, customer="wmDemoWangjie")


async def test_that_what_is_urgent_waits_for_nobodys_hours(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        _write_roster(
            stage, Agent(AZHEN, hours=_NEVER), Agent(XIAOZHOU, skills=("前台",), hours=_NEVER)
        )
        await stage.say(_LOCKED_OUT)
        assert await _handed_over(stage) == (XIAOZHOU, ["skill"])
