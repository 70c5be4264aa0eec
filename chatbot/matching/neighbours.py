"""The texts near a message, and how much each of them speaks for being meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chatbot.matching import fuzzy, kernel
from chatbot.matching.dense import DenseIndex, Nearest
from chatbot.matching.encoder import Vectors
from chatbot.matching.lexical import LexicalIndex, SparseRows
from chatbot.matching.terms import NEW, TermTable, all_terms, terms_of

_NEAREST_DENSE = 64
_NEAREST_LEXICAL = 12
#: How many of them may belong to one label: an entry with hundreds of wordings must not hide what
#: else a message may be about. So many texts are looked at then for others.
_OF_ONE_LABEL = 24
_LOOKED_AT = 400
#: How many of them are compared with each other by words and letters as well, those most like the
#: query. For the others the meaning is enough; all of them change no figure by more than noise.
_COMPARED = 32

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Near:
    """The texts near a query by number, their similarities and kernel weights.

    ``novelty`` says how little the query is like any of them, 0 to 1.
    """

    numbers: Numbers
    dense: Floats
    lexical: Floats
    fuzzy: Floats
    weights: npt.NDArray[np.float64]
    novelty: float


class Neighbourhood:
    """Texts by meaning, by words and by letters; immutable once built.

    ``keys`` are the texts' letters and digits, ``labels`` what they stand for, ``words`` their
    words, ``vectors`` has a row each. ``background`` holds vectors of everyday messages, for what
    all messages have in common.
    """

    def __init__(
        self,
        keys: Sequence[str],
        labels: Numbers,
        words: Sequence[Iterable[str]],
        vectors: Vectors,
        background: Vectors,
        former: Neighbourhood | None = None,
    ) -> None:
        """Index the texts; the terms of those that ``former`` has with these words are taken over.

        The same words are the same object: who cuts texts takes over words of former ones, too.
        """
        self._keys = list(keys)
        self._words = words
        self._labels = labels
        self._crowded = bool(np.bincount(labels).max(initial=0) > _OF_ONE_LABEL)
        self._dense = DenseIndex(vectors, background)
        self._lexical = LexicalIndex(self._counted(former))

    def _counted(self, former: Neighbourhood | None) -> TermTable:
        texts = list(zip(self._keys, self._words, strict=True))
        if former is None:
            return TermTable.of(all_terms(key, words) for key, words in texts)
        known = {
            (key, id(words)): row
            for row, (key, words) in enumerate(zip(former._keys, former._words, strict=True))
        }
        rows = [known.get((key, id(words)), NEW) for key, words in texts]
        fresh = (all_terms(*text) for text, row in zip(texts, rows, strict=True) if row == NEW)
        return former.terms.followed_by(rows, fresh)

    @property
    def rows(self) -> Vectors:
        """Return the centred vectors of the texts, a row each."""
        return self._dense.rows

    @property
    def terms(self) -> TermTable:
        """Return how often each text has each term."""
        return self._lexical.table

    def centre(self, vector: Vectors) -> Vectors:
        """Return a query's unit vector as the texts' are compared with it."""
        return self._dense.centre(vector)

    def near(
        self,
        key: str,
        words: Iterable[str],
        centred: Vectors,
        without: Collection[int] = (),
    ) -> Near:
        """Return the texts near a query: the nearest by meaning and those alike in letters.

        The texts ``without`` (by number) count as not there.
        """
        row = self._lexical.row(terms_of(key, words))
        left_out = np.array(sorted(without), dtype=np.int64)
        alike = self._lexical.alike(row, _NEAREST_LEXICAL + len(left_out))
        alike = _but(alike, left_out)[:_NEAREST_LEXICAL]
        nearest = self._nearest(centred, left_out)
        numbers = np.array(sorted({*nearest.tolist(), *alike.tolist()}), dtype=np.int64)
        rows = self._dense.rows[numbers]
        dense = np.asarray(rows @ centred, dtype=np.float32)
        lexical = self._lexical.rows_of(numbers).products_with(row)
        ratios = fuzzy.ratios([key], [self._keys[number] for number in numbers.tolist()])[0]
        toward = kernel.blend(dense, lexical, ratios)
        by_likeness = np.argsort(-toward, kind="stable")
        numbers, rows = numbers[by_likeness], rows[by_likeness]
        support = kernel.support(toward[by_likeness], self._pairwise(numbers, rows))
        return Near(
            numbers, dense[by_likeness], lexical[by_likeness], ratios[by_likeness],
            support.weights, support.novelty,
        )  # fmt: skip

    def _nearest(self, centred: Vectors, left_out: Numbers) -> Numbers:
        """Return the nearest texts by meaning but those ``left_out``, few of any one label."""
        wanted = _LOOKED_AT if self._crowded else _NEAREST_DENSE
        near = self._dense.nearest(centred, wanted + len(left_out))
        near = _but(near, left_out)
        if self._crowded:
            near = near[_place_in_own(self._labels[near]) < _OF_ONE_LABEL]
        return near[:_NEAREST_DENSE]

    def _pairwise(self, numbers: Numbers, rows: Vectors) -> Floats:
        """Return the similarities among the texts ``numbers``, by letters those of the first."""
        first = numbers[:_COMPARED]
        keys = [self._keys[number] for number in first.tolist()]
        lexical = self._lexical.rows_of(first).products()
        pairwise = kernel.DENSE_SHARE * (rows @ rows.T)
        pairwise[: len(first), : len(first)] += kernel.by_letters(lexical, fuzzy.ratios(keys, keys))
        np.fill_diagonal(pairwise, 1.0)
        return np.asarray(pairwise, dtype=np.float32)

    def nearest(self, centred: Vectors, count: int) -> Numbers:
        """Return the numbers of the texts that mean most nearly the same, at most ``count``."""
        return self._dense.nearest(centred, count)

    def nearest_to_each(self, numbers: Numbers, count: int) -> Nearest:
        """Return for each of these texts those that mean most nearly the same, itself included."""
        return self._dense.nearest_to_each(numbers, count)

    def key_of(self, number: int) -> str:
        """Return the letters and digits of the text ``number``."""
        return self._keys[number]

    def among(
        self,
        numbers: Numbers,
        keys: Sequence[str],
        words: Iterable[Iterable[str]],
        centred: Vectors,
    ) -> Floats:
        """Return the similarities of the texts ``numbers`` and then of others, each with each.

        ``keys`` and ``words`` are those of the others, ``centred`` has a row for each of them.
        """
        others = map(self._lexical.row, map(terms_of, keys, words))
        lexical = SparseRows.joined([self._lexical.rows_of(numbers), *others]).products()
        # Terms that no text has are missing in a row, and count in what it has with itself.
        lexical[np.diag_indices_from(lexical)] = 1.0
        dense = np.concatenate([self._dense.rows[numbers], centred])
        everything = [*(self._keys[number] for number in numbers), *keys]
        return kernel.blend(dense @ dense.T, lexical, fuzzy.ratios(everything, everything))


def _but(numbers: Numbers, left_out: Numbers) -> Numbers:
    """Return ``numbers`` without those ``left_out``, in their order."""
    return numbers[~np.isin(numbers, left_out)] if len(left_out) else numbers


def _place_in_own(labels: Numbers) -> Numbers:
    """Return for each of ``labels`` how many equal ones come before it."""
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    first = np.searchsorted(ordered, ordered)
    place = np.empty(len(labels), dtype=np.int64)
    place[order] = np.arange(len(labels)) - first
    return place
