"""What stands in the forms of intents and tables, and what they make of it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings

from chatbot.console.admin_pages import Posted
from chatbot.console.curating.differences import changes_between
from chatbot.console.curating.intent_form import named, record_of, shown, with_lines
from chatbot.console.curating.table_form import (
    ROWS,
    Grid,
    base_of_page,
    grid_of,
    record_of_page,
    rows_shown,
    whole_base,
)
from chatbot.editing.intents import intent_record
from chatbot.editing.kinds import EditRefused, FieldProblem
from chatbot.editing.merging import Record
from chatbot.editing.tables import lines_of, record_of_lines, table_record
from chatbot.understanding.intents import Intent
from tests.exchange.intents import intents
from tests.exchange.test_table_edits import tables


def _posted(fields: Mapping[str, str]) -> Posted:
    return Posted({name: value for name, value in fields.items() if name != "handoff" or value}, {})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(intent=intents)
def test_that_a_form_that_nobody_touched_says_what_the_intent_says(intent: Intent) -> None:
    record = intent_record(intent)
    one_line = [text for key in ("examples", "exclude") for text in record.get(key, ())]
    if any(len(text.splitlines()) != 1 or text != text.strip() for text in one_line):
        return  # an item a line: what has several is for the file
    plain = record.get("reply", "")
    if any(mark in str(plain) for mark in "\r\x85\u2028\x1c\x0b\x0c"):
        return
    if "title" in record and record["title"] != " ".join(record["title"].split()):
        return
    assert record_of(_posted(shown(record))) == record


def test_that_a_problem_in_a_form_names_its_line() -> None:
    flow = "slots:\n  - name: date\n    type: data\n    ask: 哪天？\naction: {handoff: 预订}\n"
    problems = [FieldProblem("flow.slots.type", "应为", ("flow", "slots", 0, "type"))]
    (found,) = with_lines(problems, Posted({"flow": flow}, {}))
    assert (found.key, found.text) == ("flow", "第 3 行 slots.type：应为")
    assert named([found, FieldProblem("intent", "名称")]) == {
        "flow": ["第 3 行 slots.type：应为"], "": ["intent：名称"],
    }  # fmt: skip
    with pytest.raises(EditRefused, match="第 2 行"):
        record_of(Posted({"flow": "slots: ["}, {}))


def _fields(grid: Grid) -> dict[str, str]:
    cells = [*grid.columns, *(cell for row in (*grid.rows, *grid.new) for cell in row.cells)]
    return {cell.field: cell.text for cell in cells}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(table=tables)
def test_that_a_grid_that_nobody_touched_says_what_the_table_says(table: object) -> None:
    record = table_record(table)  # type: ignore[arg-type]
    assert (
        record_of_page(Posted(_fields(grid_of(record, 1)), {}), record, rows_shown(record, 1))
        == record
    )


def _long() -> Record:
    rows = [[f"店{number}", f"{number} 点", ""] for number in range(ROWS + 5)]
    return record_of_lines([["门店", "早餐", "电话"], *rows])


def test_that_a_page_changes_its_own_rows_alone() -> None:
    record = _long()
    base = base_of_page(record, 2)
    assert [key for key in base if key.startswith("店0")] == []
    shown_rows = rows_shown(base, 2)
    assert list(shown_rows) == list(range(ROWS, ROWS + 5))
    present = {**record, "店3.早餐": "别人刚改的"}
    whole = whole_base(base, present, shown_rows)
    fields = _fields(grid_of(record, 2)) | {
        f"c{ROWS}.2": "021", f"x{ROWS + 1}": "yes", "n0.0": "新店", "n0.1": "8:00",
        "new_column": "停车费", "h1": "早餐时间",
    }  # fmt: skip
    made = record_of_page(Posted(fields, {}), whole, shown_rows)
    lines = lines_of(made)
    assert lines[0] == ["门店", "早餐时间", "电话", "停车费"]
    assert lines[4] == ["店3", "别人刚改的", "", ""]
    assert lines[ROWS + 1] == [f"店{ROWS}", f"{ROWS} 点", "021", ""]
    assert [line[0] for line in lines[-2:]] == [f"店{ROWS + 4}", "新店"]
    assert f"店{ROWS + 1}" not in made["rows"]


def test_that_a_new_row_without_a_name_is_refused() -> None:
    with pytest.raises(EditRefused, match="第一列"):
        record_of_page(Posted({"n0.1": "8:00"}, {}), _long(), range(0))


def test_that_of_a_change_only_the_lines_that_differ_are_shown() -> None:
    flow = {"slots": [{"name": "x"}], "done": "好"}
    before = {"examples": ["a", "b"], "flow": flow, "title": "一"}
    after = {"examples": ["a", "c"], "flow": {**flow, "done": "好了"}}
    found = {
        each.key: [[(piece.kind, piece.text) for piece in line] for line in each.lines]
        for each in changes_between(before, after, list)
    }
    assert found == {
        "examples": [[("removed", "b"), ("added", "c")]],
        "flow": [[("same", "done: 好"), ("added", "了")]],
        "title": [[("removed", "一")]],
    }
