"""What a new wording would change: the kernel ridge of the answers, with one text more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from chatbot.matching import kernel
from chatbot.matching.confidence import Judge, Signals
from chatbot.matching.encoder import Vectors
from chatbot.matching.matcher import Matcher, Words, coverage

#: The wordings that count for one message, and for all messages of an entry together.
_NEAREST = 40
_MOST_KNOWN = 600
#: What pulls a message less than this changes nothing worth the arithmetic.
_LEAST_PULL = 0.05

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts as they are compared: letters and digits, words, unit vectors (a row each)."""

    keys: Sequence[str]
    words: Sequence[Words]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Beside:
    """Wordings and messages side by side.

    ``keys`` are those of the wordings, ``labels`` their entries; ``alike`` has the similarities of
    the wordings and then the messages, each with each.
    """

    keys: Sequence[str]
    labels: Numbers
    alike: Floats

    def keys_of(self, label: int) -> list[str]:
        """Return the wordings of an entry."""
        return [key for key, of in zip(self.keys, self.labels.tolist(), strict=True) if of == label]

    @property
    def to_known(self) -> Floats:
        """Return the similarities of the messages with the wordings, (messages, wordings)."""
        return self.alike[len(self.keys) :, : len(self.keys)]

    @property
    def among(self) -> Floats:
        """Return the similarities among the messages."""
        return self.alike[len(self.keys) :, len(self.keys) :]


def beside(matcher: Matcher, texts: Texts, own: int) -> Beside:
    """Return the wordings near any of ``texts``, and those of entry ``own``, beside them."""
    known = matcher.texts
    centred = np.stack([known.centre(vector) for vector in texts.vectors])
    near = _near(matcher, centred, own)
    return Beside(
        keys=[known.key_of(number) for number in near],
        labels=np.array([matcher.label_of(number) for number in near], dtype=np.int64),
        alike=known.among(near, texts.keys, texts.words, centred).astype(np.float64),
    )


def _near(matcher: Matcher, centred: Vectors, own: int) -> Numbers:
    """Return the numbers of the wordings that count, the most alike if there are many."""
    known = matcher.texts
    found: dict[int, float] = {}
    for row in centred:
        numbers = known.nearest(row, _NEAREST)
        alike = known.rows[numbers] @ row
        for number, how in zip(numbers.tolist(), alike.tolist(), strict=True):
            found[number] = max(found.get(number, -1.0), how)
    best = sorted(found, key=lambda number: (-found[number], number))[:_MOST_KNOWN]
    mine = matcher.texts_of(own)[:_MOST_KNOWN]
    return np.unique(np.array([*best, *mine], dtype=np.int64))


class Outlook:
    """How sure each message is to be answered by one entry, now and with more wordings.

    Kernel ridge regression is the mean of a Gaussian process, and one more observation changes
    mean and covariance by a term of rank one (Rasmussen and Williams, "Gaussian Processes for
    Machine Learning", 2006, 2.2): with covariance P of the messages given the wordings, a message
    j that becomes a wording moves the score of message i by P_ij / (P_jj + ridge) times what j's
    own score lacks. ``signals`` are those of the messages as they were ranked; what a new wording
    changes of them is worked out here.
    """

    def __init__(
        self,
        beside: Beside,
        own: int,
        texts: Texts,
        signals: Sequence[Signals],
        judge: Judge,
    ) -> None:
        known = len(beside.keys)
        kernels = kernel.kernel(beside.alike)
        toward = kernels[:known, known:]
        weights = np.linalg.solve(kernels[:known, :known] + kernel.RIDGE * np.eye(known), toward)
        entries, place = np.unique(beside.labels, return_inverse=True)
        scores = np.zeros((len(entries), len(texts.keys)))
        np.add.at(scores, place, weights)
        wordings = beside.keys_of(own)
        self._covariance = kernels[known:, known:] - toward.T @ weights
        self._own = scores[entries == own].sum(axis=0)
        self._others = scores[entries != own]
        self._covered = [coverage(words, wordings) for words in texts.words]
        self._wordings = len(wordings)
        self._shared = np.full((len(texts.keys), len(texts.keys)), np.nan)
        self._taken = np.zeros(len(texts.keys), dtype=bool)
        self._texts = texts
        self._signals = signals
        self._judge = judge
        everyone = range(len(texts.keys))
        nothing = np.zeros(len(texts.keys))
        self._now = np.array([self._confidence(at, None, nothing) for at in everyone])

    @property
    def confidences(self) -> Floats:
        """Return the probability of each message that the entry is right."""
        return self._now

    def with_wording(self, new: int) -> Floats:
        """Return the probabilities if message ``new`` were a wording; a wording's own is 1."""
        after = self._now.copy()
        pulls = self._pulls(new)
        for at in np.flatnonzero((pulls > _LEAST_PULL) & ~self._taken).tolist():
            after[at] = self._confidence(at, new, pulls)
        after[new] = 1.0
        return after

    def add(self, new: int) -> None:
        """Take message ``new`` as a wording from now on."""
        pulls, self._now = self._pulls(new), self.with_wording(new)
        self._own = self._own + pulls * (1.0 - self._own[new])
        self._others = self._others - np.outer(self._others[:, new], pulls)
        self._covariance = self._covariance - np.outer(pulls, self._covariance[new])
        self._covered = [self._coverage(at, new) for at in range(len(self._covered))]
        self._taken[new] = True
        self._wordings += 1

    def _pulls(self, new: int) -> Floats:
        """Return by how much each message follows message ``new``."""
        return np.asarray(self._covariance[:, new] / (self._covariance[new, new] + kernel.RIDGE))

    def _coverage(self, at: int, new: int) -> float:
        if np.isnan(self._shared[at, new]):
            self._shared[at, new] = coverage(self._texts.words[at], [self._texts.keys[new]])
        return max(self._covered[at], float(self._shared[at, new]))

    def _confidence(self, at: int, new: int | None, pulls: Floats) -> float:
        """Return the probability for message ``at``, message ``new`` being a wording or None."""
        own, others = self._own[at], self._others[:, at]
        novelty, covered = self._covariance[at, at], self._covered[at]
        if new is not None:
            own = own + pulls[at] * (1.0 - self._own[new])
            others = others - pulls[at] * self._others[:, new]
            novelty = novelty - pulls[at] * self._covariance[at, new]
            covered = self._coverage(at, new)
        rivals = np.maximum(others, 0.0)
        signals = replace(
            self._signals[at],
            score=float(own),
            margin=float(own - rivals.max(initial=0.0)),
            novelty=float(np.clip(novelty, 0.0, 1.0)),
            words=covered,
            rivals=float(rivals.sum()),
            wordings=self._wordings + (new is not None),
        )
        return self._judge.judge(signals).right
