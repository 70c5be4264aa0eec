"""One message against labelled texts: which label, by how much, and the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chatbot.matching import fuzzy, kernel
from chatbot.matching.confidence import Signals
from chatbot.matching.dense import DenseIndex
from chatbot.matching.encoder import Vectors
from chatbot.matching.lexical import LexicalIndex

_NEAREST_DENSE = 48
_NEAREST_LEXICAL = 16
_RANKED = 5
#: From this centred cosine on, a background message is one of the knowledge base's own topics.
_NOT_FOREIGN = 0.6

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Query:
    """A message ready to be matched.

    ``key`` is its letters and digits, ``words`` its words with their weight (rare ones weigh
    more), ``vector`` its embedding.
    """

    key: str
    words: Mapping[str, float]
    vector: Vectors


@dataclass(frozen=True, slots=True)
class Ranked:
    """A label and the evidence for it: ``score`` ranks; the others explain and calibrate."""

    label: int
    score: float
    dense: float
    lexical: float
    fuzzy: float
    words: float

    def to_json(self) -> dict[str, Any]:
        evidence = {"kernel": self.score, "dense": self.dense, "lexical": self.lexical}
        evidence |= {"fuzzy": self.fuzzy, "words": self.words}
        return {name: round(value, 4) for name, value in evidence.items()}


@dataclass(frozen=True, slots=True)
class Ranking:
    """Labels, best first (at most five), and the signals for the best one's confidence."""

    labels: tuple[Ranked, ...]
    signals: Signals | None


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """The texts near a query: their numbers and labels, similarities and kernel weights."""

    numbers: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    dense: Floats
    lexical: Floats
    weights: npt.NDArray[np.float64]


class Matcher:
    """Texts with labels (numbers from 0), indexed; immutable once built.

    ``background`` holds vectors of everyday messages that belong to no label.
    """

    def __init__(
        self,
        keys: Sequence[str],
        labels: Sequence[int],
        vectors: Vectors,
        background: Vectors,
    ) -> None:
        self._keys = list(keys)
        self._labels = np.array(labels, dtype=np.int64)
        self._dense = DenseIndex(vectors, background)
        self._background = self._foreign(background)
        self._lexical = LexicalIndex(self._keys)
        self._keys_of: dict[int, list[str]] = {}
        for key, label in zip(self._keys, labels, strict=True):
            self._keys_of.setdefault(label, []).append(key)

    def _foreign(self, background: Vectors) -> Vectors:
        """Return the background, centred, without what this knowledge base does talk about."""
        centred = np.stack([self._dense.centre(row) for row in background])
        nearest = (centred @ self._dense.rows.T).max(axis=1)
        return np.asarray(centred[nearest < _NOT_FOREIGN], dtype=np.float32)

    def rank(self, query: Query, excluded: frozenset[int] = frozenset()) -> Ranking:
        """Return the best labels but ``excluded``; equal scores go by label, low first."""
        centred = self._dense.centre(query.vector)
        near = self._neighbours(query, centred)
        scores: dict[int, float] = {}
        for label, weight in zip(near.labels.tolist(), near.weights.tolist(), strict=True):
            scores[label] = scores.get(label, 0.0) + weight
        # Rounded, so that what is equal on paper is a tie and goes by label.
        order = sorted(scores, key=lambda label: (-round(scores[label], 9), label))
        best = [label for label in order if label not in excluded][:_RANKED]
        ranked = tuple(self._evidence(query, near, label, scores[label]) for label in best)
        if not ranked:
            return Ranking((), None)
        return Ranking(ranked, self._signals(query, ranked, scores, centred))

    def _neighbours(self, query: Query, centred: Vectors) -> _Neighbours:
        lexical = self._lexical.scores(self._lexical.row(query.key))
        alike = _highest(lexical, _NEAREST_LEXICAL)
        numbers = np.unique(np.concatenate([self._dense.nearest(centred, _NEAREST_DENSE), alike]))
        rows = self._dense.rows[numbers]
        dense = rows @ centred
        similarity = kernel.blend(dense, lexical[numbers])
        among = kernel.blend(rows @ rows.T, self._lexical.pairwise(numbers))
        weights = kernel.support(similarity, among)
        return _Neighbours(numbers, self._labels[numbers], dense, lexical[numbers], weights)

    def _evidence(self, query: Query, near: _Neighbours, label: int, score: float) -> Ranked:
        own = near.labels == label
        keys = self._keys_of[label]
        return Ranked(
            label=label,
            score=score,
            dense=float(near.dense[own].max()),
            lexical=float(near.lexical[own].max()),
            fuzzy=fuzzy.best_ratio(query.key, keys),
            words=_coverage(query.words, keys),
        )

    def _signals(
        self,
        query: Query,
        ranked: tuple[Ranked, ...],
        scores: Mapping[int, float],
        centred: Vectors,
    ) -> Signals:
        best = ranked[0]
        second = max((score for label, score in scores.items() if label != best.label), default=0.0)
        return Signals(
            score=best.score,
            margin=best.score - second,
            fuzzy=best.fuzzy,
            words=best.words,
            background=float((self._background @ centred).max(initial=0.0)),
            length=len(query.key),
            wordings=len(self._keys_of[best.label]),
        )


def _highest(scores: Floats, count: int) -> npt.NDArray[np.int64]:
    """Return the numbers of the ``count`` highest scores above 0; of equal ones the first."""
    last = np.partition(scores, -count)[-count] if len(scores) > count else 0.0
    hits = np.flatnonzero((scores >= last) & (scores > 0))
    return hits[np.argsort(-scores[hits], kind="stable")][:count]


def _coverage(words: Mapping[str, float], keys: Sequence[str]) -> float:
    """Return the weighted share of ``words`` that occur in any of ``keys``; 0 without words."""
    total = sum(words.values())
    found = sum(weight for word, weight in words.items() if any(word in key for key in keys))
    return found / total if total > 0 else 0.0
