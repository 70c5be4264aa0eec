"""Centred vectors in a flat inner-product index: exact, and fast enough for tens of thousands."""

from __future__ import annotations

import faiss
import numpy as np
import numpy.typing as npt

from chatbot.matching.encoder import Vectors

#: How many background texts the mean counts for. A knowledge base of a few questions has no mean
#: worth the name: what all messages have in common must come from elsewhere.
_BACKGROUND_WEIGHT = 30.0


def use_one_thread() -> None:
    """Keep FAISS on the calling thread: two spinning OpenMP teams make everything slower."""
    faiss.omp_set_num_threads(1)


class DenseIndex:
    """Unit vectors after taking away what all of them share.

    Vectors of this kind of encoder lie in a narrow cone (cosines of 0.80 to 0.95 between any two
    texts); without the common direction the differences decide (Mu and Viswanath, "All-but-the-
    Top", 2018, its first step).
    """

    def __init__(self, vectors: Vectors, background: Vectors) -> None:
        use_one_thread()
        total = vectors.sum(axis=0, dtype=np.float64)
        common = background.mean(axis=0, dtype=np.float64) * _BACKGROUND_WEIGHT
        mean = (total + common) / (len(vectors) + _BACKGROUND_WEIGHT)
        self._mean = mean.astype(np.float32)
        self.rows = np.ascontiguousarray(self._centre(vectors))
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(self.rows)

    def centre(self, vector: Vectors) -> Vectors:
        """Return a query's unit vector, shape (dim,), as the index compares it."""
        return np.asarray(self._centre(vector[None, :])[0], dtype=np.float32)

    def _centre(self, vectors: Vectors) -> Vectors:
        centred = vectors - self._mean
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        return np.asarray(centred / np.maximum(lengths, 1e-9), dtype=np.float32)

    def nearest(self, centred: Vectors, count: int) -> npt.NDArray[np.int64]:
        """Return the numbers of the nearest texts, at most ``count``."""
        _, numbers = self._index.search(centred[None, :], min(count, len(self.rows)))
        return np.asarray(numbers[0], dtype=np.int64)
