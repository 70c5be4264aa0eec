"""Thresholds for a promise, from left-out questions and from labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.answers.calibration import (
    UNCALIBRATED,
    Calibration,
    Thresholds,
    calibrated,
    corrected_judge,
    weights_of,
)
from chatbot.answers.correction import Correction, category_group, entry_group, everything
from chatbot.answers.entries import Entry, plain_answer
from chatbot.matching.confidence import Judge, Signals, threshold_for
from chatbot.matching.matcher import Ranked, Ranking
from chatbot.matching.practice import LeftOut

_JUDGE = Judge((-1.3, 0.15, -0.6, 0.5, 0.3))


def _entry(name: str, target: float | None = None, category: str = "") -> Entry:
    return Entry(name, name, plain_answer("好"), target=target, category=category)


def _left_out(number: int, score: float, *, known: bool) -> LeftOut:
    signals = Signals(
        score=score, margin=score / 2, novelty=0.4, words=0.8, rivals=0.2, dense=score,
        everyday=0.3, length=8, wordings=3,
    )  # fmt: skip
    ranked = Ranked(0, score, score, 0.1, 0.1, 0.8)
    return LeftOut(number, known, Ranking((ranked,), signals), known)


def _spread(count: int) -> list[LeftOut]:
    scores = np.linspace(0.1, 0.95, count).tolist()
    return [
        _left_out(number, score * (1.0 if known else 0.6), known=known)
        for number, score in enumerate(scores)
        for known in (True, False)
    ]


def _given(confidences: list[float]) -> Calibration:
    count = len(confidences)
    return Calibration(_JUDGE, np.array(confidences), np.full(count, 1.0 / count))


_CONFIDENCES = st.lists(st.floats(0.0, 1.0), min_size=30, max_size=200)


@given(_CONFIDENCES, st.floats(0.55, 0.99))
def test_that_what_is_answered_is_right_as_often_as_the_target(
    confidences: list[float], target: float
) -> None:
    threshold = _given(confidences).threshold(target)
    assert 0.5 <= threshold <= 1.0
    answered = [each for each in confidences if each >= threshold]
    if answered and threshold != threshold_for(target):
        assert np.mean(answered) >= target


@given(_CONFIDENCES)
def test_that_a_higher_target_answers_no_more(confidences: list[float]) -> None:
    calibration = _given(confidences)
    found = [calibration.threshold(target) for target in (0.8, 0.9, 0.95)]
    answered = [sum(each >= threshold for each in confidences) for threshold in found]
    if all(
        threshold != threshold_for(to)
        for threshold, to in zip(found, (0.8, 0.9, 0.95), strict=True)
    ):
        assert answered == sorted(answered, reverse=True)


def test_that_one_more_wrong_answer_has_to_be_borne() -> None:
    assert _given([0.951] * 30).threshold(0.95) == threshold_for(0.95)
    assert _given([0.951] * 3000).threshold(0.95) == 0.951


def test_that_each_question_stands_for_its_own_share_of_messages() -> None:
    unsure, sure = [0.6] * 200, [0.99] * 200
    weights = np.array([0.004] * 200 + [0.001] * 200)
    calibration = Calibration(_JUDGE, np.array(unsure + sure), weights)
    assert calibration.threshold(0.975) == 0.99


def test_that_questions_with_and_without_an_entry_have_the_share_they_are_meant_to_have() -> None:
    left_out = [_left_out(number, 0.5, known=number < 4) for number in range(6)]
    assert weights_of(left_out, 0.3) == pytest.approx([0.7 / 4] * 4 + [0.3 / 2] * 2)


def test_that_few_questions_leave_what_is_usual() -> None:
    few = calibrated(_spread(10), _JUDGE)
    assert not few.spreads
    assert few.threshold(0.95) == threshold_for(0.95) == pytest.approx(0.9)
    assert not UNCALIBRATED.spreads
    assert calibrated(_spread(40), _JUDGE).spreads


def test_that_judging_anew_is_as_judging_at_first() -> None:
    first = calibrated(_spread(40), _JUDGE)
    judge = corrected_judge(_JUDGE, Correction(0.5, -0.5, 0.9))
    again = calibrated(first.left_out, judge)
    assert (judge.share, judge.offset, judge.slope) == (0.5, -0.5, 0.9)
    assert judge.level == _JUDGE.level
    np.testing.assert_array_equal(again.confidences, calibrated(_spread(40), judge).confidences)
    assert again.weights.sum() == pytest.approx(1.0)
    known = np.array([each.known for each in again.left_out])
    assert again.weights[known].sum() == pytest.approx(0.5)
    np.testing.assert_array_equal(calibrated(again.left_out, _JUDGE).confidences, first.confidences)


def test_that_more_messages_without_an_entry_ask_for_more() -> None:
    found = [
        calibrated(_spread(100), replace(_JUDGE, share=share)).threshold(0.9)
        for share in (0.0, 0.3, 0.6)
    ]
    confident = [replace(_JUDGE, share=share).judge(_spread(100)[-1].signals).right
                 for share in (0.0, 0.3, 0.6)]  # fmt: skip
    assert confident == sorted(confident, reverse=True)
    assert all(0.5 <= threshold <= 1.0 for threshold in found)


def test_that_what_labels_proved_comes_first_and_only_for_its_target() -> None:
    entries = (
        _entry("usual"), _entry("own", 0.99, "退房"), _entry("beside", 0.99, "退房"),
        _entry("alone", 0.99), _entry("other", 0.9, "退房"),
    )  # fmt: skip
    tested = {
        everything(0.95): 0.7,
        entry_group("own", 0.99): 0.91,
        category_group("退房", 0.99): 0.93,
        entry_group("alone", 0.98): 0.1,
    }
    thresholds = Thresholds(entries, calibrated(_spread(40), _JUDGE), 0.95, tested)
    plain = Thresholds(entries, calibrated(_spread(40), _JUDGE), 0.95)
    assert (thresholds.usual, thresholds.of(0)) == (0.7, 0.7)
    assert (thresholds.of(1), thresholds.of(2)) == (0.91, 0.93)
    assert (thresholds.of(3), thresholds.of(4)) == (plain.of(3), plain.of(4))
    grounds = [thresholds.ground_of(number) for number in range(5)]
    assert grounds == ["labels", "labels", "labels", "left-out", "left-out"]


def test_that_nothing_more_likely_wrong_than_right_is_answered() -> None:
    tested = {everything(0.95): 0.2}
    assert Thresholds((_entry("late"),), UNCALIBRATED, 0.95, tested).usual == 0.5
