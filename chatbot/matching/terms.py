"""Which terms texts have, and how often: counted once, and carried on to the next index."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]

#: In the place of a row's number: the text is new.
NEW = -1


def bigrams(key: str) -> list[str]:
    """Return the character pairs of ``key``, a text without marks and spaces; itself if short."""
    return [key[at : at + 2] for at in range(len(key) - 1)] or ([key] if key else [])


def all_terms(key: str, words: Iterable[str]) -> list[str]:
    """Return the terms of a text: its character pairs and, each once, its words.

    A pair that is a word as well comes twice: it is no accident of two neighbours.
    """
    return [*bigrams(key), *dict.fromkeys(words)]


def terms_of(key: str, words: Iterable[str]) -> Counter[str]:
    """Return how often a text has each of its terms."""
    return Counter(all_terms(key, words))


@dataclass(frozen=True, slots=True)
class TermTable:
    """How often each text has each term, rows one after the other.

    ``names`` are the terms that any text has, sorted, ``terms`` their numbers, ascending in a row,
    ``times`` how often each, ``lengths`` where rows end. The same texts give the same table.
    """

    names: tuple[str, ...]
    terms: npt.NDArray[np.int32]
    times: npt.NDArray[np.int32]
    lengths: Numbers

    @classmethod
    def of(cls, texts: Iterable[Iterable[str]]) -> TermTable:
        """Count the terms of ``texts``, each given with its repetitions."""
        fresh = list(texts)
        none = np.zeros(0, dtype=np.int32)
        empty = cls((), none, none, np.zeros(0, dtype=np.int64))
        return empty.followed_by([NEW] * len(fresh), fresh)

    def followed_by(self, rows: Sequence[int], fresh: Iterable[Iterable[str]]) -> TermTable:
        """Return the table of the texts ``rows`` of this one, `NEW` standing for one of ``fresh``.

        Only the ``fresh`` ones, in their order, are counted.
        """
        numbers: defaultdict[str, int] = defaultdict(count(len(self.names)).__next__)
        numbers.update(zip(self.names, range(len(self.names)), strict=True))
        flat: list[int] = []
        lengths: list[int] = []
        for text in fresh:
            before = len(flat)
            flat.extend(map(numbers.__getitem__, text))
            lengths.append(len(flat) - before)
        names = list(numbers)
        places = np.array(rows, dtype=np.int64)
        kept, new = np.flatnonzero(places != NEW), np.flatnonzero(places == NEW)
        old_lengths = self.lengths[places[kept]]
        starts = np.cumsum(self.lengths) - self.lengths
        at = runs(starts[places[kept]], old_lengths)
        owners = np.concatenate([np.repeat(kept, old_lengths), np.repeat(new, lengths)])
        terms = np.concatenate([self.terms[at], np.array(flat, dtype=np.int64)])
        times = np.concatenate([self.times[at], np.ones(len(flat), dtype=np.int32)])
        return _table(names, owners, terms, times, len(places))

    @property
    def owners(self) -> Numbers:
        """Return for each term the number of its row."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)


def _table(
    names: Sequence[str], owners: Numbers, terms: Numbers, times: Numbers, texts: int
) -> TermTable:
    """Put terms in order: sorted by name, each once a text."""
    used = np.flatnonzero(np.bincount(terms, minlength=len(names))).tolist()
    order = sorted(used, key=names.__getitem__)
    place = np.zeros(len(names), dtype=np.int64)
    place[order] = np.arange(len(order))
    cells, cell_of = np.unique(owners * max(1, len(order)) + place[terms], return_inverse=True)
    row_of, term_of = np.divmod(cells, max(1, len(order)))
    return TermTable(
        tuple(names[number] for number in order),
        term_of.astype(np.int32),
        np.bincount(cell_of, times, len(cells)).astype(np.int32),
        np.bincount(row_of, minlength=texts).astype(np.int64),
    )


def runs(starts: Numbers, lengths: Numbers) -> Numbers:
    """Return the places of all runs, each from its start on, one run after the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.repeat(starts - (ends - lengths), lengths) + np.arange(total))
