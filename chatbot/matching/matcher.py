"""One message against labelled texts: which label, by how much, and the evidence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

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
    of everyday messages, for what all messages have in common. What a ``former`` one has counted
    is taken over; the result is the same without.
    """

    def __init__(
        self,
        keys: Sequence[str],
        labels: Sequence[int],
        vectors: Vectors,
        background: Vectors,
        words: Sequence[Words],
        former: Matcher | None = None,
    ) -> None:
        self._keys = tuple(keys)
        self._words = tuple(words)
        self._labels = np.array(labels, dtype=np.int64)
        known = former.texts if former is not None else None
        self._texts: Neighbourhood = Neighbourhood(
            keys, self._labels, self._words, vectors, background, known
        )
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
        # Plain numbers: of so few, NumPy takes longer to look at them than to add them up.
        weights, places = near.weights.tolist(), self._places(near)
        scores = {label: sum([weights[at] for at in own]) for label, own in places.items()}
        # Rounded, so that what is equal on paper is a tie and goes by label.
        order = sorted(scores, key=lambda label: (-round(scores[label], 9), label))
        best = [label for label in order if label not in excluded][:_RANKED]
        if not best:
            return Ranking((), None)
        numbers, dense, lexical, fuzzy = (
            values.tolist() for values in (near.numbers, near.dense, near.lexical, near.fuzzy)
        )
        ranked = tuple(
            Ranked(
                label=label,
                score=scores[label],
                dense=max([dense[at] for at in places[label]]),
                lexical=max([lexical[at] for at in places[label]]),
                fuzzy=max([fuzzy[at] for at in places[label]]),
                words=coverage(words, [self._keys[numbers[at]] for at in places[label]]),
            )
            for label in best
        )
        everyday = float((self._everyday @ centred).max(initial=-1.0))
        others = [max(score, 0.0) for label, score in scores.items() if label != best[0]]
        return Ranking(ranked, self._signals(key, ranked[0], others, near.novelty, everyday))

    def _places(self, near: Near) -> dict[int, list[int]]:
        """Return which of the texts ``near`` are of each label."""
        places: dict[int, list[int]] = {}
        for at, label in enumerate(self._labels[near.numbers].tolist()):
            places.setdefault(label, []).append(at)
        return places

    def _signals(
        self,
        key: str,
        best: Ranked,
        others: Sequence[float],
        novelty: float,
        everyday: float,
    ) -> Signals:
        """Return the signals for the label ``best``; ``others`` are the scores of the rest."""
        return Signals(
            score=best.score,
            margin=best.score - max(others, default=0.0),
            novelty=novelty,
            words=best.words,
            rivals=sum(others),
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
