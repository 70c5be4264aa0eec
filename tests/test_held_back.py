"""The exam of the sample brand: 200 wordings that none of its files has.

They were written from the entries' questions and answers alone, by somebody who had not seen the
other wordings. No coefficient or text comes from them, but their result was looked at while intents
and the asking back were built: an exam that is known is kinder than one that is not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chatbot.dialogue.decision import Decision
from chatbot.dialogue.menus import tapped_entry
from chatbot.dialogue.turn import HUMAN_MENU_ID, Outcome, Situation
from chatbot.knowledge.build import everyday_messages
from chatbot.knowledge.content import Content
from chatbot.understanding.normalise import Normaliser
from tests.sample import ROOT, decide_each, load_sample

Question = dict[str, Any]

_EXAM = [
    json.loads(line)
    for line in (ROOT / "tests/data/yunqi_held_back.jsonl").read_text("utf-8").splitlines()
]
_NOON = Situation(datetime(2026, 3, 2, 4, tzinfo=UTC))


@pytest.fixture(scope="module")
def content() -> Content:
    return load_sample()


@pytest.fixture(scope="module")
def outcomes(content: Content, vectors_dir: Path) -> Sequence[Outcome]:
    return decide_each(content, vectors_dir, (each["text"] for each in _EXAM), _NOON)


def test_that_the_exam_is_none_of_the_files_wordings(content: Content) -> None:
    normaliser = Normaliser()
    written = {normaliser.key(wording) for entry in content.entries for wording in entry.wordings}
    written |= {
        normaliser.key(example) for intent in content.intents for example in intent.examples
    }
    written |= {normaliser.key(message) for message in everyday_messages()}
    assert [each["text"] for each in _EXAM if normaliser.key(each["text"]) in written] == []
    assert len(_EXAM) == 200


def test_that_the_right_entry_intent_or_person_is_found(outcomes: Sequence[Outcome]) -> None:
    pairs = zip(_EXAM, outcomes, strict=True)
    missed = [each["text"] for each, outcome in pairs if not _is_right(each, outcome)]
    assert len(missed) <= 0.05 * len(_EXAM), missed


def test_that_few_without_an_entry_see_a_menu_first(outcomes: Sequence[Outcome]) -> None:
    seen = [
        each["text"]
        for each, outcome in zip(_EXAM, outcomes, strict=True)
        if each["kind"] == "person" and outcome.decision.action != "handoff"
    ]
    assert len(seen) <= 0.25 * sum(each["kind"] == "person" for each in _EXAM), seen


def test_that_what_is_answered_at_once_is_right(outcomes: Sequence[Outcome]) -> None:
    answered = [
        (each, outcome.decision)
        for each, outcome in zip(_EXAM, outcomes, strict=True)
        if outcome.decision.action == "answer"
    ]
    wrong = [each["text"] for each, decision in answered if decision.faq_id not in _right(each)]
    assert len(wrong) <= 0.05 * len(answered), wrong


def _right(question: Question) -> set[str]:
    return {faq_id for faq_id in (question.get("faq_id"), *question.get("accept", ())) if faq_id}


def _is_right(question: Question, outcome: Outcome) -> bool:
    """Return whether the customer gets what is theirs, at once or by one tap.

    ``or_intent`` names an intent that serves a message just as well as its entry.
    """
    decision = outcome.decision
    found = {intent.name for intent in decision.intents}
    if question["kind"] == "person":
        return decision.action == "handoff" or HUMAN_MENU_ID in _taps(decision)
    if question["kind"] == "intent":
        return question["intent"] in found
    if decision.action != "clarify" and question.get("or_intent") in found:
        return True
    return bool(_right(question) & _led_to(outcome))


def _taps(decision: Decision) -> set[str]:
    """Return the ids of the lines of a menu that asks back."""
    asks = decision.menu if decision.action == "clarify" else None
    return {item.id for item in asks.items} if asks else set()


def _led_to(outcome: Outcome) -> set[str]:
    """Return the entries that are said, are a tap away, or wait to know which hotel is meant."""
    decision = outcome.decision
    said = {decision.faq_id} if decision.faq_id else set()
    offered = {tapped_entry(tap) or "" for tap in _taps(decision)}
    waiting = outcome.context.waiting_row
    return {faq_id for faq_id in said | offered if faq_id} | (
        {waiting.faq_id} if waiting else set()
    )
