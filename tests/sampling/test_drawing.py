"""Which answers a week's sample has."""

from __future__ import annotations

import random
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from chatbot.curation.sample.drawing import LEAST, SIZE, Answer, allocate, draw

WEEK = date(2026, 10, 5)


def _answers(count: int, seed: int = 1) -> list[Answer]:
    chance = random.Random(seed)
    return [
        Answer(number, f"faq-{int(chance.expovariate(0.3))}", chance.choice([0.6, 0.85, 0.97]))
        for number in range(1, count + 1)
    ]


@given(st.lists(st.integers(1, 500), min_size=1, max_size=6), st.integers(12, 50))
def test_that_each_stratum_gets_its_part(sizes: list[int], size: int) -> None:
    given_ = allocate(sizes, size)
    assert sum(given_) == min(size, sum(sizes))
    for got, has in zip(given_, sizes, strict=True):
        assert min(LEAST, has) <= got <= has
        fair = has * min(size, sum(sizes)) / sum(sizes)
        assert got <= max(LEAST, fair + 1)


def test_that_strata_without_room_go_without() -> None:
    assert allocate([3, 100, 2], 2) == [0, 2, 0]


@given(st.permutations(_answers(120)))
def test_that_whoever_draws_gets_the_same(answers: list[Answer]) -> None:
    assert draw(WEEK, answers) == draw(WEEK, _answers(120))


def test_that_another_week_is_drawn_by_another_lot() -> None:
    answers = _answers(300)
    one, other = (draw(day, answers) for day in (WEEK, date(2026, 10, 12)))
    assert one.strata == other.strata
    assert {turn for turn, _ in one.drawn} != {turn for turn, _ in other.drawn}


def test_that_forty_are_drawn_and_all_where_there_are_fewer() -> None:
    assert len(draw(WEEK, _answers(300)).drawn) == SIZE
    assert sorted(turn for turn, _ in draw(WEEK, _answers(17)).drawn) == list(range(1, 18))
    assert draw(WEEK, []).drawn == ()


def test_that_no_stratum_of_a_week_is_left_out() -> None:
    rare = [Answer(1000 + n, f"rare-{n}", 0.55) for n in range(3)]
    sample = draw(WEEK, [*(Answer(n, "late", 0.99) for n in range(900)), *rare])
    drawn = [stratum for _, stratum in sample.drawn]
    assert {drawn.count(number) for number in range(len(sample.strata))} == {2, 38}
