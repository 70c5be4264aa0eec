"""The service behind card, console and sidebar, in a whole server against the simulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.assist.desk import AssistDesk
from chatbot.errors import UserError
from tests.assist.stage import AZHEN, XIAOZHOU, assisting, count_rows
from tests.pipeline.stage import KF, LIN, Stage, eventually

_ENTRIES = """\
- id: late
  question: 可以延迟退房吗？
  similar: [能晚点退房吗, 退房时间能延到下午吗]
  answer: 会员可免费延迟至 14:00。
- id: breakfast
  question: 早餐几点供应？
  similar: [早饭几点到几点]
  answer: "{顾客.称呼}好，早餐七点到十点。"
- id: sorry
  question: 客人不满意，怎么先道歉？
  category: 话术/售后
  answer: "{顾客.称呼}好，真的抱歉。"
  auto: agents-only
"""
_COMPLAINT = """\
intent: complaint
keywords: [投诉]
handoff: {skill: 售后, priority: high}
drafts: [sorry]
"""
_RECORDS = ("turns", "turn_labels", "outbox", "messages", "handoffs")


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    made = {name: tmp_path / name for name in ("knowledge", "intents")}
    for folder in made.values():
        folder.mkdir()
    (made["knowledge"] / "faq.yaml").write_text(_ENTRIES, encoding="utf-8")
    (made["intents"] / "complaint.yaml").write_text(_COMPLAINT, encoding="utf-8")
    return {f"{name}_dir": folder for name, folder in made.items()}


async def _conversation(stage: Stage) -> int:
    """Wait until the customer's name is known; return the conversation."""
    rows = "SELECT id FROM conversations WHERE nickname IS NOT NULL AND external_userid = :lin"

    async def look() -> list[int]:
        return [row["id"] for row in stage.rows(rows, lin=LIN)]

    [found] = await eventually(look, lambda ids: len(ids) == 1)
    return found


async def _texts(desk: AssistDesk, conversation: int) -> list[str]:
    return [draft.text for draft in await desk.drafts(conversation)]


async def test_that_a_handoff_has_its_drafts_and_the_talk_with_a_person_goes_on(
    database_url: str, vectors_dir: Path, folders: dict[str, Path]
) -> None:
    async with assisting(database_url, vectors_dir, **folders) as (stage, desk):
        await stage.enter()
        await stage.say("我要投诉")
        await stage.in_state(3)
        await stage.settled()
        conversation = await _conversation(stage)
        assert await _texts(desk, conversation) == ["小林好，真的抱歉。"]
        # What is written to a person makes no turn, and is asked anew.
        await stage.say("早饭几点到几点")
        await _with_person(stage, 1)
        before = {table: count_rows(stage.database, table) for table in _RECORDS}
        first = (await desk.drafts(conversation))[0]
        assert (first.id, first.by) == ("breakfast", "bot")
        assert first.text == "小林好，早餐七点到十点。"
        await stage.say("还有", LIN)
        await stage.say("能晚点退房吗", LIN)
        await _with_person(stage, 3)
        assert "会员可免费延迟至 14:00。" in (await _texts(desk, conversation))[0]
        asked = await desk.drafts_for_text("退房能延到下午不", conversation)
        assert asked[0].id == "late"
        assert await desk.drafts_for_text(" ", conversation) == ()
        for table in ("turns", "turn_labels", "outbox", "handoffs"):
            assert count_rows(stage.database, table) == before[table], table


async def _with_person(stage: Stage, count: int) -> None:
    async def stored() -> int:
        rows = stage.rows("SELECT count(*) AS n FROM messages WHERE fate = 'person'")
        return int(rows[0]["n"])

    await eventually(stored, lambda found: found == count)


async def test_that_a_drafting_account_has_what_the_bot_would_have_said(
    database_url: str, vectors_dir: Path, folders: dict[str, Path]
) -> None:
    accounts = '[accounts.yunqi]\nid = "wkDemoYunqi0001"\nmode = "assist"\n'
    (folders["knowledge_dir"] / "accounts.toml").write_text(accounts, encoding="utf-8")
    async with assisting(database_url, vectors_dir, **folders) as (stage, desk):
        await stage.enter()
        await stage.say("可以延迟退房吗？")
        await stage.in_state(3)
        await stage.settled()
        drafts = await desk.drafts(await _conversation(stage))
        assert [(draft.id, draft.by) for draft in drafts] == [("late", "bot")]
        assert await stage.log("delivered") == []


async def test_that_quick_replies_are_the_brands_and_each_agents_own(
    database_url: str, vectors_dir: Path, folders: dict[str, Path]
) -> None:
    async with assisting(database_url, vectors_dir, **folders) as (stage, desk):
        await stage.enter()
        await stage.say("我要投诉")
        await stage.in_state(3)
        conversation = await _conversation(stage)
        mine = await desk.save_quick_reply(AZHEN, "送水果", "{顾客.称呼}，水果来了", "常用")
        shared, own = await desk.quick_replies(AZHEN, conversation)
        assert (shared.name, shared.shared, own.name, own.shared) == ("售后", True, "常用", False)
        assert own.replies[0].wording.text == "小林，水果来了"
        assert len(await desk.quick_replies(XIAOZHOU, conversation)) == 1
        found = await desk.search(AZHEN, "ssg", conversation)
        assert [each.reply.id for each in found] == [f"own:{mine.id}"]
        assert await desk.search(XIAOZHOU, "ssg", conversation) == ()
        by_meaning = await desk.search(AZHEN, "拿点苹果给客人吃", conversation)
        assert by_meaning[0].reply.id == f"own:{mine.id}"
        # Without a conversation, in a member's own chat, the contact is known all the same.
        [friend] = await desk.search(AZHEN, "daoqian", external_userid=LIN)
        assert friend.reply.wording.text == "小林好，真的抱歉。"
        [nobody] = await desk.search(AZHEN, "daoqian")
        assert nobody.reply.wording.text == "您好，真的抱歉。"


async def test_that_own_replies_are_kept_changed_ordered_counted_and_let_go(
    database_url: str, vectors_dir: Path, folders: dict[str, Path]
) -> None:
    async with assisting(database_url, vectors_dir, **folders) as (_, desk):
        one = await desk.save_quick_reply(AZHEN, "一", "第一句")
        two = await desk.save_quick_reply(AZHEN, "二", "第二句")
        await desk.order_quick_replies(AZHEN, [two.id, one.id])
        kept = await desk.save_quick_reply(AZHEN, "二改", "第二句改了", reply_id=two.id)
        assert (await desk.quick_replies(AZHEN))[-1].replies[0].title == "二改"
        first = await desk.search(AZHEN, "")
        assert [each.reply.id for each in first] == ["faq:sorry", f"own:{two.id}", f"own:{one.id}"]
        for item in (f"own:{one.id}", "faq:late"):
            await desk.note_use(AZHEN, item)
        used = await desk.search(AZHEN, "  ")
        assert [each.reply.id for each in used][:2] == [f"own:{one.id}", "faq:late"]
        assert kept.id == two.id
        await desk.delete_quick_reply(AZHEN, one.id)
        for failing in (
            desk.delete_quick_reply(AZHEN, one.id),
            desk.save_quick_reply(AZHEN, "一", "话", reply_id=one.id),
            desk.save_quick_reply(XIAOZHOU, "二", "话", reply_id=two.id),
            desk.note_use(XIAOZHOU, f"own:{two.id}"),
            desk.note_use(AZHEN, "faq:nothing"),
            desk.reply(XIAOZHOU, f"own:{two.id}"),
        ):
            with pytest.raises(UserError, match="这条话术已经不在了"):
                await failing
        with pytest.raises(UserError, match="请刷新后再排序"):
            await desk.order_quick_replies(AZHEN, [one.id, two.id])
        with pytest.raises(UserError, match="没有这个对话"):
            await desk.drafts(12345)


async def test_that_a_row_can_be_chosen_and_new_content_is_searched_at_once(
    database_url: str, vectors_dir: Path, folders: dict[str, Path]
) -> None:
    knowledge = folders["knowledge_dir"]
    (knowledge / "tables").mkdir()
    table = "门店,停车\n西湖店,有 68 个车位\n外滩店,没有停车场\n"
    (knowledge / "tables" / "门店.csv").write_text(table, encoding="utf-8")
    parking = '- {id: parking, question: 有停车场吗？, answer: "{门店.停车}。"}\n'
    (knowledge / "parking.yaml").write_text(parking, encoding="utf-8")
    async with assisting(database_url, vectors_dir, knowledge_watch=True, **folders) as (_, desk):
        [found] = await desk.search(AZHEN, "tingchechang")
        assert found.reply.to_json()["choose"] == {"table": "门店", "rows": ["西湖店", "外滩店"]}
        chosen = await desk.reply(AZHEN, "faq:parking", rows={"门店": "外滩店"})
        assert chosen.wording.text == "没有停车场。"
        new = "- {id: new, question: 有行李推车吗？, answer: 有。}\n"
        (knowledge / "new.yaml").write_text(new, encoding="utf-8")

        async def seen() -> list[str]:
            return [each.reply.id for each in await desk.search(AZHEN, "xltc")]

        await eventually(seen, lambda ids: ids == ["faq:new"])


async def test_that_a_reply_held_back_from_a_person_is_a_draft(
    database_url: str, vectors_dir: Path, folders: dict[str, Path]
) -> None:
    async with assisting(database_url, vectors_dir, quiet_seconds=0.5, **folders) as (stage, desk):
        await stage.say("可以延迟退房吗？")
        moved = {"service_state": 3, "servicer_userid": XIAOZHOU}
        whose = {"open_kfid": KF, "external_userid": LIN}
        assert (await stage.api("kf/service_state/trans", whose | moved))["errcode"] == 0
        await stage.settled()
        [part] = stage.rows("SELECT state, conversation_id FROM outbox")
        assert part["state"] == "held"
        [draft] = await desk.drafts(part["conversation_id"])
        assert (draft.id, draft.by, draft.text) == ("late", "bot", "会员可免费延迟至 14:00。")
