"""Whole plays with cases: promises, reminders, sessions that wait, messages left at night."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from chatbot.accounts.agent import Agent
from chatbot.accounts.hours import OpeningHours
from chatbot.cases.proposing import Accepted, accept_proposal
from chatbot.cases.records import close_case
from chatbot.store.agents import save_agents
from chatbot.store.case_proposals import Proposal, open_proposals
from chatbot.store.cases import CaseView, open_cases
from chatbot.store.handoffs import list_waiting
from tests.pipeline.stage import AZHEN, LIANG, LIN, XIAOZHOU, Stage, eventually, play

_ZONE = ZoneInfo("Asia/Shanghai")
_KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
_MINUTE, _HOUR = 60, 3600
_AT = datetime(2026, 11, 24, tzinfo=UTC)


def _open_by_day(folder: Path) -> Path:
    """Return the sample knowledge with hours from nine to six."""
    knowledge = folder / "knowledge"
    shutil.copytree(_KNOWLEDGE, knowledge)
    accounts = knowledge / "accounts.toml"
    written = accounts.read_text("utf-8")
    assert "每天 00:00-24:00" in written
    accounts.write_text(written.replace("每天 00:00-24:00", "每天 09:00-18:00"), encoding="utf-8")
    return knowledge


def _clock_at(folder: Path, hour: int, minute: int = 0) -> Path:
    """Return a clock that begins tomorrow at this time."""
    start = datetime.now(_ZONE).replace(hour=hour, minute=minute, second=0) + timedelta(days=1)
    clock = folder / "clock"
    clock.write_text(str((start - datetime.now(_ZONE)).total_seconds()))
    return clock


async def _with(stage: Stage, servicer: str) -> None:
    await eventually(stage.state, lambda found: found == (3, servicer))


async def _answer(stage: Stage, userid: str, words: str) -> None:
    """Let a member answer, and wait until that is known: time is moved next."""
    before = len(stage.rows("SELECT id FROM messages WHERE origin = 5"))
    await stage.staff(userid, "answer", text=words)

    async def known() -> int:
        return len(stage.rows("SELECT id FROM messages WHERE origin = 5"))

    await eventually(known, lambda found: found > before)
    await stage.settled()


async def _texts_to(stage: Stage, userid: str, count: int) -> list[str]:
    """Wait for texts to a member; return their words."""

    async def texts() -> list[str]:
        return [
            str(message["content"])
            for message in await stage.log("app_message")
            if message["users"] == [userid] and message["msgtype"] == "text"
        ]

    return await eventually(texts, lambda found: len(found) >= count)


async def _case(stage: Stage) -> CaseView:
    async def cases() -> list[CaseView]:
        return await stage.database.run(open_cases)

    return (await eventually(cases, bool))[0]


def _proposals(stage: Stage) -> list[Proposal]:
    def read(connection: Connection) -> list[Proposal]:
        return open_proposals(connection, _AT)

    return stage.database.run_sync(read)


async def _promise(stage: Stage, words: str, now: datetime) -> Any:
    """Let azhen promise something, and accept what is proposed."""
    await _answer(stage, AZHEN, words)
    (proposal,) = _proposals(stage)
    return await stage.database.run(accept_proposal, proposal.id, Accepted(), AZHEN, now)


async def test_that_a_promise_is_proposed_reminded_of_and_keeps_its_session(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    clock = _clock_at(tmp_path, 10)
    async with play(database_url, vectors_dir, clock_file=clock) as stage:
        await stage.say("押金一直没有退，转人工")
        await _with(stage, AZHEN)
        await stage.settled()
        await _answer(stage, AZHEN, "您好，昨天已经答复您了")
        assert _proposals(stage) == []
        now = datetime.now(UTC) + timedelta(seconds=float(clock.read_text()))
        case = await _promise(stage, "稍等，我去问下财务，两小时内给您答复", now)
        assert (case.kind, case.owner) == ("reply", AZHEN)
        assert case.title == "押金一直没有退，转人工"
        assert case.armed_at < case.due_at < now + timedelta(hours=2, minutes=1)
        await stage.advance(31 * _MINUTE)
        (held,) = await _texts_to(stage, AZHEN, 1)
        assert "会话没有自动结束" in held
        await stage.advance(62 * _MINUTE)
        assert "快到时间了" in (await _texts_to(stage, AZHEN, 2))[1]
        await stage.advance(30 * _MINUTE)
        assert "到时间了" in (await _texts_to(stage, AZHEN, 3))[2]
        await stage.advance(61 * _MINUTE)
        (late,) = await _texts_to(stage, LIANG, 1)
        assert "已经过了时间" in late
        assert AZHEN in late
        await asyncio.sleep(1.5)
        assert await stage.state() == (3, AZHEN)
        now = datetime.now(UTC) + timedelta(seconds=float(clock.read_text()))
        await stage.database.run(close_case, case.id, None, done=True, note="", by=AZHEN, now=now)
        await stage.in_state(4)
        await stage.settled()
        assert len(await _texts_to(stage, AZHEN, 3)) == 3
        assert len(await _texts_to(stage, LIANG, 1)) == 1


async def test_that_a_message_left_at_night_is_the_first_thing_of_the_morning(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    clock = _clock_at(tmp_path, 21)
    async with play(
        database_url, vectors_dir, clock_file=clock, knowledge_dir=_open_by_day(tmp_path)
    ) as stage:
        day = OpeningHours.parse(["每天 09:00-18:00"])
        agents = [Agent(AZHEN, hours=day), Agent(XIAOZHOU, hours=day)]
        stage.database.run_sync(save_agents, agents, _AT, "test")
        await stage.say("发票开错了，转人工")
        await stage.in_state(2)
        (told,) = await stage.delivered()
        assert "明天 09:00" in told
        assert "留言" in told
        assert "电话" in told
        await stage.say("抬头应该是云栖科技")
        await stage.say("我电话13800001111，明天下午三点以后打给我")
        await stage.settled()
        (waits,) = stage.database.run_sync(list_waiting)
        assert (waits.kind, waits.phone, waits.wanted) == (
            "message", "13800001111", "明天下午三点以后",
        )  # fmt: skip
        assert waits.detail == "发票开错了，转人工"
        case = (await _case(stage)).case
        assert case.owner is None
        assert case.due_at.astimezone(_ZONE).hour == 15
        linked = stage.rows("SELECT count(message_id) AS n FROM case_links")
        assert linked == [{"n": 3}]
        assert len(await stage.delivered()) == 1  # nothing is asked, whatever is left out
        await stage.advance(12.1 * _HOUR)
        await _with(stage, AZHEN)
        await stage.settled()
        assert (await _case(stage)).case.owner == AZHEN
        await _answer(stage, AZHEN, "您好，看到您的留言了")
        assert (await _case(stage)).case.is_open  # the call is still to be made
        await stage.advance(5.5 * _HOUR)
        soon = (await _texts_to(stage, AZHEN, 1))[0]
        assert "发票开错了" in soon


async def test_that_an_answer_closes_a_left_message_that_wants_no_call(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    clock = _clock_at(tmp_path, 21)
    async with play(
        database_url, vectors_dir, clock_file=clock, knowledge_dir=_open_by_day(tmp_path)
    ) as stage:
        await stage.say("转人工")
        await _case(stage)
        await stage.settled()
        await _with(stage, AZHEN)
        await _answer(stage, AZHEN, "您好，我在的，请讲")
        (row,) = stage.rows("SELECT state, owner FROM cases")
        assert row == {"state": "done", "owner": AZHEN}
        assert stage.database.run_sync(list_waiting) == []


async def test_that_who_asks_after_hours_about_a_case_hears_when_and_keeps_the_session(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    clock = _clock_at(tmp_path, 17, 30)
    async with play(
        database_url, vectors_dir, clock_file=clock, knowledge_dir=_open_by_day(tmp_path)
    ) as stage:
        day = OpeningHours.parse(["每天 09:00-18:00"])
        agents = [Agent(AZHEN, hours=day), Agent(XIAOZHOU, hours=day)]
        stage.database.run_sync(save_agents, agents, _AT, "test")
        await stage.say("押金没有退，转人工")
        await _with(stage, AZHEN)
        await stage.settled()
        now = datetime.now(UTC) + timedelta(seconds=float(clock.read_text()))
        await _promise(stage, "明天上午给您答复", now)
        await stage.advance(2 * _HOUR)
        await stage.say("怎么样了？")
        await stage.settled()
        words = (await stage.delivered(LIN, 2))[-1]
        assert "已经下班" in words
        assert "明天 09:00" in words
        await stage.settled()
        await asyncio.sleep(1.5)
        assert await stage.state() == (3, AZHEN)
        assert {each.kind for each in stage.database.run_sync(list_waiting)} == {"unanswered"}
        assert len(await stage.delivered(LIN, 2)) == 2
