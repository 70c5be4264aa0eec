"""How a reply reads for one customer, or why it may not be sent."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from chatbot.assist.wording import OpenRow, Wording, reader, word_entry, word_text
from chatbot.dialogue.service import Mind
from chatbot.dialogue.turn import Context, Situation
from tests.assist.stage import LIN, NOW, in_store


def _worded(
    mind: Mind,
    faq_id: str,
    said: str = "",
    context: Context | None = None,
    situation: Situation = LIN,
    chosen: Mapping[str, str] | None = None,
) -> Wording:
    snapshot = mind.dialogue.snapshot
    to = reader(snapshot, said, context or Context(), situation)
    return word_entry(snapshot, to, snapshot.by_id[faq_id], chosen=chosen or {})


def test_that_variables_and_variants_are_those_of_the_customer(mind: Mind) -> None:
    gold = _worded(mind, "late")
    assert gold.text == "小林是金卡会员，可延迟至 16:00。"
    assert gold.messages == ({"msgtype": "text", "text": {"content": gold.text}},)
    assert gold.may_be_sent
    assert _worded(mind, "late", situation=Situation(NOW)).text == "会员可免费延迟至 14:00。"


@pytest.mark.parametrize(
    ("said", "context", "situation", "chosen", "row"),
    [
        ("外滩店停车方便吗", Context(), LIN, {}, "云栖外滩店"),
        ("停车方便吗", in_store("云栖西湖店"), LIN, {}, "云栖西湖店"),
        ("停车方便吗", Context(), Situation(NOW, tags=("门店:外滩店",)), {}, "云栖外滩店"),
        ("外滩店停车", in_store("云栖外滩店"), LIN, {"门店": "云栖西湖店"}, "云栖西湖店"),
    ],
)
def test_that_facts_are_of_the_row_that_the_talk_or_the_agent_tells(
    mind: Mind,
    said: str,
    context: Context,
    situation: Situation,
    chosen: dict[str, str],
    row: str,
) -> None:
    wording = _worded(mind, "parking", said, context, situation, chosen=chosen)
    assert wording.text.startswith(row)
    assert wording.may_be_sent


def test_that_a_row_that_nobody_told_is_to_be_chosen_first(mind: Mind) -> None:
    wording = _worded(mind, "parking", chosen={"门店": "没有的店"})
    assert wording.refusal == "要先选是哪一个“门店”，才能写出这条回复。"
    assert wording.choose == OpenRow("门店", ("云栖西湖店", "云栖外滩店"))
    assert wording.messages == ()
    assert wording.text == "{门店.酒店}{门店.停车}。"


@pytest.mark.parametrize(
    ("faq_id", "refusal"),
    [
        ("pool", "资料表里没有 {门店.泳池}，请先查明再回复客户。"),
        ("may-day", "这条今天不在有效期内，不能发。"),
        ("vip", "这条不给这个客服账号用，不能发。"),
        ("limits", "内部资料，只给自己看，不能发给客户。"),
        ("only-menu", "这条只有一个菜单，里面的问题现在都用不了，不能发。"),
    ],
)
def test_that_what_may_not_be_sent_says_why_and_has_no_messages(
    mind: Mind, faq_id: str, refusal: str
) -> None:
    wording = _worded(mind, faq_id, context=in_store("云栖西湖店"))
    assert (wording.refusal, wording.messages) == (refusal, ())
    assert wording.text or faq_id == "only-menu"


def test_that_another_language_is_answered_in_kind_or_by_the_agents_choice(mind: Mind) -> None:
    snapshot = mind.dialogue.snapshot
    to = reader(snapshot, "can i check out late please", Context(), LIN)
    number = snapshot.by_id["late"]
    assert word_entry(snapshot, to, number).may_be_sent
    refused = word_entry(snapshot, to, number, in_kind=True)
    assert refused.refusal == "没有客户所用语言的答案。"


def test_that_pictures_and_links_are_messages_and_can_be_copied(mind: Mind) -> None:
    wording = _worded(mind, "map")
    assert [each["msgtype"] for each in wording.messages] == ["text", "image", "link"]
    assert wording.text == "看地图：\n[图片]\n路线\nhttps://example.com/way"


def test_that_what_a_customer_is_called_is_never_filled_in_again(mind: Mind) -> None:
    snapshot = mind.dialogue.snapshot
    hostile = Situation(NOW, account=LIN.account, customer="<b>{门店.停车}\u202e</b>")
    to = reader(snapshot, "", Context(), hostile)
    wording = word_text(snapshot, to, "{顾客.称呼}好")
    assert wording.text == "<b>{门店.停车}\u202e</b>好"
