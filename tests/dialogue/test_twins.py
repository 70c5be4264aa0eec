"""Two entries that word their question the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from chatbot.answers.entries import Entry, Validity, plain_answer
from chatbot.dialogue.decision import MenuReply
from chatbot.dialogue.dialogue import Dialogue
from chatbot.knowledge.content import Content
from tests.dialogue.stage import ENTRIES, Stage

_TWIN = Entry("late-too", "可以延迟退房吗？", plain_answer("要看房态。"), ("退房能宽限一会儿吗",))


@pytest.fixture(scope="module")
def dialogue(stage: Stage) -> Dialogue:
    return stage.dialogue(Content((*ENTRIES, _TWIN)))


@pytest.mark.parametrize("said", ["可以延迟退房吗", "请问能不能延迟退房呢", "可不可以延迟退房"])
def test_that_other_wordings_are_answered_too(said: str, stage: Stage, dialogue: Dialogue) -> None:
    decision = stage.say(said, dialogue=dialogue).decision
    assert decision.faq_id == "late"


def test_that_the_later_one_is_found_by_what_it_words_itself(
    stage: Stage, dialogue: Dialogue
) -> None:
    assert stage.say("退房能宽限一会儿吗", dialogue=dialogue).decision.faq_id == "late-too"


@pytest.mark.parametrize("said", ["退房的事", "想晚一点退", "延迟", "晚退房", "延后退房怎么算"])
def test_that_no_menu_has_two_lines_that_read_the_same(
    said: str, stage: Stage, dialogue: Dialogue
) -> None:
    menu = stage.say(said, dialogue=dialogue).decision.menu
    lines = [item.text for item in menu.items] if isinstance(menu, MenuReply) else []
    assert len(lines) == len(set(lines))


def test_that_what_was_refused_is_not_offered_under_the_same_caption(
    stage: Stage, dialogue: Dialogue
) -> None:
    answered = stage.say("请问能不能延迟退房呢", dialogue=dialogue)
    refused = stage.say("不对", dialogue=dialogue, context=answered.context)
    menu = refused.decision.menu
    assert "可以延迟退房吗？" not in [item.text for item in menu.items] if menu else True


def test_that_of_entries_for_other_days_the_one_for_today_is_found(stage: Stage) -> None:
    old = Validity(date(2025, 4, 20), date(2025, 5, 5))
    over = replace(ENTRIES[4], id="may-day-before", valid=old)
    dialogue = stage.dialogue(Content((*ENTRIES[:4], over, ENTRIES[4])))
    for said in ("五一有什么活动", "请问五一有什么活动呢", "劳动节优惠"):
        assert stage.say(said, dialogue=dialogue).decision.faq_id == "may-day"


def test_that_an_entry_without_a_wording_of_its_own_does_no_harm(stage: Stage) -> None:
    bare = Entry("bare", ENTRIES[0].question, plain_answer("要看房态。"), ("能晚点退房吗",))
    dialogue = stage.dialogue(Content((*ENTRIES, bare)))
    matcher = dialogue.snapshot.ranker.matcher
    assert matcher is not None
    assert len(matcher.texts_of(len(ENTRIES))) == 0
    for said in ("请问能不能延迟退房呢", "能晚点退房吗", "退房时间可以延到下午吗"):
        assert stage.say(said, dialogue=dialogue).decision.faq_id == "late"
