"""Notices from the one who writes them to the customers' phones."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from chatbot.bench import open_bench
from chatbot.clock import make_clock
from chatbot.dialogue.recorded import Recorded
from chatbot.pipeline.notice_board import NoticeBoard
from chatbot.pipeline.tasks import TaskGroup
from chatbot.replay import Replay, decide_again, mind_of_then
from chatbot.settings import Settings
from chatbot.store.database import Database
from chatbot.store.presence import Presence
from chatbot.store.snapshots import published_snapshot
from tests.notices.town import LAKE, WATER, WEST, Town, asked, decisions, end, known, post
from tests.pipeline.stage import KF, LIN, WANG, eventually

_DAY = 24 * 3600


class StandingClock:
    """A clock on which nothing that takes time ever happens."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, _seconds: float) -> None:
        await asyncio.Event().wait()


async def test_that_a_notice_is_live_at_once_told_once_a_day_and_gone_by_itself(
    town: Town,
) -> None:
    async with town.play() as stage:
        assert await asked(stage, "早餐几点供应？", LIN) == ["早餐七点到十点。"]
        post(stage, hours=40)
        await known(stage)
        assert await asked(stage, "有健身房吗？", LIN) == [f"{WATER}\n\n健身房在三楼。"]
        assert await asked(stage, "能洗澡吗", LIN) == ["24 小时有热水。"]
        assert await asked(stage, "有健身房吗？", WANG) == [f"{WATER}\n\n健身房在三楼。"]
        await stage.advance(_DAY)
        assert await asked(stage, "早餐几点供应？", LIN) == [f"{WATER}\n\n早餐七点到十点。"]
        await stage.advance(_DAY)
        assert await asked(stage, "早餐几点供应？", LIN) == ["早餐七点到十点。"]
        await known(stage, 0)
        told = [each.get("notices") for each in decisions(stage)]
        assert told == [None, [{"id": 1, "mode": "prefix"}], None, [{"id": 1, "mode": "prefix"}],
                        [{"id": 1, "mode": "prefix"}], None]  # fmt: skip


async def test_that_a_notice_that_is_ended_is_said_no_more(town: Town) -> None:
    async with town.play() as stage:
        notice = post(stage)
        await known(stage)
        assert await asked(stage, "早餐几点供应？", LIN) == [f"{WATER}\n\n早餐七点到十点。"]
        end(stage, notice)
        await known(stage, 0)
        assert await asked(stage, "早餐几点供应？", WANG) == ["早餐七点到十点。"]


async def test_that_a_notice_stands_in_for_answers_of_its_categories(town: Town) -> None:
    async with town.play() as stage:
        post(stage, "今天没有热水，18:00 恢复。", mode="replace", categories=("设施/热水",))
        await known(stage)
        assert await asked(stage, "能洗澡吗", LIN) == ["今天没有热水，18:00 恢复。"]
        assert await asked(stage, "有健身房吗？", LIN) == ["健身房在三楼。"]
        bath, gym = decisions(stage)
        assert (bath["action"], bath["faq_id"]) == ("answer", "bath")
        assert bath["notices"] == [{"id": 1, "mode": "replace"}]
        assert "notices" not in gym
        (trace,) = stage.rows("SELECT trace FROM turns ORDER BY id LIMIT 1")
        assert trace["trace"]["notices"] == [[1, "replace"]]


async def test_that_who_asks_again_is_told_what_has_changed_and_does_not_complain(
    town: Town,
) -> None:
    async with town.play() as stage:
        assert await asked(stage, "能洗澡吗", LIN) == ["24 小时有热水。"]
        first = post(stage, "今天没有热水。", mode="replace", categories=("设施/热水",))
        await known(stage)
        assert await asked(stage, "能洗澡吗", LIN) == ["今天没有热水。"]
        post(stage, "热水 18:00 恢复。", mode="replace", categories=("设施/热水",))
        await known(stage, 2)
        assert await asked(stage, "能洗澡吗", LIN) == ["热水 18:00 恢复。"]
        end(stage, first + 1)
        end(stage, first)
        await known(stage, 0)
        assert await asked(stage, "能洗澡吗", LIN) == ["24 小时有热水。"]
        assert stage.rows("SELECT id FROM turn_labels") == []
        await asked(stage, "能洗澡吗", LIN)
        assert len(stage.rows("SELECT id FROM turn_labels")) == 1, "now it is the same again"


async def test_that_a_notice_that_found_no_room_is_not_on_record_as_told(town: Town) -> None:
    rules = "须知。" * 830
    entry = f"- {{id: rules, question: 住宿须知有哪些？, answer: {rules}}}\n"
    (town.folder / "knowledge" / "rules.yaml").write_text(entry, encoding="utf-8")
    async with town.play() as stage:
        post(stage, "停水" * 230)
        await known(stage)
        said = await asked(stage, "住宿须知有哪些？", LIN, 4)
        assert "停水" not in "".join(said)
        (decision,) = decisions(stage)
        assert "notices" not in decision
        assert "停水" not in str(decision["reply"])
        (row,) = stage.rows("SELECT trace, inputs FROM turns")
        assert "notices" not in row["trace"]
        assert "停水" not in str(row["inputs"]), "decided again, it says the same"
        assert stage.rows("SELECT * FROM notice_tellings") == [], "it waits for the next message"


async def test_that_a_notice_of_a_store_reaches_who_is_known_to_be_its_customer(
    town: Town,
) -> None:
    async with town.play() as stage:
        post(stage, "西湖店停水，问前台 {门店.电话}。", stores=(WEST,))
        post(stage, "湖滨店停水。", stores=(LAKE,))
        await known(stage, 2)
        assert await asked(stage, "早餐几点供应？", LIN) == ["早餐七点到十点。"]
        (words,) = await asked(stage, "西湖店的前台电话是多少", LIN)
        assert words == "西湖店停水，问前台 0571-1111。\n\n请打 0571-1111。"
        (words,) = await asked(stage, "湖滨店的前台电话是多少", WANG)
        assert words == "湖滨店停水。\n\n请打 0571-2222。"


async def test_that_a_notice_of_an_account_or_a_category_is_told_there_alone(town: Town) -> None:
    async with town.play() as stage:
        post(stage, "别的账号的通知。", accounts=("wkElsewhere",))
        post(stage, "这个账号的通知。", accounts=(KF,), categories=("设施",))
        await known(stage, 2)
        assert await asked(stage, "早餐几点供应？", LIN) == ["早餐七点到十点。"]
        assert await asked(stage, "能洗澡吗", LIN) == ["这个账号的通知。\n\n24 小时有热水。"]


async def test_that_who_is_handed_over_or_greeted_reads_it_and_who_is_in_danger_does_not(
    town: Town,
) -> None:
    async with town.play() as stage:
        post(stage)
        await known(stage)
        words = await asked(stage, "转人工", LIN, 2)
        assert words[0] == WATER
        assert "人工" in words[1]
        words = await asked(stage, "着火了", WANG)
        assert WATER not in words
        assert decisions(stage)[-1].get("notices") is None


async def test_that_the_welcome_carries_it_and_counts_as_told(town: Town) -> None:
    async with town.play() as stage:
        post(stage)
        await known(stage)
        await stage.enter(LIN)
        (words,) = await stage.delivered(LIN)
        assert words.startswith(f"{WATER}\n\n")
        await stage.settled()
        assert await asked(stage, "早餐几点供应？", LIN) == ["早餐七点到十点。"]


async def test_that_several_come_in_order_and_what_is_too_long_waits(town: Town) -> None:
    async with town.play() as stage:
        hour = timedelta(hours=1)
        now = stage.clock.now()
        post(stage, "早" * 500, begins_at=now - 3 * hour)
        post(stage, "新" * 500, begins_at=now - hour)
        await known(stage, 2)
        first = await asked(stage, "早餐几点供应？", LIN)
        assert first == ["新" * 500 + "\n\n早餐七点到十点。"]
        assert await asked(stage, "有健身房吗？", LIN) == ["早" * 500 + "\n\n健身房在三楼。"]
        assert await asked(stage, "能洗澡吗", LIN) == ["24 小时有热水。"]


async def test_that_what_was_never_delivered_is_told_again(town: Town) -> None:
    async with town.play() as stage:
        post(stage)
        await known(stage)
        await stage.fault("kf/send_msg", "errcode", errcode=40096)
        await stage.say("早餐几点供应？", LIN)
        await stage.settled()
        (part,) = stage.rows("SELECT state FROM outbox")
        assert part["state"] == "refused"
        assert await asked(stage, "有健身房吗？", LIN) == [f"{WATER}\n\n健身房在三楼。"]


async def test_that_a_turn_with_notices_is_decided_again_alike(
    town: Town, database: Database, vectors_dir: Path
) -> None:
    async with town.play() as stage:
        post(stage, "西湖店停水，问前台 {门店.电话}。", stores=(WEST,))
        post(stage, "没有热水。", mode="replace", categories=("设施",))
        await known(stage, 2)
        for words in ("西湖店的前台电话是多少", "能洗澡吗", "早餐几点供应？"):
            await asked(stage, words, LIN)
        turns = stage.rows("SELECT decision, inputs FROM turns ORDER BY id")
    assert len(turns) == 3
    bench = open_bench(Settings(data_dir=vectors_dir), database, make_clock(None))
    snapshot = database.run_sync(published_snapshot, 1)
    assert snapshot is not None
    mind = mind_of_then(bench, snapshot)
    for turn in turns:
        recorded = Recorded.from_json(turn["inputs"])
        assert recorded is not None
        again = Replay(turn["decision"], decide_again(mind, recorded))
        assert again.is_identical, turn["decision"]


async def test_that_another_process_knows_of_it_by_the_announcement(
    town: Town, database: Database
) -> None:
    async with town.play() as stage:
        presence = Presence(database, stage.clock)
        # One that never looks by itself: its clock stands still.
        board = NoticeBoard(database, presence, StandingClock(), ZoneInfo("Asia/Shanghai"))
        tasks = TaskGroup()
        tasks.keep_running("presence", presence.keep)
        tasks.keep_running("notices", board.follow)
        await presence.registered()

        async def held() -> int:
            return len(board.in_force(stage.clock.now(), KF))

        notice = post(stage)
        await eventually(held, lambda found: found == 1)
        end(stage, notice)
        await eventually(held, lambda found: found == 0)
        await tasks.stop()
