"""Figures of rankings with a confidence, over arrays with a row a message."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks.logistic import Bools, Floats


def auroc(confidence: Floats, right: Bools) -> float:
    """Return the chance that a right answer has the higher confidence; ties count half."""
    _, inverse, counts = np.unique(confidence, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positive = int(right.sum())
    negative = len(right) - positive
    if not positive or not negative:
        return float("nan")
    return float((ranks[right].sum() - positive * (positive + 1) / 2) / (positive * negative))


def coverage(confidence: Floats, right: Bools, in_scope: Bools, wanted: float) -> float:
    """Return the largest share of in-scope questions at a precision of ``wanted``."""
    order = np.argsort(-confidence, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    last_of_its_confidence = np.append(np.diff(confidence[order]) != 0, True)
    enough = np.flatnonzero((precision >= wanted) & last_of_its_confidence)
    if not len(enough):
        return 0.0
    return float(in_scope[order][: enough[-1] + 1].sum() / max(1, in_scope.sum()))


def calibration_error(confidence: Floats, right: Bools, weights: Floats) -> float:
    """Return the weighted gap between confidence and share right, over 15 bins."""
    bins = np.minimum((confidence * 15).astype(int), 14)
    gaps = np.bincount(bins, weights * (confidence - right), minlength=15)
    return float(np.abs(gaps).sum() / weights.sum())


def ranking_figures(
    confidence: Floats, right: Bools, in_five: Bools, in_scope: Bools
) -> dict[str, float]:
    """Return the figures that do not depend on thresholds."""
    return {
        "hit@1": float(right[in_scope].mean()),
        "hit@5": float(in_five[in_scope].mean()),
        "auroc": auroc(confidence, right),
        "cov@95": coverage(confidence, right, in_scope, 0.95),
        "cov@90": coverage(confidence, right, in_scope, 0.90),
    }


def weights_for(in_scope: Bools, share: float) -> Floats:
    """Return a weight for each message, so that those without an entry are ``share`` of all."""
    parts = np.where(in_scope, 1.0 - share, share)
    return np.asarray(parts / np.where(in_scope, max(1, in_scope.sum()), max(1, (~in_scope).sum())))


def print_row(name: str, values: Mapping[str, float]) -> None:
    print(
        f"{name:28}", "  ".join(f"{key} {value:.3f}" for key, value in values.items()), flush=True
    )
