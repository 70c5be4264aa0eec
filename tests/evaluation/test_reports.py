"""Intents, and what changed between two runs, computed by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatbot.dialogue.decision import Candidate, Decision
from chatbot.evaluation.intents import Confusion, IntentRow, intent_figures
from chatbot.evaluation.labels import Question
from chatbot.evaluation.report import Comparison, Report
from chatbot.evaluation.verdicts import Verdict, judge
from tests.evaluation.verdict_samples import IN_SCOPE, OUT_OF_SCOPE, stray, verdict


def _said(label: str | None, found: str | None) -> Verdict:
    question = Question("话", intent=label, asks_entry=False, asks_intent=True)
    return verdict(0.5, question=question, intent=found)


def test_that_intents_are_counted_with_none_as_one_of_them() -> None:
    pairs = [("a", "a"), ("a", "a"), ("a", "b"), ("b", "b"), ("b", None), (None, None), (None, "a")]
    found = intent_figures([_said(*pair) for pair in pairs])
    assert found.accuracy == 4 / 7
    assert found.rows == (
        IntentRow("a", labelled=3, found=3, right=2),
        IntentRow("b", labelled=2, found=2, right=1, unheard=1),
        IntentRow(None, labelled=2, found=2, right=1),
    )
    assert (found.rows[0].precision, found.rows[1].recall) == (2 / 3, 1 / 2)
    assert set(found.confusions) == {
        Confusion("a", "b", 1), Confusion("b", None, 1), Confusion(None, "a", 1),
    }  # fmt: skip


def test_that_an_intent_that_is_often_missed_needs_examples() -> None:
    pairs = [("a", "a"), ("a", None), ("a", "b"), ("b", "b"), ("b", None), (None, "a")]
    found = intent_figures([_said(*pair) for pair in pairs])
    needs = {row.name: row.needs_examples for row in found.rows}
    assert needs == {"a": True, "b": False, None: False}  # two sentences of b say nothing yet
    assert found.none == pytest.approx(2 / 6)


def test_that_calibration_counts_the_sentences_with_an_intent() -> None:
    sure = replace(_said("a", "a"), intent_confidence=0.9)
    wrong = replace(_said("a", "b"), intent_confidence=0.6)
    assert intent_figures([sure, wrong, _said("a", None)]).ece == pytest.approx((0.1 + 0.6) / 2)
    assert intent_figures([_said("a", None)]).ece is None


def test_that_an_intent_never_found_has_no_precision() -> None:
    found = intent_figures([_said("a", "b"), _said("a", "b")])
    assert [(row.name, row.precision, row.recall) for row in found.rows] == [
        ("a", None, 0.0),
        ("b", 0.0, None),
    ]
    assert found.confusions == (Confusion("a", "b", 2),)


def test_that_sentences_with_an_intent_alone_do_not_count_for_entries() -> None:
    report = Report("k", "e", [verdict(0.9, 1), _said("a", "a")])
    shown = report.to_json()
    assert (shown["questions"], shown["hit@1"], shown["intents"]["questions"]) == (1, 1.0, 1)
    assert "intents" not in Report("k", "e", [verdict(0.9, 1)]).to_json()


def test_that_a_comparison_lists_losses_before_gains() -> None:
    won = (verdict(0.4, 1), verdict(0.9, 1, action="answer", faq_id="late"))
    lost = (verdict(0.9, 1, action="answer", faq_id="late"), verdict(0.3, 1))
    same = (verdict(0.5, 1), verdict(0.6, 1))
    wrong = (stray(0.2), stray(0.9, action="answer"))
    before, after = zip(won, same, lost, wrong, strict=True)
    comparison = Comparison(Report("old", "e", before), Report("new", "e", after))
    assert [(change.before, change.after) for change in comparison.changes] == [lost, wrong, won]
    assert comparison.difference["precision"] == -0.5
    assert comparison.difference["coverage"] == 0.0
    first = comparison.to_json()["changed"][0]
    assert first == {
        "text": IN_SCOPE.text,
        "right": ["late"],
        "before": {"action": "answer", "faq_id": "late", "intent": None, "confidence": 0.9,
                   "outcome": "right"},
        "after": {"action": "handoff", "faq_id": None, "intent": None, "confidence": 0.3,
                  "outcome": "unanswered"},
    }  # fmt: skip


def test_that_a_difference_of_nothing_is_nothing() -> None:
    report = Report("k", "e", [stray(0.1)])
    assert Comparison(report, report).difference["hit@1"] is None


def test_that_a_decision_is_judged_by_its_candidates_in_order() -> None:
    candidates = (Candidate("food", "早餐", 0.7), Candidate("late", "退房", 0.2))
    decision = Decision("t", "answer", "r", 1, 0.5, faq_id="food", confidence=0.70004,
                        candidates=candidates)  # fmt: skip
    judged = judge(IN_SCOPE, decision, 12.5)
    assert (judged.rank, judged.right, judged.outcome) == (2, False, "wrong")
    assert (judged.confidence, judged.milliseconds) == (0.7, 12.5)
    stray_one = judge(OUT_OF_SCOPE, decision)
    assert (stray_one.rank, stray_one.outcome) == (None, "wrong")
    accepted = judge(Question("t", frozenset({"x", "food"}), "in"), decision)
    assert accepted.outcome == "right"
