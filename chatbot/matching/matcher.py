"""One message against labelled texts: which label, by how much, and the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chatbot.matching.confidence import Signals
from chatbot.matching.encoder import Vectors
from chatbot.matching.neighbours import Near, Neighbourhood

_RANKED = 5
#: From this centred cosine on, a background message is one of the knowledge base's own topics.
_NOT_FOREIGN = 0.6


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


class Matcher:
    """Texts with labels (numbers from 0), indexed; immutable once built.

    ``keys`` are the texts' letters and digits, ``words`` their words. ``background`` holds vectors
    of everyday messages that belong to no label.
    """

    def __init__(
        self,
        keys: Sequence[str],
        labels: Sequence[int],
        vectors: Vectors,
        background: Vectors,
        words: Iterable[Iterable[str]],
    ) -> None:
        self._labels = np.array(labels, dtype=np.int64)
        self._texts = Neighbourhood(keys, words, vectors, background)
        self._background = self._foreign(background)
        self._keys_of: dict[int, list[str]] = {}
        for key, label in zip(keys, labels, strict=True):
            self._keys_of.setdefault(label, []).append(key)

    def _foreign(self, background: Vectors) -> Vectors:
        """Return the background, centred, without what this knowledge base does talk about."""
        centred = np.stack([self._texts.centre(row) for row in background])
        nearest = (centred @ self._texts.rows.T).max(axis=1)
        return np.asarray(centred[nearest < _NOT_FOREIGN], dtype=np.float32)

    def rank(self, query: Query, excluded: frozenset[int] = frozenset()) -> Ranking:
        """Return the best labels but ``excluded``; equal scores go by label, low first."""
        centred = self._texts.centre(query.vector)
        near = self._texts.near(query.key, query.words, centred)
        labels = self._labels[near.numbers]
        scores: dict[int, float] = {}
        for label, weight in zip(labels.tolist(), near.weights.tolist(), strict=True):
            scores[label] = scores.get(label, 0.0) + weight
        # Rounded, so that what is equal on paper is a tie and goes by label.
        order = sorted(scores, key=lambda label: (-round(scores[label], 9), label))
        best = [label for label in order if label not in excluded][:_RANKED]
        ranked = tuple(self._evidence(query, near, label, scores[label]) for label in best)
        if not ranked:
            return Ranking((), None)
        return Ranking(ranked, self._signals(query, ranked, scores, centred))

    def _evidence(self, query: Query, near: Near, label: int, score: float) -> Ranked:
        own = self._labels[near.numbers] == label
        keys = self._keys_of[label]
        return Ranked(
            label=label,
            score=score,
            dense=float(near.dense[own].max()),
            lexical=float(near.lexical[own].max()),
            fuzzy=float(near.fuzzy[own].max()),
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


def _coverage(words: Mapping[str, float], keys: Sequence[str]) -> float:
    """Return the weighted share of ``words`` that occur in any of ``keys``; 0 without words."""
    total = sum(words.values())
    found = sum(weight for word, weight in words.items() if any(word in key for key in keys))
    return found / total if total > 0 else 0.0
