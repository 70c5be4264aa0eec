"""BM25 over words and character pairs: the evidence of the letters, beside that of the meaning."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chatbot.matching.terms import TermTable, runs

#: How soon more of the same term counts no more, and how much a long text is held back: the usual
#: values (Manning, Raghavan and Schütze, "Introduction to Information Retrieval", 11.4.3).
K1 = 1.2
B = 0.75
#: Entries of posting lists that are looked up for a query, at most (but always the rarest term's).
_LOOKED_UP = 2_000

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SparseRows:
    """Texts as rows one after the other, ``lengths`` saying where each ends; of unit length.

    The ``terms`` of a row ascend.
    """

    terms: npt.NDArray[np.int32]
    weights: Floats
    lengths: npt.NDArray[np.int64]

    @classmethod
    def joined(cls, parts: Sequence[SparseRows]) -> SparseRows:
        """Return all rows of all parts; there must be one."""
        return cls(
            np.concatenate([part.terms for part in parts]),
            np.concatenate([part.weights for part in parts]),
            np.concatenate([part.lengths for part in parts]),
        )

    @property
    def owners(self) -> npt.NDArray[np.int64]:
        """Return for each term the number of its row."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def products_with(self, row: SparseRows) -> Floats:
        """Return the inner products of the rows with another one, shape (n,)."""
        if not len(row.terms):
            return np.zeros(len(self.lengths), dtype=np.float32)
        weights = np.zeros(max(self.terms.max(initial=0), row.terms[-1]) + 1, dtype=np.float32)
        weights[row.terms] = row.weights
        gains = weights[self.terms] * self.weights
        return np.bincount(self.owners, gains, len(self.lengths)).astype(np.float32)

    def products(self) -> Floats:
        """Return the inner products of the rows, each with each, shape (n, n)."""
        owners = self.owners
        # Only terms that two of them share tell two apart; the others count in a row by itself.
        shared = np.bincount(self.terms) > 1
        place = np.cumsum(shared) - 1
        kept = np.flatnonzero(shared[self.terms])
        table = np.zeros((len(self.lengths), int(shared.sum())), dtype=np.float32)
        table[owners[kept], place[self.terms[kept]]] = self.weights[kept]
        found = np.asarray(table @ table.T, dtype=np.float32)
        squares = np.bincount(owners, self.weights * self.weights, len(self.lengths))
        np.fill_diagonal(found, squares)
        return found


class LexicalIndex:
    """Okapi BM25 between texts, taken both ways and divided by what a text has with itself.

    BM25 (Robertson and Spärck Jones; Robertson and Zaragoza, "The Probabilistic Relevance
    Framework", 2009) of a message q against a text d adds idf(t) · f(t, d) over the terms they
    share, where f is the term's frequency, saturated by ``K1`` and ``B``. Here each term adds the
    geometric mean of both directions, idf(t) · √(f(t, q) · f(t, d)), and the sum is divided by the
    geometric mean of BM25(q, q) and BM25(d, d). So it is 1 for the same text, symmetric, and an
    inner product of unit rows, as the kernel needs it.

    Terms that no text has count in a query's length, so that a message about something else is
    not taken for the few letters it shares.
    """

    def __init__(self, table: TermTable) -> None:
        """Weigh the terms of the texts that ``table`` has counted."""
        self.table = table
        texts = len(table.lengths)
        self._term_of = {term: number for number, term in enumerate(table.names)}
        having = np.bincount(table.terms, minlength=len(table.names))
        self._idf = [_idf(df, texts) for df in having.tolist()]
        self._unseen_idf = _idf(0, texts)
        self._usual_length = float(table.times.sum()) / max(1, texts) or 1.0
        self._rows = self._weighed(table)
        self._starts = np.cumsum(self._rows.lengths) - self._rows.lengths
        self._build_postings()

    def _weighed(self, table: TermTable) -> SparseRows:
        """Return all rows at once, as ``row`` makes each of them."""
        owners, times = table.owners, table.times.astype(np.float64)
        texts = max(1, len(table.lengths))
        totals = np.bincount(owners, times, texts)
        held_back = K1 * (1.0 - B + B * totals / self._usual_length)
        gains = np.array(self._idf)[table.terms] * times * (K1 + 1.0) / (times + held_back[owners])
        itself = np.sqrt(np.bincount(owners, gains, texts)).astype(np.float32)
        itself[itself == 0.0] = 1.0
        weights = np.sqrt(gains).astype(np.float32) / itself[owners]
        lengths = table.lengths if len(table.lengths) else np.zeros(1, dtype=np.int64)
        return SparseRows(table.terms, weights, lengths)

    def _build_postings(self) -> None:
        """Lay the rows out by term, so that one query touches only the terms it has."""
        terms = self._rows.terms
        order = np.argsort(terms, kind="stable")
        self._posting_rows = self._rows.owners[order].astype(np.int32)
        self._posting_weights = self._rows.weights[order]
        self._posting_starts = np.searchsorted(terms[order], np.arange(len(self._term_of) + 1))

    def row(self, text: Counter[str]) -> SparseRows:
        """Return the weights √(idf · f) of a text's terms, as one unit row."""
        held_back = K1 * (1.0 - B + B * text.total() / self._usual_length)
        known: list[tuple[int, float]] = []
        itself = 0.0
        for term, times in text.items():
            number = self._term_of.get(term)
            idf = self._unseen_idf if number is None else self._idf[number]
            gain = idf * times * (K1 + 1.0) / (times + held_back)
            itself += gain
            if number is not None:
                known.append((number, math.sqrt(gain)))
        known.sort()
        terms = np.array([number for number, _ in known], dtype=np.int32)
        weights = np.array([weight for _, weight in known], dtype=np.float32)
        weights /= np.float32(math.sqrt(itself) or 1.0)
        return SparseRows(terms, weights, np.array([len(known)], dtype=np.int64))

    def alike(self, query: SparseRows, count: int) -> npt.NDArray[np.int64]:
        """Return the numbers of the texts most like a query, best first, at most ``count``.

        Rare terms are looked up first, until ``_LOOKED_UP`` texts have been touched: what has only
        common terms with the query is not alike. Of equally alike ones the first count.
        """
        starts = self._posting_starts[query.terms]
        lengths = self._posting_starts[query.terms + 1] - starts
        order = np.argsort(lengths, kind="stable")
        touched = np.cumsum(lengths[order])
        used = order[: max(1, int(np.searchsorted(touched, _LOOKED_UP, side="right")))]
        at = runs(starts[used], lengths[used])
        weights = self._posting_weights[at] * np.repeat(query.weights[used], lengths[used])
        scores = np.bincount(self._posting_rows[at], weights)
        hits = np.flatnonzero(scores > 0.0)  # of truth values: four times as fast as of numbers
        return _highest(hits, scores[hits], count)

    def rows_of(self, numbers: npt.NDArray[np.int64]) -> SparseRows:
        """Return the rows of the texts ``numbers``."""
        lengths = self._rows.lengths[numbers]
        at = runs(self._starts[numbers], lengths)
        return SparseRows(self._rows.terms[at], self._rows.weights[at], lengths)


def _highest(
    numbers: npt.NDArray[np.int64], scores: npt.NDArray[Any], count: int
) -> npt.NDArray[np.int64]:
    """Return the ``numbers`` with the ``count`` highest scores; of equal ones the first."""
    if len(scores) > count:
        last = np.partition(scores, -count)[-count]
        numbers, scores = numbers[scores >= last], scores[scores >= last]
    return numbers[np.argsort(-scores, kind="stable")][:count]


def _idf(texts_with_it: int, texts: int) -> float:
    """Return the Robertson/Spärck Jones weight of a term; the 1 keeps it above 0."""
    return math.log(1.0 + (texts - texts_with_it + 0.5) / (texts_with_it + 0.5))
