"""What conversations add to the figures, and the sums by day that pages read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.insight.sums import Cell, Cells, Sum
from chatbot.store.database import statement
from chatbot.store.messages import storable_json

#: Stand for all places, and all topics, together.
EVERYWHERE, EVERYTHING = 0, "*"
#: Any number will do as long as every process uses the same one.
_LOCK_KEY = 0x494E5349
_LOCK = statement("SELECT pg_try_advisory_xact_lock(:key)")
_TAKE = statement(
    # A note with a lower number that is committed meanwhile is not seen, and so it stays.
    "DELETE FROM insight_changes WHERE id <= (SELECT max(id) FROM (SELECT id"
    " FROM insight_changes ORDER BY id LIMIT :limit) AS first) RETURNING conversation_id"
)
_LEFT = statement("SELECT EXISTS (SELECT FROM insight_changes)")
_STORED = statement(
    "SELECT conversation_id, open_kfid, place_id, cells FROM insight_talks"
    " WHERE conversation_id = ANY(:ids)"
)
_NEW_PLACES = statement(
    "INSERT INTO insight_places (rows) SELECT DISTINCT CAST(r AS jsonb)"
    " FROM unnest(CAST(:rows AS text[])) AS r ON CONFLICT (rows) DO NOTHING"
)
_PLACES = statement("SELECT id, rows FROM insight_places ORDER BY id")
_SAVE = statement(
    "INSERT INTO insight_talks (conversation_id, open_kfid, place_id, cells)"
    " SELECT id, kfid, place, CAST(cells AS jsonb) FROM unnest(CAST(:ids AS bigint[]),"
    " CAST(:kfids AS text[]), CAST(:places AS integer[]), CAST(:cells AS text[]))"
    " AS t(id, kfid, place, cells) ON CONFLICT (conversation_id) DO UPDATE SET"
    " open_kfid = EXCLUDED.open_kfid, place_id = EXCLUDED.place_id, cells = EXCLUDED.cells"
)
_FORGET = statement("DELETE FROM insight_talks WHERE conversation_id = ANY(:ids)")
_ADD = statement(
    "INSERT INTO insight_sums AS s (place_id, topic, day, open_kfid, figure, key, n, amount)"
    " SELECT * FROM unnest(CAST(:places AS integer[]), CAST(:topics AS text[]),"
    " CAST(:days AS date[]), CAST(:kfids AS text[]), CAST(:figures AS text[]),"
    " CAST(:keys AS text[]), CAST(:ns AS bigint[]), CAST(:amounts AS bigint[]))"
    " ON CONFLICT (place_id, topic, day, open_kfid, figure, key) DO UPDATE SET"
    " n = s.n + EXCLUDED.n, amount = s.amount + EXCLUDED.amount"
)
_STATE = statement("SELECT counted_at, placed_snapshot, placed_until FROM insight_state")
_COUNTED = statement("UPDATE insight_state SET counted_at = :now")
_PLACED = statement("UPDATE insight_state SET placed_snapshot = :snapshot, placed_until = :until")
_AFTER = statement(
    "SELECT conversation_id, place_id FROM insight_talks WHERE conversation_id > :after"
    " ORDER BY conversation_id LIMIT :limit"
)
_CHANGED = statement(
    "INSERT INTO insight_changes (conversation_id) SELECT unnest(CAST(:ids AS bigint[]))"
)


@dataclass(frozen=True, slots=True)
class CountedTalk:
    """What a conversation has added: at a place, and to which account."""

    open_kfid: str
    place_id: int
    cells: Cells


@dataclass(frozen=True, slots=True)
class CountState:
    """How far the counting has come.

    ``counted_at`` is when nothing was left to count; ``placed_until`` the last conversation whose
    place was looked at by the tables of the snapshot ``placed_snapshot``.
    """

    counted_at: datetime | None
    placed_snapshot: int
    placed_until: int


def count_alone(connection: Connection) -> bool:
    """Return whether nobody else counts until this transaction ends."""
    return bool(connection.scalar(_LOCK, {"key": _LOCK_KEY}))


def take_changes(connection: Connection, limit: int) -> list[int]:
    """Take up to ``limit`` notes of changes away; return the conversations they are about."""
    return sorted(set(connection.scalars(_TAKE, {"limit": limit})))


def is_all_taken(connection: Connection) -> bool:
    """Return whether no change waits to be counted."""
    return not connection.scalar(_LEFT)


def note_changes(connection: Connection, ids: Sequence[int]) -> None:
    """Have these conversations counted anew."""
    connection.execute(_CHANGED, {"ids": list(ids)})


def count_state(connection: Connection) -> CountState:
    """Return how far the counting has come."""
    return CountState(*connection.execute(_STATE).one())


def note_counted(connection: Connection, now: datetime) -> None:
    """Note that nothing was left to count."""
    connection.execute(_COUNTED, {"now": now})


def note_placed(connection: Connection, snapshot: int, until: int) -> None:
    """Note how far places were looked at by the tables of a snapshot."""
    connection.execute(_PLACED, {"snapshot": snapshot, "until": until})


def places_after(connection: Connection, after: int, limit: int) -> dict[int, int]:
    """Return the places of the next conversations that were counted, by conversation."""
    rows = connection.execute(_AFTER, {"after": after, "limit": limit})
    return {row.conversation_id: row.place_id for row in rows}


def counted_talks(connection: Connection, ids: Sequence[int]) -> dict[int, CountedTalk]:
    """Return what these conversations have added so far."""
    return {
        row.conversation_id: CountedTalk(row.open_kfid, row.place_id, _cells(row.cells))
        for row in connection.execute(_STORED, {"ids": list(ids)})
    }


def save_talks(connection: Connection, talks: Mapping[int, CountedTalk | None]) -> None:
    """Keep what conversations have added; None: nothing any more."""
    kept = {number: talk for number, talk in talks.items() if talk is not None}
    values = {
        "ids": list(kept), "kfids": [each.open_kfid for each in kept.values()],
        "places": [each.place_id for each in kept.values()],
        "cells": [storable_json(_written(each.cells)) for each in kept.values()],
    }  # fmt: skip
    connection.execute(_SAVE, values)
    connection.execute(_FORGET, {"ids": [number for number in talks if number not in kept]})


def all_places(connection: Connection) -> dict[int, dict[str, str]]:
    """Return the rows of tables that each place stands for."""
    return {row.id: row.rows for row in connection.execute(_PLACES)}


def places_of(connection: Connection, rows: Iterable[Mapping[str, str]]) -> dict[str, int]:
    """Return the numbers of places by their rows, as `place_key` writes them."""
    wanted = {place_key(each) for each in rows}
    known = {place_key(each): number for number, each in all_places(connection).items()}
    if missing := sorted(wanted - known.keys()):
        connection.execute(_NEW_PLACES, {"rows": missing})
        known = {place_key(each): number for number, each in all_places(connection).items()}
    return {key: known[key] for key in wanted}


def place_key(rows: Mapping[str, str]) -> str:
    """Return rows of tables as text, the same for the same rows."""
    return storable_json(dict(sorted(rows.items())))


#: What is added to a place's sums of an account.
Steps = Mapping[tuple[int, str], Cells]


def add_to_sums(connection: Connection, steps: Steps) -> None:
    """Add to the sums: of the place and of all, of the topic and of all."""
    rows: defaultdict[tuple[Any, ...], Sum] = defaultdict(Sum)
    for (place, open_kfid), cells in steps.items():
        for (day, topic, figure, key), step in cells.items():
            for at in (place, EVERYWHERE):
                for about in (topic, EVERYTHING):
                    row = (at, about, day, open_kfid, figure, key)
                    rows[row] = rows[row].plus(step)
    # In one order, so that the index is filled along.
    found = sorted((row, step) for row, step in rows.items() if step != Sum())
    names = ("places", "topics", "days", "kfids", "figures", "keys")
    values: dict[str, list[Any]] = {
        name: [row[place] for row, _ in found] for place, name in enumerate(names)
    }
    values |= {"ns": [step.n for _, step in found], "amounts": [step.amount for _, step in found]}
    connection.execute(_ADD, values)


def _written(cells: Cells) -> list[list[Any]]:
    return [[cell.day.isoformat(), *cell[1:], *total] for cell, total in cells.items()]


def _cells(written: Sequence[Sequence[Any]]) -> dict[Cell, Sum]:
    return {
        Cell(date.fromisoformat(day), topic, figure, key): Sum(n, amount)
        for day, topic, figure, key, n, amount in written
    }
