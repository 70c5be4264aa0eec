"""The one message that is left while a person has the session is spent on who waits in vain."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.handoffs import can_be_told, free_notice_code, list_waiting
from chatbot.texts import make_texts
from tests.pipeline.house import House, rows_of, served
from tests.pipeline.stage import AZHEN, LIANG, XIAOZHOU, Json, Stage, eventually

TEXTS = make_texts({})
_MINUTE = 60
_ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def house(tmp_path: Path, database_url: str, vectors_dir: Path) -> House:
    return House(tmp_path, database_url, vectors_dir)


async def _alarms(stage: Stage, count: int = 1) -> list[str]:
    """Wait for cards to the supervisor; return what their line about the session says."""

    async def look() -> list[Json]:
        return [card for card in await stage.log("app_message") if card["users"] == [LIANG]]

    cards = await eventually(look, lambda found: len(found) >= count)
    lines = [card["content"]["horizontal_content_list"] for card in cards]
    return [
        next(line["value"] for line in each if line["keyname"] == TEXTS.card_place)
        for each in lines
    ]


async def _alone(stage: Stage) -> None:
    """Let only one member receive customers, so that nobody else is free."""
    await stage.staff(XIAOZHOU, "receive", on=False)


def _can_be_told(stage: Stage) -> list[bool | None]:
    return [row.can_be_told for row in stage.database.run_sync(list_waiting)]


async def test_that_who_waits_beyond_the_limit_is_told_once(house: House) -> None:
    async with house.play() as stage:
        await _alone(stage)
        await served(stage, answered=False)
        assert _can_be_told(stage) == []
        await stage.advance(5 * _MINUTE)
        assert (await stage.delivered(count=2))[-1] == TEXTS.held_notice
        assert await _alarms(stage) == [TEXTS.card_waiting_told]
        assert await stage.state() == (3, AZHEN)
        await stage.settled()
        assert _can_be_told(stage) == [False]
        await stage.advance(3 * _MINUTE)
        await asyncio.sleep(1.5)
        assert len(await stage.delivered()) == 2
        assert len(await _alarms(stage)) == 1


async def test_that_where_nothing_is_left_the_supervisor_reads_so(house: House) -> None:
    async with house.play() as stage:
        await _alone(stage)
        await served(stage, answered=False)
        await stage.advance(5 * _MINUTE)
        await stage.delivered(count=2)
        await stage.settled()
        await stage.staff(AZHEN, "answer", text="您好")
        await eventually(
            lambda: rows_of(stage, "SELECT alarmed_at FROM conversations"),
            lambda found: found[0]["alarmed_at"] is None,
        )
        await stage.say("还有一件事")
        await stage.settled()
        await stage.advance(5 * _MINUTE)
        assert await _alarms(stage, 2) == [TEXTS.card_waiting_told, TEXTS.card_waiting_untold]
        assert "已无法再通知" in TEXTS.card_waiting_untold
        assert len(await stage.delivered()) == 2
        calls = [c for c in await stage.log("api") if c["api"] == "kf/send_msg_on_event"]
        assert [call["errcode"] for call in calls] == [0]


async def test_that_a_new_session_has_a_message_of_its_own(house: House) -> None:
    async with house.play("rating = false") as stage:
        await _alone(stage)
        for number in (1, 2):
            await served(stage, answered=False)
            await stage.advance(5 * _MINUTE)
            await _alarms(stage, number)
            assert (await stage.delivered(count=3 * number - 1))[-1] == TEXTS.held_notice
            await stage.staff(AZHEN, "end")
            await stage.delivered(count=3 * number)
            await stage.settled()


async def test_that_after_hours_it_says_when_somebody_is_there(
    house: House, tmp_path: Path
) -> None:
    noon = datetime.now(_ZONE).replace(hour=20, minute=0, second=0) + timedelta(days=1)
    (tmp_path / "clock").write_text(str((noon - datetime.now(_ZONE)).total_seconds()))
    async with house.play('hours = ["每天 09:00-18:00"]') as stage:
        await _alone(stage)
        await served(stage, answered=False)
        await stage.advance(5 * _MINUTE)
        words = (await stage.delivered(count=2))[-1]
        assert "服务时间：每天 09:00-18:00" in words
        assert "明天 09:00" in words


async def test_that_who_moved_on_meanwhile_is_not_told(house: House) -> None:
    async with house.play() as stage:
        await _alone(stage)
        await served(stage, answered=False)
        # Another tool ends it, and no event tells us.
        row = stage.rows("SELECT open_kfid, external_userid FROM conversations")[0]
        await stage.api("kf/service_state/trans", {**row, "service_state": 4})
        await stage.advance(5 * _MINUTE)
        await eventually(
            lambda: rows_of(stage, "SELECT service_state AS s FROM conversations"),
            lambda found: found == [{"s": 4}],
        )
        assert len(await stage.delivered()) == 1
        assert await stage.log("app_message") == [
            card for card in await stage.log("app_message") if card["users"] != [LIANG]
        ]
        calls = {call["errcode"] for call in await stage.log("api")}
        assert not calls & {95016, 95018}


async def test_that_a_code_whose_message_was_surely_not_sent_is_good_for_another(
    house: House,
) -> None:
    async with house.play() as stage:
        await _alone(stage)
        await served(stage, answered=False)
        (row,) = stage.rows("SELECT id FROM conversations")
        now = stage.clock.now()

        def take(connection: Connection, fate: str | None) -> str | None:
            given = (
                "UPDATE notice_codes SET outbox_id = (SELECT max(id) FROM outbox)"
                " WHERE occasion = 'person'"
            )
            connection.execute(statement(given))
            if fate is not None:
                settled = "UPDATE outbox SET state = :fate WHERE id = (SELECT max(id) FROM outbox)"
                connection.execute(statement(settled), {"fate": fate})
            return free_notice_code(connection, row["id"], "person", now)

        for fate in ("delivered", "refused", "unknown"):
            assert stage.database.run_sync(take, fate) is None
            assert not stage.database.run_sync(can_be_told, row["id"])
        code = stage.database.run_sync(take, "expired")
        assert code is not None
        assert stage.database.run_sync(can_be_told, row["id"])
