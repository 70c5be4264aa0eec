"""Saying an entry's answer: the variant for this customer, with the facts of the right row."""

from __future__ import annotations

from dataclasses import replace

from chatbot.dialogue.decision import Candidate, Decision, GivenTag, MenuReply
from chatbot.dialogue.menus import entry_item, person_item
from chatbot.dialogue.outcomes import decided, hand_over
from chatbot.dialogue.rows import ask_which_row, find_row
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Outcome, WaitingRow
from chatbot.dialogue.understood import Understood
from chatbot.dialogue.wording import MissingFact, fill_text, tables_needed, to_replies


def give_answer(
    snapshot: Snapshot, turn: Understood, known: Decision, number: int, reason: str, rule: str
) -> Outcome:
    """Answer with the entry ``number``, or ask which row is meant, or hand over without the fact.

    ``known`` says what was understood and how sure the bot is.
    """
    entry = snapshot.entries[number]
    if entry.auto == "agents-only":
        return hand_over(turn, known, "agents-only", f"{entry.id} is for agents alone ({reason})")
    messages = entry.answer_for(turn.situation.tags, turn.account.key)
    follow_up = None
    for name in tables_needed(snapshot, messages):
        choice = find_row(snapshot, turn, name)
        if choice.key is None:
            waiting = WaitingRow(entry.id, name, choice.keys)
            return ask_which_row(snapshot, turn, known, waiting)
        follow_up = WaitingRow(entry.id, name)
        turn = turn.remembering(name, choice.key)
        turn = turn.knowing(rows={**turn.trace.get("rows", {}), name: [choice.key, choice.by]})
    try:
        reply = to_replies(snapshot, turn, messages)
    except MissingFact as missing:
        return hand_over(turn, known, "missing-fact", f"{entry.id}: {missing}")
    if not reply:
        why = f"{entry.id}: every question of its menu is out of date or of other accounts"
        return hand_over(turn, known, "missing-fact", why)
    tags = (GivenTag(tag, "entry", entry.id, round(known.confidence, 4)) for tag in entry.tags)
    decision = replace(
        known,
        action="answer",
        faq_id=entry.id,
        given=(*known.given, *tags),
        reply=reply,
        reason=reason,
    )
    context = replace(
        turn.context, waiting_row=None, follow_up=follow_up, offered=(), waiting_about=None
    )
    return decided(turn, decision, rule, context)


def ask_back(
    snapshot: Snapshot,
    turn: Understood,
    known: Decision,
    candidates: tuple[Candidate, ...],
    reason: str,
) -> Outcome:
    """Ask which of ``candidates`` is meant, in a menu whose last line calls a person."""
    items = [entry_item(each.faq_id, each.question) for each in candidates]
    head = fill_text(snapshot, turn, snapshot.texts.clarify_head)
    menu = MenuReply(head, (*items, person_item(snapshot)))
    decision = replace(known, action="clarify", reply=(menu,), reason=reason)
    offered = tuple(each.faq_id for each in candidates)
    context = replace(turn.context, offered=offered, waiting_row=None, follow_up=None)
    return decided(turn, decision, "clarify", context)
