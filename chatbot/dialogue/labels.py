"""What a turn tells about an earlier one: the customer's choice, or that an answer was in vain."""

from __future__ import annotations

from dataclasses import replace

from chatbot.dialogue.turn import Label, LabelSource, Outcome, Question
from chatbot.dialogue.understood import Understood


def labelled(turn: Understood, outcome: Outcome) -> Outcome:
    """Return ``outcome`` with what the message tells beside what was decided about it.

    What refused an answer and then went unanswered is handed over as that. An answer that the last
    menu had a line for was meant by the question before as well.
    """
    if outcome.label is not None:
        return outcome
    if turn.refused:
        return _refused(turn, outcome)
    faq_id = outcome.decision.faq_id
    if faq_id is None or not turn.is_menu_fresh:
        return outcome
    return with_choice(turn, outcome, faq_id, "rephrased")


def _refused(turn: Understood, outcome: Outcome) -> Outcome:
    handoff = outcome.decision.handoff
    if handoff is not None and handoff.reason == "low-confidence":
        request = replace(handoff, reason="dissatisfied")
        outcome = replace(outcome, decision=replace(outcome.decision, handoff=request))
    if turn.context.offered:
        return with_choice(turn, outcome, None, "typed")
    return with_refusal(turn, outcome, "dissatisfied")


def with_choice(
    turn: Understood, outcome: Outcome, faq_id: str | None, source: LabelSource
) -> Outcome:
    """Return ``outcome`` with the label that a choice from the last menu makes.

    ``faq_id`` is None for a person. What is no choice from a menu that asked back makes none.
    """
    asked, offered = turn.context.asked, turn.context.offered
    if asked is None or not offered or (faq_id is not None and faq_id not in offered):
        return outcome
    return replace(outcome, label=_label(asked, faq_id, source, offered=offered))


def with_refusal(turn: Understood, outcome: Outcome, source: LabelSource) -> Outcome:
    """Return ``outcome`` with the label that the answers just given were not what was asked."""
    last, asked, waiting = turn.last, turn.context.asked, turn.context.waiting_row
    if last is not None:
        label = _label(last.question, None, source, refused=last.faq_ids)
    elif asked is not None and waiting is not None and turn.refused:
        label = _label(asked, None, source, refused=(waiting.faq_id, *waiting.also))
    else:
        return outcome
    return replace(outcome, label=label)


def _label(
    question: Question,
    faq_id: str | None,
    source: LabelSource,
    *,
    offered: tuple[str, ...] = (),
    refused: tuple[str, ...] = (),
) -> Label:
    first, confidence = question.first
    return Label(
        text=question.text,
        faq_id=faq_id,
        source=source,
        snapshot=question.snapshot,
        ranked_first=first,
        confidence=confidence,
        offered=offered,
        refused=(*question.refused, *refused),
    )
