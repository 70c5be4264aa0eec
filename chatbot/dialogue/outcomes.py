"""The kinds of outcome a turn can have, built the same way for every rule."""

from __future__ import annotations

from dataclasses import replace

from chatbot.dialogue.decision import (
    Decision,
    HandoffReason,
    HandoffRequest,
    MenuItem,
    MenuReply,
    TextReply,
)
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import HUMAN_MENU_ID, Context, Outcome
from chatbot.dialogue.understood import Understood, unique


def frame(snapshot: Snapshot, said: str) -> Decision:
    """Return what every decision of ``snapshot`` has in common."""
    return Decision(
        text=said,
        action="reply",
        reason="",
        snapshot=snapshot.number,
        threshold=round(snapshot.threshold, 4),
    )


def told(snapshot: Snapshot, turn: Understood) -> Decision:
    """Return the frame with what the rules understood."""
    return replace(frame(snapshot, turn.said), intents=turn.intents, tags=turn.tags)


def decided(turn: Understood, decision: Decision, rule: str, context: Context) -> Outcome:
    """Return ``decision`` with the name of the ``rule`` that made it."""
    return Outcome(decision, context, {**turn.trace, "rule": rule})


def answered(snapshot: Snapshot, known: Decision, number: int, reason: str) -> Decision:
    """Return ``known`` as the answer of the entry ``number``."""
    entry = snapshot.entries[number]
    return replace(
        known,
        action="answer",
        faq_id=entry.id,
        tags=unique((*known.tags, *entry.tags)),
        reply=tuple(map(TextReply, entry.answer)),
        reason=reason,
    )


def hand_over(
    snapshot: Snapshot,
    turn: Understood,
    code: HandoffReason,
    reason: str,
    *,
    request: HandoffRequest | None = None,
    reply: tuple[TextReply, ...] = (),
) -> Outcome:
    """Hand over to a person; what the bot remembered is of no more use."""
    decision = replace(
        told(snapshot, turn),
        action="handoff",
        handoff=request or HandoffRequest(None, "normal", code),
        reply=reply,
        reason=reason,
    )
    return decided(turn, decision, code, Context())


def offer_person(
    snapshot: Snapshot, turn: Understood, text: str, rule: str, context: Context
) -> Outcome:
    """Say ``text`` with a line to tap that calls a person."""
    menu = MenuReply(text, (MenuItem(HUMAN_MENU_ID, snapshot.texts.human_caption),))
    known = told(snapshot, turn)
    decision = replace(known, reply=(menu,), reason=f"a message of kind {rule} without words")
    return decided(turn, decision, rule, context)


def chat(snapshot: Snapshot, turn: Understood, text: str, rule: str, context: Context) -> Outcome:
    """Answer small talk."""
    known = told(snapshot, turn)
    reason = f"small talk: {rule}"
    decision = replace(known, action="smalltalk", reply=(TextReply(text),), reason=reason)
    return decided(turn, decision, rule, context)
