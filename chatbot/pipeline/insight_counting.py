"""Counts what happened: one process at a time, each batch of conversations in one transaction.

What has changed is noted by the database beside the change itself. The notes of a batch are taken
away, its conversations are counted anew from the record, and the sums get the difference to what
they had added before: all together or not at all, so who dies meanwhile has counted nothing, and
what changes late (a return, a rating, a judgement) changes the day that it belongs to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection

from chatbot.clock import Clock
from chatbot.dialogue.snapshot import Snapshot
from chatbot.facts.meant import rows_meant
from chatbot.insight.cells import cells_of
from chatbot.insight.sums import Cell, Sum, changes
from chatbot.pipeline.checkpoints import Checkpoint, pass_by
from chatbot.store.database import Database
from chatbot.store.errors import StoreUnavailable
from chatbot.store.insight import (
    CountedTalk,
    CountState,
    add_to_sums,
    count_alone,
    count_state,
    counted_talks,
    is_all_taken,
    note_changes,
    note_counted,
    note_placed,
    place_key,
    places_after,
    places_of,
    save_talks,
    take_changes,
)
from chatbot.store.insight_record import talks_of
from chatbot.store.staff_answers import whereabouts

log = structlog.get_logger()

#: Notes of changes that are taken at once: several are often of one conversation.
AT_ONCE = 500
#: Figures are this old at most, in seconds, while nothing piles up.
PAUSE_SECONDS = 5.0


class Counting:
    """Keeps the sums true to the record."""

    def __init__(
        self,
        database: Database,
        snapshot: Callable[[], Snapshot],
        clock: Clock,
        checkpoint: Checkpoint = pass_by,
    ) -> None:
        self._database = database
        self._snapshot = snapshot
        self._clock = clock
        self._checkpoint = checkpoint

    async def run(self) -> None:
        """Count until cancelled."""
        while True:
            is_more = False
            try:
                is_more = await self._database.run(self.step)
            except StoreUnavailable as error:
                log.warning("counting_failed", error=str(error))
            if not is_more:
                await self._clock.sleep(PAUSE_SECONDS)

    def count_all(self, database: Database) -> None:
        """Count all that there is to count, in the calling thread."""
        while database.run_sync(self.step):
            pass

    def step(self, connection: Connection) -> bool:
        """Count a batch; return whether there may be more to do, and nobody else does it."""
        snapshot = self._snapshot()
        if not count_alone(connection):
            return False
        state = count_state(connection)
        if state.placed_snapshot > snapshot.number:
            return False  # this process is about to get newer tables; others have them
        if not self._place(connection, snapshot, state):
            return True
        ids = take_changes(connection, AT_ONCE)
        if ids:
            self._count(connection, ids, snapshot)
        if is_done := is_all_taken(connection):
            note_counted(connection, self._clock.now())
        self._checkpoint("insight-counted")
        return not is_done

    def _place(self, connection: Connection, snapshot: Snapshot, state: CountState) -> bool:
        """Look whose customers these are by new tables; return whether all were looked at."""
        after = state.placed_until if state.placed_snapshot == snapshot.number else 0
        if after < 0:
            return True
        places = places_after(connection, after, AT_ONCE)
        keys = _places(connection, list(places), snapshot, self._clock.now())
        numbers = places_of(connection, keys.values())
        moved = [each for each, rows in keys.items() if numbers[place_key(rows)] != places[each]]
        note_changes(connection, moved)
        note_placed(connection, snapshot.number, max(places, default=-1))
        return not places

    def _count(self, connection: Connection, ids: Sequence[int], snapshot: Snapshot) -> None:
        self._checkpoint("insight-taken")
        before, talks = counted_talks(connection, ids), talks_of(connection, ids)
        rows = _places(connection, list(talks), snapshot, self._clock.now())
        numbers = places_of(connection, rows.values())
        after: dict[int, CountedTalk | None] = dict.fromkeys(ids)
        for number, talk in talks.items():
            place = numbers[place_key(rows[number])]
            after[number] = CountedTalk(talk.open_kfid, place, cells_of(talk, snapshot.timezone))
        add_to_sums(connection, _steps([(before.get(each), after[each]) for each in ids]))
        save_talks(connection, after)


def _steps(
    pairs: Sequence[tuple[CountedTalk | None, CountedTalk | None]],
) -> dict[tuple[int, str], dict[Cell, Sum]]:
    """Return what is to be added where, from what conversations added before and add now."""
    before, after = (_together(side) for side in zip(*pairs, strict=True))
    return {where: changes(before[where], after[where]) for where in {**before, **after}}


def _together(
    talks: Sequence[CountedTalk | None],
) -> defaultdict[tuple[int, str], dict[Cell, Sum]]:
    found: defaultdict[tuple[int, str], dict[Cell, Sum]] = defaultdict(dict)
    for talk in talks:
        if talk is not None:
            held = found[talk.place_id, talk.open_kfid]
            for cell, each in talk.cells.items():
                held[cell] = held.get(cell, Sum()).plus(each)
    return found


def _places(
    connection: Connection, ids: Sequence[int], snapshot: Snapshot, now: datetime
) -> dict[int, dict[str, str]]:
    return {
        number: rows_meant(snapshot.rows, each.rows, each.tags, each.scene)
        for number, each in whereabouts(connection, ids, now).items()
    }
