"""Several intents in one message."""

from __future__ import annotations

import pytest

from chatbot.answers.entries import Entry, plain_answer
from chatbot.answers.messages import TextMessage
from chatbot.dialogue.decision import Decision
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.turn import Context, Utterance
from chatbot.dialogue.understood import NeedsVectors
from chatbot.knowledge.content import Content
from chatbot.understanding.intents import Intent, IntentHandoff
from tests.dialogue.stage import HERE, Stage

_REFUND = Intent(
    "refund",
    "退款没到账",
    examples=("退款怎么还没到", "钱还没退给我", "押金一直没退", "说好的退款呢", "退款催一下"),
    tags=("意向:退款",),
    handoff=IntentHandoff("售后", "normal"),
)
_COMPLAINT = Intent(
    "complaint",
    "投诉",
    examples=("你们服务太差了", "前台爱答不理的", "太失望了再也不来了", "必须给我一个说法"),
    keywords=("投诉",),
    tags=("意向:有投诉",),
    reply=(TextMessage("非常抱歉。"),),
    handoff=IntentHandoff("售后", "high"),
)
_LOST = Intent(
    "lost",
    "找失物",
    examples=("我的耳机忘在房间了", "手表落在床头了", "帮忙找下我的外套", "钱包丢在你们那了"),
    tags=("意向:失物",),
)
_STAY = Intent(
    "stay",
    "想多住",
    examples=("我想续住一晚", "明天不走了再住一天", "能不能多住两晚", "再加一晚"),
    tags=("意向:续住",),
)
_THANKS = Intent("thanks", "道谢", examples=("谢谢你们", "非常感谢"), tags=("意向:好评",))
_ENTRIES = (
    Entry("checkout", "几点退房？", plain_answer("12:00 前。"), ("退房时间",)),
    Entry("invoice", "怎么开发票？", plain_answer("前台开。"), ("能开发票吗",)),
)


@pytest.fixture(scope="module")
def dialogue(stage: Stage) -> Dialogue:
    intents = (_REFUND, _COMPLAINT, _LOST, _STAY, _THANKS)
    return stage.dialogue(Content(_ENTRIES, intents))


def _names(decision: Decision) -> list[str]:
    return [intent.name for intent in decision.intents]


@pytest.mark.parametrize(
    "said",
    [
        ("我的手机忘在房间了，另外我还想再续住一晚",), ("我的手机忘在房间了。我想再续住一晚",),
        ("我的手机忘在房间了", "我想再续住一晚"),
    ],
)  # fmt: skip
def test_that_the_tags_of_each_clause_are_given(
    said: tuple[str, ...], stage: Stage, dialogue: Dialogue
) -> None:
    decision = stage.say(*said, dialogue=dialogue).decision
    assert set(_names(decision)) == {"lost", "stay"}
    assert set(decision.tags) == {"意向:失物", "意向:续住"}


@pytest.mark.parametrize("said", ["退款怎么还没到，还要投诉你们", "我要投诉，另外押金到现在没退"])
def test_that_a_keyword_acts_and_the_other_clause_adds_its_tags(
    said: str, stage: Stage, dialogue: Dialogue
) -> None:
    outcome = stage.say(said, dialogue=dialogue)
    decision = outcome.decision
    assert decision.intent == "complaint"
    assert set(_names(decision)) == {"complaint", "refund"}
    assert set(decision.tags) == {"意向:有投诉", "意向:退款"}
    assert decision.handoff is not None
    assert (decision.handoff.priority, decision.handoff.reason) == ("high", "intent")
    assert ["refund", "examples"] in [line[:2] for line in outcome.trace["intents"]]


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("我的手机忘在房间了，就在床头柜上", "lost"),
        ("你们服务真的太差了，前台也爱答不理的", "complaint"),
        ("我要投诉，再也不来了", "complaint"),
    ],
)
def test_that_clauses_about_one_thing_tell_one_intent(
    said: str, intent: str, stage: Stage, dialogue: Dialogue
) -> None:
    assert _names(stage.say(said, dialogue=dialogue).decision) == [intent]


def test_that_thanks_beside_a_question_give_a_tag_and_do_nothing(
    stage: Stage, dialogue: Dialogue
) -> None:
    decision = stage.say("怎么开发票啊，太感谢了", dialogue=dialogue).decision
    assert (decision.action, decision.faq_id) == ("answer", "invoice")
    assert _names(decision) == ["thanks"]
    assert decision.tags == ("意向:好评",)


@pytest.mark.parametrize(
    ("said", "texts"),
    [
        ("我的手机好像忘在房间里了", (1,)),
        ("我的手机忘在房间了，想再续住一晚", (1, 2)),
        ("发票怎么开具，我们公司在杭州", (1,)),
        ("谢谢，我的手机好像忘在房间里了", (2,)),
        ("你好，我的手机好像忘在房间里了", (1,)),
    ],
)
def test_that_clauses_are_embedded_only_where_the_whole_hints_at_several(
    said: str, texts: tuple[int, ...], stage: Stage, dialogue: Dialogue
) -> None:
    embedded = []
    step = dialogue.begin(Utterance((said,)), Context(), HERE)
    while isinstance(step, NeedsVectors):
        embedded.append(len(step.texts))
        step = dialogue.finish(step, stage.encoder.encode(step.texts))
    assert tuple(embedded) == texts


def test_that_a_keyword_alone_needs_no_vector(dialogue: Dialogue) -> None:
    assert not isinstance(
        dialogue.begin(Utterance(("我要投诉你们前台",)), Context(), HERE), NeedsVectors
    )
    assert not isinstance(
        dialogue.begin(Utterance(("你好，我要投诉，谢谢",)), Context(), HERE), NeedsVectors
    )


def test_that_without_examples_clauses_cost_nothing(stage: Stage) -> None:
    words = Intent("complaint", "投诉", keywords=("投诉",), handoff=IntentHandoff())
    plain = stage.dialogue(Content(_ENTRIES, (words,)))
    said = Utterance(("押金到现在没退，我要投诉你们前台",))
    assert not isinstance(plain.begin(said, Context(), HERE), NeedsVectors)


@pytest.mark.parametrize(
    "said",
    [
        "，，，", "？！？！", "投诉，，，投诉", "投诉，" * 60, "押金没退，" * 200,
        "投诉\n\n\n😀，😀", "refund please, and I want to complain", "\ud800，投诉，\0押金没退",
    ],
)  # fmt: skip
def test_that_odd_input_gets_a_decision(said: str, stage: Stage, dialogue: Dialogue) -> None:
    assert stage.say(said, dialogue=dialogue).decision.action
