from __future__ import annotations

from typing import Any

import pytest

from chatbot.evaluation.labels import LabelError, Question, read_question


@pytest.mark.parametrize(
    ("record", "question"),
    [
        ({"faq_id": "a", "accept": ["b"]}, Question("问", frozenset("ab"), "in")),
        ({"faq_id": "a", "kind": "in", "origin": 1}, Question("问", frozenset("a"), "in")),
        ({"faq_id": None, "kind": "oos_near"}, Question("问", kind="oos_near")),
        ({}, Question("问")),
        ({"faq_id": None, "accept": ["b"]}, Question("问")),
        ({"intent": "x"}, Question("问", intent="x", asks_entry=False, asks_intent=True)),
        ({"intent": None}, Question("问", asks_entry=False, asks_intent=True)),
        ({"intent": "x", "faq_id": None}, Question("问", intent="x", asks_intent=True)),
    ],
)
def test_that_labels_are_read(record: dict[str, Any], question: Question) -> None:
    assert read_question("问", {"text": "问", **record}) == question


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({"faq_id": 5}, "faq_id: a text or null"),
        ({"faq_id": ""}, "faq_id: a text or null"),
        ({"faq_id": "a", "accept": "b"}, "accept: a list"),
        ({"faq_id": "a", "accept": [1]}, "accept: a list"),
        ({"faq_id": "a", "kind": "oos_near"}, 'kind "oos_near" contradicts'),
        ({"kind": "in"}, 'kind "in" contradicts'),
        ({"intent": ["x"]}, "intent: a text or null"),
    ],
)
def test_that_a_wrong_label_is_refused(record: dict[str, Any], problem: str) -> None:
    with pytest.raises(LabelError, match=problem):
        read_question("问", record)
