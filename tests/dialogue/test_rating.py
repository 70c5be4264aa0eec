"""A rating of a person's service is taken as that, and as nothing else."""

from __future__ import annotations

import pytest

from chatbot.customers.ratings import (
    RatingAsked,
    RatingGiven,
    Score,
    reason_line,
    score_line,
)
from chatbot.dialogue.decision import MenuItem, MenuReply, TextReply
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.turn import HUMAN_MENU_ID, Context, Outcome, Situation
from chatbot.knowledge.content import Content
from chatbot.texts import make_texts
from chatbot.understanding.intents import Intent, IntentHandoff
from tests.dialogue.stage import ENTRIES, HERE, NOW, Stage

TEXTS = make_texts({})
_KEY = "k1"
#: An intent that would take the words of a rating for a complaint, at once and with a tag.
_INTENTS = (
    Intent(
        "complaint",
        "投诉",
        keywords=("不满意", "态度"),
        tags=("意向:有投诉",),
        handoff=IntentHandoff("售后", "urgent"),
    ),
)
_REASON = TEXTS.rating_reasons[1]


def _asked(
    score: Score | None = None, *, latest: bool = False, reasoned: bool = False
) -> Situation:
    return Situation(NOW, rating=RatingAsked(_KEY, score, reasoned, latest))


@pytest.fixture(scope="module")
def dialogue(stage: Stage) -> Dialogue:
    return stage.dialogue(Content(ENTRIES, _INTENTS))


def _is_rating(outcome: Outcome) -> None:
    decision = outcome.decision
    assert outcome.trace["rule"] == "rating"
    assert (decision.action, decision.handoff, outcome.label) == ("smalltalk", None, None)
    assert (decision.tags, decision.intents, decision.candidates) == ((), (), ())


def _text(outcome: Outcome) -> str:
    (reply,) = outcome.decision.reply
    assert isinstance(reply, TextReply)
    return reply.text


def _menu(outcome: Outcome) -> MenuReply:
    (reply,) = outcome.decision.reply
    assert isinstance(reply, MenuReply)
    return reply


def test_that_who_is_content_is_thanked(stage: Stage, dialogue: Dialogue) -> None:
    outcome = stage.say(
        "满意", menu_id=score_line(_KEY, "good"), situation=_asked(), dialogue=dialogue
    )
    _is_rating(outcome)
    assert _text(outcome) == TEXTS.rating_thanks
    assert outcome.rating == RatingGiven(_KEY, "good")


@pytest.mark.parametrize(
    ("score", "head"), [("fair", TEXTS.rating_fair_head), ("poor", TEXTS.rating_poor_head)]
)
def test_that_who_is_not_content_is_asked_why(
    score: Score, head: str, stage: Stage, dialogue: Dialogue
) -> None:
    caption = TEXTS.score_caption(score)
    outcome = stage.say(
        caption, menu_id=score_line(_KEY, score), situation=_asked(), dialogue=dialogue
    )
    _is_rating(outcome)
    assert outcome.rating == RatingGiven(_KEY, score)
    menu = _menu(outcome)
    assert menu.head == head
    assert [item.text for item in menu.items] == [*TEXTS.rating_reasons, "不说了"]
    assert outcome.context.shown == menu.items


@pytest.mark.parametrize(
    ("said", "score"),
    [
        ("满意", "good"),
        ("很满意！", "good"),
        ("1", "good"),
        ("一般", "fair"),
        ("2", "fair"),
        ("第二个", "fair"),
        ("不满意", "poor"),
        ("３", "poor"),
    ],
)
def test_that_words_and_numbers_right_after_it_rate(
    said: str, score: Score, stage: Stage, dialogue: Dialogue
) -> None:
    outcome = stage.say(said, situation=_asked(latest=True), dialogue=dialogue)
    _is_rating(outcome)
    assert outcome.rating == RatingGiven(_KEY, score)
    assert outcome.decision.text == said


@pytest.mark.parametrize("said", ["满意", "1", "不满意", "2"])
@pytest.mark.parametrize("situation", [HERE, _asked(), _asked("poor")])
def test_that_the_same_words_are_ordinary_ones_at_another_time(
    said: str, situation: Situation, stage: Stage, dialogue: Dialogue
) -> None:
    outcome = stage.say(said, situation=situation, dialogue=dialogue)
    assert outcome.rating is None
    assert outcome.trace["rule"] != "rating"


@pytest.mark.parametrize("said", ["早餐几点供应？", "不满意，我要投诉你们", "4", "！！", "转人工"])
def test_that_anything_else_right_after_it_is_an_ordinary_message(
    said: str, stage: Stage, dialogue: Dialogue
) -> None:
    outcome = stage.say(said, situation=_asked(latest=True), dialogue=dialogue)
    plain = stage.say(said, dialogue=dialogue)
    assert outcome.decision == plain.decision
    assert outcome.rating is None


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (_REASON, _REASON),
        ("2", _REASON),
        ("不说了", ""),
        (str(len(TEXTS.rating_reasons) + 1), ""),
    ],
)
def test_that_a_reason_is_taken_in_words_too(
    said: str, reason: str, stage: Stage, dialogue: Dialogue
) -> None:
    first = stage.say("不满意", situation=_asked(latest=True), dialogue=dialogue)
    outcome = stage.say(said, context=first.context, situation=_asked("poor"), dialogue=dialogue)
    _is_rating(outcome)
    assert outcome.rating == RatingGiven(_KEY, reason=reason)
    assert _text(outcome) == (TEXTS.rating_noted if reason else TEXTS.rating_thanks)


def test_that_a_number_to_reasons_of_long_ago_is_no_question(
    stage: Stage, dialogue: Dialogue
) -> None:
    first = stage.say("一般", situation=_asked(latest=True), dialogue=dialogue)
    late = stage.say("1", context=first.context, dialogue=dialogue)
    _is_rating(late)
    assert (late.rating, _text(late)) == (None, TEXTS.rating_late)


def test_that_a_reason_is_tapped_and_the_score_changed_afterwards(
    stage: Stage, dialogue: Dialogue
) -> None:
    line = reason_line(_KEY, _REASON)
    tapped = stage.say(_REASON, menu_id=line, situation=_asked("fair"), dialogue=dialogue)
    assert tapped.rating == RatingGiven(_KEY, reason=_REASON)
    again = stage.say(
        "满意",
        menu_id=score_line(_KEY, "good"),
        situation=_asked("fair", reasoned=True),
        dialogue=dialogue,
    )
    assert again.rating == RatingGiven(_KEY, "good")


def test_that_the_reason_is_asked_once(stage: Stage, dialogue: Dialogue) -> None:
    line = score_line(_KEY, "poor")
    known = _asked("poor", reasoned=True)
    outcome = stage.say("不满意", menu_id=line, situation=known, dialogue=dialogue)
    assert _text(outcome) == TEXTS.rating_thanks


@pytest.mark.parametrize(
    ("menu_id", "situation"),
    [
        (score_line(_KEY, "good"), HERE),  # of long ago
        (score_line("other", "poor"), _asked()),
        ("rate:", _asked()),
        ("rate:k1:best", _asked()),
        (f"rate:{'x' * 10_000}", _asked()),
        (reason_line(_KEY, _REASON), _asked()),  # nothing was rated
        (reason_line(_KEY, _REASON), _asked("good")),
        (reason_line(_KEY, "一个没有的原因"), _asked("poor")),
    ],
)
def test_that_a_tap_that_means_nothing_is_answered_politely_and_rates_nothing(
    menu_id: str, situation: Situation, stage: Stage, dialogue: Dialogue
) -> None:
    outcome = stage.say("不满意", menu_id=menu_id, situation=situation, dialogue=dialogue)
    _is_rating(outcome)
    assert outcome.rating is None
    assert _text(outcome) == TEXTS.rating_late


def test_that_a_question_in_the_same_burst_is_answered_as_well(
    stage: Stage, dialogue: Dialogue
) -> None:
    outcome = stage.say(
        "满意", "早餐几点供应？", menu_id=score_line(_KEY, "good"), situation=_asked(latest=True),
        dialogue=dialogue,
    )  # fmt: skip
    assert outcome.rating == RatingGiven(_KEY, "good")
    assert outcome.decision.faq_id == "breakfast"
    assert [each.to_json()["text"] for each in outcome.decision.reply] == [
        TEXTS.rating_thanks, "6:30 至 10:00。",
    ]  # fmt: skip
    typed = stage.say(
        "一般", "房间里有没有能用的浴缸", situation=_asked(latest=True), dialogue=dialogue
    )
    assert typed.rating == RatingGiven(_KEY, "fair")
    assert typed.decision.text == "房间里有没有能用的浴缸"


def test_that_two_taps_in_a_burst_are_one_rating(stage: Stage, dialogue: Dialogue) -> None:
    outcome = stage.say(
        "满意", "不满意", menu_id=score_line(_KEY, "poor"), situation=_asked(), dialogue=dialogue
    )
    _is_rating(outcome)
    assert outcome.rating == RatingGiven(_KEY, "poor")


def test_that_what_was_open_stays_open(stage: Stage, dialogue: Dialogue) -> None:
    shown = (MenuItem("faq:late", "可以延迟退房吗？"), MenuItem(HUMAN_MENU_ID, "转人工"))
    context = Context(offered=("late",), shown=shown, rows={"门店": "西湖店"})
    line = score_line(_KEY, "good")
    outcome = stage.say(
        "满意", menu_id=line, context=context, situation=_asked(), dialogue=dialogue
    )
    assert outcome.context == context
    asked = stage.say(
        "一般", menu_id=score_line(_KEY, "fair"), context=context, situation=_asked(),
        dialogue=dialogue,
    )  # fmt: skip
    assert asked.context.offered == ()  # a number now picks a reason
    assert asked.context.rows == context.rows


def test_that_a_form_in_progress_keeps_its_numbers(stage: Stage, dialogue: Dialogue) -> None:
    context = Context(form={"intent": "booking"})
    outcome = stage.say(
        "一般", menu_id=score_line(_KEY, "fair"), context=context, situation=_asked(),
        dialogue=dialogue,
    )  # fmt: skip
    assert outcome.rating == RatingGiven(_KEY, "fair")
    assert outcome.context == context


def test_that_a_brand_without_reasons_asks_for_none(stage: Stage) -> None:
    own = stage.dialogue(Content(ENTRIES, (), {"rating_reasons": (), "rating_thanks": "多谢。"}))
    line = score_line(_KEY, "poor")
    outcome = stage.say("不满意", menu_id=line, situation=_asked(), dialogue=own)
    assert _text(outcome) == "多谢。"


def test_that_a_context_survives_its_json_with_the_menu_of_reasons(
    stage: Stage, dialogue: Dialogue
) -> None:
    first = stage.say("一般", situation=_asked(latest=True), dialogue=dialogue)
    kept = Context.from_json(first.context.to_json())
    outcome = stage.say("1", context=kept, situation=_asked("fair"), dialogue=dialogue)
    assert outcome.rating == RatingGiven(_KEY, reason=TEXTS.rating_reasons[0])
