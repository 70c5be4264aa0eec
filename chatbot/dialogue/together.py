"""The answers of several entries as one reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from chatbot.dialogue.answering import give_answer
from chatbot.dialogue.decision import Decision, GivenTag, Reply, TextReply
from chatbot.dialogue.instead import notices_of, once
from chatbot.dialogue.outcomes import hand_over
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Answered, Outcome, WaitingRow
from chatbot.dialogue.understood import Understood

#: Messages of one reply: the platform takes five after each of the customer's, and one is kept for
#: saying that a person takes over.
LONGEST_REPLY = 4
#: Bytes of text that surely fit into one message.
_TEXT_BYTES = 1800


def answer_entries(
    snapshot: Snapshot,
    turn: Understood,
    known: Decision,
    numbers: Sequence[int],
    reason: str,
    rule: str,
) -> Outcome:
    """Answer with several entries for one and the same turn, or with the first alone."""
    outcomes = [give_answer(snapshot, turn, known, number, reason, rule) for number in numbers]
    together = put_together(turn, known, outcomes)
    fits = together is not None and fits_one_reply(together.decision.reply)
    return together if together is not None and fits else outcomes[0]


def put_together(turn: Understood, known: Decision, outcomes: Sequence[Outcome]) -> Outcome | None:
    """Return several entries' answers as one outcome; None if they need rows of two tables.

    What needs a row of a table is asked for after the others; what only a person can say calls
    one after them.
    """
    answered = [each for each in outcomes if each.decision.action == "answer"]
    waiting = [each for each in outcomes if each.decision.action == "clarify"]
    handed = next((each for each in outcomes if each.decision.handoff is not None), None)
    reply = tuple(part for each in answered for part in each.decision.reply)
    notices = notices_of(answered)
    reply = once(reply) if notices else reply
    given = _given(known, answered)
    if handed is not None and handed.decision.handoff is not None:
        request = handed.decision.handoff
        known = replace(known, given=given, notices=notices)
        return hand_over(
            turn, known, request.reason, handed.decision.reason, request=request, reply=reply
        )
    rows = _row_asked_for(waiting)
    if waiting and rows is None:
        return None
    base = answered[0] if answered else waiting[0]
    decision = replace(base.decision, given=given)
    if answered:
        menus = waiting[0].decision.reply if waiting else ()
        decision = replace(decision, reply=(*reply, *menus), notices=notices)
    context = replace(
        outcomes[-1].context,
        rows={key: row for each in outcomes for key, row in each.context.rows.items()},
        waiting_row=rows,
        follow_up=_followed([each.context.follow_up for each in answered]),
        asked=waiting[0].context.asked if waiting else None,
        last=_answered([each.context.last for each in answered]),
    )
    return replace(base, decision=decision, context=context)


def _given(known: Decision, answered: Sequence[Outcome]) -> tuple[GivenTag, ...]:
    """Return the tags of the message and of all entries that answer it."""
    own = len(known.given)
    return (*known.given, *(tag for each in answered for tag in each.decision.given[own:]))


def _row_asked_for(waiting: Sequence[Outcome]) -> WaitingRow | None:
    """Return the row that all ``waiting`` answers need, None if none or not the same."""
    rows = [each.context.waiting_row for each in waiting]
    first = rows[0] if rows else None
    if first is None or any(row is None or row.table != first.table for row in rows):
        return None
    return replace(first, also=tuple(row.faq_id for row in rows[1:] if row is not None))


def _followed(rows: Sequence[WaitingRow | None]) -> WaitingRow | None:
    """Return the answers that another row's name asks for again, of the last one's table."""
    last = next((row for row in reversed(rows) if row is not None), None)
    if last is None:
        return None
    same = [row.faq_id for row in rows if row is not None and row.table == last.table]
    return WaitingRow(same[0], last.table, also=tuple(same[1:]))


def _answered(each: Sequence[Answered | None]) -> Answered | None:
    given = [one for one in each if one is not None]
    faq_ids = tuple(faq_id for one in given for faq_id in one.faq_ids)
    instead = tuple(dict.fromkeys(mark for one in given for mark in one.instead))
    return replace(given[-1], faq_ids=faq_ids, instead=instead) if given else None


def fits_one_reply(reply: Sequence[Reply]) -> bool:
    """Return whether a reply surely fits into what may be sent; neighbouring texts are joined."""
    count = 0
    for is_text, group in groupby(reply, lambda each: isinstance(each, TextReply)):
        parts = list(group)
        texts = [each.text for each in parts if isinstance(each, TextReply)]
        size = len("\n".join(texts).encode("utf-8", "replace"))
        count += -(-size // _TEXT_BYTES) if is_text else len(parts)
    return count <= LONGEST_REPLY
