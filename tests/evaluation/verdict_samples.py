"""Verdicts written by hand."""

from __future__ import annotations

from chatbot.evaluation.labels import Question
from chatbot.evaluation.verdicts import Verdict

IN_SCOPE = Question("几点退房", frozenset({"late"}), "in")
OUT_OF_SCOPE = Question("火星上有水吗", kind="oos_far")


def verdict(
    confidence: float,
    rank: int | None = None,
    *,
    question: Question = IN_SCOPE,
    action: str = "handoff",
    faq_id: str | None = None,
    intent: str | None = None,
    milliseconds: float = 0.0,
) -> Verdict:
    """Return a verdict on a question in scope that was handed over, unless told otherwise."""
    return Verdict(question, action, faq_id, intent, confidence, rank, milliseconds)


def stray(confidence: float, *, action: str = "handoff") -> Verdict:
    """Return a verdict on a question without an entry."""
    return verdict(confidence, question=OUT_OF_SCOPE, action=action)
