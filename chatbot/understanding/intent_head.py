"""A head learnt on the examples of all intents: which of them a message is like, and how much."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from chatbot.matching import fuzzy
from chatbot.matching.encoder import Vectors

_LONGEST_GRAM = 3
#: Kernel of meaning: exp(−2 (1 − c)), c mixing the cosine with rapidfuzz's ratio of the letters.
_SHARPNESS = 2.0
_FUZZY_SHARE = 0.15
#: Weight of the kernel of turns of phrase beside it.
_PHRASE_WEIGHT = 0.4
_RIDGE = 0.13

Floats = npt.NDArray[np.float64]


class Phrases:
    """The runs of one to three characters that at least two texts have in common.

    What examples of an intent share is a turn of phrase ("…怎么做"); what only one of them has is
    the matter it happens to speak of. The runs count by their idf; those without a number, which
    are in one text or in none, count for a text's length alone.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        texts = [_grams(key) for key in keys]
        seen = Counter(gram for text in texts for gram in text)
        self._idf = {gram: _idf(count, len(texts)) for gram, count in seen.items()}
        self._unseen_idf = _idf(0, len(texts))
        shared = [gram for gram, count in seen.items() if count > 1]
        #: The number of each run that texts share, and its idf.
        self._shared = {gram: (number, self._idf[gram]) for number, gram in enumerate(shared)}

    def row(self, key: str) -> tuple[list[int], npt.NDArray[np.float32]]:
        """Return the numbers of a text's runs and their weights, a unit row or shorter."""
        grams, idf_of, unseen = _grams(key), self._idf, self._unseen_idf
        total = sum([idf_of.get(gram, unseen) for gram in grams]) or 1.0
        known = [self._shared[gram] for gram in grams if gram in self._shared]
        weights = np.sqrt(np.array([idf for _, idf in known]) / total)
        return [number for number, _ in known], weights.astype(np.float32)

    def table(self, keys: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the rows of ``keys`` as one table, shape (keys, runs)."""
        table = np.zeros((len(keys), len(self._shared)), dtype=np.float32)
        for at, key in enumerate(keys):
            numbers, weights = self.row(key)
            table[at, numbers] = weights
        return table


class IntentHead:
    """Kernel ridge regression over texts with a label each; immutable once built.

    The kernel adds meaning, exp(−2 (1 − c)) with c mostly the cosine, and turns of phrase, an
    inner product that sums up over all texts that have a phrase: a sum of kernels is a kernel of
    two kinds of evidence that need not agree (Schölkopf and Smola, "Learning with Kernels", 2002,
    13.1). All texts are solved at once, as the phrases of an intent show in all its examples only.

    ``vectors`` are centred unit rows, one for each of ``keys``; ``labels`` number from 0, −1 for a
    text that belongs to none.
    """

    def __init__(
        self, keys: Sequence[str], vectors: Vectors, labels: npt.NDArray[np.int64]
    ) -> None:
        self._keys = list(keys)
        self._vectors = vectors
        self._phrases = Phrases(keys)
        self._labels = labels
        table = self._phrases.table(keys)
        learnt = np.linalg.solve(self._kernel(table), _one_hot(labels))
        self._of_meaning = learnt.astype(np.float32)
        self._of_phrases = (_PHRASE_WEIGHT * (table.T @ learnt)).astype(np.float32)

    def _kernel(self, table: npt.NDArray[np.float32]) -> Floats:
        """Return what is inverted: how like the texts are, ``table`` their phrases; and a ridge."""
        ratios = fuzzy.ratios(self._keys, self._keys)
        kernel = _meaning(self._vectors @ self._vectors.T, ratios).astype(np.float64)
        kernel += _PHRASE_WEIGHT * (table @ table.T)
        kernel[np.diag_indices_from(kernel)] += _RIDGE
        return kernel

    def left_out(self) -> Floats:
        """Return a row of scores for each text, as if it were a message and not learnt.

        Without solving anew for each: what a ridge regression says of a point left out follows
        from its residual and the diagonal of the inverse (Allen, "The relationship between
        variable selection and data augmentation", 1974). Which phrases texts share stays.
        """
        inverse = np.linalg.inv(self._kernel(self._phrases.table(self._keys)))
        target = _one_hot(self._labels)
        return np.asarray(target - (inverse @ target) / np.diag(inverse)[:, None])

    def scores(self, key: str, centred: Vectors) -> Floats:
        """Return the score of each label, 1 for one of its own texts and 0 for nothing near."""
        ratios = fuzzy.ratios([key], self._keys)[0]
        scores = _meaning(self._vectors @ centred, ratios) @ self._of_meaning
        numbers, weights = self._phrases.row(key)
        return np.asarray(scores + weights @ self._of_phrases[numbers], dtype=np.float64)


def _idf(texts_with_it: int, texts: int) -> float:
    return math.log(1.0 + (texts - texts_with_it + 0.5) / (texts_with_it + 0.5))


def _grams(key: str) -> dict[str, None]:
    """Return the runs of one to three characters of ``key``, its ends marked, each once.

    In an order that is the same in every process, and so are the sums over them.
    """
    marked = f"^{key}$"
    runs = [
        marked[at : at + size]
        for size in range(1, _LONGEST_GRAM + 1)
        for at in range(len(marked) - size + 1)
    ]
    return dict.fromkeys(runs)


def _meaning(
    cosines: npt.NDArray[np.float32], ratios: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    alike = (1.0 - _FUZZY_SHARE) * cosines + _FUZZY_SHARE * ratios
    return np.asarray(np.exp(-_SHARPNESS * (1.0 - alike)), dtype=np.float32)


def _one_hot(labels: npt.NDArray[np.int64]) -> Floats:
    """Return a row a text with a 1 at its label, all 0 for a text without one."""
    target = np.zeros((len(labels), int(labels.max(initial=-1)) + 1))
    labelled = np.flatnonzero(labels >= 0)
    target[labelled, labels[labelled]] = 1.0
    return target
