"""Lexical, fuzzy and kernel scores, the dense index, and the confidence."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatbot.matching import fuzzy, kernel
from chatbot.matching.centring import CentredSpace
from chatbot.matching.confidence import Judge, Signals, threshold_for
from chatbot.matching.dense import DenseIndex
from chatbot.matching.lexical import LexicalIndex
from chatbot.matching.terms import NEW, TermTable, bigrams, terms_of

_KEYS = ["几点退房", "可以延迟退房吗", "早餐几点供应", "退"]
_TEXTS = [
    terms_of("几点退房", ["几点", "退房"]),
    terms_of("可以延迟退房吗", ["可以", "延迟", "退房", "吗"]),
    terms_of("早餐几点供应", ["早餐", "几点", "供应"]),
    terms_of("退", ["退"]),
]


def _index(texts: Sequence[Counter[str]]) -> LexicalIndex:
    return LexicalIndex(TermTable.of(text.elements() for text in texts))


def _scores(index: LexicalIndex, text: Counter[str]) -> npt.NDArray[np.float32]:
    """Return the similarities of ``text`` with all texts of ``index``."""
    return index.rows_of(np.arange(len(_TEXTS))).products_with(index.row(text))


def test_that_bigrams_of_a_short_text_are_the_text() -> None:
    assert bigrams("几点退") == ["几点", "点退"]
    assert bigrams("退") == ["退"]
    assert bigrams("") == []


def test_that_words_count_beside_pairs_and_each_once() -> None:
    assert terms_of("几点退房", ["几点", "退房", "退房"]) == {"几点": 2, "点退": 1, "退房": 2}
    assert terms_of("", []) == {}


_some_keys = st.sampled_from(
    ["", "退", "退房", "几点退房", "退房几点退房", "早餐几点", "几点早餐供应", "早餐"]
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(_some_keys, max_size=8),
    st.lists(st.tuples(st.integers(NEW, 7), _some_keys), max_size=10),
)
def test_that_terms_carried_on_are_those_counted_anew(
    before: list[str], after: list[tuple[int, str]]
) -> None:
    rows = [row if row < len(before) else NEW for row, _ in after]
    texts = [before[row] if row != NEW else key for row, (_, key) in zip(rows, after, strict=True)]
    fresh = [text for text, row in zip(texts, rows, strict=True) if row == NEW]
    carried_on = TermTable.of(map(bigrams, before)).followed_by(rows, map(bigrams, fresh))
    anew = TermTable.of(map(bigrams, texts))
    assert carried_on.names == anew.names
    assert carried_on.terms.tolist() == anew.terms.tolist()
    assert carried_on.times.tolist() == anew.times.tolist()
    assert carried_on.lengths.tolist() == anew.lengths.tolist()


def test_that_a_text_is_most_like_itself() -> None:
    index = _index(_TEXTS)
    for number, text in enumerate(_TEXTS):
        scores = _scores(index, text)
        assert scores.argmax() == number
        assert scores[number] == pytest.approx(1, abs=1e-5)
        assert index.alike(index.row(text), 4)[0] == number


def test_that_the_score_is_bm25_both_ways_over_what_each_has_with_itself() -> None:
    one, other = _TEXTS[0], _TEXTS[1]
    usual = sum(text.total() for text in _TEXTS) / len(_TEXTS)

    def idf(term: str) -> float:
        having = sum(term in text for text in _TEXTS)
        return math.log(1 + (len(_TEXTS) - having + 0.5) / (having + 0.5))

    def frequency(term: str, text: Counter[str]) -> float:
        held_back = 1.2 * (1 - 0.75 + 0.75 * text.total() / usual)
        return text[term] * 2.2 / (text[term] + held_back)

    def with_itself(text: Counter[str]) -> float:
        return sum(idf(term) * frequency(term, text) for term in text)

    shared = sum(
        idf(term) * math.sqrt(frequency(term, one) * frequency(term, other))
        for term in one.keys() & other.keys()
    )
    index = _index(_TEXTS)
    expected = shared / math.sqrt(with_itself(one) * with_itself(other))
    assert _scores(index, one)[1] == pytest.approx(expected, rel=1e-5)


def test_that_unknown_letters_lower_the_score() -> None:
    index = _index(_TEXTS)
    near = _scores(index, terms_of("几点退房", []))[0]
    far = _scores(index, terms_of("几点退房以后去哪里看电影呢", []))[0]
    assert far < near / 1.5


def test_that_scores_among_texts_agree_with_those_of_queries() -> None:
    index = _index(_TEXTS)
    everything = np.arange(len(_TEXTS))
    among = index.rows_of(everything).products()
    for number, text in enumerate(_TEXTS):
        assert np.allclose(among[number], _scores(index, text), atol=1e-5)


def test_that_those_alike_come_best_first_and_equal_ones_by_number() -> None:
    index = _index([*_TEXTS, _TEXTS[0]])
    alike = index.alike(index.row(_TEXTS[0]), 5)
    scores = index.rows_of(alike).products_with(index.row(_TEXTS[0]))
    assert alike.tolist()[:2] == [0, 4]
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)
    assert index.alike(index.row(terms_of("xyz", ["xyz"])), 5).tolist() == []
    assert len(index.alike(index.row(_TEXTS[0]), 1)) == 1


def test_that_rare_terms_are_looked_up_before_common_ones() -> None:
    common = [terms_of(f"退房{chr(0x4E00 + number)}", ["退房"]) for number in range(15_000)]
    index = _index([*common, terms_of("退房蘑菇", ["退房", "蘑菇"])])
    query = index.row(terms_of("蘑菇退房", ["蘑菇", "退房"]))
    assert index.alike(query, 3)[0] == 15_000


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("可以带宠物吗", "可以带宠物嘛", True),
        ("可以带宠物吗", "不可以带宠物吗", False),
        ("可以住2晚吗", "可以住3晚吗", False),
        ("两张床", "三张床", False),
        ("wifi密码", "vip密码", False),
    ],
)
def test_that_numbers_negations_and_latin_words_must_agree(
    one: str, other: str, same: bool
) -> None:
    assert fuzzy.same_particulars(one, other) is same


def test_that_the_closest_wording_comes_first_and_ties_go_by_order() -> None:
    keys = ["请问可以延迟退房吗", "可以延迟退房吗啊", "可以延迟退房吗呀", "早餐"]
    assert [number for number, _ in fuzzy.near_exact("可以延迟退房吗", keys)] == [1, 2]
    assert fuzzy.near_exact("可以", keys) == []
    assert fuzzy.near_exact("", []) == []


@given(
    st.lists(st.text("退房几点可以延迟吗不2a", max_size=30), max_size=30),
    st.text("退房几点可以延迟吗不2a", max_size=30),
)
def test_that_the_short_way_finds_what_comparing_with_all_finds(keys: list[str], key: str) -> None:
    nearly = [*keys, key + "吗", key[1:], key[: len(key) // 2] + "吗" + key[len(key) // 2 :]]
    wanted = fuzzy.near_exact(key, nearly) if key else []
    assert fuzzy.CloseKeys(nearly).find(key) == wanted


def test_that_copies_of_a_question_share_its_weight() -> None:
    one = kernel.support(np.ones(1, np.float32), np.ones((1, 1), np.float32)).weights.sum()
    copies = kernel.support(np.ones(5, np.float32), np.ones((5, 5), np.float32)).weights.sum()
    assert one < copies < 1.1 * one


def test_that_what_is_known_is_not_new() -> None:
    itself = kernel.support(np.ones(1, np.float32), np.ones((1, 1), np.float32))
    other = kernel.support(np.full(1, -1, np.float32), np.ones((1, 1), np.float32))
    assert itself.novelty < 0.1
    assert 0.9 < other.novelty <= 1.0


def test_that_a_knowledge_base_of_one_question_has_an_index() -> None:
    rng = np.random.default_rng(1)
    drawn = rng.normal(size=(12, 8))
    rows = np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype=np.float32)
    index = DenseIndex(rows[:1], rows[1:])
    assert index.nearest(index.centre(rows[0]), 64).tolist() == [0]
    assert float(index.rows[0] @ index.centre(rows[0])) == pytest.approx(1, abs=1e-5)


def test_that_among_many_texts_the_nearest_are_found_all_the_same() -> None:
    rng = np.random.default_rng(1)
    topics = rng.normal(size=(500, 320))
    drawn = np.repeat(topics, 10, axis=0) + 0.5 * rng.normal(size=(5000, 320)) + 1.0
    rows = np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype=np.float32)
    index = DenseIndex(rows, rows[:50])
    mean = rows.mean(axis=0)
    centred = (rows - mean) / np.linalg.norm(rows - mean, axis=1, keepdims=True)
    found = same = 0
    for number in range(0, 5000, 100):
        nearest = set(np.argsort(-(centred @ centred[number]))[:10].tolist())
        near = index.nearest(index.centre(rows[number]), 10).tolist()
        assert near[0] == number
        found += len(nearest & set(near))
        same += len(nearest)
    assert found > 0.95 * same


def test_that_what_spans_a_space_is_compared_in_it_as_in_all_directions() -> None:
    rng = np.random.default_rng(2)
    drawn = rng.normal(size=(300, 40)) @ rng.normal(size=(40, 400)) + 9.0
    rows = np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype=np.float32)
    vectors, background = rows[:200], rows[200:]
    whole = CentredSpace(vectors, background)
    cut = CentredSpace(vectors, background, spanning=rows)
    assert whole.rows(vectors).shape == (200, 400)
    assert cut.rows(vectors).shape == (200, 192)
    for other in background[:5]:
        cosines = whole.rows(vectors) @ whole.centre(other)
        assert np.allclose(cut.rows(vectors) @ cut.centre(other), cosines, atol=1e-4)
        assert np.allclose(cut.centre(other), cut.rows(other[None, :])[0], atol=1e-5)


_LEVEL = (-1.3, 0.15, -0.6, 0.5, -0.1)
_SIGNALS = st.builds(
    Signals,
    score=st.floats(-1, 2),
    margin=st.floats(-1, 2),
    novelty=st.floats(0, 1),
    words=st.floats(0, 1),
    rivals=st.floats(0, 50),
    dense=st.floats(-1, 1),
    everyday=st.floats(-1, 1),
    length=st.integers(0, 480),
    wordings=st.integers(1, 100_000),
)


@given(_SIGNALS, st.floats(0, 0.99))
def test_that_confidences_are_probabilities(signals: Signals, share: float) -> None:
    confidence = Judge(_LEVEL, share).judge(signals)
    assert 0 <= confidence.right <= confidence.known <= 1


@given(_SIGNALS)
def test_that_more_messages_without_an_entry_mean_less_confidence(signals: Signals) -> None:
    few, many = (Judge(_LEVEL, share).judge(signals) for share in (0.1, 0.6))
    assert few.right >= many.right
    assert few.known >= many.known


def test_that_more_evidence_means_more_confidence() -> None:
    weak = Signals(0.3, 0.1, 0.6, 0.3, 1.4, 0.3, 0.1, 8, 4)
    strong = Signals(0.9, 0.8, 0.1, 0.9, 0.3, 0.9, 0.1, 8, 4)
    assert Judge(_LEVEL).judge(weak).right < 0.5
    assert Judge(_LEVEL).judge(strong).right > 0.9


def test_that_everyday_talk_is_not_asked_back_about() -> None:
    about_us = Signals(0.4, 0.1, 0.6, 0.3, 1.0, 0.4, 0.2, 8, 4)
    small_talk = replace(about_us, everyday=0.5)
    judge = Judge(_LEVEL)
    assert judge.judge(about_us).known > judge.judge(about_us).right
    assert judge.judge(small_talk).known == judge.judge(small_talk).right


def test_that_signals_are_seen_above_the_level_of_the_knowledge_base() -> None:
    signals = Signals(0.5, 0.3, 0.4, 0.6, 0.9, 0.6, 0.1, 8, 4)
    usual = Judge(_LEVEL).judge(signals)
    tight = Judge(level=(-0.7, 0.4, -1.0, 0.6, 0.0)).judge(signals)
    assert tight.right < usual.right


def test_that_a_higher_promise_asks_for_more_confidence() -> None:
    assert threshold_for(0.95) == pytest.approx(0.9)
    assert threshold_for(0.99) > threshold_for(0.95) > threshold_for(0.6) >= 0.5
