"""Lexical, fuzzy and kernel scores, the dense index, and the confidence."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.matching import fuzzy, kernel
from chatbot.matching.confidence import SHIPPED_MODEL, Signals, threshold_for
from chatbot.matching.dense import DenseIndex
from chatbot.matching.lexical import LexicalIndex, bigrams, terms_of

_KEYS = ["几点退房", "可以延迟退房吗", "早餐几点供应", "退"]
_TEXTS = [
    terms_of("几点退房", ["几点", "退房"]),
    terms_of("可以延迟退房吗", ["可以", "延迟", "退房", "吗"]),
    terms_of("早餐几点供应", ["早餐", "几点", "供应"]),
    terms_of("退", ["退"]),
]


def test_that_bigrams_of_a_short_text_are_the_text() -> None:
    assert bigrams("几点退") == ["几点", "点退"]
    assert bigrams("退") == ["退"]
    assert bigrams("") == []


def test_that_words_count_beside_pairs_and_each_once() -> None:
    assert terms_of("几点退房", ["几点", "退房", "退房"]) == {"几点": 2, "点退": 1, "退房": 2}
    assert terms_of("", []) == {}


def test_that_a_text_is_most_like_itself() -> None:
    index = LexicalIndex(_TEXTS)
    for number, text in enumerate(_TEXTS):
        scores = index.scores(index.row(text))
        assert scores.argmax() == number
        assert scores[number] == pytest.approx(1, abs=1e-5)


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
    index = LexicalIndex(_TEXTS)
    expected = shared / math.sqrt(with_itself(one) * with_itself(other))
    assert index.scores(index.row(one))[1] == pytest.approx(expected, rel=1e-5)


def test_that_unknown_letters_lower_the_score() -> None:
    index = LexicalIndex(_TEXTS)
    near = index.scores(index.row(terms_of("几点退房", [])))[0]
    far = index.scores(index.row(terms_of("几点退房以后去哪里看电影呢", [])))[0]
    assert far < near / 1.5


def test_that_pairwise_scores_agree_with_single_ones() -> None:
    index = LexicalIndex(_TEXTS)
    table = index.pairwise(np.arange(len(_TEXTS)))
    for number, text in enumerate(_TEXTS):
        assert np.allclose(table[number], index.scores(index.row(text)), atol=1e-5)


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
    one = kernel.support(np.ones(1, np.float32), np.ones((1, 1), np.float32)).sum()
    copies = kernel.support(np.ones(5, np.float32), np.ones((5, 5), np.float32)).sum()
    assert one < copies < 1.1 * one


def test_that_a_knowledge_base_of_one_question_has_an_index() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(12, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index = DenseIndex(rows[:1], rows[1:])
    assert index.nearest(index.centre(rows[0]), 64).tolist() == [0]
    assert float(index.rows[0] @ index.centre(rows[0])) == pytest.approx(1, abs=1e-5)


@given(
    st.builds(
        Signals,
        score=st.floats(-1, 2),
        margin=st.floats(-1, 2),
        fuzzy=st.floats(0, 1),
        words=st.floats(0, 1),
        background=st.floats(0, 1),
        length=st.integers(0, 480),
        wordings=st.integers(1, 1000),
    )
)
def test_that_confidence_is_a_probability(signals: Signals) -> None:
    assert 0 < SHIPPED_MODEL.probability(signals) < 1


def test_that_more_evidence_means_more_confidence() -> None:
    weak = Signals(0.3, 0.1, 0.4, 0.3, 0.3, 8, 4)
    strong = Signals(0.9, 0.7, 0.9, 0.9, 0.3, 8, 4)
    assert SHIPPED_MODEL.probability(weak) < 0.5
    assert SHIPPED_MODEL.probability(strong) > 0.9


def test_that_a_higher_promise_asks_for_more_confidence() -> None:
    assert threshold_for(0.95) == pytest.approx(0.9)
    assert threshold_for(0.99) > threshold_for(0.95) > threshold_for(0.6) >= 0.5
