from __future__ import annotations

from chatbot.dialogue.decision import (
    Candidate,
    Decision,
    GivenTag,
    HandoffRequest,
    IntentMatch,
    MenuItem,
    MenuReply,
    TextReply,
)
from chatbot.dialogue.turn import Context
from chatbot.texts import make_texts


def test_that_a_decision_has_the_documented_form() -> None:
    decision = Decision(
        text="能晚点退房吗",
        action="answer",
        reason="confidence 0.97 >= threshold 0.83",
        snapshot=12,
        threshold=0.83,
        faq_id="late-checkout",
        confidence=0.969999,
        candidates=(Candidate("late-checkout", "可以延迟退房吗？", 0.969999),),
        intents=(IntentMatch("extend_stay", 0.93001, "examples"),),
        given=(
            GivenTag("意向:续住", "intent", "extend_stay", 0.93),
            GivenTag("意向:续住", "entry", "late-checkout", 0.97),
        ),
        reply=(TextReply("会员可免费延迟至 14:00……"),),
    )
    assert decision.to_json() == {
        "text": "能晚点退房吗",
        "action": "answer",
        "faq_id": "late-checkout",
        "confidence": 0.97,
        "candidates": [
            {"faq_id": "late-checkout", "question": "可以延迟退房吗？", "confidence": 0.97}
        ],
        "intent": "extend_stay",
        "intents": [{"name": "extend_stay", "confidence": 0.93, "evidence": "examples"}],
        "tags": ["意向:续住"],
        "reply": [{"type": "text", "text": "会员可免费延迟至 14:00……"}],
        "threshold": 0.83,
        "reason": "confidence 0.97 >= threshold 0.83",
        "snapshot": 12,
    }


def test_that_a_handoff_and_a_menu_have_their_form() -> None:
    decision = Decision(
        text="",
        action="handoff",
        reason="",
        snapshot=0,
        threshold=0.9,
        reply=(MenuReply("请选择", (MenuItem("human", "转人工"),)),),
        handoff=HandoffRequest("售后", "high", "intent"),
    )
    record = decision.to_json()
    assert record["handoff"] == {"skill": "售后", "priority": "high", "reason": "intent"}
    assert record["reply"] == [
        {
            "type": "menu",
            "head": "请选择",
            "items": [{"id": "human", "text": "转人工"}],
            "tail": "",
        }
    ]
    assert record["intent"] is None


def test_that_a_context_survives_storage_and_forgets_what_it_does_not_know() -> None:
    context = Context(asked_to_type=True, waiting_about="file")
    assert Context.from_json(context.to_json()) == context
    assert Context.from_json(None) == Context()
    assert Context.from_json({"waiting_about": "dream", "asked_to_type": 1, "new": 2}) == Context()


def test_that_every_reason_has_its_words() -> None:
    texts = make_texts({})
    for code in ("wish", "low-confidence", "image", "file", "video", "voice", "intent", "budget"):
        assert texts.handoff_reason(code) != code
    assert texts.handoff_reason("of-another-release") == "of-another-release"
