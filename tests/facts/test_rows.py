from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from chatbot.facts.asking import Followed, RowOption, ask_for_row, follow
from chatbot.facts.rows import RowFinder
from chatbot.facts.tables import Table
from chatbot.understanding.normalise import Normaliser

_COLUMNS = ("门店", "代码", "别名", "城市", "停车")
_ROWS = (
    ("云栖杭州西湖店", "YQ-HZ01", "西湖店|湖边那家", "杭州", "免费"),
    ("云栖杭州武林店", "YQ-HZ02", "武林店|火车站店", "杭州", "收费"),
    ("云栖上海外滩店", "YQ-SH01", "外滩店|外滩", "上海市", "免费"),
    ("云栖上海虹桥店", "YQ-SH02", "火车站店|虹桥", "上海市", "收费"),
    ("云栖南京店", "YQ-NJ01", "", "南京", "免费"),
    ("云栖南京店二号", "YQ-NJ01-B", "Inn A", "南京", "免费"),
    ("云栖苏州店", "", "", "苏州", ""),
)
_NORMALISER = Normaliser()


def _table(rows: tuple[tuple[str, ...], ...] = _ROWS) -> Table:
    return Table(
        "门店",
        _COLUMNS,
        {
            row[0]: {
                column: cell for column, cell in zip(_COLUMNS[1:], row[1:], strict=True) if cell
            }
            for row in rows
        },
    )


_FINDER = RowFinder(_table(), _NORMALISER)


def _find(said: str = "", **known: Any) -> tuple[list[str], str]:
    choice = _FINDER.find(text_key=_NORMALISER.key(said), **known)
    return [key.removeprefix("云栖") for key in choice.keys], choice.by


@pytest.mark.parametrize(
    ("said", "rows"),
    [
        ("云栖杭州西湖店早餐几点", ["杭州西湖店"]),
        ("西湖店早餐几点", ["杭州西湖店"]),
        ("湖边那家早餐几点", ["杭州西湖店"]),
        ("杭州西湖早餐几点", ["杭州西湖店"]),
        ("杭州西湖店", ["杭州西湖店"]),
        ("外灘店幾點早餐", ["上海外滩店"]),
        ("西湖店和外滩店哪个近", ["杭州西湖店", "上海外滩店"]),
        ("云栖南京店二号在哪", ["南京店二号"]),
        ("云栖南京店", ["南京店"]),
        ("inn a 几点早餐", ["南京店二号"]),
        ("inn about", []),
        ("火车站店有停车场吗", ["杭州武林店", "上海虹桥店"]),
        ("上海火车站店有停车场吗", ["上海虹桥店"]),
        ("YQ-SH02 有停车场吗", ["上海虹桥店"]),
        ("杭州的早餐几点", ["杭州西湖店", "杭州武林店"]),
        ("上海的早餐几点", ["上海外滩店", "上海虹桥店"]),
        ("上海市的早餐几点", ["上海外滩店", "上海虹桥店"]),
        ("苏州的早餐几点", ["苏州店"]),
        ("杭州和上海的早餐", ["杭州西湖店", "杭州武林店", "上海外滩店", "上海虹桥店"]),
        ("停车免费吗", []),
        ("早餐几点", []),
        ("", []),
    ],
)
def test_that_a_message_names_rows(said: str, rows: list[str]) -> None:
    assert _find(said) == (rows, "message" if rows else "none")


@pytest.mark.parametrize(
    ("scene", "rows"),
    [
        ("YQ-HZ01", ["杭州西湖店"]),
        ("yq_hz01_1203", ["杭州西湖店"]),
        ("YQ-NJ01-B-1203", ["南京店二号"]),
        ("YQ-NJ01-1203", ["南京店"]),
        ("store%3DYQ-HZ02%26from%3Dposter", ["杭州武林店"]),
        ("YQ-HZ011203", []),
        ("poster", []),
        ("", []),
    ],
)
def test_that_the_code_in_a_link_tells_the_row(scene: str, rows: list[str]) -> None:
    assert _find("早餐几点", scene=scene) == (rows, "scene" if rows else "none")


def test_that_what_is_nearer_counts_first() -> None:
    known: Mapping[str, Any] = {
        "remembered": "云栖杭州武林店",
        "slots": {"门店": "外滩店", "date": "2026-05-01"},
        "tags": ("意向:续住", "门店:云栖南京店"),
        "scene": "YQ-SH02",
    }
    order = [
        ("remembered", "杭州武林店"),
        ("slots", "上海外滩店"),
        ("tags", "南京店"),
        ("scene", "上海虹桥店"),
    ]
    assert _find("西湖店的早餐", **known) == (["杭州西湖店"], "message")
    left = dict(known)
    for name, row in order:
        assert _find("早餐几点", **left) == ([row], name.removesuffix("s"))
        del left[name]
    assert _find("早餐几点", **left) == ([], "none")


def test_that_a_city_narrows_what_else_is_known() -> None:
    assert _find("杭州的呢", remembered="云栖杭州武林店") == (["杭州武林店"], "remembered")
    assert _find("上海的呢", remembered="云栖杭州武林店")[0] == ["上海外滩店", "上海虹桥店"]
    assert _find("苏州的呢", remembered="云栖杭州武林店") == (["苏州店"], "message")


def test_that_two_tags_are_two_candidates() -> None:
    tags = ("门店:外滩店", "门店:云栖南京店", "城市:苏州")
    assert _find("早餐几点", tags=tags) == (["上海外滩店", "南京店"], "tag")


def test_that_a_remembered_row_that_is_gone_is_forgotten() -> None:
    assert _find("早餐几点", remembered="云栖深圳店") == ([], "none")


def test_that_the_only_row_is_meant() -> None:
    choice = RowFinder(_table(_ROWS[:1]), _NORMALISER).find(text_key="早餐几点")
    assert (choice.key, choice.by) == ("云栖杭州西湖店", "only")


def test_that_a_table_survives_json_in_its_order() -> None:
    written = json.dumps(_table().to_json(), sort_keys=True)
    again = Table.from_json(json.loads(written))
    assert again == _table()
    assert list(again.rows) == [row[0] for row in _ROWS]


def _chain(cities: Mapping[str, int]) -> Table:
    rows = (
        (f"{city}{number}号店", "", "", city, "")
        for city, count in cities.items()
        for number in range(1, count + 1)
    )
    return _table(tuple(rows))


def test_that_few_rows_are_listed() -> None:
    question = ask_for_row(_table(), (), more="更多…")
    assert question.options[0] == RowOption("=云栖杭州西湖店", "云栖杭州西湖店")
    assert len(question.options) == 7
    assert follow(_table(), (), "=云栖苏州店") == Followed(("云栖苏州店",))


def test_that_many_rows_are_grouped_by_city_and_a_choice_narrows() -> None:
    table = _chain({"杭州": 12, "上海": 3})
    question = ask_for_row(table, (), more="更多…")
    assert [option.caption for option in question.options] == ["杭州", "上海"]
    assert follow(table, (), question.options[1].value).keys == (
        "上海1号店",
        "上海2号店",
        "上海3号店",
    )


def _walk(table: Table, keys: tuple[str, ...], offset: int = 0) -> list[str]:
    """Return every row that a customer can reach by tapping."""
    if len(keys) == 1:
        return list(keys)
    reached: list[str] = []
    options = ask_for_row(table, keys, more="更多…", offset=offset).options
    assert 0 < len(options) <= 9
    for option in options:
        followed = follow(table, keys, option.value)
        reached += _walk(table, followed.keys, followed.offset)
    return reached


@pytest.mark.parametrize(
    "cities",
    [
        {"杭州": 9},
        {"杭州": 10},
        {"杭州": 17},
        {"杭州": 40},
        {"杭州": 12, "上海": 3},
        {f"城{number}": 2 for number in range(30)},
        {f"城{number}": 1 for number in range(20)},
    ],
)
def test_that_every_row_is_reached_once_by_tapping(cities: Mapping[str, int]) -> None:
    table = _chain(cities)
    reached = _walk(table, tuple(table.rows))
    assert sorted(reached) == sorted(table.rows)


@pytest.mark.parametrize("value", ["=gone", "城市=none", "+x", "", "="])
def test_that_a_line_of_an_earlier_table_leaves_all_rows(value: str) -> None:
    assert follow(_table(), (), value).keys == tuple(_table().rows)
