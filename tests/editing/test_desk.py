"""What is edited becomes the candidate's, merged with what others did; nothing goes live."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatbot.editing.desk import Clash
from chatbot.editing.kinds import EditRefused
from chatbot.errors import UserError
from chatbot.knowledge.content import Content
from chatbot.store.edits import edits_are_held
from chatbot.store.snapshots import live_number
from tests.editing.brand import Brand, beside, subject

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture"


async def test_that_an_edit_is_a_candidate_and_what_is_live_stays(house: Brand) -> None:
    before = await house.desk.live()
    saved = await house.edit("breakfast", answer="早餐 6:30 至 10:00。")
    assert saved.number > before.number
    assert (await house.desk.live()).content == before.content
    working = (await house.desk.working()).content
    assert house.rows("SELECT cause, actor FROM snapshots WHERE state = 'candidate'") == [
        {"cause": "edit", "actor": "liang"}
    ]
    stored = house.rows("SELECT content FROM snapshots WHERE state = 'candidate'")[0]["content"]
    assert Content.from_json(stored) == working
    assert house.database.run_sync(edits_are_held)


async def test_that_a_later_edit_replaces_the_candidate_and_keeps_the_earlier_one(
    house: Brand,
) -> None:
    await house.edit("breakfast", owner="餐厅")
    await beside(house).edit("parking", "chen", owner="前厅")
    working = (await house.desk.working()).content
    assert {each.id: each.owner for each in working.entries} == {
        "breakfast": "餐厅", "parking": "前厅",
    }  # fmt: skip
    assert len(house.rows("SELECT 1 FROM snapshots WHERE state = 'candidate'")) == 1


async def test_that_what_two_type_into_one_field_is_shown_to_the_second(house: Brand) -> None:
    what = subject("breakfast")
    base = await house.desk.record(what)
    assert base is not None
    await house.desk.save(what, base, {**base, "answer": "甲", "owner": "餐厅"}, "liang")
    mine = {**base, "answer": "乙", "similar": [*base["similar"], "早餐到几点"]}
    with pytest.raises(Clash) as told:
        await house.desk.save(what, base, mine, "chen")
    (clash,) = told.value.clashes
    assert (clash.key, clash.theirs, clash.mine) == ("answer", "甲", "乙")
    assert told.value.merged == {**mine, "owner": "餐厅"}, "all else is merged"
    theirs = told.value.theirs
    await house.desk.save(what, theirs, told.value.merged, "chen")
    assert await house.desk.record(what) == {**mine, "owner": "餐厅"}


async def test_that_nothing_new_makes_no_edit(house: Brand) -> None:
    saved = await house.edit("breakfast")
    assert saved.edit is None
    assert await house.desk.history(subject("breakfast")) == []


@pytest.mark.parametrize(
    ("fields", "key", "path", "problem"),
    [
        ({"question": ""}, "question", ("question",), "空"),
        ({"answer": ["好", "字" * 9000]}, "answer", ("answer", 1), "最多 8192 字节"),
        ({"answer": [{"type": "image", "file": "_media/a.png"}]}, "answer.file",
         ("answer", 0, "file"), "没有图片 _media/a.png"),
        ({"answer": "见 {门店.早餐}"}, "answer", ("answer",), "没有名为“门店”的表格"),
        ({"scope": ["nowhere"]}, "scope", ("scope",), "没有账号“nowhere”"),
        ({"valid": {"from": "2026-02-01", "until": "2026-01-01"}}, "valid.until",
         ("valid", "until"), "早于开始"),
        ({"owner": "\x00"}, "owner", ("owner",), "控制字符"),
    ],
)  # fmt: skip
async def test_that_what_no_file_could_hold_is_told_where_it_is(
    house: Brand, fields: dict[str, Any], key: str, path: tuple[object, ...], problem: str
) -> None:
    with pytest.raises(EditRefused) as told:
        await house.edit("breakfast", **fields)
    (found,) = told.value.problems
    assert (found.key, found.path[: len(path)]) == (key, path)
    assert problem in found.text
    assert (await house.desk.working()).number == house.database.run_sync(live_number)


async def test_that_pictures_come_and_go_with_what_shows_them(house: Brand) -> None:
    what = subject("parking")
    base = await house.desk.record(what)
    assert base is not None
    with_map = {**base, "answer": [base["answer"], {"type": "image", "file": "_media/map.png"}]}
    saved = await house.desk.save(what, base, with_map, "liang", {"_media/map.png": PNG})
    media = (await house.desk.working()).content.media
    assert list(media) == ["_media/map.png"]
    assert house.rows("SELECT count(*) AS n FROM media_files") == [{"n": 1}]
    assert saved.edit is not None
    taken = await house.desk.undo(saved.edit, "liang")
    assert (await house.desk.working()).content.media == {}
    assert taken.edit is not None
    await house.desk.undo(taken.edit, "liang")
    assert (await house.desk.working()).content.media == media, "undoing the undoing brings it back"


async def test_that_undoing_restores_what_an_edit_changed_and_nothing_else(house: Brand) -> None:
    first = await house.edit("breakfast", answer="甲", tags=["意向:早餐"])
    await house.edit("breakfast", "chen", owner="餐厅")
    assert first.edit is not None
    undone = await house.desk.undo(first.edit, "chen")
    assert undone.record is not None
    assert undone.record["answer"] == "早餐每天 7:00 至 10:00 供应。"
    assert undone.record["owner"] == "餐厅"
    assert "tags" not in undone.record
    history = await house.desk.history(subject("breakfast"))
    assert [(each.actor, each.undo_of) for each in history] == [
        ("chen", first.edit), ("chen", None), ("liang", None),
    ]  # fmt: skip


async def test_that_undoing_what_was_changed_again_is_asked_about(house: Brand) -> None:
    first = await house.edit("breakfast", answer="甲")
    await house.edit("breakfast", "chen", answer="乙")
    assert first.edit is not None
    with pytest.raises(Clash):
        await house.desk.undo(first.edit, "liang")


async def test_that_an_entry_is_made_and_retired(house: Brand) -> None:
    what = subject("pool")
    await house.desk.save(what, None, {"question": "有泳池吗？", "answer": "有。"}, "liang")
    made = await house.desk.record(what)
    assert made == {"question": "有泳池吗？", "answer": "有。"}
    await house.desk.save(what, made, None, "liang")
    assert await house.desk.record(what) is None
    assert not house.rows("SELECT 1 FROM snapshots WHERE state = 'candidate'"), "as it was"
    assert not house.database.run_sync(edits_are_held)


async def test_that_what_was_retired_and_comes_back_leaves_all_as_it_is_live(house: Brand) -> None:
    what = subject("breakfast")
    retired = await house.desk.save(what, await house.desk.record(what), None, "liang")
    assert retired.edit is not None
    await house.desk.undo(retired.edit, "liang")
    assert not house.rows("SELECT 1 FROM snapshots WHERE state = 'candidate'"), "where it stood"


async def test_that_an_edit_that_is_not_there_cannot_be_undone(house: Brand) -> None:
    with pytest.raises(UserError, match="没有编号为 9 的改动"):
        await house.desk.undo(9, "liang")


_FIELDS = {"liang": ("answer", "owner"), "chen": ("question", "category")}
_EDITS = st.lists(
    st.tuples(st.sampled_from(["liang", "chen"]), st.integers(0, 1), st.sampled_from("甲乙丙丁")),
    max_size=6,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(edits=_EDITS)
def test_that_two_admins_on_other_fields_lose_nothing(
    house: Brand, edits: list[tuple[str, int, str]]
) -> None:
    async def play() -> None:
        what = subject("breakfast")
        desks = {"liang": house.desk, "chen": beside(house).desk}
        start = await house.desk.record(what)
        assert start is not None
        pages = {actor: dict(start) for actor in desks}  # loaded once, and then only typed into
        typed = dict(start)
        for actor, place, text in edits:
            key = _FIELDS[actor][place]
            base, typed[key] = dict(pages[actor]), text
            pages[actor][key] = text
            await desks[actor].save(what, base, pages[actor], actor)
        assert await house.desk.record(what) == typed

    asyncio.run(play())


async def test_that_edits_at_the_same_moment_all_arrive(house: Brand) -> None:
    desks = {"liang": house, "chen": beside(house)}
    what = subject("breakfast")
    base = await house.desk.record(what)
    assert base is not None

    async def add(actor: str, wording: str) -> None:
        after = {**base, "similar": [*base["similar"], wording]}
        await desks[actor].desk.save(what, base, after, actor)

    wordings = [f"第{number}种早餐问法" for number in range(8)]
    await asyncio.gather(
        *(add("liang" if n % 2 else "chen", wording) for n, wording in enumerate(wordings))
    )
    record = await house.desk.record(what)
    assert record is not None
    assert set(wordings) < set(record["similar"])
