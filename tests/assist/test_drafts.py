"""Drafts of recorded turns, which need no model, and of what was asked anew."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.assist.drafts import (
    Draft,
    drafts_by_meaning,
    drafts_of_decision,
    drafts_of_turns,
    question_of,
)
from chatbot.dialogue.service import Mind
from chatbot.dialogue.turn import Context, Utterance
from chatbot.store.turns import Turn
from tests.assist.stage import LIN, in_store, turn

LATE = "小林是金卡会员，可延迟至 16:00。"
_SAID = ({"msgtype": "text", "text": {"content": "机器人本来要说的话"}},)


def _drafts(mind: Mind, *turns: Turn, context: Context | None = None) -> Sequence[Draft]:
    return drafts_of_turns(mind.dialogue.snapshot, turns, context or Context(), LIN)


def _asked(mind: Mind, words: str) -> Sequence[Draft]:
    decision = mind.decide(Utterance((words,)), Context(), LIN).decision
    return drafts_of_decision(mind.dialogue.snapshot, decision, Context(), LIN)


def _ids(drafts: Sequence[Draft]) -> list[str]:
    return [draft.id for draft in drafts]


def test_that_candidates_become_drafts_in_the_customers_words(mind: Mind) -> None:
    asked = turn("能晚点走不", ranked=[("late", 0.6), ("parking", 0.3), ("sorry", 0.2)])
    drafts = _drafts(mind, asked, context=in_store("云栖外滩店"))
    assert _ids(drafts) == ["late", "parking", "sorry"]
    assert drafts[0] == Draft(
        "late", "可以延迟退房吗？", 0.6, LATE,
        ({"msgtype": "text", "text": {"content": LATE}},), "entry",
    )  # fmt: skip
    assert drafts[1].text == "云栖外滩店没有停车场。"


def test_that_what_the_bot_would_have_said_comes_first_and_once(mind: Mind) -> None:
    ranked = [("late", 0.9), ("sorry", 0.3)]
    asked = turn("晚退", "answer", faq_id="late", ranked=ranked, mode="assist", drafts=_SAID)
    drafts = _drafts(mind, asked)
    assert [draft.by for draft in drafts] == ["bot", "entry", "entry"]
    assert (drafts[0].text, drafts[0].messages) == ("机器人本来要说的话", _SAID)
    same = ({"msgtype": "text", "text": {"content": LATE}},)
    asked = turn("晚退", "answer", faq_id="late", ranked=ranked, mode="assist", drafts=same)
    assert [(draft.id, draft.by) for draft in _drafts(mind, asked)] == [
        ("late", "bot"), ("sorry", "entry"),
    ]  # fmt: skip


def test_that_a_reply_that_came_too_late_is_the_first_draft(mind: Mind) -> None:
    asked = turn("晚退", "answer", faq_id="late", ranked=[("late", 0.9), ("sorry", 0.3)])
    snapshot = mind.dialogue.snapshot
    drafts = drafts_of_turns(snapshot, [asked], Context(), LIN, _SAID)
    assert [(draft.id, draft.by) for draft in drafts] == [
        ("late", "bot"), ("late", "entry"), ("sorry", "entry"),
    ]  # fmt: skip
    told = turn("转人工", reason="wish")
    assert drafts_of_turns(snapshot, [told], Context(), LIN, _SAID) == ()


def test_that_at_most_three_different_ones_are_given(mind: Mind) -> None:
    ranked = [("late", 0.5), ("late-twin", 0.4), ("sorry", 0.3), ("hold", 0.2), ("card", 0.2)]
    assert _ids(_drafts(mind, turn("?", ranked=ranked))) == ["late", "late-twin", "sorry"]
    plain = turn("?", ranked=[("late", 0.5), ("late-twin", 0.4), ("sorry", 0.3)])
    nobody = drafts_of_turns(
        mind.dialogue.snapshot, [plain], Context(), LIN.__class__(LIN.now, account=LIN.account)
    )
    assert _ids(nobody) == ["late", "sorry"]  # without the card both say the same


def test_that_nothing_is_drafted_that_may_not_be_said(mind: Mind) -> None:
    """Out of date, of another account, internal, without its fact, gone, or hardly right."""
    barred = ("may-day", "vip", "limits", "pool", "parking", "only-menu", "no-longer-there")
    assert _drafts(mind, turn("?", ranked=[(faq_id, 0.9) for faq_id in barred])) == ()
    assert _drafts(mind, turn("?", ranked=[("late", 0.1)])) == ()
    lapsed = turn("?", "answer", faq_id="may-day", mode="assist", drafts=_SAID)
    assert _drafts(mind, lapsed) == ()


def test_that_each_question_of_a_message_has_its_draft(mind: Mind) -> None:
    parts = [
        {"text": "a", "faq_id": "sorry", "confidence": 0.8},
        {"text": "b", "faq_id": None, "confidence": 0.1},
        {"text": "c", "faq_id": "late", "confidence": 0.7},
    ]
    assert _ids(_drafts(mind, turn("?", parts=parts, ranked=[("hold", 0.2)]))) == [
        "sorry", "late", "hold",
    ]  # fmt: skip


def test_that_an_intent_brings_the_replies_that_admins_chose_for_it(mind: Mind) -> None:
    found = [{"name": "complaint", "confidence": 0.97, "evidence": "keywords"}]
    drafts = _drafts(mind, turn("我要投诉", reason="intent", intents=found))
    assert [(draft.id, draft.confidence) for draft in drafts] == [("sorry", 0.97)]
    assert _ids(_asked(mind, "我要投诉")) == ["sorry"]


def test_that_the_wish_for_a_person_leaves_it_to_the_question_before(mind: Mind) -> None:
    before = turn("能晚点走不", "clarify", ranked=[("late", 0.5), ("sorry", 0.3)])
    wish = turn("转人工", reason="wish")
    assert _ids(_drafts(mind, before, wish)) == ["late", "sorry"]
    assert question_of([before, wish]) == "能晚点走不"
    other_session = turn("能晚点走不", "clarify", ranked=[("late", 0.5)], session_version=0)
    assert _drafts(mind, other_session, wish) == ()
    assert question_of([other_session, wish]) == ""


def test_that_what_was_answered_in_vain_is_not_drafted_again(mind: Mind) -> None:
    ranked = [("late", 0.96), ("sorry", 0.2)]
    answered = turn("能晚点走不", "answer", faq_id="late", ranked=ranked)
    refused = turn("不是这个", reason="dissatisfied")
    assert _ids(_drafts(mind, answered, refused)) == ["sorry"]
    assert _ids(_drafts(mind, answered)) == ["late", "sorry"]


def test_that_a_question_asked_anew_is_decided_the_way_of_every_turn(mind: Mind) -> None:
    asked = _asked(mind, "能晚点退房吗")
    assert (asked[0].id, asked[0].by, asked[0].text) == ("late", "bot", LATE)
    thanks = _asked(mind, "谢谢")
    assert thanks[0].by == "bot"
    assert "不客气" in thanks[0].text


def test_that_where_the_answer_depends_on_the_store_it_is_asked_for(mind: Mind) -> None:
    (draft,) = _asked(mind, "有停车场吗")
    assert (draft.id, draft.by) == ("parking", "bot")
    assert "云栖外滩店" in draft.text
    assert "转人工" not in draft.text
    assert [each["msgtype"] for each in draft.messages] == ["text"]


def test_that_meaning_finds_drafts_but_none_that_was_answered(mind: Mind) -> None:
    words = "投诉！退房能不能晚一点"
    assert _ids(drafts_by_meaning(mind, words, Context(), LIN))[0] == "late"
    others = drafts_by_meaning(mind, words, Context(), LIN, {"late", "gone"})
    assert "late" not in _ids(others)
    assert drafts_by_meaning(mind, "！！！", Context(), LIN) == ()
