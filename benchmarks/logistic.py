"""Weighted logistic regression, for the few coefficients that ship."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_L2 = 1e-4


def fit_logistic(features: Floats, right: Bools, weights: Floats) -> Floats:
    """Return intercept and coefficients of a weighted L2 logistic regression, by Newton.

    The penalty of 1e-4 is on the coefficients of standardised features.
    """
    weights = weights / weights.sum()
    mean = weights @ features
    scale = np.sqrt(weights @ (features - mean) ** 2) + 1e-9
    rows = np.column_stack([np.ones(len(features)), (features - mean) / scale])
    penalty = np.diag([0.0] + [_L2] * features.shape[1])
    beta = np.zeros(rows.shape[1])
    for _ in range(100):
        chance = 1 / (1 + np.exp(-rows @ beta))
        slope = rows.T @ (weights * (chance - right)) + penalty @ beta
        bend = (rows * (weights * chance * (1 - chance))[:, None]).T @ rows + penalty
        step = np.linalg.solve(bend, slope)
        beta -= step
        if np.abs(step).max() < 1e-9:
            break
    coefficients = beta[1:] / scale
    return np.array([beta[0] - coefficients @ mean, *coefficients])
