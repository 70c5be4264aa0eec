"""Which questions mean the same: groups that grow and never move what is in them. Pure.

A question joins the group whose middle it is nearest to, or founds one. Nothing that came before
is looked at again, so whatever arrives later, a question stays where it is; people move, merge and
split, and what they did counts for what comes next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from chatbot.matching.encoder import Vectors

#: From this cosine to a group's middle on, centred as the live index compares, a question joins.
#: Measured on 3,836 labelled messages of one brand's customers (docs/benchmarks.md): of more,
#: groups fall apart; of less, they mix.
JOIN_FROM = 0.58
#: So many new texts are compared with all groups in one product.
_BLOCK = 256
_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Member:
    """A text that has a group: its letters and digits, the group, its centred vector.

    ``by_hand``: a person put it there.
    """

    key: str
    group: int
    row: Vectors
    by_hand: bool = False


class Grouping:
    """Groups by number, with what is needed to place further texts.

    Equal letters belong together; where a person put some of them, there the next ones go.
    """

    def __init__(
        self, width: int, members: Iterable[Member] = (), *, join_from: float = JOIN_FROM
    ) -> None:
        self._join_from = join_from
        self._sums: Vectors = np.zeros((64, width), dtype=np.float32)
        self._units: Vectors = np.zeros((64, width), dtype=np.float32)
        self._groups: list[int] = []
        self._place_of: dict[int, int] = {}
        self._of_key: dict[str, tuple[int, bool]] = {}
        self._founded = 0
        for each in members:
            self.add(each)

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self._groups)

    def add(self, member: Member) -> None:
        """Put a text into its group; one by hand decides for texts of the same letters."""
        known = self._of_key.get(member.key)
        if known is None or member.by_hand:
            self._of_key[member.key] = (member.group, member.by_hand)
        if known is not None and known[0] == member.group:
            return  # the middle is that of different texts
        place = self._place_of.get(member.group)
        if place is None:
            place = self._new_place(member.group)
        self._sums[place] += member.row
        self._units[place] = _unit(self._sums[place])

    def place(self, keys: Sequence[str], rows: Vectors) -> list[int]:
        """Return the group of each text, in their order; a negative number is a new group."""
        placed: list[int] = []
        for start in range(0, len(keys), _BLOCK):
            some = rows[start : start + _BLOCK]
            likeness = some @ self._units[: len(self._groups)].T
            touched: set[int] = set()
            for at, key in enumerate(keys[start : start + _BLOCK]):
                group = self._group_of(key, some[at], likeness[at], touched)
                self.add(Member(key, group, some[at]))
                touched.add(self._place_of[group])
                placed.append(group)
        return placed

    def likeness(self, group: int, row: Vectors) -> float:
        """Return how near a text is to the middle of a group, −1 to one that is not here."""
        place = self._place_of.get(group)
        return -1.0 if place is None else float(self._units[place] @ row)

    def called(self, numbers: dict[int, int]) -> None:
        """Give groups that were founded here, by negative numbers, those they are kept by."""
        for old, new in numbers.items():
            place = self._place_of.pop(old)
            self._place_of[new], self._groups[place] = place, new
        self._of_key = {
            key: (numbers.get(group, group), by_hand)
            for key, (group, by_hand) in self._of_key.items()
        }

    def _group_of(self, key: str, row: Vectors, likeness: Vectors, touched: set[int]) -> int:
        """Return the group for a text; ``likeness`` is that to the groups before the block."""
        known = self._of_key.get(key)
        if known is not None:
            return known[0]
        scores = np.concatenate(
            [likeness, np.full(len(self._groups) - len(likeness), -1.0, dtype=np.float32)]
        )
        if touched:  # moved, or founded, since the block began
            places = sorted(touched)
            scores[places] = self._units[places] @ row
        best = int(np.argmax(scores)) if len(scores) else -1
        if best >= 0 and scores[best] >= self._join_from:
            return self._groups[best]
        self._founded += 1
        return -self._founded

    def _new_place(self, group: int) -> int:
        place = len(self._groups)
        if place == len(self._sums):
            self._sums = np.concatenate([self._sums, np.zeros_like(self._sums)])
            self._units = np.concatenate([self._units, np.zeros_like(self._units)])
        self._groups.append(group)
        self._place_of[group] = place
        return place


def nearest_to_middle(rows: Vectors, times: Sequence[int]) -> int:
    """Return which text says best what all mean, each asked so many ``times``."""
    middle = _unit(np.array(times, dtype=np.float32) @ rows)
    return int(np.argmax(np.round(rows @ middle, 5)))


def _unit(row: Vectors) -> Vectors:
    return np.asarray(row / max(float(np.linalg.norm(row)), _LEAST), dtype=np.float32)
