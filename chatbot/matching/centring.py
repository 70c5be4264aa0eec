"""Vectors without what all of them share, in the directions in which they differ."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from chatbot.matching.encoder import Vectors

#: How many background texts the mean counts for. A knowledge base of a few questions has no mean
#: worth the name: what all messages have in common must come from elsewhere.
_BACKGROUND_WEIGHT = 30.0
_PRINCIPAL = 192
_LEAST_LENGTH = 1e-9
#: Rows that are worked on together: few enough to stay in the processor's cache.
_AT_ONCE = 512


class CentredSpace:
    """Where unit vectors are compared after taking away their common direction.

    Vectors of this kind of encoder lie in a narrow cone (cosines of 0.80 to 0.95 between any two
    texts); without the common direction the differences decide (Mu and Viswanath, "All-but-the-
    Top", 2018, its first step). The mean is that of ``vectors`` and of ``background``, everyday
    messages. With ``spanning``, only the principal directions of these vectors are kept: that
    changes no figure of answer quality by more than its noise, and makes comparing cheap.
    """

    def __init__(
        self, vectors: Vectors, background: Vectors, spanning: Vectors | None = None
    ) -> None:
        total = vectors.sum(axis=0, dtype=np.float64)
        common = background.mean(axis=0, dtype=np.float64) * _BACKGROUND_WEIGHT
        mean = (total + common) / (len(vectors) + _BACKGROUND_WEIGHT)
        self._mean = mean.astype(np.float32)
        self._directions: Vectors | None = None
        if spanning is not None and vectors.shape[1] > _PRINCIPAL:
            self._directions = _principal_directions(_unit(spanning - self._mean))
            self._mean = self._mean @ self._directions

    def centre(self, vector: Vectors) -> Vectors:
        """Return a unit vector, shape (dim,), as it is compared here."""
        if self._directions is not None:
            vector = vector @ self._directions
        centred = vector - self._mean
        length = max(math.sqrt(float(centred @ centred)), _LEAST_LENGTH)
        return np.asarray(centred / np.float32(length), dtype=np.float32)

    def rows(self, vectors: Vectors) -> Vectors:
        """Return unit vectors, a row each, as they are compared here."""
        rows = np.empty((len(vectors), len(self._mean)), dtype=np.float32)
        for at in range(0, len(vectors), _AT_ONCE):
            some = vectors[at : at + _AT_ONCE]
            if self._directions is not None:
                some = some @ self._directions
            rows[at : at + _AT_ONCE] = _unit(some - self._mean)
        return rows


def _unit(rows: Vectors) -> Vectors:
    lengths: npt.NDArray[np.float32] = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, _LEAST_LENGTH), dtype=np.float32)


def _principal_directions(rows: Vectors) -> Vectors:
    """Return the directions of the largest second moments, shape (dim, ``_PRINCIPAL``)."""
    exact = rows.astype(np.float64)
    _, directions = np.linalg.eigh(exact.T @ exact)
    return np.asarray(directions[:, ::-1][:, :_PRINCIPAL], dtype=np.float32)
