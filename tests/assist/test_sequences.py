"""Runs of characters, typed as such or in pinyin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.assist.sequences import Sequences

TEXTS = (
    "晚上退房要加钱吗",
    "晚上才走退房后能在哪里休息",
    "wifi密码是多少",
    "重庆有店吗",
    "长住有优惠吗",
    "银行卡怎么绑",
    "中午能退吗",
    "退房",
)
INDEX = Sequences(TEXTS)


def _found(query: str, index: Sequences = INDEX) -> list[str]:
    return [TEXTS[number] for number in index.find(query).texts.tolist()]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("wstf", "晚上退房要加钱吗"),
        ("wanshangtuifang", "晚上退房要加钱吗"),
        ("wanshtf", "晚上退房要加钱吗"),
        ("wanstuif", "晚上退房要加钱吗"),
        ("晚上tf", "晚上退房要加钱吗"),
        ("wifimm", "wifi密码是多少"),
        ("wifimima", "wifi密码是多少"),
        ("zhongwu", "中午能退吗"),
        ("zhw", "中午能退吗"),
        ("cqyd", "重庆有店吗"),
        ("zqyd", "重庆有店吗"),
        ("chongqing", "重庆有店吗"),
        ("changzhu", "长住有优惠吗"),
        ("zhangzhu", "长住有优惠吗"),
        ("yhk", "银行卡怎么绑"),
        ("yinxingka", "银行卡怎么绑"),
        ("yinhang", "银行卡怎么绑"),
    ],
)
def test_that_initials_and_syllables_find_a_text_by_any_reading(typed: str, first: str) -> None:
    found = INDEX.find(typed)
    at = found.texts.tolist().index(TEXTS.index(first))
    assert found.typed[at]
    assert not found.gaps


def test_that_a_syllable_may_be_begun_only_at_the_end() -> None:
    assert "重庆有店吗" in _found("chongqin")
    assert _found("chonqing") == []


def test_that_a_run_says_where_it_is_and_whether_it_is_all() -> None:
    found = INDEX.find("退房")
    places = zip(found.texts.tolist(), found.starts.tolist(), found.whole.tolist(), strict=True)
    assert list(places) == [(0, 2, False), (1, 4, False), (7, 0, True)]
    assert not found.typed.any()
    assert INDEX.find("tuifang").typed.all()


def test_that_initials_are_looked_for_with_gaps_only_where_they_are_no_run() -> None:
    alone = Sequences([TEXTS[1], "我是天津分店的"])
    found = alone.find("wstf")
    assert found.gaps
    assert found.texts.tolist() == [0, 1]
    assert not INDEX.find("wstf").gaps
    assert alone.find("wf").texts.tolist() == []  # too few to mean anything


def test_that_no_run_goes_from_one_text_into_the_next() -> None:
    two = Sequences(["晚上", "退房"])
    for query in ("上退", "shangtui", "wstf", "st"):
        assert two.find(query).texts.tolist() == [], query


@pytest.mark.parametrize("query", ["", "\n", "\ud800", "a" * 10_000, "退" * 10_000, "\x00", "🎉"])
def test_that_odd_queries_find_nothing(query: str) -> None:
    assert INDEX.find(query).texts.tolist() == []
    assert Sequences([]).find(query).texts.tolist() == []


@given(
    texts=st.lists(st.text("退房晚上吗7x重", max_size=8), max_size=6),
    query=st.text("退房晚上吗7重", min_size=1, max_size=4),
)
def test_that_written_characters_are_found_exactly_where_they_are(
    texts: list[str], query: str
) -> None:
    found = Sequences(texts).find(query)
    expected = [(n, text.index(query)) for n, text in enumerate(texts) if query in text]
    assert list(zip(found.texts.tolist(), found.starts.tolist(), strict=True)) == expected
