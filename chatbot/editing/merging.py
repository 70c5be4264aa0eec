"""What becomes of a record that two have changed, each without the other: pure.

A record is keys with values, as an admin would write them; a key that is not there says the same
as one with None. A record that is None is not there at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from chatbot.exchange.merging import WHOLE, merged_list

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Clashing:
    """A field that both have changed, each in another way. ``WHOLE``: one has taken it out."""

    key: str
    base: Any
    theirs: Any
    mine: Any


@dataclass(frozen=True, slots=True)
class Merged:
    """The record with the changes of both; where they clash it is mine."""

    record: Record | None
    clashes: tuple[Clashing, ...] = ()


#: Returns ``theirs`` with what ``mine`` has changed of ``base``, in this order.
Merge = Callable[[Record | None, Record | None, Record | None], Merged]


@dataclass(slots=True)
class _Fields:
    record: Record = field(default_factory=dict)
    clashes: list[Clashing] = field(default_factory=list)


def merged_records(
    base: Record | None,
    theirs: Record | None,
    mine: Record | None,
    lists: Collection[str] = (),
) -> Merged:
    """Return ``theirs`` with what ``mine`` has changed of ``base``.

    The fields in ``lists`` hold items that stand for themselves: they merge item by item.
    """
    if mine in (base, theirs):
        return Merged(theirs)
    if theirs == base:
        return Merged(mine)
    if mine is None or (theirs is None and base is not None):
        return Merged(mine, (Clashing(WHOLE, base, theirs, mine),))
    found = _Fields()
    base, theirs = base or {}, theirs or {}
    for key in _keys(theirs, mine, base):
        _merge_field(found, key, (base.get(key), theirs.get(key), mine.get(key)), lists)
    return Merged(found.record, tuple(found.clashes))


def merged_value(base: Any, theirs: Any, mine: Any, *, is_list: bool) -> tuple[bool, Any]:
    """Return whether it is clear what a value is to be, and what: mine, if it is not."""
    if mine in (base, theirs):
        return True, theirs
    if theirs == base:
        return True, mine
    if is_list and all(isinstance(each, list | None) for each in (base, theirs, mine)):
        return True, merged_list(base or (), theirs or (), mine or ()) or None
    return False, mine


def _merge_field(
    found: _Fields, key: str, values: tuple[Any, Any, Any], lists: Collection[str]
) -> None:
    base, theirs, mine = values
    is_clear, value = merged_value(base, theirs, mine, is_list=key in lists)
    if not is_clear:
        found.clashes.append(Clashing(key, base, theirs, mine))
    if value is not None:
        found.record[key] = value


def without_nothing(record: Record | None) -> Record | None:
    """Return a record without the keys that say nothing."""
    if record is None:
        return None
    return {key: value for key, value in record.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Step:
    """What one edit made of a record."""

    before: Record | None
    after: Record | None


def joined(steps: Sequence[Step]) -> Step:
    """Return several edits of one record as one: only the fields that any of them changed.

    If the record came or went on the way, all fields of the first and the last.
    """
    first, last = steps[0].before, steps[-1].after
    if first is None or last is None:
        return Step(first, last)
    if any(each.before is None or each.after is None for each in steps):
        keys = _keys(first, last)
        return Step({key: first.get(key) for key in keys}, {key: last.get(key) for key in keys})
    before: Record = {}
    after: Record = {}
    for step in steps:
        for key, was, becomes in _changed(step):
            before.setdefault(key, was)
            after[key] = becomes
    return Step(before, after)


def onto(steps: Sequence[Step], present: Record | None, merge: Merge) -> Merged:
    """Return what ``present`` becomes by steps that may be of another record."""
    if present is None:  # only whole records can come or go
        return merge(steps[0].before, None, steps[-1].after)
    step = joined(steps)
    if step.before is None or step.after is None:
        return merge(step.before, present, step.after)
    base = without_nothing({**present, **step.before})
    mine = without_nothing({**present, **step.after})
    return merge(base, present, mine)


def with_theirs(merged: Merged, theirs: Record | None) -> Record | None:
    """Return a merged record with their values where it clashes."""
    keys = {each.key for each in merged.clashes}
    if not keys:
        return merged.record
    if WHOLE in keys or theirs is None:
        return theirs
    said = {key: theirs.get(key) for key in keys}
    return without_nothing({**(merged.record or {}), **said})


def taken_back(steps: Sequence[Step], merge: Merge) -> Record | None:
    """Return what a file says without the steps that made it say so, the last undone first.

    What was written in the file by hand between two of them stays.
    """
    record = steps[-1].after
    for step in reversed(steps):
        record = with_theirs(merge(step.after, record, step.before), record)
    return record


def _changed(step: Step) -> list[tuple[str, Any, Any]]:
    before, after = step.before or {}, step.after or {}
    return [
        (key, before.get(key), after.get(key))
        for key in _keys(before, after)
        if before.get(key) != after.get(key)
    ]


def _keys(*records: Record) -> list[str]:
    return list(dict.fromkeys(key for record in records for key in record))
