"""Whole plays through the simulated platform: what customers and staff see."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import aiohttp
import pytest
import structlog

from chatbot.app import running_server
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.turn import Context, Outcome, Situation, Utterance
from chatbot.dialogue.understood import NeedsVectors
from chatbot.store.database import Database
from tests.pipeline.stage import (
    AZHEN,
    KF,
    LIANG,
    LIN,
    WANG,
    XIAOZHOU,
    Stage,
    eventually,
    play,
    serving,
    simulated,
    stage_settings,
)
from tests.ports import quiet_port

T = TypeVar("T")
LATE = "可以延迟退房吗？"


async def test_that_a_question_is_answered_in_the_chat(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.say(LATE)
        assert "14:00" in (await stage.delivered())[0]
        await stage.settled()
        (turn,) = stage.rows("SELECT action, decision FROM turns")
        assert turn["action"] == "answer"
        assert turn["decision"]["snapshot"] == 1
        (part,) = stage.rows("SELECT state, attempts FROM outbox")
        assert part == {"state": "delivered", "attempts": 1}


async def test_that_a_defect_in_deciding_calls_a_person_instead_of_silence(
    database_url: str, vectors_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = Dialogue.begin

    def fail_sometimes(
        self: Dialogue, utterance: Utterance, context: Context, situation: Situation
    ) -> Outcome | NeedsVectors:
        if "出错" in "".join(utterance.texts):
            raise ZeroDivisionError
        return decide(self, utterance, context, situation)

    monkeypatch.setattr(Dialogue, "begin", fail_sometimes)
    with structlog.testing.capture_logs():
        await _write_what_fails(database_url, vectors_dir)


async def _write_what_fails(database_url: str, vectors_dir: Path) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.say("这句话会出错")
        assert "转接人工" in (await stage.delivered())[0]
        await stage.settled()
        (handoff,) = stage.rows("SELECT reason, state FROM handoffs")
        assert handoff == {"reason": "error", "state": "served"}


async def test_that_a_repeated_and_reordered_doorbell_answers_once(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        for words in ("可以延迟退房吗？", "早餐几点供应？"):
            await stage.say(words, callback={"copies": 3, "shuffle": True})
        await stage.delivered(count=2)
        await stage.settled()
        assert len(await stage.delivered(count=2)) == 2
        assert len(stage.rows("SELECT id FROM turns")) == 2


async def test_that_a_burst_of_short_messages_is_one_turn_in_order(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir, quiet_seconds=0.6) as stage:
        for words in ("你好", "我想问下", "可以延迟退房吗"):
            await stage.say(words)
        await stage.delivered()
        await stage.settled()
        (turn,) = stage.rows("SELECT id, text FROM turns")
        contents = stage.rows(
            "SELECT content->>'content' AS words FROM messages WHERE turn_id = :id ORDER BY id",
            id=turn["id"],
        )
        assert [row["words"] for row in contents] == ["你好", "我想问下", "可以延迟退房吗"]


async def test_that_a_burst_has_an_upper_bound(database_url: str, vectors_dir: Path) -> None:
    async with play(database_url, vectors_dir, quiet_seconds=30, quiet_max_seconds=0.5) as stage:
        await stage.say(LATE)
        await stage.delivered()


async def test_that_a_message_taken_back_in_the_quiet_time_is_forgotten(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir, quiet_seconds=1) as stage:
        msgid = await stage.say("转人工")
        await stage.control("messages", {"customer": LIN, "open_kfid": KF, "recall": msgid})
        await stage.settled()
        await eventually(
            lambda: _async(stage.rows("SELECT fate FROM messages WHERE msgid = :id", id=msgid)),
            lambda rows: rows == [{"fate": "recalled"}],
        )
        assert stage.rows("SELECT id FROM turns") == []
        assert await stage.state() == (0, "")


async def test_that_a_wish_for_a_person_is_told_then_moved_then_announced(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.say(LATE)
        await stage.delivered()
        await stage.say("我要找真人客服")
        told = (await stage.delivered(count=2))[1]
        assert "人工" in told
        await stage.in_state(3)
        (card,) = await stage.cards()
        assert card["users"] == [AZHEN]
        assert "我要找真人客服" in str(card)
        assert "/turns/" in str(card)
        await stage.settled()
        (handoff,) = stage.rows("SELECT state, reason, servicer_userid FROM handoffs")
        assert handoff == {"state": "served", "reason": "wish", "servicer_userid": AZHEN}


async def test_that_the_servicer_with_the_fewest_open_conversations_gets_the_next(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.say("转人工", LIN)
        await stage.in_state(3, LIN)
        await stage.settled()
        await stage.say("转人工", WANG)
        await stage.in_state(3, WANG)
        assert {(await stage.state(LIN))[1], (await stage.state(WANG))[1]} == {AZHEN, XIAOZHOU}


async def test_that_the_bot_is_silent_while_a_person_serves_and_back_afterwards(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.say("转人工")
        await stage.in_state(3)
        await stage.cards()
        await stage.say(LATE)
        await stage.staff(AZHEN, "answer", text="您好，我来帮您")
        await stage.settled()
        assert len(await stage.delivered()) == 1, "only what announced the person"
        await stage.staff(AZHEN, "end")
        assert "结束" in (await stage.delivered(count=2))[1]
        await stage.say(LATE)
        assert "14:00" in (await stage.delivered(count=3))[2]


async def test_that_the_pool_and_all_servicers_are_used_when_nobody_receives(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        for userid in (AZHEN, XIAOZHOU):
            await stage.staff(userid, "receive", on=False)
        await stage.say("转人工")
        await stage.in_state(2)
        cards = await stage.cards(count=2)
        assert sorted(card["users"] for card in cards) == [[AZHEN], [XIAOZHOU]]
        await stage.settled()
        await stage.staff(XIAOZHOU, "take")
        await eventually(
            lambda: _async(stage.rows("SELECT state, servicer_userid FROM handoffs")),
            lambda rows: rows == [{"state": "served", "servicer_userid": XIAOZHOU}],
        )


async def test_that_who_waits_in_the_pool_is_told_once_later(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    async with play(database_url, vectors_dir, clock_file=clock) as stage:
        await stage.advance(
            _seconds_until_noon()
        )  # who writes at night is told when staff are back
        for userid in (AZHEN, XIAOZHOU):
            await stage.staff(userid, "receive", on=False)
        await stage.say("转人工")
        await stage.in_state(2)
        await stage.settled()
        await stage.advance(130)
        await stage.delivered(count=2)
        await stage.advance(600)
        await stage.settled()
        assert len(await stage.delivered(count=2)) == 2


async def test_that_a_question_nobody_wrote_an_entry_for_goes_to_a_person(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.say("我想给我的猫报一个潜水考证班，请问要准备什么材料")
        await stage.in_state(3)
        (handoff,) = stage.rows("SELECT reason FROM handoffs")
        assert handoff["reason"] == "low-confidence"


async def test_that_the_welcome_goes_out_when_the_chat_is_opened(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.enter()
        await stage.delivered()
        await stage.settled()
        await stage.say("转人工", menu_id="human")
        await stage.in_state(3)


async def test_that_a_picture_with_a_question_goes_to_a_person_and_a_lone_one_is_asked_about(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir, quiet_seconds=0.4) as stage:
        await stage.send_picture(WANG)
        await stage.delivered(WANG)
        assert (await stage.state(WANG))[0] in {0, 1}
        await stage.send_picture()
        await stage.say("这个是什么问题")
        await stage.in_state(3)


async def test_that_an_unknown_kind_of_message_is_recorded_and_answered_politely(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.send("meeting", {"topic": "会议"})
        await stage.delivered()
        await stage.settled()
        assert stage.rows("SELECT msgtype, fate FROM messages WHERE origin = 3") == [
            {"msgtype": "meeting", "fate": "turn"}
        ]


async def test_that_old_messages_become_one_open_item_and_get_no_reply(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    async with play(database_url, vectors_dir, clock_file=clock) as stage:
        await stage.say("早餐几点供应？", WANG)
        await stage.delivered(WANG)  # the account's first pull is over
        await stage.fault("kf/sync_msg", "errcode", errcode=-1, times=None)
        for words in ("可以延迟退房吗？", "在吗"):
            await stage.say(words)
        await stage.advance(1200)
        async with stage.session.delete(f"{stage.platform}/control/faults"):
            pass
        await eventually(
            lambda: _async(stage.rows("SELECT messages FROM open_items")),
            lambda rows: rows == [{"messages": 2}],
        )
        await stage.settled()
        assert [entry for entry in await stage.log("delivered") if entry["customer"] == LIN] == []


async def test_that_history_from_before_the_first_pull_is_only_recorded(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    port = quiet_port()
    async with simulated(port, clock) as (config, platform), aiohttp.ClientSession() as session:
        stage = Stage(session, platform, "", Database(database_url, threads=1))
        await stage.say(LATE, callback="none")
        await stage.advance(3600)
        settings = stage_settings(config, platform, port, data_dir=vectors_dir, test_clock=clock)
        async with running_server(settings, database_url) as app, serving(app, port):
            await eventually(
                lambda: _async(stage.rows("SELECT fate FROM messages")),
                lambda rows: rows == [{"fate": "recorded"}],
            )
            assert stage.rows("SELECT id FROM open_items") == []
        stage.database.dispose()


@pytest.mark.parametrize("kind", ["drop_after", "drop_before", "http_status"])
async def test_that_a_reply_whose_answer_is_lost_is_delivered_once(
    database_url: str, vectors_dir: Path, kind: str
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.fault("kf/send_msg", kind)
        await stage.say(LATE)
        await stage.settled()
        assert len(await stage.delivered()) == 1
        (part,) = stage.rows("SELECT state, attempts FROM outbox")
        assert part["state"] == "delivered"
        assert part["attempts"] == 2


async def test_that_a_card_whose_answer_is_lost_reaches_the_agent_once(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.fault("message/send", "drop_after")
        await stage.say("转人工")
        await stage.cards()
        await stage.settled()
        assert len(await stage.cards()) == 1


async def test_that_a_handover_whose_answer_is_lost_happens_once(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.fault("kf/service_state/trans", "drop_after")
        await stage.say("转人工")
        await stage.in_state(3)
        await stage.cards()
        await stage.settled()
        assert len(await stage.cards()) == 1
        moves = [
            entry for entry in await stage.log("api") if entry["api"] == "kf/service_state/trans"
        ]
        assert len(moves) == 1


async def test_that_a_reply_is_held_when_a_person_took_over_meanwhile(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir, quiet_seconds=0.5) as stage:
        await stage.say(LATE)
        moved = await stage.api(
            "kf/service_state/trans",
            {
                "open_kfid": KF,
                "external_userid": LIN,
                "service_state": 3,
                "servicer_userid": XIAOZHOU,
            },
        )
        assert moved["errcode"] == 0
        await stage.settled()
        assert stage.rows("SELECT action FROM turns") == [{"action": "answer"}]
        (part,) = stage.rows("SELECT state, error_code FROM outbox")
        assert part == {"state": "held", "error_code": 95018}
        assert await stage.log("delivered") == []
        await stage.say("在吗")
        await stage.settled()
        assert await stage.log("delivered") == []


async def test_that_an_empty_page_with_more_behind_it_is_not_the_end(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.say("早餐几点供应？", WANG)
        await stage.delivered(WANG)
        await stage.fault("kf/sync_msg", "empty_page")
        await stage.say(LATE)
        await stage.delivered()


async def test_that_a_lost_callback_is_made_up_for_by_the_safety_poll(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    async with play(database_url, vectors_dir, clock_file=clock) as stage:
        await stage.say("早餐几点供应？", WANG)
        await stage.delivered(WANG)
        await stage.say(LATE, callback="none")
        await stage.advance(61)
        await stage.delivered()


async def test_that_the_supervisor_is_told_when_the_account_has_no_servicers(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.fault("kf/servicer/list", "errcode", errcode=95014, times=1)
        await stage.say("转人工")
        cards = await stage.cards()
        assert LIANG in str(cards)


async def test_that_a_failed_send_reported_later_is_marked_and_kept_for_a_person(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.fault("kf/send_msg", "msg_send_fail", fail_type=10)
        await stage.say(LATE)
        await eventually(
            lambda: _async(stage.rows("SELECT state, error_code FROM outbox")),
            lambda rows: rows == [{"state": "refused", "error_code": 10}],
        )
        assert [row["kind"] for row in stage.rows("SELECT kind FROM open_items")] == ["refused"]


async def test_that_the_conversation_page_shows_what_was_said_and_why(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.say("<b>可以延迟退房吗</b>")
        await stage.delivered()
        await stage.settled()
        (row,) = stage.rows("SELECT public_id FROM conversations")
        async with stage.session.get(f"{stage.server}/turns/{row['public_id']}") as answer:
            page = await answer.text()
            assert answer.status == 200
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "\\u003cb\\u003e可以延迟退房吗" in page
        async with stage.session.get(f"{stage.server}/turns/{'x' * 22}") as answer:
            assert answer.status == 404


def _seconds_until_noon() -> float:
    local = datetime.now(ZoneInfo("Asia/Shanghai"))
    noon = local.replace(hour=12, minute=0, second=0)
    return ((noon - local) % timedelta(days=1)).total_seconds()


async def _async(value: T) -> T:
    return value
