"""The figures of the assist report."""

from __future__ import annotations

import pytest

from chatbot.evaluation.assist_report import AssistReport, make_report
from chatbot.insight.shares import Share


def test_that_turns_are_counted_by_what_the_bot_and_then_staff_did() -> None:
    counts = [
        ("answer", "same", False, 5), ("answer", "different", False, 2),
        ("answer", "nothing", False, 1), ("answer", "none", False, 3),
        ("answer", "right", True, 4), ("answer", "wrong", True, 1), ("answer", "other", True, 1),
        ("clarify", "none", False, 2), ("handoff", "right", True, 6), ("reply", "none", False, 1),
        ("flow", "none", False, 1), ("smalltalk", "none", False, 9),
    ]  # fmt: skip
    report = make_report(counts)
    assert report == AssistReport(
        answered=17, clarified=2, handed_over=6, fixed=2, smalltalk=9, same=9, different=4,
        nothing=1, unanswered=3, judged=6,
    )  # fmt: skip
    assert report.would_answer == Share(17, 27)
    assert report.like_staff == Share(9, 13)


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    # Values of Brown, Cai and DasGupta's formula, worked out by hand.
    [(96, 100, 0.9016, 0.9843), (9, 10, 0.5958, 0.9821), (0, 5, 0.0, 0.4345), (5, 5, 0.5655, 1.0)],
)
def test_that_few_comparisons_say_how_unsure_they_are(
    hits: int, total: int, low: float, high: float
) -> None:
    assert Share(hits, total).interval == pytest.approx((low, high), abs=1e-4)


def test_that_nothing_has_no_share() -> None:
    report = make_report([])
    assert report.would_answer.value is None
    assert report.like_staff.interval == (0.0, 1.0)
