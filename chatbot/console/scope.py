"""Which conversations a viewer sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from chatbot.access.viewer import Viewer
from chatbot.dialogue.snapshot import Snapshot
from chatbot.facts.meant import rows_meant, rows_named
from chatbot.store.desk_list import DeskRow

#: From the rows that a customer belongs to, by table, to whether the conversation is seen.
Sees = Callable[[Mapping[str, str]], bool]


def rows_of(row: DeskRow, snapshot: Snapshot) -> dict[str, str]:
    """Return the row of each table (a store, …) that a conversation is about."""
    return rows_meant(snapshot.rows, row.rows, row.tags, row.scene)


def scope_of(viewer: Viewer, snapshot: Snapshot) -> Sees:
    """Return what tells whether ``viewer`` sees a conversation.

    Of the tables only those count that have one of the viewer's stores: a customer who asked for
    a kind of room has not said in which store.
    """
    if viewer.stores is None:
        return lambda _: True
    stores = frozenset(rows_named(snapshot.rows, snapshot.normaliser, viewer.stores))
    limited = replace(viewer, stores=tuple(stores))
    tables = {
        name for name, finder in snapshot.rows.items() if not stores.isdisjoint(finder.table.rows)
    }

    def sees(rows: Mapping[str, str]) -> bool:
        return limited.sees_store({row for table, row in rows.items() if table in tables})

    return sees
