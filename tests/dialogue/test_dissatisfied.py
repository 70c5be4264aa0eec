"""Customers who say that an answer was not what they asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chatbot.answers.entries import Entry, plain_answer
from chatbot.dialogue.turn import Answered, Context, Outcome, Question, Situation
from chatbot.facts.tables import Table
from chatbot.forms.form import Flow, HandoffAction, Slot
from chatbot.knowledge.content import Content
from chatbot.understanding.intents import Intent
from tests.dialogue.stage import ENTRIES, HERE, NOW, Stage

#: Early came second, so near that it is worth asking about.
ASKED = Question("退房的事", 5, (("late", 0.9), ("early", 0.06), ("breakfast", 0.01)))
TOLD = Context(last=Answered(ASKED, ("late",), NOW))
REFUSALS = (
    "不是这个", "答非所问", "不对", "没用", "听不懂吗", "我问的不是这个", "你没听懂我的问题",
    "又是一样的回答",
)  # fmt: skip


def _handoff(outcome: Outcome) -> str | None:
    handoff = outcome.decision.handoff
    return handoff.reason if handoff else None


def _captions(outcome: Outcome) -> list[str]:
    menu = outcome.decision.menu
    return [item.text for item in menu.items] if menu else []


@pytest.mark.parametrize("said", REFUSALS)
def test_that_what_else_was_likely_is_offered_instead(said: str, stage: Stage) -> None:
    outcome = stage.say(said, context=TOLD)
    assert outcome.decision.action == "clarify"
    assert _captions(outcome) == ["提前退房能退钱吗？", "转人工"]
    assert outcome.label is not None
    assert (outcome.label.text, outcome.label.faq_id) == ("退房的事", None)
    assert (outcome.label.source, outcome.label.refused) == ("dissatisfied", ("late",))
    assert (outcome.label.ranked_first, outcome.label.confidence) == ("late", 0.9)
    assert outcome.label.snapshot == 5


def test_that_the_second_time_a_person_takes_over(stage: Stage) -> None:
    offered = stage.say("不是这个", context=TOLD)
    for second in ("不对", "都不是", "退房的事"):
        refused = stage.say(second, context=offered.context)
        assert _handoff(refused) == "dissatisfied"
    picked = stage.say("1", context=offered.context)
    assert picked.decision.faq_id == "early"
    assert picked.label is not None
    assert (picked.label.faq_id, picked.label.refused) == ("early", ("late",))
    assert _handoff(stage.say("还是不对", context=picked.context)) == "dissatisfied"


def test_that_without_anything_else_likely_a_person_takes_over(stage: Stage) -> None:
    answered = stage.say("可以延迟退房吗")
    assert answered.decision.faq_id == "late"
    outcome = stage.say("不是这个", context=answered.context)
    assert _handoff(outcome) == "dissatisfied"
    assert outcome.label is not None
    assert (outcome.label.text, outcome.label.refused) == ("可以延迟退房吗", ("late",))


@pytest.mark.parametrize("again", ["可以延迟退房吗", "请问可以延迟退房吗？", "可以延迟退房吗？？"])
def test_that_the_same_question_again_is_not_answered_the_same(again: str, stage: Stage) -> None:
    answered = stage.say("可以延迟退房吗")
    context = Context.from_json(answered.context.to_json())
    assert _handoff(stage.say(again, context=context)) == "dissatisfied"


def test_that_long_afterwards_the_same_question_is_just_asked_again(stage: Stage) -> None:
    answered = stage.say("可以延迟退房吗")
    later = Situation(NOW + timedelta(hours=2))
    assert stage.say("可以延迟退房吗", context=answered.context, situation=later).label is None
    outcome = stage.say("可以延迟退房吗", context=answered.context, situation=later)
    assert outcome.decision.faq_id == "late"


def test_that_tapping_the_line_again_answers_again(stage: Stage) -> None:
    answered = stage.say("可以延迟退房吗？", menu_id="faq:late")
    again = stage.say("可以延迟退房吗？", menu_id="faq:late", context=answered.context)
    assert again.decision.faq_id == "late"


def test_that_another_question_after_an_answer_is_answered(stage: Stage) -> None:
    outcome = stage.say("早餐几点供应", context=TOLD)
    assert outcome.decision.faq_id == "breakfast"
    assert outcome.label is None


def test_that_what_is_asked_instead_is_answered(stage: Stage) -> None:
    for said in (
        "不对，我问的是早餐几点供应",
        "早餐几点供应？你答非所问",
        "不是这个 我是问早餐时间",
    ):
        outcome = stage.say(said, context=TOLD)
        assert outcome.decision.faq_id == "breakfast"
        assert outcome.label is not None
        assert (outcome.label.source, outcome.label.refused) == ("dissatisfied", ("late",))
        assert _handoff(stage.say("不对", context=outcome.context)) == "dissatisfied"


def test_that_what_is_asked_instead_never_leads_to_the_same_answer(stage: Stage) -> None:
    outcome = stage.say("不对，我问的是可以延迟退房吗", context=TOLD)
    assert outcome.decision.faq_id != "late"
    unknown = stage.say("不对，我问的是火星上有没有水", context=TOLD)
    assert "late" not in [each.faq_id for each in unknown.decision.candidates]


def test_that_nothing_was_refused_where_nothing_was_answered(stage: Stage) -> None:
    assert _handoff(stage.say("答非所问")) != "dissatisfied"
    old = replace(TOLD, last=Answered(ASKED, ("late",), NOW - timedelta(hours=2)))
    assert stage.say("不是这个", context=old).label is None


def test_that_a_wish_for_a_person_after_an_answer_is_a_weak_label(stage: Stage) -> None:
    outcome = stage.say("转人工", context=TOLD)
    assert _handoff(outcome) == "wish"
    assert outcome.label is not None
    assert (outcome.label.source, outcome.label.refused) == ("wish", ("late",))


def test_that_no_means_something_else_to_a_form(stage: Stage) -> None:
    flow = Flow("visit", (Slot("guests", "number", "几位？"),), HandoffAction("预订"), "对吗？")
    intents = (Intent("visit", "看房", keywords=("看房",), flow=flow),)
    dialogue = stage.dialogue(Content(ENTRIES, intents))
    context = TOLD
    for said in ("我要看房", "3", "不对"):
        outcome = stage.say(said, context=context, dialogue=dialogue, situation=HERE)
        assert outcome.decision.action == "flow"
        context = outcome.context
    assert context.last is None


def test_that_an_entry_that_is_gone_is_not_offered(stage: Stage) -> None:
    gone = replace(ASKED, ranked=(("late", 0.5), ("gone", 0.4), ("early", 0.09)))
    context = Context(last=Answered(gone, ("late",), NOW))
    assert _handoff(stage.say("不对", context=context)) == "dissatisfied"


ROW_ENTRIES = (
    *ENTRIES,
    Entry("gym", "健身房几点开？", plain_answer("{门店.健身}"), ("健身房开放时间",)),
    Entry("pool", "有泳池吗？", plain_answer("在六楼。"), ("泳池在哪",)),
)
STORES = Table(
    "门店",
    ("酒店", "别名", "健身"),
    {
        "云栖西湖店": {"别名": "西湖店", "健身": "西湖六点"},
        "云栖外滩店": {"别名": "外滩店", "健身": "外滩七点"},
    },
)


@pytest.mark.parametrize(
    ("said", "faq_id"),
    [
        ("不是，我问的是泳池在哪", "pool"), ("不对，我问的是早餐几点供应", "breakfast"),
        ("错了，我想问有泳池吗", "pool"),
    ],
)  # fmt: skip
def test_that_what_is_asked_instead_of_telling_a_row_is_answered(
    said: str, faq_id: str, stage: Stage
) -> None:
    dialogue = stage.dialogue(Content(ROW_ENTRIES, tables=(STORES,)))
    asked = stage.say("健身房几点开", dialogue=dialogue)
    assert asked.context.waiting_row is not None
    outcome = stage.say(said, dialogue=dialogue, context=asked.context)
    assert outcome.decision.faq_id == faq_id
    assert outcome.label is not None
    assert (outcome.label.text, outcome.label.refused) == ("健身房几点开", ("gym",))
    row = stage.say("不对，我问的是外滩店", dialogue=dialogue, context=asked.context)
    assert (row.decision.faq_id, row.context.rows["门店"]) == ("gym", "云栖外滩店")
    assert _handoff(stage.say("不对", dialogue=dialogue, context=asked.context)) is not None


@pytest.mark.parametrize(
    "said", ["看不懂", "说了等于没说", "乱回答", "又是这个", "没说清楚", "瞎说", "没说明白"]
)
def test_that_everyday_words_of_dissatisfaction_are_known(said: str, stage: Stage) -> None:
    outcome = stage.say(said, context=TOLD)
    assert _captions(outcome) == ["提前退房能退钱吗？", "转人工"]
    assert outcome.label is not None
    assert outcome.label.source == "dissatisfied"


@pytest.mark.parametrize(
    "said",
    [
        ("能晚点退房吗", "可以延迟退房吗", "能晚点退房吗"),
        ("可以延迟退房吗", "能晚点退房吗", "退房时间能延到下午吗"),
    ],
)
def test_that_the_same_is_never_said_a_third_time(said: tuple[str, ...], stage: Stage) -> None:
    context = Context()
    for text in said[:2]:
        outcome = stage.say(text, context=context)
        assert outcome.decision.faq_id == "late"
        context = Context.from_json(outcome.context.to_json())
    third = stage.say(said[2], context=context)
    assert _handoff(third) == "dissatisfied"
    assert third.label is not None
    assert third.label.refused == ("late",)


def test_that_in_place_of_the_third_time_other_candidates_are_offered(stage: Stage) -> None:
    answered = stage.say("能晚点退房吗")
    again = stage.say("可以延迟退房吗", context=answered.context)
    assert again.decision.faq_id == "late"
    assert again.context.last is not None
    unsure = replace(again.context.last, question=ASKED)
    third = stage.say("能晚点退房吗", context=replace(again.context, last=unsure))
    assert _captions(third) == ["提前退房能退钱吗？", "转人工"]


@pytest.mark.parametrize("again", ["我问能晚点退房吗", "那能晚点退房吗", "我问的是能晚点退房吗"])
def test_that_the_same_question_with_a_word_in_front_is_the_same(again: str, stage: Stage) -> None:
    answered = stage.say("能晚点退房吗")
    assert _handoff(stage.say(again, context=answered.context)) == "dissatisfied"


def test_that_another_answer_in_between_begins_the_count_anew(stage: Stage) -> None:
    context = Context()
    for text in ("能晚点退房吗", "可以延迟退房吗", "早餐几点供应", "能晚点退房吗"):
        outcome = stage.say(text, context=context)
        assert outcome.decision.action == "answer"
        context = outcome.context
