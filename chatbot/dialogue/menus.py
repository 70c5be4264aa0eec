"""Menus whose lines lead somewhere, and what a tapped line means."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from chatbot.accounts.account import Account
from chatbot.dialogue.decision import MenuItem, MenuReply
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import HUMAN_MENU_ID

#: The platform shows ten lines; the last one calls a person.
LONGEST_MENU = 9
#: In front of an entry's id, in the id of a line that asks its question.
_ENTRY = "faq:"
#: In front of a question that is no entry's: the caption is then asked like any message.
_QUESTION = "ask:"


def entry_item(faq_id: str, caption: str) -> MenuItem:
    """Return the line that asks the question of an entry."""
    return MenuItem(f"{_ENTRY}{faq_id}", caption)


def tapped_entry(menu_id: str | None) -> str | None:
    """Return the id of the entry whose line was tapped, or None."""
    if menu_id is None or not menu_id.startswith(_ENTRY):
        return None
    return menu_id.removeprefix(_ENTRY)


def lines_of(menu: MenuReply) -> tuple[str, ...]:
    """Return the ids of the entries that the lines ask for, "" where a line asks for none."""
    lines = (item for item in menu.items if item.id != HUMAN_MENU_ID)
    return tuple(tapped_entry(item.id) or "" for item in lines)


def question_menu(
    snapshot: Snapshot,
    head: str,
    questions: Iterable[str],
    tail: str = "",
    *,
    silent: Collection[int] = (),
    person: bool = False,
) -> MenuReply:
    """Return a menu of questions, each leading to the entry that is asked by it.

    Questions of the ``silent`` entries (by number), which would not be answered, are left out.
    ``person``: the last line calls a person.
    """
    items = [
        item
        for number, question in enumerate(questions, 1)
        if (item := _question_item(snapshot, question, number, silent)) is not None
    ]
    return MenuReply(head, tuple(items) + ((person_item(snapshot),) if person else ()), tail)


def person_item(snapshot: Snapshot) -> MenuItem:
    """Return the line that calls a person."""
    return MenuItem(HUMAN_MENU_ID, snapshot.texts.human_caption)


def service_menu(snapshot: Snapshot, account: Account, silent: Collection[int]) -> MenuReply:
    """Return the account's service menu, as 菜单 or 0 ask for it and as the welcome shows it.

    Questions of the ``silent`` entries (by number) are left out.
    """
    head = account.menu_head or snapshot.texts.menu_head
    questions = account.menu or snapshot.texts.welcome_items
    return question_menu(snapshot, head, questions[:LONGEST_MENU], silent=silent, person=True)


def _question_item(
    snapshot: Snapshot, question: str, number: int, silent: Collection[int]
) -> MenuItem | None:
    asking = snapshot.by_question.get(snapshot.normaliser.key(question))
    if asking is None:
        return MenuItem(f"{_QUESTION}{number}", question)
    entry = next((each for each in asking if each not in silent), None)
    return None if entry is None else entry_item(snapshot.entries[entry].id, question)
