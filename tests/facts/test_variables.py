from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.facts.variables import Missing, Variable, fill, stray_brace, variables_in

_VALUES = {("门店", "早餐时间"): "06:30", ("助手", "名字"): "{门店.早餐时间}", ("门店", "泳池"): ""}


def _resolve(group: str, name: str) -> str | None:
    return _VALUES.get((group, name))


def test_that_variables_are_found_once_each_in_order() -> None:
    text = "{门店.早餐时间}，{助手.名字}，{门店.早餐时间}，{x}，{a.b.c}，{ a.b}"
    assert variables_in(text) == [Variable("门店", "早餐时间"), Variable("助手", "名字")]


def test_that_values_are_filled_in_and_not_looked_through_again() -> None:
    assert fill("{门店.早餐时间}起，{助手.名字}", _resolve) == "06:30起，{门店.早餐时间}"


@pytest.mark.parametrize("text", ["有泳池吗：{门店.泳池}", "{门店.早餐时间}{门店.健身房}"])
def test_that_a_missing_value_never_yields_text(text: str) -> None:
    assert isinstance(fill(text, _resolve), Missing)


def test_that_all_that_is_missing_is_named() -> None:
    filled = fill("{门店.泳池}{门店.早餐时间}{门店.健身房}", _resolve)
    assert filled == Missing((Variable("门店", "泳池"), Variable("门店", "健身房")))
    assert str(filled) == "门店.泳池, 门店.健身房"


@pytest.mark.parametrize(
    ("text", "stray"),
    [
        ("{门店.早餐时间}", None),
        ("没有花括号", None),
        ("{x}", "{x}"),
        ("{}", "{}"),
        ("{{门店.早餐}}", "{"),
        ("{门店.早餐", "{"),
        ("早餐}", "}"),
        ("{门店. 早餐}", "{门店. 早餐}"),
        ("｛门店.早餐｝", "｛"),
    ],
)
def test_that_a_brace_that_is_no_variable_is_found(text: str, stray: str | None) -> None:
    assert stray_brace(text) == stray


@given(st.text(alphabet="{}｛｝.a门 ", max_size=20))
def test_that_no_brace_is_left_in_a_text_without_stray_ones(text: str) -> None:
    if stray_brace(text) is None:
        filled = fill(text, lambda _group, _name: "值")
        assert isinstance(filled, str)
        assert not set("{}｛｝") & set(filled)
