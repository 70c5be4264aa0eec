"""Labelled questions, put to the bot one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from chatbot.dialogue.decision import Decision
from chatbot.dialogue.service import DialogueService
from chatbot.dialogue.turn import Situation, Utterance
from chatbot.evaluation.labels import Question

#: The first questions are asked once more before the clock runs: caches and lazy tables fill.
_WARM_UP = 3

Outcome = Literal["right", "wrong", "unanswered"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided about one question, and how long that took in milliseconds."""

    question: Question
    action: str
    faq_id: str | None
    intent: str | None
    #: As the decision is written: four digits. Thresholds and ties are those of its readers.
    confidence: float
    #: The place of the first right candidate, from 1; None if no candidate is right.
    rank: int | None
    milliseconds: float = 0.0
    #: How sure the strongest intent is; 0 where none was found.
    intent_confidence: float = 0.0

    @property
    def right(self) -> bool:
        """Return whether the best candidate is right, whatever was done with it."""
        return self.rank == 1

    @property
    def answered(self) -> bool:
        """Return whether the customer got an answer at once."""
        return self.action == "answer"

    @property
    def outcome(self) -> Outcome | None:
        """Return what the customer got; None where the right entry is not known."""
        if not self.question.asks_entry:
            return None
        if not self.answered:
            return "unanswered"
        return "right" if self.right else "wrong"


def judge(question: Question, decision: Decision, milliseconds: float = 0.0) -> Verdict:
    """Compare a decision with the labels of its question."""
    ranked = [candidate.faq_id for candidate in decision.candidates]
    places = (place for place, faq_id in enumerate(ranked, 1) if faq_id in question.right)
    return Verdict(
        question=question,
        action=decision.action,
        faq_id=decision.faq_id,
        intent=decision.intent,
        confidence=round(decision.confidence, 4),
        rank=next(places, None),
        milliseconds=milliseconds,
        intent_confidence=decision.intents[0].confidence if decision.intents else 0.0,
    )


def ask_all(
    service: DialogueService,
    questions: Sequence[Question],
    situation: Situation,
    advance: Callable[[int], None],
) -> list[Verdict]:
    """Put every question to ``service``, each as the first of a conversation.

    One is asked after the other, so that the times are those of a decision and not of a queue;
    ``advance`` is told how many are done.
    """
    for question in questions[:_WARM_UP]:
        _ask(service, question, situation)
    verdicts = []
    for done, question in enumerate(questions, start=1):
        verdicts.append(_ask(service, question, situation))
        advance(done)
    return verdicts


def _ask(service: DialogueService, question: Question, situation: Situation) -> Verdict:
    start = time.perf_counter()
    (outcome,) = service.decide_each([Utterance((question.text,))], situation)
    return judge(question, outcome.decision, (time.perf_counter() - start) * 1000)
