"""One conversation over the wire: what it says, who sees it, and what a stale page is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chatbot.customers.records import give_tags
from chatbot.customers.tags import Cause, Gift, Tag
from chatbot.store.outbox import NewPart, insert_part, new_msgid, settle_part
from tests.console.stage import Office
from tests.store.desk_samples import add_conversation, add_message, add_turn


def now() -> datetime:
    return datetime.now(UTC)


def decision(**more: Any) -> str:
    candidate = {"faq_id": "late", "question": "可以延迟退房吗？", "confidence": 0.93}
    values = {
        "action": "answer", "faq_id": "late", "confidence": 0.93, "candidates": [candidate], **more
    }  # fmt: skip
    return json.dumps(values)


def conversation(desk: Office, name: str = "小林", state: int = 1, **more: Any) -> int:
    values = {"public_id": "public-lin", "at": now() - timedelta(hours=1), **more}
    return desk.do(add_conversation, name, state, **values)


def answered(desk: Office, number: int, words: str = "能晚点退吗", **more: Any) -> int:
    """Let the bot answer a question; return the turn."""

    def work(connection: Any) -> int:
        at = now() - timedelta(minutes=5)
        turn = add_turn(connection, number, words, at, decision=decision(**more))
        add_message(connection, number, words, at, fate="turn", turn=turn)
        message = {"msgtype": "text", "text": {"content": "会员可免费延迟至 14:00。"}}
        part = insert_part(
            connection,
            NewPart(
                "conversation", "kf_message", number, 3, new_msgid(), message, at, turn_id=turn
            ),
            at,
        )
        settle_part(connection, part.id, "delivered", at + timedelta(seconds=1))
        return turn

    return desk.do(work)


PATH = "/conversations/public-lin"


async def test_that_a_conversation_says_who_said_what_and_why(desk: Office) -> None:
    number = conversation(desk)
    turn = answered(desk, number)
    desk.do(add_message, number, "好的，我来看看", now(), servicer="azhen")
    found = (await desk.get(PATH)).body
    assert [(line["who"], line["text"]) for line in found["lines"]] == [
        ("customer", "能晚点退吗"),
        ("bot", "会员可免费延迟至 14:00。"),
        ("staff", "好的，我来看看"),
    ]
    said = found["lines"][1]
    assert said["reason"] == "回答“可以延迟退房吗？”，把握 93%"
    assert (said["turn"], said["state"], said["judged"]) == (turn, "已送达", None)
    assert [each["faq_id"] for each in said["candidates"]] == ["late"]
    row = found["row"]
    assert (row["name"], row["state"], row["left"]) == ("小林", 1, 5)
    assert row["last"]["text"] == "好的，我来看看"


async def test_that_older_lines_follow_page_by_page_without_gap_or_repeat(desk: Office) -> None:
    number = conversation(desk)
    for minute in range(130):
        desk.do(add_message, number, f"第 {minute} 句", now() - timedelta(minutes=200 - minute))
    page = (await desk.get(PATH)).body
    lines = page["lines"]
    while page["before"]:
        page = (await desk.get(f"{PATH}/lines", before=str(page["before"]))).body
        lines = page["lines"] + lines
    assert [line["text"] for line in lines] == [f"第 {minute} 句" for minute in range(130)]


async def test_that_who_takes_first_wins_and_the_other_is_told_with_the_new_state(
    desk: Office,
) -> None:
    conversation(desk, state=2)
    version = (await desk.get(PATH)).body["row"]["version"]
    first = await desk.post(f"{PATH}/take", "azhen", version=version)
    second = await desk.post(f"{PATH}/take", "xiaozhou", version=version)
    assert (first.status, second.status) == (200, 409)
    assert first.body["can"]["end"] is True
    assert second.problem == "azhen 已经接待了这位客户，刚才的操作没有执行。"
    assert second.body["row"]["servicer"] == "azhen"
    assert (second.body["row"]["state"], second.body["can"]["end"]) == (3, False)


async def test_that_what_cannot_be_done_is_said_in_words(desk: Office) -> None:
    conversation(desk, state=3, servicer="azhen")
    told = await desk.post(f"{PATH}/transfer", version=3, to="azhen")
    assert (told.status, told.problem) == (422, "不能转给自己。")


async def test_that_ending_is_for_who_serves_and_who_looks_after_them(desk: Office) -> None:
    conversation(desk, state=3, servicer="azhen")

    async def may_end(viewer: str) -> object:
        return (await desk.get(PATH, viewer)).body["can"]["end"]

    assert [await may_end(each) for each in ("azhen", "xiaozhou", "liang")] == [True, False, True]


async def test_that_a_reply_is_sent_in_the_name_of_its_writer(desk: Office) -> None:
    number = conversation(desk)
    extra = {"msgtype": "link", "link": {"title": "停车", "url": "https://example.com"}}
    done = await desk.post(f"{PATH}/answer", version=3, text=" 两点前都可以 ", extras=[extra])
    assert done.status == 200
    parts = desk.rows("SELECT payload, by_userid, state FROM outbox ORDER BY id")
    assert [part["by_userid"] for part in parts] == ["azhen", "azhen"]
    assert parts[0]["payload"] == {"msgtype": "text", "text": {"content": "两点前都可以"}}
    assert parts[1]["payload"] == extra
    line = done.body["lines"][0]
    assert (line["who"], line["name"], line["state"]) == ("staff", "azhen", "待发送")
    assert desk.rows("SELECT due_at IS NOT NULL AS due FROM conversations WHERE id = :n", n=number)


async def test_that_a_reply_that_cannot_be_sent_is_refused_in_words(desk: Office) -> None:
    conversation(desk)

    async def problem(**body: Any) -> str:
        told = await desk.post(f"{PATH}/answer", **{"version": 3, **body})
        assert told.status in {400, 422}
        return told.problem

    assert await problem(text="  ") == "还没有写内容。"
    assert "太长" in await problem(text="长" * 9000)
    assert "附带的内容" in await problem(text="好", extras=[{"msgtype": "event"}])
    assert "“text”最多 10000 个字符" in await problem(text="长" * 10_001)
    assert "“version”" in await problem(text="好", version="3")
    assert desk.rows("SELECT 1 FROM outbox") == []


async def test_that_typing_pauses_the_bot_visibly_and_for_one_at_a_time(desk: Office) -> None:
    conversation(desk)
    paused = (await desk.post(f"{PATH}/pause", "azhen")).body["row"]
    assert (paused["paused_by"], paused["paused_name"]) == ("azhen", "azhen")
    left = datetime.fromisoformat(paused["paused_until"]) - now()
    assert timedelta(seconds=50) < left <= timedelta(seconds=60)
    other = await desk.post(f"{PATH}/pause", "xiaozhou")
    assert (other.status, other.problem) == (
        409, "azhen 正在回复这位客户，请稍等或和 TA 说一声。",
    )  # fmt: skip
    assert (await desk.post(f"{PATH}/resume", "azhen")).body["row"]["paused_by"] is None


# Judging


async def test_that_a_judgement_is_kept_and_becomes_a_label(desk: Office) -> None:
    turn = answered(desk, conversation(desk))
    path = f"{PATH}/turns/{turn}/judgement"

    def labels() -> list[dict[str, Any]]:
        return desk.rows("SELECT text, faq_id, refused, source, confidence FROM turn_labels")

    told = {"text": "能晚点退吗", "source": "judged", "confidence": 0.93}
    assert (await desk.post(path, verdict="right")).body["judged"]["verdict"] == "right"
    assert labels() == [{**told, "faq_id": "late", "refused": []}]
    await desk.post(path, "liang", verdict="wrong")
    assert labels() == [{**told, "faq_id": None, "refused": ["late"]}]
    await desk.post(path, "liang", verdict="other", faq_id="parking")
    assert labels() == [{**told, "faq_id": "parking", "refused": []}]
    judged = (await desk.get(PATH)).body["lines"][-1]["judged"]
    assert judged == {
        "verdict": "other", "question": "有停车场吗？", "faq_id": "parking", "by": "liang",
    }  # fmt: skip
    assert (await desk.post(path, verdict="none")).body == {"judged": None}
    assert labels() == []
    assert [action for _, action, _, _ in desk.audit.lines] == ["turn_judge"] * 4


async def test_that_only_what_says_something_of_an_entry_becomes_a_label(desk: Office) -> None:
    number = conversation(desk)
    handed = {"action": "handoff", "faq_id": None, "handoff": {"reason": "low-confidence"}}
    several = {"parts": [{"text": "a", "faq_id": "late", "confidence": 0.9}]}
    for more in (handed, several):
        turn = answered(desk, number, **more)
        desk.do(lambda connection, turn=turn: connection.exec_driver_sql(
            f"UPDATE turns SET action = decision ->> 'action' WHERE id = {turn}"))  # fmt: skip
        done = await desk.post(f"{PATH}/turns/{turn}/judgement", verdict="right")
        assert done.body["judged"]["verdict"] == "right"
    assert desk.rows("SELECT 1 FROM turn_labels") == []


async def test_that_what_cannot_be_judged_is_refused(desk: Office) -> None:
    turn = answered(desk, conversation(desk))
    conversation(desk, "王姐", public_id="public-wang")
    path = f"{PATH}/turns/{turn}/judgement"
    assert (await desk.post(path, verdict="other", faq_id="gone")).status == 422
    assert (await desk.post(path, verdict="other")).status == 422
    assert (await desk.post(path, verdict="maybe")).status == 400
    assert (await desk.post(f"{PATH}/turns/4711/judgement", verdict="right")).status == 404
    foreign = f"/conversations/public-wang/turns/{turn}/judgement"
    assert (await desk.post(foreign, verdict="right")).status == 404
    assert desk.rows("SELECT 1 FROM turn_judgements") == []


# The customer


async def test_that_who_takes_it_sees_the_whole_card(desk: Office) -> None:
    number = conversation(desk)
    assert (await desk.get(PATH)).body["brief"] is None
    answered(desk, number, "有房吗\u202e")
    answered(desk, number)
    brief = (await desk.get(PATH)).body["brief"]
    assert brief == {
        "asked": "能晚点退吗", "before": ["有房吗‹202E›"],
        "candidates": [{"question": "可以延迟退房吗？", "confidence": 0.93}], "form": [],
        "channel": "",
    }  # fmt: skip


async def test_that_a_tag_shows_why_and_a_persons_removal_is_respected(
    desk: Office, snapshot: Any
) -> None:
    turn = answered(desk, conversation(desk))
    gift = Gift(Tag("意向", "续住"), Cause("entry", "late", 0.93))

    def give(connection: Any) -> None:
        from chatbot.store.tags import TurnRef

        give_tags(connection, "wm-小林", [gift], snapshot.tag_groups, now(), TurnRef(turn, ()))

    desk.do(give)
    (tag,) = (await desk.get(f"{PATH}/customer")).body["tags"]
    assert (tag["group"], tag["name"]) == ("意向", "续住")
    (why,) = tag["why"]
    assert (why["words"], why["score"], why["said"]) == (
        "回答了“可以延迟退房吗？”", pytest.approx(0.93), "能晚点退吗",
    )  # fmt: skip
    gone = await desk.post(f"{PATH}/tags/remove", tag="意向:续住")
    assert gone.body["tags"] == []
    desk.do(give)
    assert (await desk.get(f"{PATH}/customer")).body["tags"] == []
    assert (await desk.get(PATH)).body["row"]["tags"] == []
    back = await desk.post(f"{PATH}/tags", tag="意向：续住")
    assert back.body["tags"][0]["why"][0]["words"] == "azhen 打的"
    assert [(who, what) for who, what, _, _ in desk.audit.lines] == [
        ("azhen", "tag_remove"), ("azhen", "tag_add"),
    ]  # fmt: skip


async def test_that_a_wrong_tag_is_refused_in_words(desk: Office) -> None:
    conversation(desk)
    for wrong in ("续住", ":续住", "意向:", "意向:" + "长" * 31, "意\x01向:续住"):
        told = await desk.post(f"{PATH}/tags", tag=wrong)
        assert (told.status, "标签组:标签" in told.problem) == (422, True), wrong
    assert (await desk.post(f"{PATH}/tags/remove", tag="意向:没有")).status == 404


async def test_that_notes_are_shared_between_accounts_and_stay_on_record(desk: Office) -> None:
    conversation(desk)
    await desk.post(f"{PATH}/notes", text="过敏：花生")
    notes = (await desk.post(f"{PATH}/notes", "liang", text="喜欢安静的房间")).body["notes"]
    assert [(note["text"], note["by"]) for note in notes] == [
        ("喜欢安静的房间", "liang"), ("过敏：花生", "azhen"),
    ]  # fmt: skip
    path = f"{PATH}/notes/{notes[1]['id']}/remove"
    assert len((await desk.post(path)).body["notes"]) == 1
    assert (await desk.post(path)).status == 404
    kept = desk.rows("SELECT text, removed_by FROM customer_notes ORDER BY id")
    assert kept[0] == {"text": "过敏：花生", "removed_by": "azhen"}
    assert (await desk.post(f"{PATH}/notes", text=" ")).problem == "备注还没有写内容。"


# Who sees it


async def test_that_a_viewer_of_one_store_sees_its_customers_and_those_of_none(
    desk: Office,
) -> None:
    conversation(desk)
    assert (await desk.get(PATH, "xihu")).status == 200
    desk.do(
        lambda connection: connection.exec_driver_sql(
            'UPDATE conversations SET scope_rows = \'{"房型": "大床房"}\''
        )
    )
    assert (await desk.get(PATH, "xihu")).status == 200
    desk.do(
        lambda connection: connection.exec_driver_sql(
            'UPDATE conversations SET scope_rows = \'{"门店": "云栖酒店滨江店"}\''
        )
    )
    refused = await desk.get(PATH, "xihu")
    assert (refused.status, refused.problem) == (403, "这位客户属于其他门店，您看不到这个对话。")
    assert (await desk.post(f"{PATH}/take", "xihu", version=3)).status == 403
    assert (await desk.get(f"{PATH}/customer", "xihu")).status == 403
    assert (await desk.get("/search", "xihu", q="小林")).body["rows"] == []
    assert len((await desk.get("/search", "azhen", q="小林")).body["rows"]) == 1


async def test_that_unknown_addresses_are_told_in_words(desk: Office) -> None:
    for path in ("/conversations/nobody-knows-this", "/nothing", f"{PATH}/nothing"):
        told = await desk.get(path)
        assert (told.status, told.body["error"]["message"][:3]) in {
            (404, "没有这"), (404, "没有这个对话"),
        }, path  # fmt: skip
    assert (await desk.call("PUT", "/api/search")).status == 405
    assert (await desk.get("/ended", before="yesterday")).status == 400


async def test_that_nobody_comes_in_without_a_login(desk: Office) -> None:
    conversation(desk)
    for path in (
        "/",
        "/api/stream",
        "/api/search?q=a",
        f"/api{PATH}",
        "/media/1",
        "/pictures/" + "0" * 64,
    ):
        assert (await desk.call("GET", path, "nobody")).status == 401, path


async def test_that_it_can_be_given_to_the_accounts_servicers(desk: Office) -> None:
    conversation(desk, state=3, servicer="azhen")
    found = (await desk.get(f"{PATH}/colleagues")).body["colleagues"]
    assert [(each["userid"], each["receiving"], each["open"]) for each in found] == [
        ("xiaozhou", True, 0), ("azhen", True, 1),
    ]  # fmt: skip


async def test_that_who_goes_home_gets_nothing_until_they_are_back(desk: Office) -> None:
    assert (await desk.get("/duty")).body == {"away": False}
    assert (await desk.post("/duty/leave")).body == {"away": True, "count": 0}
    assert (await desk.get("/duty")).body == {"away": True}
    assert (await desk.get("/duty", "xiaozhou")).body == {"away": False}
    assert (await desk.post("/duty/back")).body == {"away": False}
