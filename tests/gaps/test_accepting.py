"""Accepted changes to the knowledge: written as asked or not at all, never live by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from chatbot.accepting import EditedKnowledge, NewEntry
from chatbot.editing.desk import EditDesk
from chatbot.errors import UserError
from chatbot.store.database import Database
from chatbot.store.edits import edits_are_held
from tests.clocks import SetClock
from tests.editing.brand import BASIS, publish_files

POOL = NewEntry("gap-7", "有游泳池吗？", ("酒店有没有游泳池",), "有的，在二楼。\n七点开门。")


@pytest.fixture
def desk(knowledge: Path, database: Database, clock: SetClock) -> EditDesk:
    publish_files(database, knowledge)
    return EditDesk(database, clock, lambda: BASIS)


@pytest.fixture
def changes(desk: EditDesk) -> EditedKnowledge:
    return EditedKnowledge(desk)


async def test_that_a_new_entry_stands_in_the_candidate_and_others_follow(
    changes: EditedKnowledge, desk: EditDesk
) -> None:
    assert await changes.entry(POOL, "liang") == "gap-7"
    assert await changes.entry(NewEntry("gap-7", "能开发票吗", (), "可以。"), "liang") == "gap-7-2"
    entries = {each.id: each for each in (await desk.working()).content.entries}
    assert entries["gap-7"].similar == POOL.similar
    assert entries["gap-7-2"].question == "能开发票吗"


@pytest.mark.parametrize(
    ("act", "problem"),
    [
        (lambda c: c.similar("late", ["能晚点退房吗"], "x"), "已经是条目“late”的问法"),
        (lambda c: c.similar("late", ["几点退都行吗", "几点退都行吗？"], "x"), "已经是条目“late”"),
        (lambda c: c.similar("late", ["我叫[姓名]能晚点吗"], "x"), "还有抹掉的内容（[姓名]）"),
        (lambda c: c.similar("late", ["打13812345678"], "x"), "里面有手机号"),
        (lambda c: c.similar("late", [], "x"), "要写出至少一个问法"),
        (lambda c: c.similar("nope", ["问"], "x"), "没有条目“nope”"),
        (lambda c: c.entry(NewEntry("g", "有停车场吗？", (), "有"), "x"), "已经是条目“parking”"),
        (lambda c: c.entry(NewEntry("g", "新的", (), " "), "x"), "要写出答案"),
        (lambda c: c.entry(NewEntry("g", "新的", (), "打[号码]"), "x"), "还有抹掉的内容（[号码]）"),
        (lambda c: c.entry(NewEntry("g", "新的", (), "字" * 2001), "x"), "答案最多 2000 个字"),
    ],
)
async def test_that_what_cannot_be_accepted_is_told_in_one_sentence_and_nothing_is(
    changes: EditedKnowledge,
    desk: EditDesk,
    database: Database,
    act: Callable[[EditedKnowledge], Awaitable[object]],
    problem: str,
) -> None:
    before = await desk.working()
    with pytest.raises(UserError) as told:
        await act(changes)
    assert problem in str(told.value)
    assert await desk.working() == before
    assert not database.run_sync(edits_are_held)


async def test_that_what_is_accepted_at_the_same_moment_is_all_there(
    changes: EditedKnowledge, desk: EditDesk, database: Database, clock: SetClock
) -> None:
    other = EditedKnowledge(EditDesk(database, clock, lambda: BASIS))
    await asyncio.gather(
        changes.similar("parking", ["停车要不要钱"], "liang"),
        other.similar("parking", ["车停哪里"], "chen"),
    )
    (entry,) = [each for each in (await desk.working()).content.entries if each.id == "parking"]
    assert {"停车要不要钱", "车停哪里"} < set(entry.similar)


async def test_that_an_accepted_change_waits_until_a_person_publishes(
    changes: EditedKnowledge, database: Database, knowledge: Path
) -> None:
    await changes.similar("parking", ["停车要不要钱"], "liang")
    assert database.run_sync(edits_are_held)
    (knowledge / "more.yaml").write_text("- {id: new, question: 甲, answer: 乙}", "utf-8")
    publish_files(database, knowledge)
    assert not database.run_sync(edits_are_held)
