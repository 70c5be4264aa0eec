"""Which row of a table an answer takes its facts from: found, asked for, chosen."""

from __future__ import annotations

from dataclasses import replace

from chatbot.dialogue.decision import Decision, MenuItem, MenuReply
from chatbot.dialogue.menus import person_item
from chatbot.dialogue.outcomes import decided
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Outcome, WaitingRow
from chatbot.dialogue.understood import Understood
from chatbot.dialogue.wording import fill_text
from chatbot.facts.asking import Followed, ask_for_row, follow
from chatbot.facts.rows import RowChoice

#: In front of the value, in the id of a line that chooses a row.
_ROW = "row:"


def find_row(snapshot: Snapshot, turn: Understood, table: str) -> RowChoice:
    """Return which row of ``table`` is meant, by all that is known."""
    slots = turn.context.form.get("values", {})
    return snapshot.rows[table].find(
        text_key=turn.message.key,
        remembered=turn.context.rows.get(table),
        slots={name: value for name, value in slots.items() if isinstance(value, str)},
        tags=turn.situation.tags,
        scene=turn.situation.scene,
    )


def ask_which_row(
    snapshot: Snapshot, turn: Understood, known: Decision, waiting: WaitingRow, offset: int = 0
) -> Outcome:
    """Ask for the row in a menu; the answer waits meanwhile."""
    table = snapshot.rows[waiting.table].table
    more = snapshot.texts.row_more
    question = ask_for_row(table, waiting.keys, more=more, offset=offset)
    items = [MenuItem(f"{_ROW}{option.value}", option.caption) for option in question.options]
    head = fill_text(snapshot, turn, snapshot.texts.row_head).replace("{table}", table.columns[0])
    menu = MenuReply(head, (*items, person_item(snapshot)))
    reason = f"{waiting.faq_id} needs to know which {table.name} is meant"
    decision = replace(known, action="clarify", faq_id=None, reply=(menu,), reason=reason)
    context = replace(turn.context, waiting_row=waiting, offered=())
    return decided(turn, decision, "which-row", context)


def row_told(snapshot: Snapshot, turn: Understood, waiting: WaitingRow) -> Followed | None:
    """Return the rows that are left after this message; None if it is about something else."""
    finder = snapshot.rows.get(waiting.table)
    if finder is None:
        return None
    menu_id = turn.utterance.menu_id or ""
    if menu_id.startswith(_ROW):
        return follow(finder.table, waiting.keys, menu_id.removeprefix(_ROW))
    told = finder.find(text_key=turn.message.key)
    return Followed(told.keys) if told.by == "message" else None
