"""Groups that grow and never move what is in them, on vectors of any kind."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.curation.gaps.grouping import JOIN_FROM, Grouping, Member, nearest_to_middle
from chatbot.matching.encoder import Vectors

_WIDTH = 8


def _rows(seed: int, count: int) -> Vectors:
    """Return unit vectors about a few middles, so that some belong together."""
    chance = np.random.default_rng(seed)
    middles = chance.normal(size=(3, _WIDTH))
    rows = middles[chance.integers(0, 3, count)] + 0.6 * chance.normal(size=(count, _WIDTH))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40), st.permutations(range(12)))
def test_that_what_arrives_later_moves_nothing_in_whatever_order(
    seed: int, count: int, order: list[int]
) -> None:
    rows, later = _rows(seed, count), _rows(seed + 1, 12)[order]
    grouping = Grouping(_WIDTH)
    keys = [f"first {number}" for number in range(count)]
    stood = grouping.place(keys, rows)
    grouping.place([f"later {number}" for number in order], later)
    assert grouping.place(keys, rows) == stood


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 59))
def test_that_it_does_not_matter_how_many_come_at_once_or_when_it_is_read_again(
    seed: int, count: int, cut: int
) -> None:
    rows, keys = _rows(seed, count), [str(number) for number in range(count)]
    whole = Grouping(_WIDTH).place(keys, rows)
    first = [each + 1000 for each in Grouping(_WIDTH).place(keys[:cut], rows[:cut])]
    read = Grouping(_WIDTH, map(Member, keys[:cut], first, rows[:cut]))
    assert _partition(first + read.place(keys[cut:], rows[cut:])) == _partition(whole)


def _partition(groups: list[int]) -> set[frozenset[int]]:
    return {
        frozenset(at for at, other in enumerate(groups) if other == group) for group in set(groups)
    }


def test_that_a_text_put_by_hand_decides_for_the_same_letters() -> None:
    row, other = np.eye(_WIDTH, dtype=np.float32)[:2]
    grouping = Grouping(_WIDTH, [Member("a", 1, row), Member("b", 2, other),
                                 Member("a", 2, row, by_hand=True)])  # fmt: skip
    assert grouping.place(["a"], row[None, :]) == [2]


def test_that_what_is_far_from_all_founds_a_group_and_gets_its_number() -> None:
    one, two = np.eye(_WIDTH, dtype=np.float32)[:2]
    grouping = Grouping(_WIDTH, [Member("a", 7, one)])
    assert grouping.place(["b"], two[None, :]) == [-1]
    grouping.called({-1: 8})
    assert grouping.place(["c", "b"], np.stack([two, two])) == [8, 8]
    assert grouping.likeness(8, two) > JOIN_FROM
    assert grouping.likeness(99, two) == -1.0


def test_that_the_middle_one_speaks_for_all() -> None:
    rows = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]], dtype=np.float32)
    assert nearest_to_middle(rows, [1, 1, 1]) == 1
    assert nearest_to_middle(rows, [1, 1, 9]) == 2
