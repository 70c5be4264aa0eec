"""Two admins of one table, each with a grid: whatever they do, neither's text is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatbot.console.admin_pages import Posted
from chatbot.console.curating.subject import as_json
from chatbot.console.curating.table_form import (
    ELSEWHERE,
    ROWS,
    base_of_page,
    elsewhere_of,
    record_of_page,
    rows_shown,
    whole_base,
)
from chatbot.editing.kinds import EditRefused
from chatbot.editing.merging import Record
from chatbot.editing.tables import TableKind, cell_key, lines_of, record_of_lines

_LISTS = ("columns", "rows")
_TEXTS = st.sampled_from(["", "早", "晚", "021"])


@dataclass(frozen=True)
class _Grid:
    """What somebody types on a page, takes out (rows, a column), and adds (a row, a column)."""

    page: int
    cells: Mapping[str, str]
    gone: frozenset[str]
    row: tuple[str, ...]
    column: str

    def posted(self, opened: Record, shown: Sequence[int]) -> Posted:
        new = {f"n0.{j}": text for j, text in enumerate(self.row)}
        gone = dict.fromkeys(self.gone, "yes")
        seen = as_json(elsewhere_of(opened, shown))
        typed = {**self.cells, **gone, **new, "new_column": self.column, ELSEWHERE: seen}
        return Posted(typed, {})


@st.composite
def _long_tables(draw: st.DrawFn) -> Record:
    count = draw(st.sampled_from([1, 3, ROWS, ROWS + 2, 2 * ROWS + 1]))
    width = draw(st.integers(1, 3))
    texts = draw(st.lists(_TEXTS, min_size=1, max_size=7))
    rows = [
        [f"{number}.店", *(texts[(number + j) % len(texts)] for j in range(width))]
        for number in range(count)
    ]
    return record_of_lines([["门店", *(f"列{j}" for j in range(width))], *rows])


@st.composite
def _grids(draw: st.DrawFn, name: str) -> _Grid:
    pairs = st.tuples(st.integers(0, 2 * ROWS), st.integers(1, 3))
    cells = draw(st.dictionaries(pairs, _TEXTS, max_size=6))
    rows = draw(st.sets(st.integers(0, 2 * ROWS), max_size=3))
    columns = draw(st.sets(st.integers(1, 3), max_size=1))
    row = draw(st.sampled_from([(), (name, "7:00", "有", "无"), ("新店", "8:00", "", "有")]))
    return _Grid(
        draw(st.integers(1, 3)),
        {f"c{i}.{j}": text for (i, j), text in cells.items()},
        frozenset({f"x{i}" for i in rows} | {f"d{j}" for j in columns}),
        row,
        draw(st.sampled_from(["", "停车", f"{name}的列"])),
    )


def _saved(opened: Record, present: Record, grid: _Grid) -> Record | None:
    """Return what stands when somebody saves a page opened earlier; None if it is not saved."""
    pages = -(-len(opened["rows"]) // ROWS)
    page = min(grid.page, pages)
    base, shown = base_of_page(opened, page), rows_shown(opened, page)
    whole = whole_base(base, present, shown)
    try:
        mine = record_of_page(grid.posted(opened, shown), whole, shown)
    except EditRefused:
        return None  # a column that others have written in where this page does not show it
    merged = TableKind().merge(whole, present, mine)
    record = merged.record
    if merged.clashes or record is None or set(record) - set(record_of_lines(lines_of(record))):
        return None  # both texts are shown, or what has lost its row is named
    return record


def _changed(before: Record, after: Record) -> dict[str, object]:
    keys = dict.fromkeys((*before, *after))
    return {key: after.get(key) for key in keys if before.get(key) != after.get(key)}


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(opened=_long_tables(), mine=_grids("甲店"), theirs=_grids("乙店"))
def test_that_two_grids_of_one_table_lose_nothing(
    opened: Record, mine: _Grid, theirs: _Grid
) -> None:
    first, alone = _saved(opened, opened, theirs), _saved(opened, opened, mine)
    assert first is not None
    assert alone is not None
    both = _saved(opened, first, mine)
    if both is None:
        return
    for each in _LISTS:
        came = {*first[each], *alone[each]} - {*opened[each]}
        stayed = {*opened[each]} & {*first[each]} & {*alone[each]}
        assert {*both[each]} == came | stayed
    changes = {**_changed(opened, first), **_changed(opened, alone)}
    for key in {*opened, *changes} - {*_LISTS}:
        assert both.get(key) == changes.get(key, opened.get(key))


def test_that_a_row_and_a_column_of_somebody_else_keep_their_cells() -> None:
    opened = record_of_lines([["门店", "早餐"], *([f"{at}店", "7:00"] for at in range(ROWS + 1))])
    lines = lines_of(opened)
    theirs = record_of_lines(
        [[*lines[0], "停车"], *([*line, "免费"] for line in lines[1:]), ["新店", "6:30", "收费"]]
    )
    both = _saved(opened, theirs, _Grid(1, {"c0.1": "9:00"}, frozenset(), (), ""))
    assert both == {**theirs, cell_key("0店", "早餐"): "9:00"}


def test_that_a_column_stays_if_somebody_wrote_in_it_where_the_page_does_not_show_it() -> None:
    opened = record_of_lines([["门店", "早餐"], *([f"{at}店", "7:00"] for at in range(ROWS + 1))])
    theirs = {**opened, cell_key(f"{ROWS}店", "早餐"): "9:00"}
    drop = _Grid(1, {}, frozenset({"d1"}), (), "")
    assert _saved(opened, theirs, drop) is None
    assert _saved(opened, opened, drop) == record_of_lines([[each[0]] for each in lines_of(opened)])
