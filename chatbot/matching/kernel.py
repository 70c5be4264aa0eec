"""A head learnt on the knowledge base itself: kernel ridge regression on the nearest questions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

#: Shares of the three similarities in the one that counts.
DENSE_SHARE = 0.85
LEXICAL_SHARE = 0.075
FUZZY_SHARE = 0.075
_SHARPNESS = 2.0
_RIDGE = 0.1


def blend(dense: Floats, lexical: Floats, fuzzy: Floats) -> Floats:
    """Return one similarity of dense cosines, BM25 and rapidfuzz ratios, all at most 1."""
    mixed = DENSE_SHARE * dense + LEXICAL_SHARE * lexical + FUZZY_SHARE * fuzzy
    return np.asarray(mixed, dtype=np.float32)


def support(query: Floats, pairwise: Floats) -> npt.NDArray[np.float64]:
    """Return how much each neighbour says "it is me", shape (n,).

    ``query`` holds the similarities to n neighbours, ``pairwise`` (n, n) those among them. With
    kernel k = exp(−2 (1 − c)) the weights are (K + 0.1 I)⁻¹ k: summed over the questions of an
    entry they are the kernel ridge prediction for the entry's one-hot target, solved on the
    neighbours only (Bottou and Vapnik, "Local Learning Algorithms", 1992). Near-copies of one
    question share their weight instead of multiplying it.
    """
    among = np.exp(-_SHARPNESS * (1.0 - pairwise.astype(np.float64)))
    toward = np.exp(-_SHARPNESS * (1.0 - query.astype(np.float64)))
    among[np.diag_indices_from(among)] += _RIDGE
    return np.asarray(np.linalg.solve(among, toward), dtype=np.float64)
