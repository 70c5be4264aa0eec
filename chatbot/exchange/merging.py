"""What becomes of a folder's entries when a file of entries comes in: a three-way merge, pure.

``base`` is what the file was made from, ``ours`` the folder now, ``theirs`` the file. An entry is
its fields, as ``records.fields_of`` gives them; a field that the file does not state stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chatbot.exchange.records import LISTS

Cells = Mapping[str, Any]
Kind = Literal["new", "changed", "same", "conflict", "missing", "retired", "gone"]
Prefer = Literal["neither", "file", "folder"]
#: The key of a conflict about whether there is the entry at all.
WHOLE = "entry"


@dataclass(frozen=True, slots=True)
class Stated:
    """An entry of the file: its line there, and the fields that the file states."""

    id: str
    line: int
    cells: Cells


@dataclass(frozen=True, slots=True)
class Change:
    """A field of the folder, and what it is to be; None for nothing."""

    key: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that the folder and the file have changed, each in its own way."""

    key: str
    base: Any
    ours: Any
    theirs: Any


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one entry.

    ``gone``: the folder has dropped it, and the file says nothing new about it. ``line`` is the
    file's, 0 for an entry that is not in it.
    """

    kind: Kind
    id: str
    line: int = 0
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of every entry, those of the file first and in its order."""

    steps: tuple[Step, ...]

    def of_kind(self, *kinds: Kind) -> tuple[Step, ...]:
        """Return the steps of some kinds."""
        return tuple(step for step in self.steps if step.kind in kinds)

    @property
    def conflicts(self) -> tuple[Step, ...]:
        """Return the steps that a person has to decide."""
        return tuple(step for step in self.steps if step.conflicts)


def merge(
    base: Mapping[str, Cells] | None,
    ours: Mapping[str, Cells],
    theirs: Sequence[Stated],
    expected: Collection[str] = (),
    *,
    retire: bool = False,
    prefer: Prefer = "neither",
) -> Plan:
    """Return what is to be done so that ``ours`` takes up what ``theirs`` has changed.

    Without a ``base`` every difference is a change of the file's. ``expected`` are the entries of
    which the file would have had a row; those that it has none of are kept, or retired if
    ``retire`` says so and nobody else has changed them. ``prefer`` decides conflicts, if a person
    said so.
    """
    steps = [_step(base, ours, each, prefer) for each in theirs]
    present = {each.id for each in theirs}
    for identifier in expected:
        if identifier not in present and identifier in ours:
            former = None if base is None else base.get(identifier)
            steps.append(_missing(identifier, former, ours[identifier], prefer, retire=retire))
    return Plan(tuple(steps))


def merged_list(base: Sequence[Any], ours: Sequence[Any], theirs: Sequence[Any]) -> list[Any]:
    """Return ``ours`` with what ``theirs`` has added to ``base``, without what it has dropped."""
    kept = [item for item in ours if item in theirs or item not in base]
    return [*kept, *(item for item in theirs if item not in ours and item not in base)]


def _step(
    base: Mapping[str, Cells] | None, ours: Mapping[str, Cells], each: Stated, prefer: Prefer
) -> Step:
    former = None if base is None else base.get(each.id)
    present = ours.get(each.id)
    if present is not None:
        return _both(former, present, each, prefer, is_known=base is not None)
    if former is None:
        return Step("new", each.id, each.line, _all_of(each.cells))
    if all(former.get(key) == value for key, value in each.cells.items()) or prefer == "folder":
        return Step("gone", each.id, each.line)
    if prefer == "file":
        return Step("new", each.id, each.line, _all_of({**former, **each.cells}))
    conflict = Conflict(WHOLE, former, None, each.cells)
    return Step("conflict", each.id, each.line, (), (conflict,))


def _both(base: Cells | None, ours: Cells, each: Stated, prefer: Prefer, *, is_known: bool) -> Step:
    changes: list[Change] = []
    conflicts: list[Conflict] = []
    for key, theirs in each.cells.items():
        mine = ours.get(key)
        former = base.get(key) if base is not None else None
        decided, value = _decide(key, former, mine, theirs, is_known=is_known)
        if not decided and prefer == "neither":
            conflicts.append(Conflict(key, former, mine, theirs))
            continue
        value = value if decided else theirs if prefer == "file" else mine
        if value != mine:
            changes.append(Change(key, mine, value))
    kind: Kind = "changed" if changes else "conflict" if conflicts else "same"
    return Step(kind, each.id, each.line, tuple(changes), tuple(conflicts))


def _decide(key: str, base: Any, ours: Any, theirs: Any, *, is_known: bool) -> tuple[bool, Any]:
    """Return whether it is clear what a field is to be, and what."""
    if not is_known or base == ours:
        return True, theirs
    if theirs in (base, ours):
        return True, ours
    if key in LISTS:
        return True, merged_list(base or (), ours or (), theirs or ()) or None
    return False, None


def _missing(
    identifier: str, base: Cells | None, ours: Cells, prefer: Prefer, *, retire: bool
) -> Step:
    if not retire or base is None or prefer == "folder":
        return Step("missing", identifier)
    if base == ours or prefer == "file":
        return Step("retired", identifier)
    return Step("conflict", identifier, 0, (), (Conflict(WHOLE, base, ours, None),))


def _all_of(cells: Cells) -> tuple[Change, ...]:
    return tuple(Change(key, None, value) for key, value in cells.items() if value is not None)


def differing(step: Step) -> Iterator[str]:
    """Yield the fields that a step is about."""
    yield from (change.key for change in step.changes)
    yield from (conflict.key for conflict in step.conflicts)
