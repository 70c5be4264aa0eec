"""What labels say about confidence, and what they prove."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.answers.correction import (
    DOUBT,
    Correction,
    JudgedLabel,
    as_fitted,
    at_share,
    binomial_tail,
    corrected,
    entry_group,
    everything,
    least_precision,
    share_without_entry,
    threshold_by_test,
)


def _chance(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit))


def _labels(count: int, offset: float = 0.0, slope: float = 1.0) -> list[JudgedLabel]:
    """Return labels whose real log-odds are ``offset`` + ``slope`` times what was judged."""
    rng = np.random.default_rng(1)
    logits = rng.normal(0.5, 2.0, count)
    right = rng.random(count) < 1.0 / (1.0 + np.exp(-(offset + slope * logits)))
    pairs = zip(logits.tolist(), right.tolist(), strict=True)
    return [JudgedLabel(each, _chance(each), "late", right=hit, known=hit) for each, hit in pairs]


def test_that_no_label_corrects_nothing() -> None:
    assert corrected([]) == (0.0, 1.0)


@pytest.mark.parametrize(("offset", "slope"), [(0.0, 1.0), (-1.0, 1.0), (0.8, 1.0), (0.0, 0.6)])
def test_that_many_labels_find_how_far_confidence_is_off(offset: float, slope: float) -> None:
    found = corrected(_labels(5000, offset, slope))
    assert found == pytest.approx((offset, slope), abs=0.12)


def test_that_few_labels_change_little() -> None:
    offset, slope = corrected(_labels(4, offset=-3.0))
    assert -0.8 < offset < 0.1
    assert 0.6 < slope < 1.2


_LABEL = st.builds(
    JudgedLabel,
    logit=st.floats(-30, 30),
    confidence=st.floats(0, 1),
    entry=st.sampled_from(["late", "food"]),
    right=st.booleans(),
    known=st.booleans(),
    weight=st.floats(0.0, 5.0),
)


@given(st.lists(_LABEL, max_size=60))
def test_that_a_correction_never_turns_confidence_round(labels: list[JudgedLabel]) -> None:
    offset, slope = corrected(labels)
    assert math.isfinite(offset)
    assert slope > 0
    assert corrected(labels) == (offset, slope)


@given(st.lists(_LABEL, max_size=60), st.floats(0.0, 1.0))
def test_that_weights_are_those_of_the_share_models_are_fitted_for(
    labels: list[JudgedLabel], share: float
) -> None:
    weighted = as_fitted(labels, share)
    assert [each.logit for each in weighted] == [each.logit for each in labels]
    assert all(0.0 < each.weight <= 5.0 for each in weighted)
    assert all(each.weight == pytest.approx(1.0) for each in as_fitted(labels, 0.3))


@given(st.lists(_LABEL, max_size=80), st.floats(0.01, 0.99))
def test_that_a_sample_has_the_share_it_is_meant_to_have(
    labels: list[JudgedLabel], share: float
) -> None:
    sample = at_share(labels, share)
    assert all(any(each is label for label in labels) for each in sample)
    without = sum(not each.known for each in sample)
    # Of each kind a whole number: one too many at most.
    assert abs(without - share * len(sample)) <= 1.0
    assert bool(sample) is ({each.known for each in labels} == {True, False})


@pytest.mark.parametrize("target", [0.9, 0.95])
def test_that_a_threshold_by_test_keeps_the_promise_as_often_as_it_says(target: float) -> None:
    """Draw many label sets of known confidences and count the thresholds that do not hold."""
    rng = np.random.default_rng(7)
    broken = drawn = 0
    for _ in range(100):
        confidence = rng.random(1000) ** 0.1
        right = rng.random(1000) < confidence
        pairs = zip(confidence.tolist(), right.tolist(), strict=True)
        labels = [JudgedLabel(0.0, each, "late", right=hit) for each, hit in pairs]
        threshold = threshold_by_test(labels, target)
        if threshold is not None:
            drawn += 1
            mean_above = 10 / 11 * (1.0 - threshold**11) / (1.0 - threshold**10)
            broken += mean_above < target
    assert drawn > 60
    assert broken / 100 <= DOUBT


def test_that_a_threshold_needs_enough_labels() -> None:
    sure = [JudgedLabel(3.0, 0.95, "late", right=True)]
    assert threshold_by_test(sure * 44, 0.95) is None  # 0.95 ** 44 > 0.1
    assert threshold_by_test(sure * 45, 0.95) == 0.95
    assert threshold_by_test([], 0.95) is None
    assert threshold_by_test(sure * 1000, 1.0) is None


def test_that_equal_confidences_are_answered_together() -> None:
    labels = [JudgedLabel(3.0, 0.95, "late", right=number % 2 == 0) for number in range(300)]
    assert threshold_by_test(labels, 0.9) is None


@given(st.integers(0, 200), st.integers(0, 200))
def test_that_the_bound_is_below_what_was_seen(right: int, wrong: int) -> None:
    least = least_precision(right, right + wrong)
    seen = right / (right + wrong) if right + wrong else 0.0
    assert 0.0 <= least <= seen
    assert least_precision(right + 1, right + 1 + wrong) >= least - 1e-9


def test_that_the_bound_is_that_of_the_tables() -> None:
    assert least_precision(10, 10) == pytest.approx(0.1 ** (1 / 10), abs=1e-6)
    assert least_precision(95, 100) == pytest.approx(0.9092, abs=1e-3)


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.0, 1.0))
def test_that_the_tail_is_the_sum_of_the_terms(most: int, trials: int, chance: float) -> None:
    terms = (
        math.comb(trials, hits) * chance**hits * (1.0 - chance) ** (trials - hits)
        for hits in range(min(most, trials) + 1)
    )
    assert binomial_tail(most, trials, chance) == pytest.approx(min(1.0, sum(terms)), abs=1e-9)


_BAND = st.tuples(st.integers(0, 500), st.integers(0, 50), st.integers(0, 50)).map(
    lambda band: (max(band[0], band[1]), band[1], min(band[2], band[1]))
)


@given(st.floats(0.0, 0.99), st.lists(_BAND, max_size=6))
def test_that_an_estimated_share_is_one(
    stated: float, bands: Sequence[tuple[int, int, int]]
) -> None:
    assert 0.0 <= share_without_entry(stated, bands) <= 1.0


def test_that_bands_without_labels_are_taken_for_as_stated() -> None:
    assert share_without_entry(0.3, []) == 0.3
    assert share_without_entry(0.3, [(500, 0, 0)]) == 0.3
    # All labels in one of two bands, which has every second message.
    estimated = share_without_entry(0.3, [(500, 0, 0), (500, 100_000, 0)], weight=0.0)
    assert estimated == pytest.approx(0.15)


def test_that_a_correction_is_kept_as_json() -> None:
    thresholds = {everything(0.95): 0.8123, entry_group("late", 0.99): 0.9}
    correction = Correction(0.1234, -0.5, 0.9, 321, thresholds, 77)
    again = Correction.from_json(json.loads(json.dumps(correction.to_json())))
    assert again == correction
    assert everything(0.95) != everything(0.951)
