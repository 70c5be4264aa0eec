"""The menu that the customer saw last: a number or a place picks a line of it, as a tap does."""

from __future__ import annotations

from dataclasses import replace

from chatbot.dialogue.attachments import words_of
from chatbot.dialogue.choices import chosen, pointed_at
from chatbot.dialogue.decision import MenuItem
from chatbot.dialogue.menus import entry_item
from chatbot.dialogue.rows import is_row
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import HUMAN_MENU_ID, Context, Outcome, Utterance
from chatbot.dialogue.understood import Understood

#: In place of the id of a line that was picked: its number says nothing new after that.
_DONE = ""


def as_tapped(snapshot: Snapshot, utterance: Utterance, context: Context) -> Utterance:
    """Return ``utterance`` as a tap on the line that it picks by its number or its place.

    What picks from a menu that asked back is left as it is: it is a choice of its own kind.
    """
    lines = [item for item in context.shown if item.id != HUMAN_MENU_ID]
    if context.offered or not context.shown or utterance.menu_id is not None:
        return utterance
    if utterance.attachments:
        return utterance
    key = snapshot.normaliser.key(words_of(utterance))
    line = _line(key, lines, has_person=len(lines) < len(context.shown))
    if line is None or line.id == _DONE:
        return utterance
    return Utterance((line.text,), (), line.id)


def _line(key: str, lines: list[MenuItem], *, has_person: bool) -> MenuItem | None:
    count = len(lines)
    place = chosen(key, count + has_person)
    if place == count:
        return MenuItem(HUMAN_MENU_ID, "")
    if place is None and (count > 1 or any(map(is_row, lines))):
        place = pointed_at(key, count)  # 对 points at a single line only where a menu asks
    return None if place is None else lines[place]


def seeing_menu(turn: Understood, outcome: Outcome) -> Outcome:
    """Return ``outcome`` with the menu that the customer sees last from now on."""
    decision, context = outcome.decision, outcome.context
    menu = decision.menu
    if turn.typed:
        decision = replace(decision, text=turn.typed)
    if context.form and decision.action not in {"clarify", "reply"}:
        shown: tuple[MenuItem, ...] = ()  # what the form asks comes last
    elif menu is not None:
        shown = menu.items
    elif decision.action == "smalltalk":
        shown = turn.context.shown
    elif outcome.trace.get("rule") == "picked" and decision.handoff is None:
        shown = _without_picked(turn, outcome)
    else:
        shown = ()
    at = turn.situation.now if menu is not None else turn.context.shown_at
    shown_at = at if shown else None
    if (shown, shown_at) != (context.shown, context.shown_at):
        context = replace(context, shown=shown, shown_at=shown_at)
    if context is outcome.context and decision is outcome.decision:
        return outcome
    return replace(outcome, decision=decision, context=context)


def _without_picked(turn: Understood, outcome: Outcome) -> tuple[MenuItem, ...]:
    """Return the menu that was picked from, with another of its lines still to be picked."""
    picked = {turn.utterance.menu_id, entry_item(outcome.decision.faq_id or "", "").id}
    return tuple(
        replace(item, id=_DONE) if item.id in picked else item for item in turn.context.shown
    )
