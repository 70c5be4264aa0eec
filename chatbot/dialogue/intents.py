"""Doing what an intent says: hand over, say its reply, or begin its form."""

from __future__ import annotations

from dataclasses import replace

from chatbot.answers.messages import words_of
from chatbot.dialogue.decision import HandoffRequest
from chatbot.dialogue.forms import begin_form
from chatbot.dialogue.outcomes import decided, hand_over, told
from chatbot.dialogue.rows import find_row
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Outcome
from chatbot.dialogue.understood import Understood
from chatbot.dialogue.wording import MissingFact, tables_needed, to_replies
from chatbot.matching import fuzzy
from chatbot.understanding.intents import FoundIntent, Intent
from chatbot.understanding.language import is_foreign, is_said_in

#: Letters from which on the meaning of a message tells what it is after.
_ENOUGH_LETTERS = 6
#: How much of a shorter one must be letters of an example.
_NEARLY = 0.75


def is_shown_enough(turn: Understood, hit: FoundIntent) -> bool:
    """Return whether the message says enough to do what an intent found in it says.

    Its meaning alone does not tell whether 发票 or 门锁没坏 reports a trouble: a few letters are
    near much. A short message must be nearly the wording of an example, or have a keyword.
    """
    key = turn.message.key
    if hit.evidence != "examples" or len(key) >= _ENOUGH_LETTERS:
        return True
    example = "".join(filter(str.isalnum, hit.detail))
    return fuzzy.ratio(key, example) >= _NEARLY and fuzzy.same_particulars(key, example)


def is_urgent(hit: FoundIntent) -> bool:
    """Return whether a person has to look at once."""
    return hit.intent.handoff is not None and hit.intent.handoff.priority == "urgent"


def follow_intent(snapshot: Snapshot, turn: Understood, hit: FoundIntent) -> Outcome:
    """Do what the intent says; ``hit.intent.acts`` must hold."""
    known = told(snapshot, turn)
    reason = f"intent {hit.intent.name} by {hit.evidence}: {hit.detail}"
    wanted = hit.intent.handoff
    try:
        turn = _with_rows(snapshot, turn, hit.intent)
        reply = to_replies(snapshot, turn, hit.intent.reply)
    except MissingFact as missing:
        if wanted is None:
            return hand_over(turn, known, "missing-fact", f"{reason}; {missing}")
        reply, reason = (), f"{reason}; {missing}"
    if wanted is not None:
        request = HandoffRequest(wanted.skill, wanted.priority, "intent")
        return hand_over(turn, known, "intent", reason, request=request, reply=reply)
    if is_foreign(turn.language) and not _is_said_in_kind(hit.intent, turn.language):
        return hand_over(turn, known, "language", f"{reason}; not said in {turn.language}")
    if not reply and hit.intent.flow is None:
        return hand_over(turn, known, "missing-fact", f"{reason}; nothing of the reply is left")
    if hit.intent.flow is not None:
        return begin_form(snapshot, turn, hit.intent.flow, reply, reason)
    decision = replace(known, reply=reply, reason=reason)
    context = replace(turn.context.spoken_of_else(), follow_up=None)
    return decided(turn, decision, "intent", context)


def _is_said_in_kind(intent: Intent, language: str) -> bool:
    """Return whether the reply, or the first question of the form, is in ``language``."""
    asked = (slot.ask for slot in intent.flow.slots) if intent.flow else ()
    said = (words for message in intent.reply for words in words_of(message))
    return is_said_in([*asked, *said], language)


def _with_rows(snapshot: Snapshot, turn: Understood, intent: Intent) -> Understood:
    """Return ``turn`` with the rows that the intent's reply speaks of, as far as they are told."""
    for name in tables_needed(snapshot, intent.reply):
        choice = find_row(snapshot, turn, name)
        if choice.key is not None:
            turn = turn.remembering(name, choice.key)
    return turn
