"""Customers who did not get what they asked for: never the same answer again."""

from __future__ import annotations

import re
from dataclasses import replace

from chatbot.dialogue.answering import MOST_ASKED_ABOUT, ask_back
from chatbot.dialogue.decision import Candidate, Decision, HandoffReason
from chatbot.dialogue.instead import marks_instead
from chatbot.dialogue.labels import with_choice, with_refusal
from chatbot.dialogue.offering import without_twins
from chatbot.dialogue.outcomes import hand_over, told
from chatbot.dialogue.rows import row_told
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Answered, Outcome, Question
from chatbot.dialogue.understood import Understood, asking
from chatbot.dialogue.wording import fill_text
from chatbot.matching import fuzzy

#: Least probability of another candidate, given that the one answered was wrong.
_ANOTHER = 0.2
#: Least share of the best other one's probability for being asked about beside it.
_ANOTHER_ALSO = 0.25
#: So often in a row the very same is said to a question in other words.
_MOST_TIMES = 2
#: What may stand in front of a question that is asked again: 我问能晚点退房吗.
_AGAIN = re.compile(r"^(?:那么|那|我问的是|我是问|我想问|我问|我说|我是说|请问|就问|问)+")


def with_refusal_taken(snapshot: Snapshot, turn: Understood) -> Understood:
    """Return ``turn`` as what it asks instead of what it refuses: 不对，我问的是停车.

    Refused is the menu that asks back, else the answer that waits for a row, else the last one.
    """
    waiting, last = turn.context.waiting_row, turn.last
    waiting_ids = (waiting.faq_id, *waiting.also) if waiting is not None else ()
    refused = turn.context.offered or waiting_ids or (last.faq_ids if last is not None else ())
    if not refused or turn.utterance.menu_id is not None:
        return turn
    refusal = snapshot.dissatisfaction.find(turn.message)
    if refusal is None or refusal.rest is None:
        return turn
    question = turn.context.asked or (last.question if last is not None else None)
    before = question.refused if question is not None else ()
    asked = asking(snapshot, turn, refusal.rest)
    if waiting is not None and row_told(snapshot, asked, waiting) is not None:
        return asked  # 不对，我问的是外滩店 tells the row
    barred = frozenset(snapshot.by_id[each] for each in refused if each in snapshot.by_id)
    return replace(asked, barred=asked.barred | barred, refused=(*before, *refused))


def refuses_the_menu(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Hand over when the customer means none of the lines that the last menu asked about.

    It may have asked for the row of a table.
    """
    asked, message = turn.context.asked, turn.message
    is_open = bool(turn.context.offered) or turn.context.waiting_row is not None
    if not is_open or asked is None or turn.utterance.menu_id is not None:
        return None
    refuses = snapshot.dissatisfaction.refuses_all(message) or (
        not turn.refused and snapshot.dissatisfaction.find(message) is not None
    )
    if not refuses and not (asked.refused and _same(snapshot, turn, asked)):
        return None
    reason = "the customer means none of the questions asked about"
    code: HandoffReason = "dissatisfied" if asked.refused else "low-confidence"
    outcome = hand_over(turn, told(snapshot, turn), code, reason)
    return with_choice(turn, outcome, None, "typed")


def refuses_the_answer(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Offer what else was likely, once, when the customer says that the answer was not it.

    The same question again says so as well.
    """
    last = turn.last
    if last is None or turn.refused or turn.utterance.menu_id is not None:
        return None
    if snapshot.dissatisfaction.find(turn.message) is not None:
        reason = "the customer says that the answer was not what was asked"
    elif _answers_as_then(snapshot, turn, last) and _same(snapshot, turn, last.question):
        reason = "the customer asks the same again"
    else:
        return None
    return with_refusal(turn, _make_good(snapshot, turn, last, reason), "dissatisfied")


def _answers_as_then(snapshot: Snapshot, turn: Understood, last: Answered) -> bool:
    """Return whether the question has the answer that it had.

    Other knowledge may have another one, and so may a notice that has begun or ended since.
    """
    is_same = last.question.snapshot == snapshot.number
    return is_same and marks_instead(snapshot, turn, last.faq_ids) == frozenset(last.instead)


def not_said_again(snapshot: Snapshot, turn: Understood, outcome: Outcome) -> Outcome:
    """Return ``outcome``, or something better where it would say the very same a third time.

    Who asks in ever other words has not got what they asked for.
    """
    last, now = turn.last, outcome.context.last
    if outcome.decision.action != "answer" or last is None or now is None:
        return outcome
    if now.times <= _MOST_TIMES:
        return outcome
    reason = "the same answer to a question asked in other words again and again"
    return with_refusal(turn, _make_good(snapshot, turn, last, reason), "dissatisfied")


def _make_good(snapshot: Snapshot, turn: Understood, last: Answered, reason: str) -> Outcome:
    question = last.question
    refused = (*question.refused, *last.faq_ids)
    others = () if question.refused else _others(snapshot, turn, question, refused)
    known = _known(snapshot, turn, others)
    if not others:
        return hand_over(turn, known, "dissatisfied", reason)
    asked = replace(question, refused=refused)
    head = fill_text(snapshot, turn, snapshot.texts.dissatisfied_head)
    return ask_back(snapshot, turn, known, others, reason, head=head, asked=asked)


def _known(snapshot: Snapshot, turn: Understood, others: tuple[Candidate, ...]) -> Decision:
    confidence = others[0].confidence if others else 0.0
    return replace(told(snapshot, turn), confidence=confidence, candidates=others)


def _others(
    snapshot: Snapshot, turn: Understood, question: Question, refused: tuple[str, ...]
) -> tuple[Candidate, ...]:
    """Return what else the question may have been about, now that the answer is known as wrong."""
    gone = sum(share for faq_id, share in question.ranked if faq_id in refused)
    left = max(1e-6, 1.0 - gone)
    others = [
        Candidate(faq_id, snapshot.entries[number].question, min(1.0, round(share / left, 4)))
        for faq_id, share in question.ranked
        if faq_id not in refused
        and (number := snapshot.by_id.get(faq_id)) is not None
        and number not in turn.barred
        and snapshot.entries[number].auto != "agents-only"
    ]
    others = list(without_twins(snapshot, others, refused))
    if not others or others[0].confidence < _ANOTHER:
        return ()
    least = _ANOTHER_ALSO * others[0].confidence
    return tuple(each for each in others if each.confidence >= least)[:MOST_ASKED_ABOUT]


def _same(snapshot: Snapshot, turn: Understood, question: Question) -> bool:
    """Return whether the message is the question again, or nearly so.

    With the name of another row in it, it asks something else.
    """
    meant, _ = snapshot.words.mend(snapshot.normaliser.normalise(question.text))
    before = snapshot.words.canonical(snapshot.smalltalk.question(meant)).key
    now = _AGAIN.sub("", turn.asked.key)
    before = _AGAIN.sub("", before)
    if not now or not before:
        return False
    if now == before:
        return True
    near = fuzzy.ratio(now, before) >= fuzzy.NEAR_EXACT and fuzzy.same_particulars(now, before)
    return near and turn.question is turn.asked
