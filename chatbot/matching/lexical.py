"""TF-IDF over character bigrams: the evidence of the letters, beside that of the meaning."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def bigrams(key: str) -> list[str]:
    """Return the character pairs of ``key``, a text without marks and spaces; itself if short."""
    return [key[at : at + 2] for at in range(len(key) - 1)] or ([key] if key else [])


@dataclass(frozen=True, slots=True)
class SparseRow:
    """One text as unit-length TF-IDF weights; ``terms`` ascending."""

    terms: npt.NDArray[np.int32]
    weights: Floats


class LexicalIndex:
    """Unit TF-IDF rows of all texts, by term; weight (1 + ln tf) · (1 + ln((1 + n) / (1 + df))).

    Terms that no text has count in a query's length, so that a message about something else is
    not taken for the few letters it shares.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        counts = [Counter(bigrams(key)) for key in keys]
        seen = Counter(term for count in counts for term in count)
        self._term_of = {term: number for number, term in enumerate(seen)}
        total = len(keys)
        self._idf = [math.log((1 + total) / (1 + df)) + 1 for df in seen.values()]
        self._unseen_idf = math.log(1 + total) + 1
        self._rows = [self._weigh(count) for count in counts]
        self._build_postings()

    def _build_postings(self) -> None:
        """Lay the rows out by term, so that one query touches only the terms it has."""
        sizes = [len(row.terms) for row in self._rows]
        terms = np.concatenate([row.terms for row in self._rows] or [np.zeros(0, np.int32)])
        weights = np.concatenate([row.weights for row in self._rows] or [np.zeros(0, np.float32)])
        owners = np.repeat(np.arange(len(self._rows), dtype=np.int32), sizes)
        order = np.argsort(terms, kind="stable")
        self._posting_rows = owners[order]
        self._posting_weights = weights[order]
        self._posting_starts = np.searchsorted(terms[order], np.arange(len(self._term_of) + 1))

    def _weigh(self, count: Counter[str]) -> SparseRow:
        known: list[tuple[int, float]] = []
        square = 0.0
        for term, times in count.items():
            number = self._term_of.get(term)
            idf = self._unseen_idf if number is None else self._idf[number]
            weight = (1.0 + math.log(times)) * idf
            square += weight * weight
            if number is not None:
                known.append((number, weight))
        known.sort()
        terms = np.array([number for number, _ in known], dtype=np.int32)
        weights = np.array([weight for _, weight in known], dtype=np.float32)
        return SparseRow(terms, weights / np.float32(square**0.5 or 1.0))

    def row(self, key: str) -> SparseRow:
        """Return a query's weights."""
        return self._weigh(Counter(bigrams(key)))

    def scores(self, query: SparseRow) -> Floats:
        """Return the cosine with every text, shape (texts,)."""
        scores = np.zeros(len(self._rows), dtype=np.float32)
        for term, weight in zip(query.terms, query.weights, strict=True):
            part = slice(self._posting_starts[term], self._posting_starts[term + 1])
            scores[self._posting_rows[part]] += self._posting_weights[part] * weight
        return scores

    def pairwise(self, numbers: npt.NDArray[np.int64]) -> Floats:
        """Return the cosines among the texts ``numbers``, shape (n, n)."""
        rows = [self._rows[number] for number in numbers]
        terms = np.concatenate([row.terms for row in rows])
        weights = np.concatenate([row.weights for row in rows])
        used, columns = np.unique(terms, return_inverse=True)
        table = np.zeros((len(rows), len(used)), dtype=np.float32)
        table[np.repeat(np.arange(len(rows)), [len(row.terms) for row in rows]), columns] = weights
        return np.asarray(table @ table.T, dtype=np.float32)
