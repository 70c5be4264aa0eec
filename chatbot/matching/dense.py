"""Centred vectors and the search for the nearest: exact, or nearly so where there are many."""

from __future__ import annotations

import math
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from chatbot.matching.encoder import Vectors

#: How many background texts the mean counts for. A knowledge base of a few questions has no mean
#: worth the name: what all messages have in common must come from elsewhere.
_BACKGROUND_WEIGHT = 30.0
#: From so many texts on, vectors are cut to their principal directions, and searched in two steps.
_MANY = 4096
_PRINCIPAL = 256
#: Of the principal directions, how many the first step looks at, four bits for each two of them,
#: and how many times more texts it brings than are wanted: of 9,000 real messages it misses 1 in
#: 800 of the 80 nearest.
_COARSE = 192
_COARSE_FACTOR = 4
_BITS = 4
_SAMPLE = 8192
#: What the codes of the first step are learnt from; more of either changes nothing.
_LEARNT_FROM = 4096
_LEARNING_STEPS = 8
_LEAST_LENGTH = 1e-9


def use_one_thread() -> None:
    """Keep FAISS on the calling thread: two spinning OpenMP teams make everything slower."""
    faiss.omp_set_num_threads(1)


class DenseIndex:
    """Unit vectors after taking away what all of them share.

    Vectors of this kind of encoder lie in a narrow cone (cosines of 0.80 to 0.95 between any two
    texts); without the common direction the differences decide (Mu and Viswanath, "All-but-the-
    Top", 2018, its first step). Many texts are projected on their principal components, which
    changes no figure of answer quality by more than its noise, and makes the cost of a search grow
    slowly.
    """

    def __init__(self, vectors: Vectors, background: Vectors) -> None:
        use_one_thread()
        total = vectors.sum(axis=0, dtype=np.float64)
        common = background.mean(axis=0, dtype=np.float64) * _BACKGROUND_WEIGHT
        mean = (total + common) / (len(vectors) + _BACKGROUND_WEIGHT)
        self._mean = mean.astype(np.float32)
        self._directions: Vectors | None = None
        if len(vectors) >= _MANY and vectors.shape[1] > _PRINCIPAL:
            sample = _spread(vectors, _SAMPLE)
            self._directions = _principal_directions(_unit(sample - self._mean))
            self._mean = self._mean @ self._directions
        self.rows = np.ascontiguousarray(self._centre(vectors))
        self._index = self._make_index()

    def _make_index(self) -> Any:
        if len(self.rows) < _MANY:
            exact = faiss.IndexFlatIP(self.rows.shape[1])
            exact.add(self.rows)
            return exact
        width = min(_COARSE, self.rows.shape[1] // 2 * 2)
        coarse = np.ascontiguousarray(self.rows[:, :width])
        index = faiss.IndexPQFastScan(width, width // 2, _BITS, faiss.METRIC_INNER_PRODUCT)
        index.pq.cp.niter = _LEARNING_STEPS
        index.pq.cp.max_points_per_centroid = _LEARNT_FROM
        index.train(_spread(coarse, _LEARNT_FROM))
        index.add(coarse)
        return index

    def centre(self, vector: Vectors) -> Vectors:
        """Return a query's unit vector, shape (dim,), as the index compares it."""
        if self._directions is not None:
            vector = vector @ self._directions
        centred = vector - self._mean
        length = max(math.sqrt(float(centred @ centred)), _LEAST_LENGTH)
        return np.asarray(centred / np.float32(length), dtype=np.float32)

    def _centre(self, vectors: Vectors) -> Vectors:
        if self._directions is not None:
            vectors = vectors @ self._directions
        return _unit(vectors - self._mean)

    def nearest(self, centred: Vectors, count: int) -> npt.NDArray[np.int64]:
        """Return the numbers of the nearest texts, at most ``count``."""
        if len(self.rows) < _MANY:
            _, numbers = self._index.search(centred[None, :], min(count, len(self.rows)))
            return np.asarray(numbers[0], dtype=np.int64)
        likely = min(count * _COARSE_FACTOR, len(self.rows))
        coarse = np.ascontiguousarray(centred[None, : self._index.d])
        _, numbers = self._index.search(coarse, likely)
        found = np.sort(numbers[0])
        order = np.argsort(-(self.rows[found] @ centred), kind="stable")[:count]
        return np.asarray(found[order], dtype=np.int64)


def _unit(rows: Vectors) -> Vectors:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, _LEAST_LENGTH), dtype=np.float32)


def _spread(rows: Vectors, count: int) -> Vectors:
    """Return about ``count`` evenly spread rows, the same ones for the same number of them."""
    return np.ascontiguousarray(rows[:: max(1, len(rows) // count)])


def _principal_directions(rows: Vectors) -> Vectors:
    """Return the directions of the largest second moments, shape (dim, ``_PRINCIPAL``)."""
    moments = rows.T.astype(np.float64) @ rows.astype(np.float64)
    _, directions = np.linalg.eigh(moments)
    return np.asarray(directions[:, ::-1][:, :_PRINCIPAL], dtype=np.float32)
