"""The entries that a change touches: those that are written otherwise, and those beside them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from chatbot.answers.entries import Entry
from chatbot.dialogue.snapshot import Snapshot
from chatbot.matching.practice import spread

#: So many wordings around each of a changed entry, and around at most so many of them.
_NEAR = 6
_MOST_LOOKED_AT = 600


def touched(before: Sequence[Entry], after: Snapshot) -> frozenset[int]:
    """Return the entries of ``after``, by number, that are not ``before`` as they are now.

    And those whose wordings are next to theirs.
    """
    former = {entry.id: entry for entry in before}
    changed = {
        number
        for number, entry in enumerate(after.entries)
        if former.get(entry.id) != entry
    }  # fmt: skip
    return frozenset(changed | set(_beside(after, changed)))


def _beside(snapshot: Snapshot, changed: Collection[int]) -> Iterator[int]:
    matcher = snapshot.ranker.matcher
    if matcher is None:
        return
    own = [number for label in sorted(changed) for number in matcher.texts_of(label)]
    for number in spread(own, _MOST_LOOKED_AT):
        near = matcher.texts.nearest(matcher.texts.rows[number], _NEAR)
        yield from map(matcher.label_of, near.tolist())
