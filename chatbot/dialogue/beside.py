"""A question beside what is settled first.

An intent only replies to the rest of the message (你们服务真好，请问早餐几点), or the rest tells
the row that an answer waits for (西湖店，另外停车收费吗).
"""

from __future__ import annotations

from dataclasses import replace

from chatbot.dialogue.clauses import in_canonical_words, names_told
from chatbot.dialogue.decision import MenuReply
from chatbot.dialogue.intents import follow_intent
from chatbot.dialogue.outcomes import told
from chatbot.dialogue.picks import answers_which_row
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.together import fits_one_reply, put_together
from chatbot.dialogue.turn import Outcome
from chatbot.dialogue.understood import Understood, asking
from chatbot.understanding.clauses import Clause, joined
from chatbot.understanding.intents import FoundIntent


def with_reply_in_front(snapshot: Snapshot, turn: Understood) -> Understood:
    """Return ``turn`` as what it asks beside an intent that only replies.

    As it is where the intent does more, where nothing else is asked, or where the whole message is
    needed for finding the intent.
    """
    hit = turn.acting
    if hit is None or turn.refused or turn.in_front is not None:
        return turn
    if turn.utterance.menu_id is not None:
        return turn
    if hit.intent.handoff is not None or hit.intent.flow is not None:
        return turn
    clauses = snapshot.parts.all_clauses(turn.said)
    left = [each for each in clauses if not _tells(snapshot, each, hit)]
    if len(left) == len(clauses) or not any(each.asks for each in left):
        return turn
    left = [each for each in left if snapshot.smalltalk.kind(each.text) is None] or left
    reply = follow_intent(snapshot, turn, hit)
    if reply.decision.action != "reply":
        return turn
    asked = asking(snapshot, turn, joined(left))
    return replace(asked, in_front=reply, replied=frozenset({hit.intent.name}))


def with_row_in_front(snapshot: Snapshot, turn: Understood) -> Understood:
    """Return ``turn`` as what it asks beside telling the row that an answer waits for."""
    if turn.context.waiting_row is None or turn.utterance.menu_id is not None or turn.refused:
        return turn
    clauses = snapshot.parts.all_clauses(turn.said)
    first, left = clauses[:1], clauses[1:]
    if not left or first[0].asks or not any(each.asks for each in left):
        return turn
    answer = answers_which_row(snapshot, asking(snapshot, turn, first[0].text))
    if answer is None or answer.decision.action != "answer":
        return turn
    asked = asking(snapshot, replace(turn, context=answer.context), joined(left))
    return replace(asked, in_front=answer)


def _tells(snapshot: Snapshot, clause: Clause, hit: FoundIntent) -> bool:
    text = in_canonical_words(snapshot, clause)
    return hit.intent.name in names_told(snapshot, clause, text)


def replied_in_front(snapshot: Snapshot, turn: Understood, outcome: Outcome) -> Outcome:
    """Return ``outcome`` with what was settled first in front of it.

    That is all there is if what stands beside it was no question, and nothing is known to it.
    """
    front, decision = turn.in_front, outcome.decision
    if front is None:
        return outcome
    unsure = _is_unknown(outcome) or outcome.trace.get("rule") == "clarify"
    if decision.action == "smalltalk" or (unsure and not snapshot.parts.has_question(turn.message)):
        return replace(front, decision=replace(front.decision, intents=decision.intents))
    if front.decision.action == "answer" and decision.action in {"answer", "handoff"}:
        together = put_together(turn, told(snapshot, turn), (front, outcome))
        return outcome if together is None else together
    said = (each for each in front.decision.reply if not isinstance(each, MenuReply))
    reply = (*said, *decision.reply)
    if not fits_one_reply(reply):
        return outcome
    reason = f"{decision.reason}; in front {front.decision.reason}"
    return replace(outcome, decision=replace(decision, reply=reply, reason=reason))


def _is_unknown(outcome: Outcome) -> bool:
    handoff = outcome.decision.handoff
    return handoff is not None and handoff.reason in {"low-confidence", "language"}
