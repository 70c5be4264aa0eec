"""A menu that asks which row of a table is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatbot.facts.rows import NARROWING
from chatbot.facts.tables import Table

#: A menu of the platform has ten lines; the last one calls a person.
LINES = 9


@dataclass(frozen=True, slots=True)
class RowOption:
    """A line: ``value`` is what ``follow`` understands, ``caption`` what the customer taps.

    A caption that is a row or a city says by itself what it chooses, typed or tapped.
    """

    value: str
    caption: str


@dataclass(frozen=True, slots=True)
class RowQuestion:
    """At most nine lines."""

    options: tuple[RowOption, ...]


@dataclass(frozen=True, slots=True)
class Followed:
    """The rows that are left after a line was chosen, and the line the next menu begins with."""

    keys: tuple[str, ...]
    offset: int = 0


def ask_for_row(
    table: Table, candidates: Sequence[str], *, more: str, offset: int = 0
) -> RowQuestion:
    """Return the menu for ``candidates`` (none: all rows), from line ``offset`` on.

    Up to nine rows are listed. More are grouped by the first column that tells them apart in two
    to nine values, else by one with more values, else they are listed; what does not fit follows
    after a line with the caption ``more``.
    """
    keys = tuple(candidates or table.rows)
    column = _grouping_column(table, keys) if len(keys) > LINES else None
    if column is None:
        options = [RowOption(f"={key}", key) for key in keys]
    else:
        options = [RowOption(f"{column}={value}", value) for value in _values(table, keys, column)]
    return RowQuestion(_page(options, more, offset))


def follow(table: Table, candidates: Sequence[str], value: str) -> Followed:
    """Return what is left of ``candidates`` (none: all rows) after the line ``value``.

    A value that no longer leads anywhere, as after a change of the table, leaves all of them.
    """
    keys = tuple(candidates or table.rows)
    if value.startswith("+"):
        return Followed(keys, int(value[1:]) if value[1:].isdecimal() else 0)
    column, _, wanted = value.partition("=")
    column = column or table.columns[0]
    left = tuple(key for key in keys if table.value(key, column) == wanted)
    return Followed(left or keys)


def _page(options: list[RowOption], more: str, offset: int) -> tuple[RowOption, ...]:
    rest = options[offset:] or options
    if len(rest) <= LINES:
        return tuple(rest)
    following = RowOption(f"+{offset + LINES - 1}", more)
    return (*rest[: LINES - 1], following)


def _grouping_column(table: Table, keys: tuple[str, ...]) -> str | None:
    """Return the column that cuts ``keys`` into few groups, None if no column cuts them."""
    counts: dict[str, int] = {}
    for column in filter(NARROWING.__contains__, table.columns[1:]):
        values = _values(table, keys, column)
        if "" not in values and 1 < len(values) < len(keys):
            counts[column] = len(values)
    few = (column for column, count in counts.items() if count <= LINES)
    return next(few, next(iter(counts), None))


def _values(table: Table, keys: tuple[str, ...], column: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(table.value(key, column) or "" for key in keys))
