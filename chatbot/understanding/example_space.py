"""The directions in which an intent's examples, and messages beside them, are compared."""

from __future__ import annotations

import numpy as np

from chatbot.matching.dense import DenseIndex
from chatbot.matching.encoder import Vectors

#: From so many examples on, they are compared in their principal directions alone, so that reading
#: them takes less time than a message's other work; of fewer, these would tell too little of what
#: is not like them.
_MANY = 1000
_PRINCIPAL = 256


class ExampleSpace:
    """Centred unit vectors: those of the examples as ``rows``, and any other by ``centre``."""

    def __init__(self, vectors: Vectors, background: Vectors) -> None:
        self._index = DenseIndex(vectors, background)
        self._directions: Vectors | None = None
        rows = self._index.rows
        if len(rows) >= _MANY and rows.shape[1] > _PRINCIPAL:
            self._directions = _principal(rows)
        self.rows = self._turned(rows)

    def centre(self, vector: Vectors) -> Vectors:
        """Return a message's vector, shape (dim,), as the rows are."""
        return self._turned(self._index.centre(vector))

    def _turned(self, vectors: Vectors) -> Vectors:
        if self._directions is None:
            return vectors
        turned = vectors @ self._directions
        lengths = np.linalg.norm(turned, axis=-1, keepdims=True)
        return np.ascontiguousarray(turned / np.maximum(lengths, 1e-12), dtype=np.float32)


def _principal(rows: Vectors) -> Vectors:
    """Return the directions in which ``rows`` differ most, one a column."""
    _, directions = np.linalg.eigh((rows.T @ rows).astype(np.float64))
    return np.ascontiguousarray(directions[:, : -_PRINCIPAL - 1 : -1], dtype=np.float32)
