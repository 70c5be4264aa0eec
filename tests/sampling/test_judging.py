"""Drawing once a week, and what judgements of drawn answers come to, with a real database."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chatbot.access.viewer import Viewer
from chatbot.console.judging import judge_turn
from chatbot.console.sample.desk import NoItem, SampleDesk
from chatbot.dialogue.service import Mind
from chatbot.learning import read_turns
from chatbot.store.database import Database
from chatbot.store.judgements import Judgement, judgements_of
from chatbot.store.samples import Item, items_of, sample_weeks, told_beside
from chatbot.store.turn_labels import labels
from tests.clocks import SetClock
from tests.sampling.conftest import a_week_of_answers, drawn, last_monday

LIANG, WANG = Viewer("liang", "梁主管", "admin"), Viewer("wang", "王运营", "operations")
_PART = (
    "INSERT INTO outbox (lane, kind, conversation_id, turn_id, session_version, msgid, payload,"
    " state, due_at, created_at, settled_at) SELECT 'conversation', 'kf_message', conversation_id,"
    " id, 1, gen_random_uuid(), CAST(:payload AS jsonb), :state, created_at, created_at,"
    " created_at FROM turns WHERE id = :turn"
)
_HANDOFF = (
    "INSERT INTO handoffs (conversation_id, turn_id, reason, priority, state, created_at)"
    " SELECT conversation_id, id, 'budget', 'normal', 'requested', created_at FROM turns"
    " WHERE id = :turn"
)
_MONDAY = datetime(2026, 3, 30, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(_MONDAY)


@pytest.fixture
def desk(database: Database, clock: SetClock) -> SampleDesk:
    return SampleDesk(database, clock)


@pytest.fixture
def items(database: Database, mind: Mind, clock: SetClock) -> list[Item]:
    a_week_of_answers(database, clock.now())
    assert drawn(database, mind, clock) == 40
    return _items(database)


def _items(database: Database) -> list[Item]:
    (week,) = database.run_sync(sample_weeks, 9)
    return database.run_sync(items_of, week.first_day)


def _change(database: Database, sql: str, **values: Any) -> None:
    database.run_sync(lambda connection: connection.execute(text(sql), values))


def test_that_a_week_is_drawn_once_when_it_is_over(
    database: Database, mind: Mind, clock: SetClock
) -> None:
    a_week_of_answers(database, clock.now())
    clock.at = last_monday(clock.at) + timedelta(minutes=30)
    assert drawn(database, mind, clock) == 0, "what was asked before midnight is not settled"
    clock.at += timedelta(hours=1)
    assert drawn(database, mind, clock) == 40
    assert drawn(database, mind, clock) == 0
    (week,) = database.run_sync(sample_weeks, 9)
    assert week.first_day.isoformat() == "2026-03-23"
    assert sum(each.answers for each in week.strata) == 60
    assert {each.said for each in _items(database)} <= {f"第{n}个回答" for n in range(60)}


async def test_that_processes_that_draw_at_once_draw_one_sample(
    database: Database, mind: Mind, clock: SetClock
) -> None:
    a_week_of_answers(database, clock.now())
    found = await asyncio.gather(*(asyncio.to_thread(drawn, database, mind, clock) for _ in "1234"))
    assert sorted(found) == [0, 0, 0, 40]
    assert len(_items(database)) == 40


def test_that_drafts_and_what_customers_picked_are_not_drawn(
    database: Database, mind: Mind, clock: SetClock
) -> None:
    a_week_of_answers(database, clock.now(), 6)
    newest = "(SELECT max(id) FROM turns WHERE mode = 'full')"
    _change(database, f"UPDATE turns SET mode = 'assist' WHERE id = {newest}")
    _change(database, f"""UPDATE turns SET trace = '{{"rule": "picked"}}' WHERE id = {newest}""")
    assert drawn(database, mind, clock) == 4


def test_that_what_no_customer_read_is_not_drawn(
    database: Database, mind: Mind, clock: SetClock
) -> None:
    a_week_of_answers(database, clock.now(), 6)
    held, half, budget = database.run_sync(
        lambda it: it.execute(text("SELECT id FROM turns ORDER BY id LIMIT 3")).scalars().all()
    )
    for turn, said, state in (
        (held, "没读到的回答", "held"), (half, "读到的一半", "delivered"),
        (half, "没读到的一半", "superseded"), (budget, "人工马上来", "delivered"),
    ):  # fmt: skip
        payload = json.dumps({"msgtype": "text", "text": {"content": said}})
        _change(database, _PART, turn=turn, state=state, payload=payload)
    _change(database, _HANDOFF, turn=budget)
    assert drawn(database, mind, clock) == 4
    items = {each.turn_id: each.said for each in _items(database)}
    assert not {held, budget} & set(items)
    assert items[half] == "读到的一半"


def test_that_weeks_that_overlap_draw_nothing_twice(
    database: Database, mind: Mind, clock: SetClock
) -> None:
    a_week_of_answers(database, clock.now())
    assert drawn(database, mind, clock) == 40
    _change(database, "INSERT INTO sample_weeks SELECT first_day - 1, drawn_at, target, strata"
                      " FROM sample_weeks")  # fmt: skip
    _change(database, "UPDATE sample_items SET first_day = first_day - 1")
    _change(database, "DELETE FROM sample_weeks WHERE first_day = '2026-03-23'")
    assert drawn(database, mind, clock) == 20


async def test_that_a_judgement_is_a_label_of_the_sample_that_calibration_uses(
    database: Database, desk: SampleDesk, items: list[Item], clock: SetClock
) -> None:
    right, wrong, other, unsure = items[:4]
    await desk.judge(right.id, "right", None, LIANG)
    await desk.judge(wrong.id, "wrong", None, LIANG)
    await desk.judge(other.id, "other", ("pets", "可以带宠物入住吗？"), LIANG)
    await desk.judge(unsure.id, "unsure", None, LIANG)
    stored = {each.turn_id: each.label for each in database.run_sync(labels)}
    assert {each.source for each in stored.values()} == {"sampled"}
    assert stored[right.turn_id].faq_id == right.decision["faq_id"]
    assert stored[wrong.turn_id].refused == (wrong.decision["faq_id"],)
    assert stored[other.turn_id].faq_id == "pets"
    assert unsure.turn_id not in stored
    learnt = database.run_sync(read_turns, clock.now()).labels
    assert [each.sampled for each in learnt] == [True] * 3
    assert not any(each.is_complaint for each in learnt), "chance drew it, nobody complained"
    (week,) = database.run_sync(sample_weeks, 9)
    assert sum(each.right for each in week.judged) == 1
    assert sum(each.wrong for each in week.judged) == 2


async def test_that_the_last_of_two_judges_counts_and_both_are_on_record(
    database: Database, desk: SampleDesk, items: list[Item]
) -> None:
    item = items[0]
    await asyncio.gather(
        desk.judge(item.id, "right", None, LIANG), desk.judge(item.id, "wrong", None, WANG)
    )
    words = database.run_sync(
        lambda connection: connection.execute(
            text("SELECT verdict, said_by FROM sample_words ORDER BY id")
        ).all()
    )
    assert {each.said_by for each in words} == {"liang", "wang"}
    (found,) = database.run_sync(judgements_of, [item.turn_id]).values()
    again = next(each for each in _items(database) if each.id == item.id)
    assert found.verdict == again.verdict == words[-1].verdict
    assert len(database.run_sync(labels)) == 1


async def test_that_taking_back_restores_what_was_said_before(
    database: Database, desk: SampleDesk, items: list[Item], clock: SetClock
) -> None:
    item = items[0]
    word = Judgement("wrong", None, "", "azhen", clock.now())
    database.run_sync(judge_turn, item.turn_id, item.conversation_id, word, clock.now())
    await desk.judge(item.id, "right", None, LIANG)
    await desk.judge(item.id, "other", ("pets", "可以带宠物入住吗？"), WANG)
    assert await desk.undo(item.first_day, LIANG) == item.id
    assert database.run_sync(judgements_of, [item.turn_id])[item.turn_id].judged_by == "wang"
    await desk.judge(item.id, "right", None, LIANG)
    assert await desk.undo(item.first_day, LIANG) == item.id
    assert database.run_sync(judgements_of, [item.turn_id])[item.turn_id].verdict == "other"
    assert await desk.undo(item.first_day, LIANG) is None
    assert await desk.undo(item.first_day, WANG) == item.id
    assert not any(each.verdict for each in _items(database))


async def test_that_what_was_taken_back_does_not_come_back(
    database: Database, desk: SampleDesk, items: list[Item], clock: SetClock
) -> None:
    item = items[0]
    await desk.judge(item.id, "right", None, LIANG)
    clock.at += timedelta(minutes=1)
    await desk.judge(item.id, "wrong", None, WANG)
    assert await desk.undo(item.first_day, LIANG) == item.id
    assert await desk.undo(item.first_day, WANG) == item.id
    assert database.run_sync(judgements_of, [item.turn_id]) == {}
    assert database.run_sync(labels) == []


async def test_that_taking_back_the_only_word_leaves_what_the_desk_said(
    database: Database, desk: SampleDesk, items: list[Item], clock: SetClock
) -> None:
    item = items[0]
    word = Judgement("wrong", None, "", "azhen", clock.now())
    database.run_sync(judge_turn, item.turn_id, item.conversation_id, word, clock.now())
    await desk.judge(item.id, "right", None, LIANG)
    await desk.undo(item.first_day, LIANG)
    assert database.run_sync(judgements_of, [item.turn_id])[item.turn_id] == word
    assert [each.label.source for each in database.run_sync(labels)] == ["judged"]


async def test_that_what_the_desk_said_since_is_not_taken_back(
    database: Database, desk: SampleDesk, items: list[Item], clock: SetClock
) -> None:
    item = items[0]
    await desk.judge(item.id, "right", None, LIANG)
    clock.at += timedelta(minutes=1)
    word = Judgement("wrong", None, "", "azhen", clock.now())
    database.run_sync(judge_turn, item.turn_id, item.conversation_id, word, clock.now())
    await desk.undo(item.first_day, LIANG)
    assert database.run_sync(judgements_of, [item.turn_id])[item.turn_id] == word
    assert not any(each.verdict for each in _items(database))


async def test_that_what_comes_by_itself_is_told_apart_from_the_sample(
    database: Database, desk: SampleDesk, items: list[Item], clock: SetClock
) -> None:
    await desk.judge(items[0].id, "right", None, LIANG)
    drawn_turns = {each.turn_id for each in items}
    others = database.run_sync(
        lambda connection: connection.execute(text("SELECT id, conversation_id FROM turns")).all()
    )
    turn, talk = next((each.id, each.conversation_id) for each in others
                      if each.id not in drawn_turns)  # fmt: skip
    word = Judgement("wrong", None, "", "azhen", clock.now())
    database.run_sync(judge_turn, turn, talk, word, clock.now())
    monday = last_monday(clock.now())
    beside = database.run_sync(told_beside, monday - timedelta(days=7), monday)
    assert (beside.answers, beside.right, beside.wrong) == (60, 0, 1)


async def test_that_nothing_is_said_of_an_answer_that_is_none(desk: SampleDesk) -> None:
    with pytest.raises(NoItem):
        await desk.judge(7, "right", None, LIANG)
