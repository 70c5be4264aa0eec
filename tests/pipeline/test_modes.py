"""How far an account's bot may go: what customers, staff and the platform see of it."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from chatbot.accounts.mode import Mode, ModeSetting, customer_share
from chatbot.dialogue.decision import Decision
from chatbot.dialogue.turn import Context, Outcome
from chatbot.pipeline.planning import Plan
from chatbot.pipeline.steps import TurnOutdated, claim_work, commit_turn
from chatbot.store.conversations import lock_conversations
from chatbot.store.database import Database, statement
from chatbot.store.modes import ModeChange, switch_mode
from tests.pipeline.samples import NOW
from tests.pipeline.stage import AZHEN, KF, LIN, WANG, XIAOZHOU, Json, Stage, eventually, play

LATE, BREAKFAST = "可以延迟退房吗？", "早餐几点供应？"
_ENTRIES = """\
- {id: late, question: 可以延迟退房吗？, answer: 会员可免费延迟至 14:00。}
- {id: breakfast, question: 早餐几点供应？, answer: 早餐七点到十点。}
"""
#: What the server may call without touching a customer or telling staff anything.
_READING = {"gettoken", "kf/sync_msg", "kf/account/list", "kf/customer/batchget"}


class House:
    """A server whose one account is described by a test."""

    def __init__(self, folder: Path, database_url: str, vectors_dir: Path) -> None:
        self._folder = folder
        self._database_url = database_url
        self._vectors_dir = vectors_dir
        (folder / "knowledge").mkdir()
        (folder / "intents").mkdir()
        (folder / "knowledge" / "faq.yaml").write_text(_ENTRIES, encoding="utf-8")

    def play(self, account: str = "", quiet: float = 0) -> AbstractAsyncContextManager[Stage]:
        """Run a play; ``account`` are further lines of the account's section."""
        text = f'[accounts.yunqi]\nid = "{KF}"\n{account}\n'
        (self._folder / "knowledge" / "accounts.toml").write_text(text, encoding="utf-8")
        return play(
            self._database_url,
            self._vectors_dir,
            knowledge_dir=self._folder / "knowledge",
            intents_dir=self._folder / "intents",
            quiet_seconds=quiet,
        )

    async def switch(self, *arguments: str) -> None:
        """Switch the mode as an operator does, from another process."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "chatbot", "mode", "yunqi", *arguments,
            cwd=self._folder, env={**os.environ, "CHATBOT_DATABASE_URL": self._database_url},
        )  # fmt: skip
        assert await process.wait() == 0


@pytest.fixture
def house(tmp_path: Path, database_url: str, vectors_dir: Path) -> House:
    return House(tmp_path, database_url, vectors_dir)


async def _calls(stage: Stage) -> set[str]:
    return {entry["api"] for entry in await stage.log("api")}


async def _fates(stage: Stage, count: int) -> list[str]:
    """Wait until ``count`` messages of customers have their fate; return those."""

    async def look() -> list[str]:
        rows = stage.rows("SELECT fate FROM messages WHERE origin = 3 ORDER BY id")
        return [row["fate"] for row in rows]

    return await eventually(look, lambda found: len(found) == count and "pending" not in found)


async def _turns(stage: Stage, count: int) -> list[Json]:
    async def look() -> list[Json]:
        return stage.rows("SELECT action, mode, drafts, decision FROM turns ORDER BY id")

    return await eventually(look, lambda found: len(found) == count)


async def test_that_off_stores_messages_and_makes_no_call(house: House) -> None:
    async with house.play('mode = "off"') as stage:
        await stage.enter()
        await stage.say(LATE)
        await stage.say("转人工", WANG)
        assert await _fates(stage, 2) == ["off", "off"]
        await stage.settled()
        assert stage.rows("SELECT id FROM turns") == []
        assert stage.rows("SELECT id FROM outbox") == []
        assert await _calls(stage) <= _READING
        assert await stage.state() == (0, "")


async def test_that_assist_sends_nothing_and_hands_over_with_a_draft(house: House) -> None:
    async with house.play('mode = "assist"') as stage:
        await stage.enter()
        await stage.say(LATE)
        await stage.in_state(3)
        (card,) = await stage.cards()
        assert "14:00" in str(card["content"])
        assert "草稿" in str(card["content"])
        await stage.settled()
        (turn,) = await _turns(stage, 1)
        assert (turn["action"], turn["mode"]) == ("answer", "assist")
        assert turn["decision"]["faq_id"] == "late"
        assert "14:00" in turn["drafts"][0]["text"]["content"]
        (handoff,) = stage.rows("SELECT reason, state FROM handoffs")
        assert handoff == {"reason": "mode", "state": "served"}
        assert await stage.log("delivered") == []
        assert not {"kf/send_msg", "kf/send_msg_on_event"} & await _calls(stage)


async def test_that_assist_decides_about_messages_to_a_person_as_well(house: House) -> None:
    async with house.play('mode = "assist"') as stage:
        await stage.say(LATE)
        await stage.in_state(3)
        await stage.cards()
        await stage.say(BREAKFAST)
        turns = await _turns(stage, 2)
        assert turns[1]["decision"]["faq_id"] == "breakfast"
        assert turns[1]["drafts"][0]["text"]["content"] == "早餐七点到十点。"
        await stage.staff(AZHEN, "end")
        await eventually(
            lambda: _read(stage, "SELECT service_state FROM conversations"),
            lambda rows: rows == [{"service_state": 4}],
        )
        await stage.settled()
        assert await _fates(stage, 2) == ["turn", "turn"]
        assert len(stage.rows("SELECT id FROM handoffs")) == 1
        ours = [each for each in await stage.log("delivered") if each.get("via") != "staff"]
        assert ours == [], "nothing announces the end either"


async def test_that_a_wish_for_a_person_keeps_its_reason_in_assist(house: House) -> None:
    async with house.play('mode = "assist"') as stage:
        await stage.say("转人工")
        await stage.in_state(3)
        await stage.settled()
        assert stage.rows("SELECT reason FROM handoffs") == [{"reason": "wish"}]
        assert await stage.log("delivered") == []


async def test_that_nobody_is_told_to_wait_when_assist_puts_them_into_the_pool(
    house: House,
) -> None:
    async with house.play('mode = "assist"') as stage:
        for userid in (AZHEN, XIAOZHOU):
            await stage.staff(userid, "receive", on=False)
        await stage.say(LATE)
        await stage.in_state(2)
        await stage.settled()
        assert stage.rows("SELECT id FROM outbox WHERE kind = 'kf_event_message'") == []


def _hours_from_now(begin: int, end: int) -> str:
    """Return daily hours that begin and end so many hours from now."""
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    opens, closes = (now + timedelta(hours=hours) for hours in (begin, end))
    return f'hours = ["每天 {opens:%H}:00-{closes.hour or 24:02}:00"]'


async def test_that_after_hours_answers_while_no_staff_are_there(house: House) -> None:
    hours = _hours_from_now(6, 9)
    async with house.play(f'mode = "after-hours"\n{hours}') as stage:
        await stage.say(LATE)
        assert "14:00" in (await stage.delivered())[0]
        await stage.say("转人工")
        told = (await stage.delivered(count=2))[1]
        assert "休息时间" in told
        assert hours.split('"')[1] in told
        assert "今天" in told or "明天" in told
        await stage.settled()
        assert {turn["mode"] for turn in await _turns(stage, 2)} == {"full"}


async def test_that_after_hours_only_drafts_while_staff_are_there(house: House) -> None:
    hours = _hours_from_now(-3, 3)
    async with house.play(f'mode = "after-hours"\n{hours}') as stage:
        await stage.say(LATE)
        await stage.in_state(3)
        await stage.settled()
        assert [turn["mode"] for turn in await _turns(stage, 1)] == ["assist"]
        assert await stage.log("delivered") == []


async def test_that_customers_beyond_the_percentage_get_a_person_without_a_word(
    house: House,
) -> None:
    shares = {customer: customer_share(KF, customer) for customer in (LIN, WANG)}
    inside, beyond = sorted(shares, key=lambda customer: shares[customer])
    async with house.play(f"percent = {shares[beyond]}") as stage:
        await stage.say(LATE, inside)
        await stage.say(LATE, beyond)
        assert "14:00" in (await stage.delivered(inside))[0]
        await stage.in_state(3, beyond)
        await stage.settled()
        told = {entry["customer"] for entry in await stage.log("delivered")}
        assert told == {inside}


async def test_that_a_switch_from_another_process_holds_for_the_next_message(
    house: House,
) -> None:
    async with house.play() as stage:
        await stage.say(LATE)
        await stage.delivered()
        await house.switch("off")
        await stage.say(BREAKFAST)
        assert await _fates(stage, 2) == ["turn", "off"]
        await house.switch("full")
        await stage.say(BREAKFAST)
        assert "七点" in (await stage.delivered(count=2))[1]
        await stage.settled()


async def test_that_a_burst_is_not_answered_when_the_bot_is_switched_off_in_it(
    house: House,
) -> None:
    async with house.play(quiet=1.5) as stage:
        await stage.say(LATE)
        await eventually(
            lambda: _read(stage, "SELECT fate FROM messages WHERE origin = 3"),
            lambda rows: rows == [{"fate": "pending"}],
        )
        stage.database.run_sync(switch_mode, _change("off", KF))
        assert await _fates(stage, 1) == ["off"]
        await stage.settled()
        assert await _calls(stage) <= _READING


async def test_that_a_reply_which_waits_is_kept_back_when_the_bot_may_only_draft(
    house: House,
) -> None:
    async with house.play() as stage:
        await stage.fault("kf/send_msg", "errcode", errcode=-1, times=None)
        await stage.say(LATE)
        await eventually(
            lambda: _read(stage, "SELECT attempts FROM outbox WHERE state = 'pending'"),
            lambda rows: bool(rows) and rows[0]["attempts"] > 0,
        )
        await house.switch("assist")
        async with stage.session.delete(f"{stage.platform}/control/faults"):
            pass
        await stage.settled()
        assert stage.rows("SELECT state FROM outbox") == [{"state": "held"}]
        assert stage.rows("SELECT kind FROM open_items") == [{"kind": "unanswered"}]
        assert await stage.log("delivered") == []
        async with stage.session.get(f"{stage.server}/metrics") as answer:
            assert 'chatbot_parts_total{fate="held",kind="kf_message"} 1.0' in await answer.text()


async def test_that_a_silent_handover_which_waits_is_not_made_after_switching_off(
    house: House,
) -> None:
    async with house.play('mode = "assist"') as stage:
        await stage.fault("kf/service_state/trans", "errcode", errcode=-1, times=None)
        await stage.say(LATE)
        await eventually(
            lambda: _read(stage, "SELECT attempts FROM outbox WHERE state = 'pending'"),
            lambda rows: bool(rows) and rows[0]["attempts"] > 0,
        )
        await house.switch("off")
        async with stage.session.delete(f"{stage.platform}/control/faults"):
            pass
        await stage.settled()
        transition = "SELECT state FROM outbox WHERE kind = 'transition'"
        assert stage.rows(transition) == [{"state": "held"}]
        assert stage.rows("SELECT state FROM handoffs") == [{"state": "requested"}]
        assert (await stage.state())[0] == 0


async def test_that_a_handover_the_customer_was_told_of_is_made_after_switching_off(
    house: House,
) -> None:
    async with house.play() as stage:
        await stage.fault("kf/service_state/trans", "errcode", errcode=-1, times=None)
        await stage.say("转人工")
        await stage.delivered()
        await house.switch("off")
        async with stage.session.delete(f"{stage.platform}/control/faults"):
            pass
        await stage.in_state(3)
        await stage.settled()


async def test_that_an_account_greets_and_hands_over_in_its_own_way(house: House) -> None:
    account = f"""\
assistant = "小栖"
welcome = "我是{{助手.名字}}，欢迎光临。"
menu = ["{LATE}"]
agents = ["{XIAOZHOU}"]
"""
    async with house.play(account) as stage:
        await stage.enter()
        assert await stage.delivered() == ["我是小栖，欢迎光临。"]
        (entry,) = await stage.log("delivered")
        assert LATE in str(entry["content"])
        await stage.say("转人工")
        await stage.in_state(3)
        assert (await stage.state())[1] == XIAOZHOU
        await stage.settled()


async def test_that_the_page_of_a_conversation_shows_what_was_only_drafted(house: House) -> None:
    async with house.play('mode = "assist"') as stage:
        await stage.say(LATE)
        await stage.in_state(3)
        await stage.settled()
        (row,) = stage.rows("SELECT public_id FROM conversations")
        async with stage.session.get(f"{stage.server}/turns/{row['public_id']}") as answer:
            page = await answer.text()
        assert "会员可免费延迟至 14:00。" in page
        assert "草稿，没有发给客户" in page


def _change(mode: Mode, open_kfid: str) -> ModeChange:
    return ModeChange(open_kfid, ModeSetting(mode), datetime.now(UTC), "tests")


@pytest.mark.parametrize("mode", ["off", "assist", "full"])
def test_that_a_turn_is_decided_anew_when_the_mode_was_switched_meanwhile(
    database: Database, mode: Mode
) -> None:
    soon = NOW + timedelta(seconds=60)
    due = statement("UPDATE conversations SET due_at = :at, burst_due_at = :at")

    def write(connection: Connection) -> None:
        lock_conversations(connection, KF, [LIN], NOW)
        connection.execute(due, {"at": NOW})

    database.run_sync(write)
    (work,), _ = database.run_sync(claim_work, 7, [], NOW, soon, 1)
    database.run_sync(switch_mode, _change(mode, KF))
    decision = Decision("早餐", "answer", "", snapshot=1, threshold=0.9)
    with pytest.raises(TurnOutdated):
        database.run_sync(
            commit_turn, work, Outcome(decision, Context()), lambda _: Plan(()),
            expires_at=soon, now=NOW,
        )  # fmt: skip

    def count(connection: Connection) -> int:
        return int(connection.scalar(statement("SELECT count(*) FROM turns")) or 0)

    assert database.run_sync(count) == 0


async def _read(stage: Stage, sql: str) -> list[Json]:
    return stage.rows(sql)
