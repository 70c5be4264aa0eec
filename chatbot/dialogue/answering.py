"""Saying an entry's answer: the variant for this customer, with the facts of the right row."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace

from chatbot.answers.entries import Entry
from chatbot.dialogue.decision import Candidate, Decision, GivenTag, MenuReply, Reply
from chatbot.dialogue.instead import given_instead, mark_of, notice_instead, said_instead
from chatbot.dialogue.menus import entry_item, lines_of, person_item
from chatbot.dialogue.outcomes import decided, hand_over, question_of
from chatbot.dialogue.rows import ask_which_row, find_row
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Answered, Outcome, Question, WaitingRow
from chatbot.dialogue.understood import Understood
from chatbot.dialogue.wording import MissingFact, fill_text, tables_needed, to_replies
from chatbot.texts import in_language
from chatbot.understanding.language import is_foreign, language_of

#: Candidates that a menu asks about at most.
MOST_ASKED_ABOUT = 3


def give_answer(
    snapshot: Snapshot, turn: Understood, known: Decision, number: int, reason: str, rule: str
) -> Outcome:
    """Answer with the entry ``number``, or ask which row is meant, or hand over without the fact.

    ``known`` says what was understood and how sure the bot is.
    """
    entry = snapshot.entries[number]
    if entry.auto == "agents-only":
        return hand_over(turn, known, "agents-only", f"{entry.id} is for agents alone ({reason})")
    messages = entry.answer_for(turn.situation.tags, turn.account.key, turn.language)
    notice = notice_instead(snapshot, turn, entry)
    if notice is not None:
        messages = said_instead(notice, turn)
    if not messages:
        why = f"{entry.id} has no answer in {turn.language} ({reason})"
        return hand_over(turn, known, "language", why)
    question = _question(turn, known, rule)
    follow_up = None
    for name in tables_needed(snapshot, messages):
        choice = find_row(snapshot, turn, name)
        if choice.key is None:
            waiting = WaitingRow(entry.id, name, choice.keys)
            return ask_which_row(snapshot, turn, known, waiting, asked=question)
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
    decision = replace(known, action="answer", faq_id=entry.id, reply=reply, reason=reason)
    if notice is not None:
        turn, decision = given_instead(notice, turn, decision)
    instead = () if notice is None else (mark_of(notice),)
    return _answered(turn, decision, entry, question, follow_up, rule, instead)


def _answered(
    turn: Understood,
    decision: Decision,
    entry: Entry,
    question: Question,
    follow_up: WaitingRow | None,
    rule: str,
    instead: tuple[str, ...],
) -> Outcome:
    """Return the answer with the entry's tags, and what the conversation remembers of it."""
    sure = round(decision.confidence, 4)
    if entry.tags:
        tags = (GivenTag(tag, "entry", entry.id, sure) for tag in entry.tags)
        decision = replace(decision, given=(*decision.given, *tags))
    # One notice stands in for many answers: to another question it is not the same again.
    said = _digest(decision.reply, entry.id if decision.notices else "")
    before = turn.last
    again = before is not None and before.said == said and rule not in {"picked", "follow-up"}
    last = Answered(
        question,
        (entry.id,),
        turn.situation.now,
        _menu(turn, decision, rule),
        said,
        before.times + 1 if before is not None and again else 1,
        instead,
    )
    context = replace(
        turn.context, waiting_row=None, follow_up=follow_up, offered=(), asked=None, last=last,
        waiting_about=None,
    )  # fmt: skip
    return decided(turn, decision, rule, context)


def _digest(reply: Sequence[Reply], apart: str = "") -> str:
    """Return what tells a reply from others, short; the same said ``apart`` is another."""
    return f"{zlib.crc32((repr(reply) + apart).encode('utf-8', 'replace')):08x}"


def _question(turn: Understood, known: Decision, rule: str) -> Question:
    """Return what is being answered: of a line that was picked, the message asked back about."""
    asked = turn.context.asked
    if rule == "picked" and asked is not None:
        return asked
    return question_of(turn, known)


def _menu(turn: Understood, decision: Decision, rule: str) -> tuple[str, ...]:
    """Return the entries of the menu that the customer sees last: its own, or the one before."""
    if decision.menu is not None:
        return lines_of(decision.menu)
    last = turn.context.last
    seen = turn.context.offered or (last.menu if last is not None else ())
    return seen if rule == "picked" else ()


def ask_back(
    snapshot: Snapshot,
    turn: Understood,
    known: Decision,
    candidates: tuple[Candidate, ...],
    reason: str,
    *,
    head: str | None = None,
    asked: Question | None = None,
) -> Outcome:
    """Ask which of ``candidates`` is meant, in a menu whose last line calls a person.

    ``head`` stands above it instead of the usual words; ``asked`` is the question that is asked
    about, None for this message. A message in another language is asked about only if every line
    leads to an answer in kind.
    """
    entries = [snapshot.entries[snapshot.by_id[each.faq_id]] for each in candidates]
    if not all(_answers_in_kind(turn, entry) for entry in entries):
        why = f"not every entry to ask about answers in {turn.language} ({reason})"
        return hand_over(turn, known, "language", why)
    items = [entry_item(entry.id, _caption(turn, entry)) for entry in entries]
    menu = MenuReply(_clarify_head(snapshot, turn, head), (*items, person_item(snapshot)))
    decision = replace(known, action="clarify", reply=(menu,), reason=reason)
    offered = tuple(each.faq_id for each in candidates)
    context = replace(
        turn.context, offered=offered, asked=asked or question_of(turn, known), last=None,
        waiting_row=None, follow_up=None,
    )  # fmt: skip
    return decided(turn, decision, "clarify", context)


def _answers_in_kind(turn: Understood, entry: Entry) -> bool:
    return bool(entry.answer_for(turn.situation.tags, turn.account.key, turn.language))


def _caption(turn: Understood, entry: Entry) -> str:
    """Return the line of a menu that asks ``entry``: a wording in the customer's language."""
    if not is_foreign(turn.language):
        return entry.question
    own = (each for each in entry.wordings if language_of(each) == turn.language)
    return next((each for each in own if "{" not in each), entry.question)


def _clarify_head(snapshot: Snapshot, turn: Understood, head: str | None) -> str:
    head = head or fill_text(snapshot, turn, snapshot.texts.clarify_head)
    if not is_foreign(turn.language):
        return head
    return f"{head}\n{in_language(snapshot.texts.clarify_foreign, turn.language)}"
