"""Quick replies: the brand's by stage, an agent's own, and what cannot be kept."""

from __future__ import annotations

import pytest

from chatbot.assist.replies import clean_reply, faq_id_in, folders, own_id_in
from chatbot.assist.wording import reader
from chatbot.dialogue.service import Mind
from chatbot.dialogue.turn import Context
from chatbot.errors import UserError
from chatbot.store.quick_replies import OwnReply
from tests.assist.stage import LIN

OWN = (
    OwnReply(1, "", "送水果", "{顾客.称呼}好，水果稍后送到。"),
    OwnReply(2, "常用", "稍等", "请稍等。"),
    OwnReply(3, "", "车位", "{门店.停车}"),
)


def test_that_the_brands_folders_come_first_by_stage_then_the_agents_own(mind: Mind) -> None:
    snapshot = mind.dialogue.snapshot
    listed = folders(snapshot, reader(snapshot, "", Context(), LIN), OWN)
    assert [(folder.name, folder.shared) for folder in listed] == [
        ("售前/留房", True), ("售后", True), ("规定", True), ("未分类", True),
        ("未分类", False), ("常用", False),
    ]  # fmt: skip
    replies = {reply.id: reply for folder in listed for reply in folder.replies}
    assert list(replies) == [
        "faq:hold", "faq:sorry", "faq:limits", "faq:card", "own:1", "own:3", "own:2",
    ]  # fmt: skip
    assert replies["faq:hold"].wording.text == "小林好，房间先为您留到 18:00。"
    assert replies["own:1"].wording.text == "小林好，水果稍后送到。"
    assert not replies["faq:limits"].wording.may_be_sent
    record = replies["own:3"].to_json()
    assert (record["shared"], record["may_be_sent"]) == (False, False)
    assert record["choose"] == {"table": "门店", "rows": ["云栖西湖店", "云栖外滩店"]}


@pytest.mark.parametrize(
    ("title", "text", "folder", "problem"),
    [
        ("\u202e \t", "话", "", "请写一个标题，方便以后找到它。"),
        ("题", " \n\x00", "", "请写上要发给客户的话。"),
        ("题" * 31, "话", "", "标题最多 30 个字，现在有 31 个，请改短。"),
        ("题", "话", "夹" * 21, "文件夹名最多 20 个字，现在有 21 个，请改短。"),
        ("题", "话" * 601, "", "内容最多 600 个字，现在有 601 个，请改短或分成几条。"),
        ("题", "{你好}", "", "花括号只用来写变量，如 {顾客.称呼}，请检查这里：{你好}"),
        ("题", "{顾客.电话}", "", "没有变量 {顾客.电话}，可以用的有：{顾客.称呼}"),
        ("题", "{酒店.名}", "", "没有变量 {酒店.名}，可以用的有：顾客、助手、门店"),
    ],
)
def test_that_what_cannot_be_kept_says_what_to_change(
    mind: Mind, title: str, text: str, folder: str, problem: str
) -> None:
    with pytest.raises(UserError) as error:
        clean_reply(mind.dialogue.snapshot, title, text, folder)
    assert str(error.value) == problem


def test_that_invisible_characters_are_left_out_and_lines_kept(mind: Mind) -> None:
    text = "一\r\n二\u202e\x07 \n👨\u200d👩\u200d👧 "
    kept = clean_reply(mind.dialogue.snapshot, " 早上\n好\u200b ", text, "\t常 用")
    assert kept == OwnReply(0, "常 用", "早上 好", "一\n二\n👨\u200d👩\u200d👧")


@pytest.mark.parametrize(
    ("item", "faq_id", "number"),
    [
        ("faq:late", "late", None),
        ("own:12", None, 12),
        ("own:", None, None),
        ("own:-1", None, None),
        ("own:١", None, None),
        ("own:" + "9" * 40, None, None),
        ("x", None, None),
    ],
)
def test_that_ids_are_read_as_they_were_given(
    item: str, faq_id: str | None, number: int | None
) -> None:
    assert (faq_id_in(item), own_id_in(item)) == (faq_id, number)
