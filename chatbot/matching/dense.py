"""The search for the nearest vectors: exact, or nearly so where there are many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from chatbot.matching.centring import CentredSpace
from chatbot.matching.encoder import Vectors

#: From so many texts on, vectors are cut to their principal directions, and searched in two steps.
_MANY = 4096
#: The first step has four bits for each two directions, and brings so many times more texts than
#: are wanted: of 9,000 real messages it misses 1 in 230 of the 64 nearest.
_BITS = 4
_COARSE_FACTOR = 3
_SAMPLE = 8192
#: What the codes of the first step are learnt from; more of either changes nothing.
_LEARNT_FROM = 4096
_LEARNING_STEPS = 8


def use_one_thread() -> None:
    """Keep FAISS on the calling thread: two spinning OpenMP teams make everything slower."""
    faiss.omp_set_num_threads(1)


@dataclass(frozen=True, slots=True)
class Nearest:
    """Numbers of rows and their cosines, shape (queries, count) each."""

    numbers: npt.NDArray[np.int64]
    cosines: npt.NDArray[np.float32]


class DenseIndex:
    """Unit vectors as they are compared with each other, and the nearest of them to another.

    Many texts are cut to their principal directions: so the cost of a search grows slowly.
    """

    def __init__(self, vectors: Vectors, background: Vectors) -> None:
        use_one_thread()
        spanning = _spread(vectors, _SAMPLE) if len(vectors) >= _MANY else None
        self._space = CentredSpace(vectors, background, spanning)
        self.rows = self._space.rows(vectors)
        self._index = self._make_index()

    def _make_index(self) -> Any:
        if len(self.rows) < _MANY:
            exact = faiss.IndexFlatIP(self.rows.shape[1])
            exact.add(self.rows)
            return exact
        width = self.rows.shape[1] // 2 * 2
        coarse = np.ascontiguousarray(self.rows[:, :width])
        index = faiss.IndexPQFastScan(width, width // 2, _BITS, faiss.METRIC_INNER_PRODUCT)
        index.pq.cp.niter = _LEARNING_STEPS
        index.pq.cp.max_points_per_centroid = _LEARNT_FROM
        index.train(_spread(coarse, _LEARNT_FROM))
        index.add(coarse)
        return index

    def centre(self, vector: Vectors) -> Vectors:
        """Return a query's unit vector, shape (dim,), as the index compares it."""
        return self._space.centre(vector)

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

    def nearest_to_each(self, numbers: npt.NDArray[np.int64], count: int) -> Nearest:
        """Return the rows nearest to each of the rows ``numbers``, best first, and how near.

        Each is among its own; where there are fewer than ``count`` rows, -1 stands for none.
        """
        queries = self.rows[numbers]
        if len(self.rows) < _MANY:
            cosines, found = self._index.search(queries, count)
            return Nearest(np.asarray(found, dtype=np.int64), cosines)
        likely = min(count * _COARSE_FACTOR, len(self.rows))
        _, coarse = self._index.search(np.ascontiguousarray(queries[:, : self._index.d]), likely)
        coarse = np.sort(coarse, axis=1)
        cosines = np.einsum("qkd,qd->qk", self.rows[coarse], queries)
        order = np.argsort(-cosines, axis=1, kind="stable")[:, :count]
        found = np.take_along_axis(coarse, order, axis=1)
        return Nearest(found, np.take_along_axis(cosines, order, axis=1))


def _spread(rows: Vectors, count: int) -> Vectors:
    """Return about ``count`` evenly spread rows, the same ones for the same number of them."""
    return np.ascontiguousarray(rows[:: max(1, len(rows) // count)])
