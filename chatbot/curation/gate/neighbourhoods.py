"""The wordings that other content could lead elsewhere, asked as if they were not there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest

from chatbot.answers.entries import Entry
from chatbot.curation.gate.change import Change, Verdict
from chatbot.curation.left_out import meet
from chatbot.dialogue.snapshot import Snapshot
from chatbot.matching.matcher import Matcher
from chatbot.matching.practice import spread, without_itself

#: Wordings that are asked, at most: the nearest to a change first.
MOST_ASKED = 600
#: So many wordings around a changed one are looked at.
_NEAR = 20
#: Of more changed wordings than that every so many-th stands for its neighbours.
_MOST_CHANGED = 300

#: An entry's id and a wording of it as it is written.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """How many wordings were asked, and those of them that would be served otherwise."""

    count: int
    changes: tuple[Change, ...]


def changed_wordings(before: Sequence[Entry], after: Sequence[Entry]) -> list[Key]:
    """Return the wordings that are in one of both, or whose entry answers under other rules."""
    old, new = _standing(before), _standing(after)
    return [key for key in dict.fromkeys((*new, *old)) if old.get(key) != new.get(key)]


def _standing(entries: Sequence[Entry]) -> dict[Key, tuple[object, ...]]:
    """Return all wordings with what beside them decides whether an entry answers."""
    return {
        (entry.id, wording): (
            entry.category, entry.valid, entry.target, entry.auto, entry.scope, entry.excluded,
        )
        for entry in entries
        for wording in entry.wordings
    }  # fmt: skip


def ask_neighbours(before: Snapshot, after: Snapshot, changed: Collection[Key]) -> Asked:
    """Ask wordings near a change, each as if it were not there, of both snapshots.

    Only those that both have, with others of their entry: without any, nothing is to be found.
    """
    old, new = _Indexed.of(before), _Indexed.of(after)
    if old is None or new is None:
        return Asked(0, ())
    near = chain(old.near(changed), new.near(changed))
    keys = islice(
        (key for key in dict.fromkeys(near) if key in old.numbers and key in new.numbers),
        MOST_ASKED,
    )
    pairs = [(key, old.verdict(key), new.verdict(key)) for key in keys]
    changes = tuple(
        Change(text, "left-out", former, latter, entry)
        for (entry, text), former, latter in pairs
        if former is not None and latter is not None and not former.is_like(latter)
    )
    return Asked(len(pairs), changes)


@dataclass(frozen=True, slots=True)
class _Indexed:
    """The wordings of one snapshot by their number in its index, and back."""

    snapshot: Snapshot
    matcher: Matcher
    numbers: Mapping[Key, int]
    keys: Sequence[Key]

    @classmethod
    def of(cls, snapshot: Snapshot) -> _Indexed | None:
        """Return the wordings of ``snapshot``; None if it has no entries."""
        matcher = snapshot.ranker.matcher
        if matcher is None:
            return None
        keys = [
            (entry.id, wording)
            for entry, written in zip(snapshot.entries, snapshot.indexed, strict=True)
            for wording in written.values()
        ]
        return cls(snapshot, matcher, {key: number for number, key in enumerate(keys)}, keys)

    def near(self, changed: Collection[Key]) -> Iterator[Key]:
        """Yield the wordings around those ``changed`` that are here, the nearest of each first."""
        here = [self.numbers[key] for key in changed if key in self.numbers]
        texts = self.matcher.texts
        around = [
            texts.nearest(texts.rows[number], _NEAR).tolist()
            for number in spread(here, _MOST_CHANGED)
        ]
        for row in zip_longest(*around):
            yield from (self.keys[number] for number in row if number is not None)

    def verdict(self, key: Key) -> Verdict | None:
        """Return what would become of a wording that is not there; None if nobody can tell."""
        left_out = without_itself(self.matcher, self.numbers[key])
        if left_out is None:
            return None
        met = meet(self.snapshot, left_out)
        leads = self.snapshot.entries[met.best].id
        answered = leads if met.step == "answer" else ""
        return Verdict(met.step, answered, met.confidence.right, leads)
