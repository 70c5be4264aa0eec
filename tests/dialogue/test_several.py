"""Several questions in one message."""

from __future__ import annotations

import pytest

from chatbot.answers.entries import Entry, Variant, plain_answer
from chatbot.answers.messages import MenuMessage, Message, TextMessage
from chatbot.dialogue.decision import MenuReply, TextReply
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.together import LONGEST_REPLY
from chatbot.dialogue.turn import Context, Outcome, Utterance
from chatbot.dialogue.understood import NeedsVectors
from chatbot.facts.tables import Table
from chatbot.knowledge.content import Content
from chatbot.pipeline.planning import RESERVE, plan_reply
from chatbot.pipeline.sending import MESSAGE_BUDGET
from tests.dialogue.stage import HERE, Stage

STORES = Table(
    "门店",
    ("酒店", "别名", "停车", "泳池"),
    {
        "云栖西湖店": {"别名": "西湖店", "停车": "西湖停车免费", "泳池": "西湖有泳池"},
        "云栖外滩店": {"别名": "外滩店", "停车": "外滩停车收费", "泳池": "外滩没有泳池"},
    },
)
_MENU = MenuMessage("还想了解", ("怎么开发票？",))


def _long(*texts: str) -> tuple[Variant, ...]:
    messages: list[Message] = []
    for text in texts:
        messages += [TextMessage(text), _MENU]
    return (Variant(tuple(messages)),)


ENTRIES = (
    Entry("checkout", "几点退房？", plain_answer("12:00 前。"), ("退房时间",), tags=("活跃:离店",)),
    Entry(
        "invoice", "怎么开发票？", plain_answer("前台开。"), ("能开发票吗",), tags=("需求:发票",)
    ),
    Entry("parking", "停车收费吗？", plain_answer("{门店.停车}"), ("停车多少钱",)),
    Entry("pool", "有泳池吗？", plain_answer("{门店.泳池}"), ("能游泳吗",)),
    Entry("pets", "可以带狗吗？", plain_answer("可以。"), ("宠物能住吗",), auto="ask"),
    Entry("secret", "有内部价吗？", plain_answer("有。"), ("员工价多少",), auto="agents-only"),
    Entry("wordy", "有什么规定？", _long("甲", "乙"), ("住店规定有哪些",)),
    Entry("wordier", "有哪些会员权益？", _long("丙", "丁"), ("会员有什么好处",)),
)


@pytest.fixture(scope="module")
def dialogue(stage: Stage) -> Dialogue:
    return stage.dialogue(Content(ENTRIES, tables=(STORES,)))


def _texts(outcome: Outcome) -> list[str]:
    return [part.text for part in outcome.decision.reply if isinstance(part, TextReply)]


def _parts(outcome: Outcome) -> list[tuple[str, str | None]]:
    return [(part.text, part.faq_id) for part in outcome.decision.parts]


@pytest.mark.parametrize(
    "said",
    [
        ("几点退房，另外怎么开发票",), ("几点退房？怎么开发票？",), ("几点退房", "怎么开发票"),
        ("你好，请问几点退房，还有怎么开发票呢，谢谢",), ("几点退房顺便问下怎么开发票",),
    ],
)  # fmt: skip
def test_that_two_questions_are_answered_together_in_their_order(
    said: tuple[str, ...], stage: Stage, dialogue: Dialogue
) -> None:
    outcome = stage.say(*said, dialogue=dialogue)
    decision = outcome.decision
    assert (decision.action, decision.faq_id) == ("answer", "checkout")
    assert _texts(outcome) == ["12:00 前。", "前台开。"]
    assert [faq_id for _, faq_id in _parts(outcome)] == ["checkout", "invoice"]
    assert decision.confidence == min(part.confidence for part in decision.parts)
    assert decision.tags == ("活跃:离店", "需求:发票")
    assert decision.candidates[0].faq_id == "checkout"
    assert decision.to_json()["parts"][1]["faq_id"] == "invoice"
    assert outcome.context.last is not None
    assert outcome.context.last.faq_ids == ("checkout", "invoice")


def test_that_the_order_is_that_of_the_message(stage: Stage, dialogue: Dialogue) -> None:
    decision = stage.say("怎么开发票，几点退房", dialogue=dialogue).decision
    assert decision.faq_id == "invoice"


@pytest.mark.parametrize(
    "said", ["我明天到，几点退房", "几点退房？谢谢", "几点退房，退房时间是？", "几点退房"]
)
def test_that_one_question_stays_one(said: str, stage: Stage, dialogue: Dialogue) -> None:
    decision = stage.say(said, dialogue=dialogue).decision
    assert decision.parts == ()
    assert decision.candidates[0].faq_id == "checkout"
    assert "parts" not in decision.to_json()


def test_that_the_encoder_gets_one_text_where_there_is_one_question(dialogue: Dialogue) -> None:
    one = dialogue.begin(Utterance(("退房最晚可以到什么时候呢",)), Context(), HERE)
    two = dialogue.begin(Utterance(("退房最晚什么时候，发票要怎么开呀",)), Context(), HERE)
    assert isinstance(one, NeedsVectors)
    assert isinstance(two, NeedsVectors)
    assert (len(one.texts), len(two.texts)) == (1, 3)


def test_that_each_part_takes_the_row_it_names_or_that_of_the_message(
    stage: Stage, dialogue: Dialogue
) -> None:
    same = stage.say("外滩店停车收费吗，有泳池吗", dialogue=dialogue)
    assert _texts(same) == ["外滩停车收费", "外滩没有泳池"]
    own = stage.say("外滩店停车收费吗，西湖店有泳池吗", dialogue=dialogue)
    assert _texts(own) == ["外滩停车收费", "西湖有泳池"]


def test_that_the_row_is_asked_for_once_and_then_answers_both(
    stage: Stage, dialogue: Dialogue
) -> None:
    asked = stage.say("停车收费吗，有泳池吗", dialogue=dialogue)
    assert asked.decision.action == "clarify"
    assert _parts(asked) == [("停车收费吗", "parking"), ("有泳池吗", "pool")]
    context = Context.from_json(asked.context.to_json())
    told = stage.say("西湖店", dialogue=dialogue, context=context)
    assert _texts(told) == ["西湖停车免费", "西湖有泳池"]
    other = stage.say("那外滩店呢", dialogue=dialogue, context=told.context)
    assert _texts(other) == ["外滩停车收费", "外滩没有泳池"]


def test_that_what_needs_no_row_is_answered_before_it_is_asked_for(
    stage: Stage, dialogue: Dialogue
) -> None:
    asked = stage.say("几点退房，停车收费吗", dialogue=dialogue)
    assert asked.decision.action == "answer"
    assert _texts(asked) == ["12:00 前。"]
    assert isinstance(asked.decision.reply[-1], MenuReply)
    told = stage.say("西湖店", dialogue=dialogue, context=asked.context)
    assert _texts(told) == ["西湖停车免费"]


def test_that_the_one_that_is_not_sure_is_asked_back_about(
    stage: Stage, dialogue: Dialogue
) -> None:
    outcome = stage.say("几点退房，另外可以带狗吗", dialogue=dialogue)
    assert outcome.decision.action == "answer"
    assert _parts(outcome) == [("几点退房", "checkout"), ("可以带狗吗", None)]
    menu = outcome.decision.menu
    assert menu is not None
    assert menu.head == "关于“可以带狗吗”，请问您想了解的是："
    assert [item.text for item in menu.items] == ["可以带狗吗？", "转人工"]
    picked = stage.say("1", dialogue=dialogue, context=outcome.context)
    assert picked.decision.faq_id == "pets"
    assert picked.label is not None
    assert (picked.label.text, picked.label.faq_id) == ("可以带狗吗", "pets")


def test_that_a_person_is_offered_for_what_nothing_is_known_about(
    stage: Stage, dialogue: Dialogue
) -> None:
    said = "几点退房，怎么开发票，昨晚的球赛谁赢了呢"
    decision = stage.say(said, dialogue=dialogue).decision
    menu = decision.menu
    assert decision.action == "answer"
    assert menu is not None
    assert "昨晚的球赛谁赢了" in menu.head
    assert menu.items[-1].text == "转人工"


@pytest.mark.parametrize(
    "said",
    [
        "几点退房？可以帮我买束花放房间吗？", "可以帮我买束花放房间吗？几点退房？",
        "几点退房？你们跟希尔顿什么关系？", "怎么开发票？你们酒店有多少年历史了？",
    ],
)  # fmt: skip
def test_that_the_one_known_is_answered_and_the_other_not_passed_over(
    said: str, stage: Stage, dialogue: Dialogue
) -> None:
    decision = stage.say(said, dialogue=dialogue).decision
    known, unknown = sorted(decision.parts, key=lambda part: part.faq_id is None)
    assert decision.action == "answer"
    assert (known.faq_id, unknown.faq_id) == (decision.faq_id, None)
    assert decision.menu is not None
    assert unknown.text.rstrip("？") in decision.menu.head
    assert [item.text for item in decision.menu.items] == ["转人工"]


def test_that_the_unknown_one_is_named_before_a_row_is_asked_for(
    stage: Stage, dialogue: Dialogue
) -> None:
    said = "停车收费吗？可以帮我买束花放房间吗？"
    asked = stage.say(said, dialogue=dialogue)
    assert asked.decision.action == "clarify"
    assert asked.decision.menu is asked.decision.reply[-1]
    assert "可以帮我买束花放房间吗" in _texts(asked)[0]
    told = stage.say("西湖店", dialogue=dialogue, context=asked.context)
    assert _texts(told) == ["西湖停车免费"]


def test_that_what_only_agents_may_say_calls_one_after_the_other_answer(
    stage: Stage, dialogue: Dialogue
) -> None:
    outcome = stage.say("几点退房，另外有内部价吗", dialogue=dialogue)
    handoff = outcome.decision.handoff
    assert handoff is not None
    assert handoff.reason == "agents-only"
    assert _texts(outcome) == ["12:00 前。"]
    assert outcome.decision.tags == ("活跃:离店",)


def test_that_a_message_of_four_questions_is_taken_as_a_whole(
    stage: Stage, dialogue: Dialogue
) -> None:
    said = "几点退房？怎么开发票？停车收费吗？有泳池吗？"
    assert stage.say(said, dialogue=dialogue).decision.parts == ()


def test_that_more_than_can_be_sent_is_not_split(stage: Stage, dialogue: Dialogue) -> None:
    assert LONGEST_REPLY == MESSAGE_BUDGET - RESERVE
    assert stage.say("有什么规定？有哪些会员权益？", dialogue=dialogue).decision.parts == ()
    fits = stage.say("有什么规定？几点退房？", dialogue=dialogue).decision
    assert fits.parts == ()
    both = stage.say("几点退房？怎么开发票？", dialogue=dialogue).decision
    assert plan_reply(both, {"msgtype": "text"}, MESSAGE_BUDGET).handoff is None


def test_that_both_said_again_are_not_repeated(stage: Stage, dialogue: Dialogue) -> None:
    said = "几点退房，另外怎么开发票"
    first = stage.say(said, dialogue=dialogue)
    again = stage.say(said, dialogue=dialogue, context=first.context)
    assert again.decision.handoff is not None
    assert again.label is not None
    assert again.label.refused == ("checkout", "invoice")
