"""Rules for what was picked: a line of a menu, or a row of a table."""

from __future__ import annotations

from dataclasses import replace

from chatbot.dialogue.choices import chosen, pointed_at, told_apart, unwrapped
from chatbot.dialogue.decision import Candidate, Decision
from chatbot.dialogue.follow_ups import picks_from_menu_before
from chatbot.dialogue.labels import with_choice
from chatbot.dialogue.menus import tapped_entry
from chatbot.dialogue.outcomes import hand_over, told
from chatbot.dialogue.rephrased import says_again
from chatbot.dialogue.rows import ask_which_row, row_told
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.together import answer_entries
from chatbot.dialogue.turn import Outcome, WaitingRow
from chatbot.dialogue.understood import Understood

#: Share of right answers among questions that the customer picked from a menu.
_PICKED_CONFIDENCE = 0.99


def picked_entry(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Answer the question whose line was tapped, or that was picked from the last menu."""
    tapped = tapped_entry(turn.utterance.menu_id)
    faq_id = tapped or _offered(snapshot, turn)
    number = snapshot.by_id.get(faq_id or "")
    if faq_id is None or number is None or number in turn.barred:
        return None
    if faq_id not in turn.context.offered:
        turn = replace(turn, context=replace(turn.context, asked=None))
    reason = "the customer picked the question from a menu"
    outcome = _answer_picked(snapshot, turn, (number,), reason)
    return with_choice(turn, outcome, faq_id, "typed" if tapped is None else "click")


def picked_person(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Hand over when the number is that of the last line of a menu, which calls a person."""
    offered = turn.context.offered
    if not offered or chosen(turn.message.key, len(offered) + 1) != len(offered):
        return None
    outcome = hand_over(
        turn, told(snapshot, turn), "wish", "the customer picked the line for a person"
    )
    return with_choice(turn, outcome, None, "typed")


def picked_from_before(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Answer another line of the menu that the last answer was picked from: 第二个呢."""
    number = picks_from_menu_before(snapshot, turn)
    if number is None or number in turn.barred:
        return None
    turn = replace(turn, context=replace(turn.context, asked=None))
    reason = "the customer points at a line of the menu before"
    return _answer_picked(snapshot, turn, (number,), reason)


def picked_by_words(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Answer the one line of the last menu that has all words of the message: 延迟的那个."""
    offered = turn.context.offered
    if not offered or turn.smalltalk is not None or turn.utterance.menu_id is not None:
        return None
    if says_again(snapshot, turn) or not turn.is_menu_fresh:
        return None
    entries = [snapshot.entries[snapshot.by_id[each]] for each in offered if each in snapshot.by_id]
    lines = (snapshot.normaliser.normalise(entry.question) for entry in entries)
    keys = [snapshot.words.canonical(line).key for line in lines]
    words = set(snapshot.segmenter.cut(unwrapped(turn.asked.key)))
    place = told_apart(words, keys)
    if place is None:
        return None
    faq_id = entries[place].id
    number = snapshot.by_id[faq_id]
    if number in turn.barred:
        return None
    reason = "the words of the message are those of one line of the menu alone"
    outcome = _answer_picked(snapshot, turn, (number,), reason)
    return with_choice(turn, outcome, faq_id, "rephrased")


def _offered(snapshot: Snapshot, turn: Understood) -> str | None:
    """Return the entry that was picked from the last menu by its number or by its very words."""
    offered, key = turn.context.offered, turn.message.key
    number = chosen(key, len(offered))
    number = pointed_at(key, len(offered)) if number is None else number
    if number is not None:
        return offered[number]
    entries = (snapshot.entries[snapshot.by_id[each]] for each in offered if each in snapshot.by_id)
    keys = {snapshot.normaliser.key(entry.question): entry.id for entry in entries}
    return keys.get(turn.message.key)


def answers_which_row(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Go on with the answer that waits to know which row is meant, or say it of another row.

    A message that asks something of its own does not choose, though it names a row.
    """
    return _with_row(snapshot, turn, turn.context.waiting_row or turn.context.follow_up)


def names_row_at_least(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Take for a choice what names a row, and nothing else is known to answer."""
    return _with_row(snapshot, turn, turn.context.waiting_row, strictly=False)


def _with_row(
    snapshot: Snapshot, turn: Understood, waiting: WaitingRow | None, *, strictly: bool = True
) -> Outcome | None:
    number = snapshot.by_id.get(waiting.faq_id) if waiting else None
    if waiting is None or number is None or number in turn.barred:
        return None
    told_rows = row_told(snapshot, turn, waiting, strictly=strictly)
    if told_rows is None:
        return None
    if len(told_rows.keys) == 1:
        turn = turn.remembering(waiting.table, told_rows.keys[0])
        also = (snapshot.by_id[each] for each in waiting.also if each in snapshot.by_id)
        numbers = (number, *(each for each in also if each not in turn.barred))
        return _answer_picked(snapshot, turn, numbers, "the customer said which row is meant")
    known = _picked(snapshot, turn, (number,))
    waiting = replace(waiting, keys=told_rows.keys)
    offset, asked = told_rows.offset, turn.context.asked
    return ask_which_row(snapshot, turn, known, waiting, offset, asked=asked)


def _answer_picked(
    snapshot: Snapshot, turn: Understood, numbers: tuple[int, ...], reason: str
) -> Outcome:
    known = _picked(snapshot, turn, numbers)
    return answer_entries(snapshot, turn, known, numbers, reason, "picked")


def _picked(snapshot: Snapshot, turn: Understood, numbers: tuple[int, ...]) -> Decision:
    entries = [snapshot.entries[number] for number in numbers]
    return replace(
        told(snapshot, turn),
        confidence=_PICKED_CONFIDENCE,
        threshold=snapshot.threshold_of(numbers[0]),
        candidates=tuple(Candidate(e.id, e.question, _PICKED_CONFIDENCE) for e in entries),
    )
