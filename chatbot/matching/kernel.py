"""A head learnt on the knowledge base itself: kernel ridge regression on the nearest questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

#: Shares of the three similarities in the one that counts.
DENSE_SHARE = 0.85
LEXICAL_SHARE = 0.075
FUZZY_SHARE = 0.075
_SHARPNESS = 1.5
#: What is added to a text's kernel with itself: how far a single question is to be doubted.
RIDGE = 0.06


@dataclass(frozen=True, slots=True)
class Support:
    """How much each neighbour says "it is me", shape (n,), and how new the query is to all of them.

    ``novelty`` lies between 0, the query is one of them, and 1, it has nothing to do with any.
    """

    weights: npt.NDArray[np.float64]
    novelty: float


def blend(dense: Floats, lexical: Floats, fuzzy: Floats) -> Floats:
    """Return one similarity of dense cosines, BM25 and rapidfuzz ratios, all at most 1."""
    return np.asarray(DENSE_SHARE * dense + by_letters(lexical, fuzzy), dtype=np.float32)


def by_letters(lexical: Floats, fuzzy: Floats) -> Floats:
    """Return the part of ``blend`` that comes from words and letters."""
    return np.asarray(LEXICAL_SHARE * lexical + FUZZY_SHARE * fuzzy, dtype=np.float32)


def kernel(similarity: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """Return the kernel exp(−1.5 (1 − c)) of similarities c, which is 1 for the same text."""
    sharpness = similarity.dtype.type(_SHARPNESS)
    return np.asarray(np.exp(sharpness * similarity - sharpness), dtype=np.float64)


def support(query: Floats, pairwise: Floats) -> Support:
    """Return what n neighbours say of a query.

    ``query`` holds the similarities to n neighbours, ``pairwise`` (n, n) those among them. With
    kernel k = exp(−1.5 (1 − c)) the weights are (K + 0.06 I)⁻¹ k: summed over the questions of an
    entry they are the kernel ridge prediction for the entry's one-hot target, solved on the
    neighbours only (Bottou and Vapnik, "Local Learning Algorithms", 1992). Near-copies of one
    question share their weight instead of multiplying it. The novelty 1 − kᵀ(K + 0.06 I)⁻¹k is the
    posterior variance of the Gaussian process with that kernel (Rasmussen and Williams, "Gaussian
    Processes for Machine Learning", 2006, eq. 2.26).
    """
    among, toward = kernel(pairwise), kernel(query)
    among.flat[:: len(among) + 1] += RIDGE
    weights = np.asarray(np.linalg.solve(among, toward), dtype=np.float64)
    return Support(weights, min(1.0, max(0.0, 1.0 - float(toward @ weights))))
