"""What a viewer sees, by the content in force at each moment."""

from __future__ import annotations

from collections.abc import Callable, Collection

from chatbot.access.viewer import Viewer
from chatbot.console.desk_rows import Entry
from chatbot.console.scope import Sees, scope_of
from chatbot.console.tools import ConsoleTools
from chatbot.dialogue.snapshot import Snapshot
from chatbot.facts.meant import rows_meant
from chatbot.store.tags import tags_of_customers


class Sight:
    """Tells whether a viewer sees an entry of the list."""

    def __init__(self, viewer: Viewer, snapshot: Callable[[], Snapshot]) -> None:
        self._viewer = viewer
        self._snapshot = snapshot
        self._seen_by: Snapshot | None = None
        self._sees: Sees = lambda _: False

    def __call__(self, entry: Entry) -> bool:
        """Return whether the viewer sees it."""
        snapshot = self._snapshot()
        if snapshot is not self._seen_by:  # another one may know other stores
            self._seen_by, self._sees = snapshot, scope_of(self._viewer, snapshot)
        return self._sees(entry.rows)


async def customers_seen(
    tools: ConsoleTools, viewer: Viewer, customers: Collection[str]
) -> set[str]:
    """Return the seen ones of customers without a conversation: their tags tell the store."""
    if viewer.stores is None or not customers:
        return set(customers)
    snapshot, now = tools.snapshot(), tools.clock.now()
    sees = scope_of(viewer, snapshot)
    tags = await tools.database.run(tags_of_customers, sorted(set(customers)), now)
    return {
        each for each in customers if sees(rows_meant(snapshot.rows, {}, tags.get(each, ()), ""))
    }
