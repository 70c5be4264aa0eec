"""Which row of a table an answer takes its facts from: found, asked for, chosen."""

from __future__ import annotations

import re
from dataclasses import replace

from chatbot.dialogue.decision import Decision, MenuItem, MenuReply
from chatbot.dialogue.menus import person_item
from chatbot.dialogue.outcomes import decided
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Context, Outcome, Question, Situation, WaitingRow
from chatbot.dialogue.understood import Understood
from chatbot.dialogue.wording import fill_text
from chatbot.facts.asking import Followed, ask_for_row, follow
from chatbot.facts.rows import RowChoice
from chatbot.texts import in_language
from chatbot.understanding.language import is_foreign

#: In front of the value, in the id of a line that chooses a row.
_ROW = "row:"
#: What people say around a name that is all they mean: 我住的是西湖店, 就西湖那家吧.
_AROUND_NAME = re.compile(
    r"应该|可能|大概|好像|准备|打算|预订|预定|入住|一下|谢谢|麻烦|请问|那边|这边|那里|这里|分店|门店|酒店|怎么样"
    r"|[我你您们咱在住订定选是就要想问去到离的了那这个家店里吧吗嘛呢啊呀哦噢嗯好行对呗哈换看说]"
)


def find_row(snapshot: Snapshot, turn: Understood, table: str) -> RowChoice:
    """Return which row of ``table`` is meant, by all that is known."""
    return row_known(snapshot, table, turn.message.key, turn.context, turn.situation)


def row_known(
    snapshot: Snapshot, table: str, text_key: str, context: Context, situation: Situation
) -> RowChoice:
    """Return which row of ``table`` a normalised message and what is known beside it mean."""
    slots = context.form.get("values", {})
    return snapshot.rows[table].find(
        text_key=text_key,
        remembered=context.rows.get(table),
        slots={name: value for name, value in slots.items() if isinstance(value, str)},
        tags=situation.tags,
        scene=situation.scene,
    )


def ask_which_row(
    snapshot: Snapshot,
    turn: Understood,
    known: Decision,
    waiting: WaitingRow,
    offset: int = 0,
    *,
    asked: Question | None,
) -> Outcome:
    """Ask for the row in a menu; the answer to ``asked`` waits meanwhile."""
    table = snapshot.rows[waiting.table].table
    more = snapshot.texts.row_more
    question = ask_for_row(table, waiting.keys, more=more, offset=offset)
    items = [MenuItem(f"{_ROW}{option.value}", option.caption) for option in question.options]
    head = fill_text(snapshot, turn, snapshot.texts.row_head).replace("{table}", table.columns[0])
    if is_foreign(turn.language):
        head = f"{head}\n{in_language(snapshot.texts.row_foreign, turn.language)}"
    menu = MenuReply(head, (*items, person_item(snapshot)))
    reason = f"{waiting.faq_id} needs to know which {table.name} is meant"
    decision = replace(known, action="clarify", faq_id=None, reply=(menu,), reason=reason)
    context = replace(
        turn.context, waiting_row=waiting, follow_up=None, offered=(), asked=asked, last=None
    )
    return decided(turn, decision, "which-row", context)


def row_told(
    snapshot: Snapshot, turn: Understood, waiting: WaitingRow, *, strictly: bool = True
) -> Followed | None:
    """Return the rows that are left after this message; None if it is about something else.

    ``strictly``: a message that says more than which row it is, is about something else.
    """
    finder = snapshot.rows.get(waiting.table)
    if finder is None:
        return None
    keys = tuple(key for key in waiting.keys if key in finder.table.rows)
    menu_id = turn.utterance.menu_id or ""
    if menu_id.startswith(_ROW):
        return follow(finder.table, keys, menu_id.removeprefix(_ROW))
    if strictly and _AROUND_NAME.sub("", finder.without_names(turn.message.key)):
        return None
    told = finder.find(text_key=turn.message.key)
    if told.by != "message":
        return None
    both = tuple(key for key in told.keys if key in keys)
    return Followed(both or told.keys)


def is_row(line: MenuItem) -> bool:
    """Return whether a line of a menu chooses a row of a table."""
    return line.id.startswith(_ROW)


def rows_in(menu: MenuReply) -> list[MenuItem]:
    """Return the lines of a menu that choose a row, without the one that shows more of them."""
    return [line for line in menu.items if is_row(line) and not line.id.startswith(f"{_ROW}+")]


def turns_page(turn: Understood) -> bool:
    """Return whether the line that shows more rows was tapped."""
    return (turn.utterance.menu_id or "").startswith(f"{_ROW}+")
