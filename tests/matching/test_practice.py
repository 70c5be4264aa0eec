"""The knowledge base as its own test."""

from __future__ import annotations

import numpy as np

from chatbot.matching.matcher import Matcher
from chatbot.matching.practice import practise


def _matcher(topics: int, wordings: int) -> Matcher:
    rng = np.random.default_rng(0)
    centres = np.repeat(rng.normal(size=(topics, 24)), wordings, axis=0)
    rows = centres + 0.3 * rng.normal(size=centres.shape)
    vectors = np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)
    keys = [f"问题{number:04}" for number in range(len(vectors))]
    labels = [number // wordings for number in range(len(vectors))]
    words = [{key: 1.0} for key in keys]
    return Matcher(keys, labels, vectors, vectors[:3], words)


def test_that_a_text_is_asked_without_itself_and_without_its_label() -> None:
    asked = practise(_matcher(topics=6, wordings=3))
    assert [(each.number, each.known) for each in asked[:4]] == [
        (0, True), (0, False), (1, True), (1, False)
    ]  # fmt: skip
    assert len(asked) == 2 * 18
    for each in asked:
        labels = [ranked.label for ranked in each.ranking.labels]
        assert (each.number // 3 in labels) is each.known
    assert all(each.right for each in asked if each.known)
    assert not any(each.right for each in asked if not each.known)


def test_that_a_label_of_one_text_stands_only_for_messages_without_an_entry() -> None:
    asked = practise(_matcher(topics=5, wordings=1))
    assert [each.known for each in asked] == [False] * 5


def test_that_a_knowledge_base_of_one_entry_has_nothing_to_leave_its_label_out_of() -> None:
    assert practise(_matcher(topics=1, wordings=1)) == ()
    assert [each.known for each in practise(_matcher(topics=1, wordings=4))] == [True] * 4


def test_that_of_many_texts_evenly_spread_ones_are_asked() -> None:
    asked = practise(_matcher(topics=40, wordings=5), sample=20)
    assert [each.number for each in asked if each.known] == list(range(0, 200, 10))


def test_that_it_tells_how_many_texts_have_been_asked() -> None:
    told: list[tuple[int, int]] = []
    practise(_matcher(topics=40, wordings=5), 4, lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_that_a_label_of_many_texts_does_not_speak_for_all() -> None:
    labels = [0] * 100 + [1 + number // 4 for number in range(20)]
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(6, 24))[labels] + 0.3 * rng.normal(size=(120, 24))
    vectors = np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)
    keys = [f"问题{number:04}" for number in range(120)]
    matcher = Matcher(keys, labels, vectors, vectors[-3:], [{key: 1.0} for key in keys])
    asked = [labels[each.number] for each in practise(matcher) if each.known]
    assert asked.count(0) == 12
    assert all(asked.count(label) == 4 for label in range(1, 6))
