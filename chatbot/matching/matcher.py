"""One message against labelled texts: which label, by how much, and the evidence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chatbot.matching.confidence import Signals
from chatbot.matching.encoder import Vectors
from chatbot.matching.neighbours import Near, Neighbourhood

_RANKED = 5
#: From this centred cosine on, a background message is one of the knowledge base's own topics.
_NOT_FOREIGN = 0.6

#: A text's words with their weight: rare ones weigh more.
Words = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Query:
    """A message ready to be matched: its letters and digits, its words, its embedding."""

    key: str
    words: Words
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
    of everyday messages, for what all messages have in common.
    """

    def __init__(
        self,
        keys: Sequence[str],
        labels: Sequence[int],
        vectors: Vectors,
        background: Vectors,
        words: Sequence[Words],
    ) -> None:
        self._keys = tuple(keys)
        self._words = tuple(words)
        self._labels = np.array(labels, dtype=np.int64)
        self._texts = Neighbourhood(keys, self._labels, words, vectors, background)
        self._everyday = self._foreign(background)
        self._of_label: dict[int, list[int]] = {}
        for number, label in enumerate(labels):
            self._of_label.setdefault(label, []).append(number)

    def _foreign(self, background: Vectors) -> Vectors:
        """Return the background, centred, without what this knowledge base does talk about."""
        centred = np.stack([self._texts.centre(row) for row in background])
        nearest = (centred @ self._texts.rows.T).max(axis=1)
        return np.asarray(centred[nearest < _NOT_FOREIGN], dtype=np.float32)

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self._keys)

    @property
    def texts(self) -> Neighbourhood:
        """Return the texts by meaning, by words and by letters."""
        return self._texts

    @property
    def labels(self) -> Collection[int]:
        """Return the labels that have texts."""
        return self._of_label.keys()

    def label_of(self, number: int) -> int:
        """Return the label of the text ``number``."""
        return int(self._labels[number])

    def texts_of(self, label: int) -> Sequence[int]:
        """Return the numbers of the texts of ``label``; none of one whose texts others have."""
        return self._of_label.get(label, ())

    def rank(self, query: Query, excluded: frozenset[int] = frozenset()) -> Ranking:
        """Return the best labels but ``excluded``; equal scores go by label, low first."""
        centred = self._texts.centre(query.vector)
        near = self._texts.near(query.key, query.words, centred)
        return self._ranking(query.key, query.words, centred, near, excluded)

    def rank_left_out(self, number: int, without: Collection[int]) -> Ranking:
        """Rank the text ``number`` as if it were a message and the texts ``without`` not there."""
        key, words = self._keys[number], self._words[number]
        centred = self._texts.rows[number]
        near = self._texts.near(key, words, centred, without)
        return self._ranking(key, words, centred, near, frozenset())

    def _ranking(
        self, key: str, words: Words, centred: Vectors, near: Near, excluded: frozenset[int]
    ) -> Ranking:
        found, place = np.unique(self._labels[near.numbers], return_inverse=True)
        scores = np.bincount(place, near.weights)
        # Rounded, so that what is equal on paper is a tie and goes by label.
        order = np.argsort(-np.round(scores, 9), kind="stable").tolist()
        best = [at for at in order if int(found[at]) not in excluded][:_RANKED]
        if not best:
            return Ranking((), None)
        ranked = tuple(
            self._evidence(words, near, int(found[at]), float(scores[at]), place == at)
            for at in best
        )
        everyday = float((self._everyday @ centred).max(initial=-1.0))
        others = np.maximum(np.delete(scores, best[0]), 0.0)
        return Ranking(ranked, self._signals(key, ranked[0], others, near.novelty, everyday))

    def _evidence(
        self, words: Words, near: Near, label: int, score: float, own: npt.NDArray[np.bool_]
    ) -> Ranked:
        numbers = np.flatnonzero(own)
        return Ranked(
            label=label,
            score=score,
            dense=float(near.dense[numbers].max()),
            lexical=float(near.lexical[numbers].max()),
            fuzzy=float(near.fuzzy[numbers].max()),
            words=coverage(words, [self._keys[at] for at in near.numbers[numbers]]),
        )

    def _signals(
        self,
        key: str,
        best: Ranked,
        others: npt.NDArray[np.float64],
        novelty: float,
        everyday: float,
    ) -> Signals:
        """Return the signals for the label ``best``; ``others`` are the scores of the rest."""
        return Signals(
            score=best.score,
            margin=best.score - float(others.max(initial=0.0)),
            novelty=novelty,
            words=best.words,
            rivals=float(others.sum()),
            dense=best.dense,
            everyday=everyday,
            length=len(key),
            wordings=len(self._of_label[best.label]),
        )


def coverage(words: Words, keys: Sequence[str]) -> float:
    """Return the weighted share of ``words`` that occur in any of ``keys``; 0 without words."""
    total = sum(words.values())
    text = "\n".join(keys)  # a word has no line end: none is found across two keys
    found = sum(weight for word, weight in words.items() if word in text)
    return found / total if total > 0 else 0.0
