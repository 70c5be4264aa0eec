"""The figures of answer quality, from verdicts alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from chatbot.evaluation.verdicts import Verdict

#: A figure; None where it is not defined, as a share of nothing.
Figure = float | None

_BINS = 15


def hit_at(verdicts: Iterable[Verdict], places: int) -> Figure:
    """Return the share of questions in scope with a right one among the first candidates."""
    return _share(
        verdict.rank is not None and verdict.rank <= places for verdict in _in_scope(verdicts)
    )


def mrr(verdicts: Iterable[Verdict]) -> Figure:
    """Return the mean of 1 / place of the first right candidate; 0 where none is right."""
    return _mean(1 / verdict.rank if verdict.rank else 0.0 for verdict in _in_scope(verdicts))


def coverage_at(verdicts: Sequence[Verdict], precision: float) -> Figure:
    """Return the largest share of questions in scope that one threshold answers well enough.

    Answered is what has at least that confidence, whatever was really done; well enough if a share
    of ``precision`` of all that is answered is right, questions out of scope included.
    """
    in_scope = len(_in_scope(verdicts))
    best = answered = covered = right = 0
    ranked = sorted(verdicts, key=attrgetter("confidence"), reverse=True)
    for _, equals in groupby(ranked, key=attrgetter("confidence")):
        for verdict in equals:
            answered += 1
            covered += verdict.question.in_scope
            right += verdict.right
        if right / answered >= precision:
            best = covered
    return best / in_scope if in_scope else None


def precision(verdicts: Iterable[Verdict]) -> Figure:
    """Return the share of right ones among the questions that were answered."""
    return _share(verdict.right for verdict in verdicts if verdict.answered)


def coverage(verdicts: Iterable[Verdict]) -> Figure:
    """Return the share of questions in scope that were answered."""
    return _share(verdict.answered for verdict in _in_scope(verdicts))


def auroc(verdicts: Iterable[Verdict]) -> Figure:
    """Return how likely a right candidate has more confidence than a wrong one; ties count half."""
    below = 0.0
    wrong_so_far = right_in_all = 0
    ranked = sorted(verdicts, key=attrgetter("confidence"))
    for _, equals in groupby(ranked, key=attrgetter("confidence")):
        judged = [verdict.right for verdict in equals]
        right, wrong = sum(judged), len(judged) - sum(judged)
        below += right * (wrong_so_far + wrong / 2)
        wrong_so_far += wrong
        right_in_all += right
    pairs = right_in_all * wrong_so_far
    return below / pairs if pairs else None


def ece(verdicts: Sequence[Verdict]) -> Figure:
    """Return the expected calibration error over all messages."""
    return calibration_error((verdict.confidence, verdict.right) for verdict in verdicts)


def calibration_error(judged: Iterable[tuple[float, bool]]) -> Figure:
    """Return the expected calibration error of confidences, in 15 bins of equal width.

    The gap between mean confidence and share right of each bin, weighted by its size (Naeini,
    Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", 2015).
    """
    gaps, count = [0.0] * _BINS, 0
    for confidence, right in judged:
        gaps[min(int(confidence * _BINS), _BINS - 1)] += confidence - right
        count += 1
    return math.fsum(map(abs, gaps)) / count if count else None


def latency(verdicts: Iterable[Verdict], share: float) -> Figure:
    """Return the smallest time, in milliseconds, that ``share`` of the decisions do not exceed."""
    ranked = sorted(verdict.milliseconds for verdict in verdicts)
    return ranked[math.ceil(share * len(ranked)) - 1] if ranked else None


#: Every figure by its name, in the order in which they are shown.
FIGURES: Mapping[str, Callable[[Sequence[Verdict]], Figure]] = MappingProxyType(
    {
        "hit@1": lambda verdicts: hit_at(verdicts, 1),
        "hit@5": lambda verdicts: hit_at(verdicts, 5),
        "mrr": mrr,
        "coverage_at_90": lambda verdicts: coverage_at(verdicts, 0.90),
        "coverage_at_95": lambda verdicts: coverage_at(verdicts, 0.95),
        "precision": precision,
        "coverage": coverage,
        "auroc": auroc,
        "ece": ece,
        "latency_p50_ms": lambda verdicts: latency(verdicts, 0.50),
        "latency_p95_ms": lambda verdicts: latency(verdicts, 0.95),
    }
)


def figures(verdicts: Sequence[Verdict]) -> dict[str, Figure]:
    """Return every figure of questions about entries: shares with 4 digits, times with 2."""
    return {
        name: None if value is None else round(value, 2 if name.endswith("_ms") else 4)
        for name, value in ((name, figure(verdicts)) for name, figure in FIGURES.items())
    }


def counts(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return how many questions there are, how many of each kind, and what was done."""
    kinds = Counter(verdict.question.kind for verdict in verdicts)
    answered = Counter(verdict.question.kind for verdict in verdicts if verdict.answered)
    return {
        "questions": len(verdicts),
        "in_scope": len(_in_scope(verdicts)),
        "actions": dict(Counter(verdict.action for verdict in verdicts).most_common()),
        "kinds": {
            kind: {"questions": count, "answered": answered[kind]} for kind, count in kinds.items()
        },
    }


def _in_scope(verdicts: Iterable[Verdict]) -> list[Verdict]:
    return [verdict for verdict in verdicts if verdict.question.in_scope]


def _share(values: Iterable[bool]) -> Figure:
    return _mean(map(float, values))


def _mean(values: Iterable[float]) -> Figure:
    listed = list(values)
    return math.fsum(listed) / len(listed) if listed else None
