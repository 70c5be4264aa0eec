"""The same question again in other words, after a menu has asked which one is meant."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from chatbot.answers.ranking import Assessment
from chatbot.dialogue.answering import give_answer
from chatbot.dialogue.decision import Candidate, Decision
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Outcome
from chatbot.dialogue.understood import Understood

#: Least probability of an entry on the menu for taking a message as the choice of it.
_CHOSEN_FROM = 0.3
#: What it adds, in log-odds, that the entry was on the menu. Measured on real messages of one
#: brand, two of the same question one after the other: of those in which an entry of the menu led,
#: 84 %, 90 % and 95 % were right where the message alone said 40 %, 60 % and 80 %; of other
#: questions after a menu one in 80 looked so.
_ON_MENU, _BY_ITSELF = 1.9, 0.75


def choose_rephrased(
    snapshot: Snapshot, turn: Understood, known: Decision, assessment: Assessment
) -> Outcome | None:
    """Answer an entry of the last menu that leads for the message, though not surely by itself."""
    if assessment.best is None or turn.utterance.menu_id is not None:
        return None
    entry = snapshot.entries[assessment.best]
    offered = turn.context.offered if turn.is_menu_fresh else ()
    if entry.id not in offered or assessment.confidence < _CHOSEN_FROM:
        return None
    if says_again(snapshot, turn):
        return None
    confidence = round(_raised(assessment.confidence), 4)
    first, *others = known.candidates
    others = [replace(each, confidence=min(each.confidence, 1 - confidence)) for each in others]
    known = replace(
        known, confidence=confidence, candidates=(replace(first, confidence=confidence), *others)
    )
    reason = f"{entry.id} was on the menu, and leads with {assessment.confidence}"
    return give_answer(snapshot, turn, known, assessment.best, reason, "rephrased")


def says_again(snapshot: Snapshot, turn: Understood) -> bool:
    """Return whether the message is the one that was asked back about: the menu was no help."""
    asked = turn.context.asked
    return asked is not None and snapshot.normaliser.key(asked.text) == turn.message.key


def asks_the_same(turn: Understood, candidates: Sequence[Candidate]) -> bool:
    """Return whether the last menu has asked about the like of ``candidates`` already.

    Either's most likely one is among the other's.
    """
    before = turn.context.offered if turn.is_menu_fresh else ()
    now = [each.faq_id for each in candidates]
    return bool(before and now) and (now[0] in before or before[0] in now)


def _raised(confidence: float) -> float:
    odds = confidence / max(1e-6, 1.0 - confidence)
    return 1.0 / (1.0 + math.exp(-_ON_MENU - _BY_ITSELF * math.log(odds)))
