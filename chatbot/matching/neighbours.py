"""The texts near a message, and how much each of them speaks for being meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chatbot.matching import fuzzy, kernel
from chatbot.matching.dense import DenseIndex
from chatbot.matching.encoder import Vectors
from chatbot.matching.lexical import LexicalIndex, products, terms_of

_NEAREST_DENSE = 80
_NEAREST_LEXICAL = 16

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

    ``keys`` are the texts' letters and digits, ``words`` their words, ``vectors`` has a row each.
    ``background`` holds vectors of everyday messages, for what all messages have in common.
    """

    def __init__(
        self,
        keys: Sequence[str],
        words: Iterable[Iterable[str]],
        vectors: Vectors,
        background: Vectors,
    ) -> None:
        self._keys = list(keys)
        self._dense = DenseIndex(vectors, background)
        self._lexical = LexicalIndex(list(map(terms_of, self._keys, words)))

    @property
    def rows(self) -> Vectors:
        """Return the centred vectors of the texts, a row each."""
        return self._dense.rows

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
        alike = self._lexical.alike(row, _NEAREST_LEXICAL + len(without))
        nearest = self._dense.nearest(centred, _NEAREST_DENSE + len(without))
        numbers = np.unique(np.concatenate([nearest, alike]))
        if without:
            numbers = numbers[~np.isin(numbers, list(without))]
        keys = [self._keys[number] for number in numbers]
        rows = self._dense.rows[numbers]
        dense = np.asarray(rows @ centred, dtype=np.float32)
        lexical, lexical_among = self._lexical.similarities(row, numbers)
        ratios = fuzzy.ratios([key], keys)[0]
        among = kernel.blend(rows @ rows.T, lexical_among, fuzzy.ratios(keys, keys))
        support = kernel.support(kernel.blend(dense, lexical, ratios), among)
        return Near(numbers, dense, lexical, ratios, support.weights, support.novelty)

    def nearest(self, centred: Vectors, count: int) -> Numbers:
        """Return the numbers of the texts that mean most nearly the same, at most ``count``."""
        return self._dense.nearest(centred, count)

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
        rows = self._lexical.rows_of(numbers)
        rows += map(self._lexical.row, map(terms_of, keys, words))
        lexical = products(rows)
        # Terms that no text has are missing in a row, and count in what it has with itself.
        lexical[np.diag_indices_from(lexical)] = 1.0
        dense = np.concatenate([self._dense.rows[numbers], centred])
        everything = [*(self._keys[number] for number in numbers), *keys]
        return kernel.blend(dense @ dense.T, lexical, fuzzy.ratios(everything, everything))
