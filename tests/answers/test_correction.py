"""What labels say about confidence, and what they prove."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.answers.correction import (
    DOUBT,
    Correction,
    JudgedLabel,
    as_fitted,
    binomial_tail,
    corrected,
    counted_alike,
    entry_group,
    everything,
    least_precision,
    messages_a_label,
    share_without_entry,
    threshold_by_test,
    with_share,
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
    messages=st.floats(0.01, 1000.0),
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


def test_that_labels_of_a_share_weigh_as_that_share_is_in_what_models_are_fitted_for() -> None:
    known, unknown = (JudgedLabel(0.0, 0.5, "late", each, known=each) for each in (True, False))
    weights = [each.weight for each in as_fitted([known, unknown], 0.6)]
    assert weights == pytest.approx([0.7 / 0.4, 0.3 / 0.6])


@given(st.lists(_LABEL, max_size=80), st.floats(0.01, 0.99))
def test_that_a_sample_has_at_least_the_share_it_is_meant_to_have(
    labels: list[JudgedLabel], share: float
) -> None:
    sample = with_share(labels, share)
    assert bool(sample) is any(not each.known for each in labels)
    without = sum(each.messages for each in sample if not each.known)
    assert without >= share * sum(each.messages for each in sample) - 1e-6
    for each, before in zip(sample, labels, strict=False):
        assert each.messages <= before.messages
        assert each.known or each == before, "none is dropped for being too many"


def test_that_a_label_stands_for_the_messages_of_its_band() -> None:
    assert messages_a_label([(900, 90), (2000, 100)]) == [10, 20]
    # Sure messages without enough labels are taken for as good as the next less sure ones.
    assert (
        messages_a_label([(900, 90), (500, 50), (300, 0), (200, 10)])
        == [10, 1000 / 60] + [1000 / 60] * 2
    )
    # Unsure ones are taken for no better than they are.
    assert messages_a_label([(5000, 2), (1000, 100)]) == [2500, 10]
    assert messages_a_label([(90, 1), (10, 4)]) == [20, 20]
    assert messages_a_label([(90, 0), (10, 0)]) == [0, 0]


def test_that_no_more_is_proved_than_by_labels_as_scarce_as_the_scarcest() -> None:
    right = JudgedLabel(3.0, 0.95, "late", right=True)
    wrong = JudgedLabel(3.0, 0.95, "late", right=False)
    assert counted_alike([]) == (0, 0)
    assert counted_alike([right] * 20 + [wrong]) == (21, 1)
    many = replace(wrong, messages=10.0)
    assert counted_alike([right] * 25 + [many]) == (3, 1)
    assert counted_alike([replace(right, messages=10.0)] * 2 + [wrong]) == (2, 1)


@given(st.lists(_LABEL, min_size=1, max_size=60), st.floats(0.1, 100.0))
def test_that_only_how_labels_compare_counts(labels: list[JudgedLabel], times: float) -> None:
    alike = [replace(each, messages=times) for each in labels]
    assert counted_alike(alike) == (len(labels), sum(not each.right for each in labels))


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


def _row(*right: tuple[int, bool]) -> list[JudgedLabel]:
    """Return labels from the surest down, so many right or wrong ones after each other."""
    kinds = [kind for count, kind in right for _ in range(count)]
    return [
        JudgedLabel(3.0, 0.99 - 0.0001 * number, "late", right=kind)
        for number, kind in enumerate(kinds)
    ]


def test_that_the_first_few_need_not_prove_anything() -> None:
    labels = _row((100, True))
    assert threshold_by_test(labels, 0.95) == labels[-1].confidence


def test_that_nothing_is_answered_below_what_could_not_be_proved() -> None:
    labels = _row((22, True), (10, False), (300, True))
    assert binomial_tail(10, 332, 0.1) < DOUBT
    assert threshold_by_test(labels, 0.9) == labels[21].confidence


def test_that_several_starts_share_the_risk() -> None:
    # Wrong ones among the surest leave only the last of four starts, at three quarters of them.
    labels = _row((76, False), (1124, True))
    assert DOUBT / 4 < binomial_tail(76, 900, 0.1) < DOUBT
    assert threshold_by_test(labels, 0.9) is None
    assert threshold_by_test(_row((60, False), (1140, True)), 0.9) is not None


def test_that_labels_for_many_messages_weigh_more() -> None:
    labels = _row((200, True), (10, False))
    assert threshold_by_test(labels, 0.9) == labels[-1].confidence
    scarce = labels[:200] + [replace(each, messages=5.0) for each in labels[200:]]
    threshold = threshold_by_test(scarce, 0.9)
    assert threshold is not None
    assert threshold > labels[-1].confidence


def test_that_equal_confidences_are_answered_together() -> None:
    both = [JudgedLabel(3.0, 0.95, "late", right=number < 100) for number in range(200)]
    assert threshold_by_test(both, 0.9) is None
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
    correction = Correction(0.1234, -0.5, 0.9, 321, thresholds, 77, "abc")
    again = Correction.from_json(json.loads(json.dumps(correction.to_json())))
    assert again == correction
    assert everything(0.95) != everything(0.951)
