"""What a customer wishes not to be done is not answered like the wish."""

from __future__ import annotations

import pytest

from chatbot.answers.entries import Entry, plain_answer
from chatbot.dialogue.dialogue import Dialogue
from chatbot.knowledge.content import Content
from chatbot.understanding.negation import denies_wish
from tests.dialogue.stage import ENTRIES, Stage

_OWN = (
    Entry(
        "cancel", "怎么取消订单？", plain_answer("在小程序里点取消。"),
        ("帮我取消订单", "我想取消订单", "取消预订", "订单不想要了"),
    ),
    Entry("bed", "可以加床吗？", plain_answer("可以。"), ("能加床吗", "帮我加床", "我要加床")),
    Entry("stay", "怎么续住？", plain_answer("前台续。"), ("我要续住", "想续住一晚", "续住")),
    Entry("clean", "不用打扫怎么说？", plain_answer("挂牌。"), ("今天不用打扫", "不要打扫房间")),
)  # fmt: skip


@pytest.fixture(scope="module")
def dialogue(stage: Stage) -> Dialogue:
    return stage.dialogue(Content((*ENTRIES, *_OWN)), target=0.6)


@pytest.mark.parametrize(
    "said",
    [
        "别帮我取消订单", "我不想取消订单", "不要延迟退房", "不用加床了", "不续住了",
        "谢谢，不用加床了", "我明天到，不用加床了", "你们别给我加床",
    ],
)  # fmt: skip
def test_that_a_wish_denied_is_not_answered(said: str, stage: Stage, dialogue: Dialogue) -> None:
    outcome = stage.say(said, dialogue=dialogue)
    assert outcome.decision.action in {"clarify", "handoff"}
    assert "the message denies it" in outcome.decision.reason
    assert outcome.trace["denied"] == outcome.decision.candidates[0].faq_id


@pytest.mark.parametrize(
    ("said", "faq_id"),
    [
        ("我想取消订单", "cancel"), ("能不能加床", "bed"), ("可不可以加床呢", "bed"),
        ("不能加床吗", "bed"), ("能加床不", "bed"), ("今天不用打扫了", "clean"),
        ("不要打扫我的房间", "clean"), ("订单不想要了", "cancel"),
    ],
)  # fmt: skip
def test_that_questions_and_entries_that_deny_are_answered(
    said: str, faq_id: str, stage: Stage, dialogue: Dialogue
) -> None:
    assert stage.say(said, dialogue=dialogue).decision.faq_id == faq_id


def test_that_of_several_questions_one_denied_is_not_answered(
    stage: Stage, dialogue: Dialogue
) -> None:
    decision = stage.say("早餐几点供应？不用加床了。", dialogue=dialogue).decision
    assert "bed" not in [part.faq_id for part in decision.parts]
    assert decision.faq_id != "bed"


@pytest.mark.parametrize(
    "said",
    [
        "我要退订,不想住了", "空调不制冷了", "wifi连不上了", "我不记得密码了", "不允许登录了",
        "还有别的房型", "要不要押金", "想不想加床", "不知道怎么走了", "软件进不去了",
    ],
)  # fmt: skip
def test_that_reports_and_other_wishes_deny_nothing(said: str) -> None:
    assert not denies_wish(said)
