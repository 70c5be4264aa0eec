"""Small talk in a conversation: answered from the texts, and nothing that was open is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatbot.answers.entries import Entry, plain_answer
from chatbot.answers.messages import TextMessage
from chatbot.dialogue.decision import TextReply
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.turn import Context, Outcome, WaitingRow
from chatbot.knowledge.content import Content
from chatbot.texts import TextValue, make_texts
from chatbot.understanding.intents import Intent, IntentHandoff
from tests.dialogue.stage import ENTRIES, HERE, Stage

TEXTS = make_texts({})
_OPEN = Context(
    offered=("late", "breakfast"),
    waiting_row=WaitingRow("breakfast", "门店"),
    follow_up=WaitingRow("late", "门店"),
    rows={"门店": "西湖店"},
)
_NAME = TEXTS.name.replace("{助手.名字}", TEXTS.assistant_name)
INTENTS = (
    Intent("complaint", "投诉", keywords=("投诉", "退钱"), handoff=IntentHandoff("售后", "high")),
    Intent("joke", "笑话", examples=("讲个笑话",), reply=(TextMessage("酒店的笑话。"),)),
    Intent("happy", "好评", keywords=("点赞",), tags=("意向:好评",)),
)


@pytest.fixture(scope="module")
def dialogue(stage: Stage) -> Dialogue:
    own = Entry("robot", "你是机器人吗？", plain_answer("我是小云。"), ("你是真人吗",))
    return stage.dialogue(Content((*ENTRIES, own), INTENTS))


def _said(outcome: Outcome) -> str:
    (reply,) = outcome.decision.reply
    assert isinstance(reply, TextReply)
    return reply.text


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("你好", TEXTS.greeting),
        ("好的谢谢", TEXTS.thanks),
        ("再见", TEXTS.goodbye),
        ("好的", TEXTS.okay),
        ("你真棒", TEXTS.praise),
        ("傻X机器人", TEXTS.abuse),
        ("你是机器人吗", TEXTS.robot),
        ("你是真人吗？", TEXTS.robot),
        ("你叫什么", _NAME),
        ("在干嘛", TEXTS.chatter),
        ("对", TEXTS.okay),
        ("是的", TEXTS.okay),
        ("那好吧", TEXTS.okay),
        ("算了", TEXTS.undecided),
        ("那算了", TEXTS.undecided),
        ("我再想想", TEXTS.undecided),
        ("这样啊", TEXTS.remark),
        ("这也太贵了吧", TEXTS.remark),
        ("真的吗", TEXTS.doubt),
        ("为什么", TEXTS.doubt),
    ],
)
def test_that_small_talk_is_answered_and_leaves_the_context_alone(
    said: str, text: str, stage: Stage
) -> None:
    outcome = stage.say(said, context=_OPEN)
    assert outcome.decision.action == "smalltalk"
    assert _said(outcome) == text
    assert outcome.context == _OPEN
    assert outcome.decision.candidates == ()


def test_that_a_brand_words_its_own(stage: Stage) -> None:
    texts: dict[str, TextValue] = {
        "abuse": "别生气，{顾客.称呼}。",
        "abuse_phrases": ("/臭?机器人/",),
    }
    dialogue = stage.dialogue(Content(ENTRIES, (), texts))
    situation = replace(HERE, customer="王姐")
    assert (
        _said(stage.say("臭机器人！", dialogue=dialogue, situation=situation)) == "别生气，王姐。"
    )


def test_that_an_entry_or_intent_that_words_it_the_same_comes_first(
    stage: Stage, dialogue: Dialogue
) -> None:
    assert stage.say("你是真人吗", dialogue=dialogue).decision.faq_id == "robot"
    assert stage.say("谢谢", dialogue=dialogue).decision.faq_id == "thanks"
    assert stage.say("好的，谢谢", dialogue=dialogue).decision.action == "smalltalk"
    assert _said(stage.say("讲个笑话", dialogue=dialogue)) == "酒店的笑话。"
    assert stage.say("你好", dialogue=dialogue).decision.action == "smalltalk"
    praised = stage.say("给你点赞", dialogue=dialogue).decision
    assert (praised.action, praised.tags) == ("smalltalk", ("意向:好评",))


@pytest.mark.parametrize(
    "said",
    [
        "谢谢，早餐时间",
        "早餐时间 谢谢",
        "早餐时间？谢谢，再见",
        "好的，早餐时间",
        "你真棒！早餐时间是",
        "傻逼，早餐时间",
        "早餐时间！垃圾机器人",
        "你是机器人吗？早餐时间",
        "知道了谢谢早餐几点",
        "他妈的早餐几点",
        "早餐几点啊我靠",
        "在干嘛，早餐几点供应",
    ],
)
def test_that_small_talk_around_a_question_swallows_nothing(said: str, stage: Stage) -> None:
    outcome = stage.say(said)
    assert outcome.decision.candidates[0].faq_id == "breakfast"
    assert outcome.decision.action in {"answer", "clarify"}


@pytest.mark.parametrize("said", ["傻逼，退钱", "你真棒，我要投诉", "垃圾机器人，我要投诉你们"])
def test_that_a_swear_word_does_not_swallow_a_complaint(
    said: str, stage: Stage, dialogue: Dialogue
) -> None:
    decision = stage.say(said, dialogue=dialogue).decision
    assert decision.intent == "complaint"
    assert decision.action == "handoff"


def test_that_after_thanks_a_menu_can_still_be_picked_from(stage: Stage) -> None:
    menu = Context(offered=("late", "breakfast"))
    thanked = stage.say("好的", context=menu)
    assert stage.say("2", context=thanked.context).decision.faq_id == "breakfast"
    assert stage.say("早餐时间", context=thanked.context).decision.faq_id == "breakfast"
    assert stage.say("1").decision.action == "smalltalk"


def test_that_abuse_is_answered_calmly_again_and_again(stage: Stage) -> None:
    context = Context()
    for said in ("傻逼", "垃圾机器人", "滚", "你真笨"):
        outcome = stage.say(said, context=context)
        assert _said(outcome) == TEXTS.abuse
        context = outcome.context
