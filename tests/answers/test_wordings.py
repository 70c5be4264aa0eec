from __future__ import annotations

import pytest

from chatbot.answers.entries import Entry, plain_answer
from chatbot.answers.wordings import Wordings
from chatbot.understanding.normalise import Normaliser

_NORMALISER = Normaliser()
_ENTRIES = [
    Entry(
        "late",
        "可以延迟退房吗？",
        plain_answer("可以"),
        ("能晚点退房吗",),
        excluded=("请问怎么提前退房呢",),
    ),
    Entry("two", "两个大人一个小孩住双床房可以吗", plain_answer("可以")),
    Entry("twin", "可以延迟退房吗", plain_answer("也可以")),
]


@pytest.fixture(scope="module")
def wordings() -> Wordings:
    return Wordings(_ENTRIES, _NORMALISER)


@pytest.mark.parametrize(
    ("said", "rule", "entries"),
    [
        ("可以延迟退房吗", "exact", (0, 2)),
        ("可以延遲退房嗎？？", "exact", (0, 2)),
        ("能晚点退房吗[微笑]", "exact", (0,)),
        ("可以延迟退房吗啊", "near-exact", (0, 2)),
        ("两个大人一个小孩住双床房可以嘛", "near-exact", (1,)),
    ],
)
def test_that_equal_wordings_are_found_in_file_order(
    said: str, rule: str, entries: tuple[int, ...], wordings: Wordings
) -> None:
    match = wordings.match(_NORMALISER.key(said), frozenset())
    assert match is not None
    assert (match.rule, match.entries) == (rule, entries)


@pytest.mark.parametrize(
    "said",
    [
        "不可以延迟退房吗",
        "三个大人一个小孩住双床房可以吗",
        "两个大人两个小孩住双床房可以吗",
        "退房",
        "",
    ],
)
def test_that_another_number_or_a_negation_is_another_question(
    said: str, wordings: Wordings
) -> None:
    assert wordings.match(_NORMALISER.key(said), frozenset()) is None


def test_that_a_not_question_bars_its_entry(wordings: Wordings) -> None:
    assert wordings.refused(_NORMALISER.key("请问怎么提前退房呢")) == {0}
    assert wordings.refused(_NORMALISER.key("请问怎么提前退房呢啊")) == {0}
    assert wordings.refused(_NORMALISER.key("可以延迟退房吗")) == set()


def test_that_a_barred_entry_leaves_the_answer_to_the_next(wordings: Wordings) -> None:
    match = wordings.match(_NORMALISER.key("可以延迟退房吗"), frozenset({0}))
    assert match is not None
    assert match.entries == (2,)
