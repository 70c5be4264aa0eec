from __future__ import annotations

from collections.abc import Mapping

import pytest

from chatbot.understanding.clauses import Clause, Joint, Span
from chatbot.understanding.normalise import NormalText
from chatbot.understanding.several_intents import SeveralIntents, Told, strongest_of

_REFUND, _COMPLAINT, _NOISE = range(3)


def _clause(text: str, joint: Joint = "comma", *, asks: bool = False) -> Clause:
    return Clause(NormalText(text, text), joint, asks)


def _told(number: int, score: float = 0.6) -> Told:
    return Told(number, 0.9, score, "")


def _found(
    told: Mapping[Span, Told],
    *,
    alike: float = 0.1,
    joint: Joint = "comma",
    asks: bool = False,
    texts: tuple[str, ...] = ("押金到现在没退", "服务态度非常差"),
) -> list[int]:
    first, *others = texts
    clauses = [_clause(first, asks=asks), *(_clause(text, joint) for text in others)]
    several = SeveralIntents(clauses, told, lambda one, other: alike, usual_length=7.0)
    return [each.number for each in several.find()]


def test_that_two_clear_intents_are_told_in_their_order() -> None:
    assert _found({(0, 1): _told(_COMPLAINT), (1, 2): _told(_REFUND)}) == [_COMPLAINT, _REFUND]


@pytest.mark.parametrize(
    "told",
    [
        {},
        {(0, 1): _told(_REFUND)},
        {(0, 1): _told(_REFUND), (1, 2): _told(_REFUND)},
        {(0, 1): _told(_REFUND), (1, 2): _told(_COMPLAINT, score=0.1)},
    ],
)
def test_that_both_sides_have_to_tell_an_intent_of_their_own(told: dict[Span, Told]) -> None:
    assert _found(told) == []


def test_that_related_intents_need_more_evidence() -> None:
    told = {(0, 1): _told(_REFUND, 0.4), (1, 2): _told(_COMPLAINT, 0.4)}
    assert _found(told, alike=0.1)
    assert not _found(told, alike=0.5)
    assert _found(told, alike=0.5, joint="stop")
    assert _found(told, alike=0.5, joint="word")
    assert _found(told, alike=0.5, asks=True)


def test_that_short_clauses_need_more_evidence() -> None:
    told = {(0, 1): _told(_REFUND, 0.35), (1, 2): _told(_COMPLAINT, 0.35)}
    assert not _found(told, texts=("退款", "服务态度非常差"))


def test_that_three_intents_are_told_apart() -> None:
    told = {
        (0, 1): _told(_REFUND), (1, 2): _told(_COMPLAINT), (2, 3): _told(_NOISE),
        (0, 2): _told(_REFUND, 0.4), (1, 3): _told(_NOISE, 0.4),
    }  # fmt: skip
    texts = ("押金到现在没退", "服务态度非常差", "隔壁吵得睡不着")
    assert _found(told, texts=texts) == [_REFUND, _COMPLAINT, _NOISE]


def test_that_the_text_counts_that_shows_an_intent_most() -> None:
    less, more = Told(_REFUND, 0.5, 0.4, "a"), Told(_REFUND, 0.8, 0.7, "b")
    assert strongest_of([{_REFUND: less}, {_REFUND: more}, {}]) == {_REFUND: more}
