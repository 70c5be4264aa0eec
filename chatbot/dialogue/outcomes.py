"""The kinds of outcome a turn can have, built the same way for every rule."""

from __future__ import annotations

from dataclasses import replace

from chatbot.dialogue.attachments import words_of
from chatbot.dialogue.decision import Decision, HandoffReason, HandoffRequest, MenuReply, Reply
from chatbot.dialogue.menus import person_item
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Context, Outcome, Question, Utterance
from chatbot.dialogue.understood import LONGEST_MATCHED, Understood
from chatbot.dialogue.wording import fill_text
from chatbot.understanding.language import is_foreign


def frame(snapshot: Snapshot, said: str) -> Decision:
    """Return what every decision of ``snapshot`` has in common."""
    return Decision(
        text=said,
        action="reply",
        reason="",
        snapshot=snapshot.number,
        threshold=round(snapshot.threshold, 4),
    )


def not_decided(snapshot: Snapshot, utterance: Utterance) -> Outcome:
    """Return the outcome of a turn that a defect kept from being decided: a person takes over."""
    decision = replace(
        frame(snapshot, words_of(utterance)),
        action="handoff",
        handoff=HandoffRequest(None, "normal", "error"),
        reason="a defect kept the turn from being decided",
    )
    return Outcome(decision, Context(), {"rule": "error"})


def told(snapshot: Snapshot, turn: Understood) -> Decision:
    """Return the frame with what was understood."""
    known = frame(snapshot, turn.said)
    return replace(known, intents=turn.intents, given=turn.given, language=turn.language)


def question_of(turn: Understood, known: Decision) -> Question:
    """Return this message as what a later one may be about."""
    ranked = tuple((each.faq_id, round(each.confidence, 4)) for each in known.candidates)
    text = turn.asked.text if turn.refused else turn.said
    return Question(text[:LONGEST_MATCHED], known.snapshot, ranked, turn.refused)


def decided(turn: Understood, decision: Decision, rule: str, context: Context) -> Outcome:
    """Return ``decision`` with the name of the ``rule`` that made it."""
    language = turn.language if is_foreign(turn.language) else ""
    if context.language != language:
        context = replace(context, language=language)
    return Outcome(decision, context, {**turn.trace, "rule": rule})


def hand_over(
    turn: Understood,
    known: Decision,
    code: HandoffReason,
    reason: str,
    *,
    request: HandoffRequest | None = None,
    reply: tuple[Reply, ...] = (),
) -> Outcome:
    """Hand over to a person; of what the bot remembered, only the facts stay of use.

    A question in another language that has no answer is one for who speaks it.
    """
    if code == "low-confidence" and is_foreign(turn.language):
        code, reason = "language", f"a message in {turn.language}: {reason}"
    decision = replace(
        known,
        action="handoff",
        faq_id=None,
        handoff=request or HandoffRequest(None, "normal", code),
        reply=reply,
        reason=reason,
    )
    return decided(turn, decision, code, Context(rows=turn.context.rows))


def offer_person(
    snapshot: Snapshot, turn: Understood, text: str, rule: str, context: Context
) -> Outcome:
    """Say ``text`` with a line to tap that calls a person."""
    menu = MenuReply(fill_text(snapshot, turn, text), (person_item(snapshot),))
    known = told(snapshot, turn)
    decision = replace(known, reply=(menu,), reason=f"a message of kind {rule} without words")
    return decided(turn, decision, rule, context)
