"""What judgements tell those who learn from labels."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chatbot.console.judging import label_of
from chatbot.learning import labelled
from chatbot.store.judgements import JudgedAs, JudgedTurn
from chatbot.store.turn_labels import StoredLabel

_CANDIDATES = [{"faq_id": "late", "question": "q", "confidence": 0.9}]


def turn(text: str = "能晚点退吗", **decision: Any) -> JudgedTurn:
    values = {"action": "answer", "faq_id": "late", "confidence": 0.9, "candidates": _CANDIDATES}
    values |= decision
    return JudgedTurn(1, 1, text, str(values["action"]), 7, values)


@pytest.mark.parametrize(
    ("verdict", "faq_id", "about", "refused"),
    [
        ("right", None, "late", ()),
        ("wrong", None, None, ("late",)),
        ("other", "early", "early", ()),
    ],
)
def test_that_a_judgement_says_what_the_message_was_or_was_not_about(
    verdict: JudgedAs, faq_id: str | None, about: str | None, refused: tuple[str, ...]
) -> None:
    label = label_of(turn(), verdict, faq_id)
    assert label is not None
    learnt = labelled(StoredLabel(label, 1, datetime.now(UTC), 1))
    assert (learnt.faq_id, learnt.refused, learnt.confidence) == (about, refused, 0.9)


@pytest.mark.parametrize(
    ("judged", "verdict"),
    [
        (turn(action="handoff", faq_id=None), "right"),
        (turn(action="clarify", faq_id=None), "wrong"),
        (turn(parts=[{"text": "a"}, {"text": "b"}]), "right"),
        (turn(text=" "), "right"),
        (turn(text="", faq_id=None), "other"),
    ],
)
def test_that_what_says_nothing_of_an_entry_is_no_label(
    judged: JudgedTurn, verdict: JudgedAs
) -> None:
    assert label_of(judged, verdict, "early" if verdict == "other" else None) is None


def test_that_a_handover_may_have_been_an_answer() -> None:
    label = label_of(turn(action="handoff", faq_id=None, candidates=[]), "other", "early")
    assert label is not None
    assert (label.faq_id, label.ranked_first) == ("early", None)
