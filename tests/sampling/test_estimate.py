"""What judged answers say of all: the figure, its interval, and that it holds."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date

import pytest

from chatbot.curation.sample.drawing import Answer, draw
from chatbot.curation.sample.estimate import Estimate, Judged, estimate
from chatbot.insight.shares import Share


def test_that_one_stratum_is_an_ordinary_share() -> None:
    found = estimate([Judged(1_000_000, 40, 38, 2)])
    least, most = Share(38, 40).interval
    assert found.share == pytest.approx(0.95)
    assert found.least == pytest.approx(least, abs=1e-3)
    assert found.most == pytest.approx(most, abs=1e-3)


def test_that_strata_count_by_their_answers() -> None:
    found = estimate([Judged(900, 36, 36, 0), Judged(100, 4, 2, 2)])
    assert found.share == pytest.approx(0.95)
    assert found.least < 0.95 < found.most


def test_that_what_is_not_judged_is_never_taken_for_right() -> None:
    nothing = estimate([Judged(500, 40, 0, 0)])
    assert nothing == Estimate(500, 40, 0, 0, None, 0.0, 1.0)
    half = estimate([Judged(500, 40, 10, 10)])
    assert (half.share, half.open, half.judged) == (0.5, 20, 20)


def test_that_nothing_is_in_doubt_once_all_answers_are_judged() -> None:
    found = estimate([Judged(10, 10, 9, 1), Judged(5, 5, 5, 0)])
    assert found.share == pytest.approx(14 / 15)
    assert found.least == pytest.approx(14 / 15) == found.most
    assert found.against(0.9) == "kept"
    assert found.against(0.95) == "broken"


def test_that_a_promise_is_kept_or_broken_only_beyond_the_interval() -> None:
    assert estimate([Judged(1000, 40, 38, 2)]).against(0.95) == "open"
    assert estimate([Judged(1000, 40, 20, 20)]).against(0.95) == "broken"
    assert estimate([]).against(0.95) == "open"
    assert estimate([Judged(1000, 40, 0, 3)]).against(0.95) == "open", "too soon to tell"


#: How often each band of confidence is wrong, in brands of different quality.
_BRANDS = [(0.05, 0.05, 0.05), (0.3, 0.08, 0.02), (0.5, 0.1, 0.0), (0.15, 0.15, 0.1)]


@pytest.mark.parametrize("count", [60, 800])
def test_that_the_interval_holds_the_truth_as_often_as_it_says(count: int) -> None:
    chance, draws = random.Random(count), 250
    held = [
        sum(_holds(chance, wrong, count, number) for number in range(draws)) for wrong in _BRANDS
    ]
    assert sum(held) / draws / len(_BRANDS) >= 0.95
    # Of each alone as well, but for chance: a standard deviation is more than 1 %.
    assert min(held) / draws >= 0.93


def _holds(chance: random.Random, wrong: tuple[float, ...], count: int, number: int) -> bool:
    """Draw from a brand that is wrong so often, and return whether the interval has the truth."""
    answers, right = [], {}
    for turn in range(count):
        band = chance.choices([0, 1, 2], [1, 2, 7])[0]
        faq_id = f"faq-{int(chance.expovariate(0.2))}"
        answers.append(Answer(turn, faq_id, (0.7, 0.9, 0.97)[band]))
        right[turn] = chance.random() >= wrong[band]
    found = _judged(date.fromordinal(738_000 + 7 * number), answers, right)
    return found.least <= sum(right.values()) / count <= found.most


def _judged(week: date, answers: list[Answer], right: dict[int, bool]) -> Estimate:
    sample = draw(week, answers)
    drawn = Counter(stratum for _, stratum in sample.drawn)
    good = Counter(stratum for turn, stratum in sample.drawn if right[turn])
    return estimate([
        Judged(size, drawn[number], good[number], drawn[number] - good[number])
        for number, (_, size) in enumerate(sample.strata)
    ])  # fmt: skip
