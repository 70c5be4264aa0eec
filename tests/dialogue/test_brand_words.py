from __future__ import annotations

import pytest

from chatbot.answers.entries import Entry, plain_answer
from chatbot.dialogue.dialogue import Dialogue
from chatbot.knowledge.content import Content
from tests.dialogue.stage import ENTRIES, INTENTS, Stage

_PARKING = Entry("parking", "有停车位吗？", plain_answer("地下一层。"), ("停车位收费吗",))
_SYNONYMS = (("停车位", "车位", "泊位"), ("退房", "离店"))


@pytest.fixture(scope="module")
def dialogue(stage: Stage) -> Dialogue:
    return stage.dialogue(Content((*ENTRIES, _PARKING), INTENTS, {}, synonyms=_SYNONYMS))


@pytest.mark.parametrize(
    ("said", "faq_id", "replaced"),
    [
        ("有泊位吗", "parking", [["泊位", "停车位"]]),
        ("车位收费吗？", "parking", [["车位", "停车位"]]),
        ("能晚点离店吗", "late", [["离店", "退房"]]),
    ],
)
def test_that_a_synonym_is_the_same_wording(
    stage: Stage, dialogue: Dialogue, said: str, faq_id: str, replaced: list[list[str]]
) -> None:
    outcome = stage.say(said, dialogue=dialogue)
    assert outcome.decision.faq_id == faq_id
    assert outcome.trace["rule"] == "exact"
    assert outcome.trace["synonyms"] == replaced
    assert outcome.decision.text == said


def test_that_an_excluded_wording_is_excluded_in_other_words_too(
    stage: Stage, dialogue: Dialogue
) -> None:
    outcome = stage.say("怎么提前离店", dialogue=dialogue)
    assert "late" not in [each.faq_id for each in outcome.decision.candidates]


@pytest.mark.parametrize(
    ("said", "faq_id", "mended"),
    [
        ("可以延迟退访吗", "late", [["退访", "退房"]]),
        ("早蚕几点供应", "breakfast", [["早蚕", "早餐"]]),
    ],
)
def test_that_a_typing_error_is_mended_before_anything_is_compared(
    stage: Stage, dialogue: Dialogue, said: str, faq_id: str, mended: list[list[str]]
) -> None:
    outcome = stage.say(said, dialogue=dialogue)
    assert outcome.decision.faq_id == faq_id
    assert outcome.trace["rule"] == "exact"
    assert outcome.trace["corrections"] == mended
    assert outcome.decision.text == said


def test_that_a_call_for_a_person_is_heard_through_a_typing_error(
    stage: Stage, dialogue: Dialogue
) -> None:
    outcome = stage.say("帮我转人弓", dialogue=dialogue)
    assert outcome.trace["rule"] == "wish"


def test_that_an_ordinary_message_leaves_no_trace_of_it(stage: Stage, dialogue: Dialogue) -> None:
    trace = stage.say("早餐几点供应", dialogue=dialogue).trace
    assert "corrections" not in trace
    assert "synonyms" not in trace
