"""Ratings from end to end: asked once when a person's session ends, given, changed, told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatbot.accounts.mode import ModeSetting
from chatbot.customers.ratings import reason_line
from chatbot.handoff.acting import Done
from chatbot.pipeline.checkpoints import Step
from chatbot.store.modes import ModeChange, switch_mode
from chatbot.texts import make_texts
from tests.pipeline.house import House, rows_of, served
from tests.pipeline.stage import (
    AZHEN,
    KF,
    LIANG,
    LIN,
    XIAOZHOU,
    Json,
    Stage,
    eventually,
)

TEXTS = make_texts({})
_MINUTE, _HOUR = 60, 3600
_CAPTIONS = {"good": "满意", "fair": "一般", "poor": "不满意"}
_REASON = TEXTS.rating_reasons[0]


@pytest.fixture
def house(tmp_path: Path, database_url: str, vectors_dir: Path) -> House:
    return House(tmp_path, database_url, vectors_dir)


async def _menus(stage: Stage, count: int = 1) -> list[Json]:
    """Wait for menus that ask for a rating; return them, the newest last."""

    async def look() -> list[Json]:
        return [
            entry["content"]
            for entry in await stage.log("delivered")
            if entry["msgtype"] == "msgmenu"
            and entry["content"]["head_content"] == TEXTS.rating_head
        ]

    return await eventually(look, lambda found: len(found) >= count)


async def _asked(stage: Stage, count: int = 1) -> dict[str, str]:
    """Let the person end the session; return the ids of the lines that the customer sees."""
    await stage.staff((await stage.state())[1], "end")
    lines = (await _menus(stage, count))[-1]["list"]
    await stage.settled()
    by_caption = {line["click"]["content"]: line["click"]["id"] for line in lines}
    return {score: by_caption[caption] for score, caption in _CAPTIONS.items()}


async def _tap(stage: Stage, lines: dict[str, str], score: str) -> None:
    await stage.say(_CAPTIONS[score], menu_id=lines[score])
    await stage.settled()


def _ratings(stage: Stage) -> list[tuple[Any, ...]]:
    rows = stage.rows("SELECT userid, score, reason FROM ratings ORDER BY id")
    return [(row["userid"], row["score"], row["reason"]) for row in rows]


def _untouched(stage: Stage) -> None:
    """Check that ratings were no questions: no second handoff, no label, no tag."""
    assert len(stage.rows("SELECT id FROM handoffs")) == 1
    assert stage.rows("SELECT id FROM turn_labels") == []
    assert stage.rows("SELECT 1 FROM customer_tags") == []


async def _told(stage: Stage, count: int) -> list[Json]:
    """Wait for notices to the supervisor."""

    async def look() -> list[Json]:
        notices = await stage.log("app_message")
        return [each for each in notices if each["users"] == [LIANG] and "评价" in str(each)]

    return await eventually(look, lambda found: len(found) >= count)


async def test_that_a_click_is_kept_once_with_who_served_and_is_thanked_for(house: House) -> None:
    async with house.play() as stage:
        await served(stage)
        lines = await _asked(stage)
        await _tap(stage, lines, "good")
        assert (await stage.delivered())[-1] == TEXTS.rating_thanks
        assert _ratings(stage) == [(AZHEN, "good", None)]
        (row,) = stage.rows(
            "SELECT t.text, t.action, h.servicer_userid, r.rated_at >= r.asked_at AS later,"
            " o.state, r.session_version < c.session_version AS earlier FROM ratings r"
            " JOIN turns t ON t.id = r.turn_id JOIN handoffs h ON h.id = r.handoff_id"
            " JOIN outbox o ON o.id = r.outbox_id JOIN conversations c ON c.id = r.conversation_id"
        )
        assert row == {
            "text": "满意", "action": "smalltalk", "servicer_userid": AZHEN, "later": True,
            "state": "delivered", "earlier": True,
        }  # fmt: skip
        _untouched(stage)
        await stage.say("早餐几点供应？")
        assert (await stage.delivered(count=4))[-1] == "早餐七点到十点。"
        assert await _told(stage, 0) == []


async def test_that_who_is_not_content_may_say_why_and_the_supervisor_hears_it_once(
    house: House,
) -> None:
    async with house.play() as stage:
        await served(stage)
        await _asked(stage)
        await stage.say("不满意")
        await stage.settled()
        assert (await stage.delivered(count=3))[-1] == TEXTS.rating_poor_head
        await stage.say("1")
        await stage.settled()
        assert (await stage.delivered(count=4))[-1] == TEXTS.rating_noted
        assert _ratings(stage) == [(AZHEN, "poor", _REASON)]
        _untouched(stage)
        await stage.advance(3 * _MINUTE)
        (notice,) = await _told(stage, 1)
        assert "不满意（等待时间太长）" in str(notice)
        (row,) = stage.rows("SELECT public_id FROM conversations")
        async with stage.session.get(f"{stage.server}/turns/{row['public_id']}") as answer:
            page = await answer.text()
        assert "客户评价azhen的服务：不满意" in page
        assert page.count(_REASON) >= 2  # in the menu, and as what was said
        assert "/turns/" in str(notice)
        assert len(stage.rows("SELECT id FROM staff_messages WHERE kind = 'notice'")) == 1


async def test_that_a_rating_is_changed_within_the_day_and_a_slip_is_not_told(
    house: House,
) -> None:
    async with house.play() as stage:
        await served(stage)
        lines = await _asked(stage)
        await _tap(stage, lines, "poor")
        await _tap(stage, lines, "good")
        assert _ratings(stage) == [(AZHEN, "good", None)]
        await stage.advance(10 * _MINUTE)
        await _tap(stage, lines, "fair")
        key = stage.rows("SELECT key FROM ratings")[0]["key"]
        await stage.say("不说了", menu_id=reason_line(key, ""))
        await stage.settled()
        assert _ratings(stage) == [(AZHEN, "fair", "")]
        (notice,) = stage.rows("SELECT state FROM staff_messages WHERE kind = 'notice'")
        assert notice == {"state": "superseded"}
        await stage.advance(24 * _HOUR)
        await _tap(stage, lines, "good")
        assert (await stage.delivered())[-1] == TEXTS.rating_late
        assert _ratings(stage) == [(AZHEN, "fair", "")]
        _untouched(stage)


async def test_that_nobody_is_asked_twice_within_a_day(house: House) -> None:
    async with house.play() as stage:
        await served(stage)
        await _asked(stage)
        await served(stage)
        await stage.staff((await stage.state())[1], "end")
        await stage.in_state(4)
        await stage.settled()
        said = await stage.delivered(count=4)
        assert said[-1] == TEXTS.session_ended
        await stage.advance(25 * _HOUR)
        await served(stage)
        await _asked(stage, count=2)
        assert len(_ratings(stage)) == 2


async def test_that_it_is_asked_when_the_session_is_ended_at_the_desk(house: House) -> None:
    async with house.play() as stage:
        await served(stage)
        (row,) = stage.rows("SELECT id, session_version AS version FROM conversations")
        assert isinstance(await stage.desk.end(AZHEN, row["id"], row["version"]), Done)
        await _menus(stage)
        assert _ratings(stage) == [(AZHEN, None, None)]


async def test_that_it_is_asked_when_the_session_ends_by_silence(house: House) -> None:
    async with house.play() as stage:
        await served(stage)
        await stage.settled()
        await stage.advance(31 * _MINUTE)
        await stage.in_state(4)
        await _menus(stage)
        await stage.say("一般")
        await stage.settled()
        assert _ratings(stage) == [(AZHEN, "fair", None)]


async def test_that_who_was_not_served_is_not_asked(house: House) -> None:
    async with house.play() as stage:
        await served(stage, answered=False)
        await stage.staff(AZHEN, "end")
        assert (await stage.delivered(count=2))[-1] == TEXTS.session_ended
        assert _ratings(stage) == []


async def test_that_an_account_may_ask_nobody(house: House) -> None:
    async with house.play("rating = false") as stage:
        await served(stage)
        await stage.staff(AZHEN, "end")
        assert (await stage.delivered(count=2))[-1] == TEXTS.session_ended
        assert _ratings(stage) == []


async def test_that_who_served_last_is_rated_not_who_ended(house: House) -> None:
    async with house.play() as stage:
        await served(stage)
        await stage.staff(AZHEN, "transfer", to=XIAOZHOU)
        await eventually(stage.state, lambda found: found == (3, XIAOZHOU))
        await _asked(stage)
        assert _ratings(stage) == [(AZHEN, None, None)]


async def test_that_forged_lines_rate_nothing(house: House) -> None:
    async with house.play() as stage:
        await served(stage)
        await _asked(stage)
        for menu_id in ("rate:000000000000:poor", "rate:", "rate:x:why-none"):
            await stage.say("不满意", menu_id=menu_id)
            await stage.settled()
        assert (await stage.delivered(count=5))[2:] == [TEXTS.rating_late] * 3
        assert _ratings(stage) == [(AZHEN, None, None)]
        _untouched(stage)


async def test_that_another_customers_line_rates_nothing(house: House) -> None:
    async with house.play() as stage:
        await served(stage)
        lines = await _asked(stage)
        await stage.say("不满意", customer="wmDemoWangjie", menu_id=lines["poor"])
        await stage.settled()
        assert _ratings(stage) == [(AZHEN, None, None)]


async def test_that_anything_else_is_answered_as_always_and_a_click_still_counts(
    house: House,
) -> None:
    async with house.play() as stage:
        await served(stage)
        lines = await _asked(stage)
        await stage.say("早餐几点供应？")
        await stage.settled()
        assert (await stage.delivered(count=3))[-1] == "早餐七点到十点。"
        await stage.say("1")
        await stage.settled()
        assert _ratings(stage) == [(AZHEN, None, None)]
        await _tap(stage, lines, "good")
        assert _ratings(stage) == [(AZHEN, "good", None)]


async def test_that_a_click_counts_while_a_person_has_the_session_again(house: House) -> None:
    async with house.play() as stage:
        await served(stage)
        lines = await _asked(stage)
        await stage.staff(AZHEN, "reenter")
        await eventually(
            lambda: rows_of(stage, "SELECT service_state AS s FROM conversations"),
            lambda found: found[0]["s"] == 3,
        )
        await _tap(stage, lines, "poor")
        assert _ratings(stage) == [(AZHEN, "poor", None)]
        (notice,) = stage.rows("SELECT kind FROM staff_messages WHERE kind = 'notice'")
        # It waits for no answer: nobody else gets the session for it.
        await stage.advance(6 * _MINUTE)
        await _told(stage, 1)
        assert notice == {"kind": "notice"}
        assert await stage.state() == (3, AZHEN)
        assert stage.rows("SELECT 1 FROM outbox WHERE payload->>'move' = 'pass-on'") == []


async def test_that_a_tap_read_too_late_for_an_answer_counts_and_waits_for_nobody(
    house: House,
) -> None:
    async with house.play() as stage:
        await served(stage)
        lines = await _asked(stage)
        await stage.fault("kf/sync_msg", "http_status", times=3)
        await stage.say(_CAPTIONS["fair"], menu_id=lines["fair"])
        for _ in range(3):
            await stage.advance(_HOUR)
        await stage.settled()
        assert _ratings(stage) == [(AZHEN, "fair", None)]
        assert stage.rows("SELECT kind FROM open_items WHERE closed_at IS NULL") == []
        assert len(await stage.delivered()) == 2


async def test_that_a_tap_that_waited_too_long_for_its_turn_counts_as_well(house: House) -> None:
    async with house.play() as stage:
        await served(stage)
        lines = await _asked(stage)
        await stage.say("早餐几点供应？")
        await stage.settled()
        (row,) = stage.rows("SELECT id FROM conversations")
        assert isinstance(await stage.desk.pause(AZHEN, row["id"]), Done)
        await stage.say(_CAPTIONS["poor"], menu_id=lines["poor"])
        await eventually(
            lambda: rows_of(stage, "SELECT id FROM messages WHERE fate = 'pending'"), bool
        )
        await stage.advance(_HOUR)
        await stage.settled()
        assert _ratings(stage) == [(AZHEN, "poor", None)]
        assert stage.rows("SELECT kind FROM open_items WHERE closed_at IS NULL") == []
        assert len(await stage.delivered()) == 3


async def test_that_no_person_is_called_for_a_rating_where_the_bot_only_drafts(
    house: House,
) -> None:
    async with house.play() as stage:
        await served(stage)
        lines = await _asked(stage)
        change = ModeChange(KF, ModeSetting("assist"), stage.clock.now(), "test")
        stage.database.run_sync(switch_mode, change)
        await _tap(stage, lines, "good")
        assert _ratings(stage) == [(AZHEN, "good", None)]
        _untouched(stage)
        assert len(await stage.delivered()) == 2


class _Crash(Exception):
    """A process that dies at a step, as far as the work under way is concerned."""


class _Once:
    """Crashes the first time that a step is reached after it was armed."""

    def __init__(self, step: Step) -> None:
        self.step, self.armed, self.crashed = step, False, 0

    def __call__(self, step: Step) -> None:
        if self.armed and step == self.step:
            self.armed = False
            self.crashed += 1
            raise _Crash(step)


@pytest.mark.parametrize("step", ["decided", "turn-committed", "part-sent", "part-settled"])
async def test_that_a_crash_at_this_step_neither_loses_nor_doubles_a_rating(
    step: Step, house: House
) -> None:
    crash = _Once(step)
    async with house.play(checkpoint=crash) as stage:
        await served(stage)
        lines = await _asked(stage)
        crash.armed = True
        await stage.say(_CAPTIONS["poor"], menu_id=lines["poor"])
        await eventually(lambda: _crashed(crash), bool)
        await stage.advance(_MINUTE)  # the lease is over
        await stage.settled()
        assert _ratings(stage) == [(AZHEN, "poor", None)]
        said = await stage.delivered(count=3)
        assert said.count(TEXTS.rating_poor_head) == 1
        assert len(stage.rows("SELECT id FROM staff_messages WHERE kind = 'notice'")) == 1


async def _crashed(crash: _Once) -> int:
    return crash.crashed


async def test_that_a_menu_that_never_arrived_has_asked_nothing(house: House) -> None:
    async with house.play() as stage:
        await served(stage)
        await stage.fault("kf/send_msg_on_event", "errcode", errcode=40058)
        await stage.staff(AZHEN, "end")
        await stage.in_state(4)
        await eventually(
            lambda: rows_of(stage, "SELECT state FROM outbox WHERE kind = 'kf_event_message'"),
            lambda found: found == [{"state": "refused"}],
        )
        await stage.say("1", customer=LIN)
        await stage.settled()
        assert _ratings(stage) == [(AZHEN, None, None)]
        await served(stage)
        await _asked(stage)
        assert len(_ratings(stage)) == 2
