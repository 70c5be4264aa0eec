"""What confidence learns from answers that chance had drawn, beside what people complain of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from chatbot.answers.correction import Correction
from chatbot.curation.learning import Band, Labelled, choices_of, learn
from chatbot.dialogue.service import Mind
from chatbot.learning import see
from chatbot.matching.vector_cache import VectorCache

_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_WRONG = [
    Labelled(text, None, ("late",), 0.97, sampled=True)
    for text in ("下午三点再走行不行", "我想晚点再退房", "退房能拖到下午不", "延迟退房怎么弄")
]


def _learnt(mind: Mind, vectors_dir: Path, found: list[Labelled]) -> Correction:
    seen = see(mind.dialogue, found, mind.encoder, VectorCache(vectors_dir), _NOW)
    assert len(seen) == len(found)
    assert len(choices_of(seen)) == sum(each.sampled for each in found)
    correction = learn(mind.dialogue, seen, [Band()] * 11, 0.3)
    assert correction is not None
    return correction


def test_that_wrong_answers_of_a_sample_count_and_mere_complaints_need_answers_beside_them(
    mind: Mind, vectors_dir: Path
) -> None:
    assert _learnt(mind, vectors_dir, _WRONG).offset < 0
    complaints = [replace(each, sampled=False) for each in _WRONG]
    assert _learnt(mind, vectors_dir, complaints).offset == 0


def test_that_a_wrong_answer_does_not_say_that_there_is_none(mind: Mind, vectors_dir: Path) -> None:
    assert _learnt(mind, vectors_dir, _WRONG).share == 0.3
    without = [replace(each, refused=()) for each in _WRONG]
    assert _learnt(mind, vectors_dir, without).share > 0.3
