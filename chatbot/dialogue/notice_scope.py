"""Whom and what a notice is for, by what is known in a turn."""

from __future__ import annotations

from collections.abc import Callable

from chatbot.dialogue.rows import row_known
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Context, Situation
from chatbot.facts.rows import RowChoice
from chatbot.notices.notice import Notice

#: What is known of a customer's row of a table, by the table's name.
Known = Callable[[str], RowChoice]


def known_rows(snapshot: Snapshot, text_key: str, context: Context, situation: Situation) -> Known:
    """Return what tells the row of a table, after a message of this normalised text."""

    def known(table: str) -> RowChoice:
        return row_known(snapshot, table, text_key, context, situation)

    return known


def reaches(snapshot: Snapshot, notice: Notice, known: Known, *, surely: bool) -> bool:
    """Return whether the customer is one of those that the notice is for, as far as is known."""
    return notice.is_for_stores(_stores(snapshot, notice, known), surely=surely)


def _stores(snapshot: Snapshot, notice: Notice, known: Known) -> set[str]:
    """Return the rows that the customer may mean, of the tables that the notice's stores are in."""
    tables = (
        name
        for name, finder in snapshot.rows.items()
        if not finder.table.rows.keys().isdisjoint(notice.stores)
    )
    return {key for name in tables for key in known(name).keys}
