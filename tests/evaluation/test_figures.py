"""Every figure against a case that was computed by hand."""

from __future__ import annotations

import pytest

from chatbot.evaluation.figures import FIGURES, counts, coverage_at, ece, figures, latency
from tests.evaluation.verdict_samples import stray, verdict


def test_that_places_count_over_questions_in_scope_alone() -> None:
    found = figures([verdict(0.9, 1), verdict(0.8, 2), verdict(0.7, 6), verdict(0.6), stray(0.5)])
    assert found["hit@1"] == 0.25
    assert found["hit@5"] == 0.5
    assert found["mrr"] == pytest.approx((1 + 1 / 2 + 1 / 6 + 0) / 4, abs=1e-4)


def test_that_coverage_is_the_largest_share_whose_answers_are_right_enough() -> None:
    # From the top: right 1/1, wrong 1/2, right 2/3, right 3/4, out of scope 3/5.
    verdicts = [
        verdict(0.9, 1), verdict(0.8, 2), verdict(0.7, 1), verdict(0.6, 1), stray(0.5),
    ]  # fmt: skip
    assert coverage_at(verdicts, 0.75) == 1.0
    assert coverage_at(verdicts, 0.76) == 0.25
    assert coverage_at([*verdicts, stray(0.95)], 0.76) == 0.0


def test_that_equal_confidences_are_answered_together() -> None:
    verdicts = [verdict(0.9, 1), verdict(0.8, 1), stray(0.8), verdict(0.8, 1)]
    assert coverage_at(verdicts, 0.9) == pytest.approx(1 / 3)
    assert coverage_at(verdicts, 0.75) == 1.0


def test_that_precision_and_coverage_are_those_of_the_actions_taken() -> None:
    found = figures(
        [
            verdict(0.9, 1, action="answer"),
            verdict(0.9, 2, action="answer"),
            verdict(0.9, 1, action="clarify"),
            verdict(0.2, 1),
            stray(0.9, action="answer"),
            stray(0.1),
        ]
    )
    assert found["precision"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["coverage"] == 0.5


def test_that_auroc_counts_pairs_and_halves_ties() -> None:
    # Right: 0.9, 0.5. Wrong: 0.7, 0.5, 0.1. Of 6 pairs 3 + 1 are in order and one is a tie.
    verdicts = [verdict(0.9, 1), verdict(0.5, 1), verdict(0.7, 2), stray(0.5), verdict(0.1)]
    assert figures(verdicts)["auroc"] == pytest.approx(4.5 / 6)


def test_that_the_calibration_error_weighs_bins_by_their_size() -> None:
    # Bin [14/15, 1]: 0.95 and 1.0, one right: gap 0.95. Bin [0.2, 4/15): 0.25, right: gap 0.75.
    assert ece([verdict(0.95, 1), stray(1.0), verdict(0.25, 1)]) == pytest.approx(1.7 / 3)
    # In one bin the errors cancel out.
    assert ece([verdict(0.5, 1), verdict(0.5, 2)]) == 0


def test_that_a_latency_is_one_that_was_measured() -> None:
    verdicts = [verdict(0, milliseconds=value) for value in (40.0, 10.0, 30.0, 20.0)]
    assert latency(verdicts, 0.5) == 20.0
    assert latency(verdicts, 0.95) == 40.0


def test_that_shares_of_nothing_are_no_figures() -> None:
    assert set(figures([]).values()) == {None}
    found = figures([stray(0.3)])
    assert found["hit@1"] is found["precision"] is found["coverage"] is found["auroc"] is None
    assert found["ece"] == 0.3


def test_that_the_names_are_the_promised_ones() -> None:
    assert list(FIGURES) == [
        "hit@1", "hit@5", "mrr", "coverage_at_90", "coverage_at_95", "precision", "coverage",
        "auroc", "ece", "latency_p50_ms", "latency_p95_ms",
    ]  # fmt: skip


def test_that_actions_and_kinds_are_counted() -> None:
    found = counts([verdict(0.9, 1, action="answer"), verdict(0.3), stray(0.8, action="answer")])
    assert found == {
        "questions": 3,
        "in_scope": 2,
        "actions": {"answer": 2, "handoff": 1},
        "kinds": {
            "in": {"questions": 2, "answered": 1},
            "oos_far": {"questions": 1, "answered": 1},
        },
    }
