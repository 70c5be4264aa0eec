"""What a message says to a menu that has asked which question is meant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatbot.dialogue.choices import chosen, pointed_at, told_apart, unwrapped
from chatbot.dialogue.turn import (
    HUMAN_MENU_ID,
    Context,
    Label,
    LabelSource,
    Outcome,
    Question,
)
from tests.dialogue.stage import Stage

ASKED = Question("退房的事", 5, (("late", 0.4), ("early", 0.3), ("breakfast", 0.1)))
OPEN = Context(offered=("late", "early", "breakfast"), asked=ASKED)
CHOSE = Label("退房的事", "late", "typed", 5, "late", 0.4, offered=("late", "early", "breakfast"))


def _handoff(outcome: Outcome) -> str | None:
    handoff = outcome.decision.handoff
    return handoff.reason if handoff else None


@pytest.mark.parametrize(
    ("said", "faq_id"),
    [
        ("1", "late"), ("第一个", "late"), ("选2", "early"), ("②", "early"),
        ("第三个吧", "breakfast"), ("前面那个", "late"), ("最上面的", "late"),
        ("中间那个", "early"), ("后面那个", "breakfast"), ("最后一个", "breakfast"),
        ("那就第二个问题吧", "early"), ("倒数第一个", "breakfast"), ("可以延迟退房吗", "late"),
    ],
)  # fmt: skip
def test_that_a_line_is_picked_by_number_place_or_its_words(
    said: str, faq_id: str, stage: Stage
) -> None:
    outcome = stage.say(said, context=OPEN)
    assert (outcome.decision.faq_id, outcome.trace["rule"]) == (faq_id, "picked")
    assert outcome.label == replace(CHOSE, faq_id=faq_id)
    assert outcome.context.offered == ()


def test_that_a_tapped_line_is_a_label_too(stage: Stage) -> None:
    tapped = stage.say("提前退房能退钱吗？", menu_id="faq:early", context=OPEN)
    assert tapped.label == replace(CHOSE, faq_id="early", source="click")


@pytest.mark.parametrize(
    ("said", "faq_id"), [("延迟的那个", "late"), ("早餐几点", "breakfast"), ("供应", "breakfast")]
)
def test_that_words_that_one_line_alone_has_pick_it(said: str, faq_id: str, stage: Stage) -> None:
    outcome = stage.say(said, context=OPEN)
    assert outcome.decision.faq_id == faq_id
    assert outcome.label == replace(CHOSE, faq_id=faq_id, source="rephrased")


def test_that_another_wording_of_a_lines_question_picks_it(stage: Stage) -> None:
    outcome = stage.say("退房时间能延到下午吗", context=OPEN)
    assert outcome.decision.faq_id == "late"
    assert outcome.label is not None
    assert (outcome.label.faq_id, outcome.label.source) == ("late", "rephrased")


def test_that_another_question_is_a_new_one(stage: Stage) -> None:
    outcome = stage.say("五一有什么活动", context=OPEN)
    assert outcome.decision.faq_id == "may-day"
    assert outcome.label is None


@pytest.mark.parametrize(
    ("said", "menu_id"), [("转人工", HUMAN_MENU_ID), ("找人工", None), ("4", None)]
)
def test_that_the_line_for_a_person_is_a_choice_as_well(
    said: str, menu_id: str | None, stage: Stage
) -> None:
    outcome = stage.say(said, menu_id=menu_id, context=OPEN)
    assert _handoff(outcome) == "wish"
    source: LabelSource = "click" if menu_id else "typed"
    assert outcome.label == replace(CHOSE, faq_id=None, source=source)


@pytest.mark.parametrize("said", ["都不是", "没有我要的", "以上都不是", "不对", "不是这个"])
def test_that_none_of_the_lines_calls_a_person(said: str, stage: Stage) -> None:
    outcome = stage.say(said, context=OPEN)
    assert _handoff(outcome) == "low-confidence"
    assert outcome.label == replace(CHOSE, faq_id=None)


@pytest.mark.parametrize("said", ["对", "是的", "嗯，就是这个", "没错"])
def test_that_yes_means_the_only_line(said: str, stage: Stage) -> None:
    one = replace(OPEN, offered=("early",))
    assert stage.say(said, context=one).decision.faq_id == "early"
    assert stage.say(said, context=OPEN).decision.faq_id is None


def test_that_the_next_line_of_the_menu_can_be_asked_for_afterwards(stage: Stage) -> None:
    first = stage.say("第一个", context=OPEN)
    second = stage.say("那第二个呢", context=first.context)
    assert second.decision.faq_id == "early"
    assert second.label is None, "it says nothing about the first question"
    assert stage.say("2", context=first.context).decision.faq_id is None


def test_that_the_same_question_is_asked_back_about_once(stage: Stage) -> None:
    """The message again, which the menu was no help for, goes to a person."""
    vague = "退房"
    asked = stage.say(vague)
    assert asked.decision.action == "clarify"
    again = stage.say(vague, context=asked.context)
    assert _handoff(again) == "low-confidence"


def test_that_a_choice_without_a_question_before_makes_no_label(stage: Stage) -> None:
    old = Context(offered=("late", "early"))
    assert stage.say("1", context=old).label is None
    assert stage.say("提前退房能退钱吗？", menu_id="faq:early").label is None


def test_that_places_beyond_the_menu_are_none() -> None:
    assert [chosen("4", 3), pointed_at("第四个", 3), pointed_at("中间那个", 2)] == [None] * 3
    assert pointed_at("第二个呢", 2) == 1
    assert pointed_at("前面那个酒店怎么样", 3) is None


def test_that_words_of_two_lines_or_of_none_tell_nothing_apart() -> None:
    lines = ["可以延迟退房吗", "提前退房能退钱吗"]
    assert told_apart({"退房"}, lines) is None
    assert told_apart({"延迟", "停车"}, lines) is None
    assert told_apart({"退"}, lines) is None
    assert told_apart({"提前"}, lines) == 1
    assert unwrapped("我问的是提前退房那个") == "提前退房"
