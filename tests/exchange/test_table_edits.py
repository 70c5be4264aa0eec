"""Whatever a table becomes: its file reads back as just that, and what stays is not touched."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font

from chatbot.exchange.edit_table import edited_table, grid_of, read_table, table_source
from chatbot.exchange.edits import NotEditableError
from chatbot.facts.tables import Table

_cells = st.sampled_from(
    ["", "", "6:30 至 10:00", "a,b", '他说"好"', "两\n行", "0571-1", "=1+1", "'x", "<b>&"]
)
_columns = st.lists(
    st.sampled_from(["城市", "电话", "早餐时间", "简称", "停车费"]), unique=True, max_size=4
)
_keys = st.lists(
    st.sampled_from(["西湖店", "湖滨店", "外滩, 店", "山居店", "7"]), unique=True, min_size=1
)


def _table(columns: list[str], keys: list[str], cells: list[str]) -> Table:
    taken = iter(cells * 20)
    rows = {key: {column: next(taken) for column in columns} for key in keys}
    filled = {key: {c: text for c, text in row.items() if text} for key, row in rows.items()}
    return Table("门店", ("门店", *columns), filled)


tables = st.builds(_table, _columns, _keys, st.lists(_cells, min_size=1, max_size=12))


def _csv(table: Table, style: str) -> bytes:
    text = table_source(grid_of(table))
    match style:
        case "gbk":
            return text.encode("gb18030")
        case "utf-16":
            return text.encode("utf-16")
        case "excel":
            return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
        case "quoted":
            lines = ([f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in line]
                     for line in grid_of(table))  # fmt: skip
            return "\n\n".join(",".join(line) for line in lines).encode()
        case _:
            return text.encode()


@pytest.mark.parametrize("style", ["plain", "gbk", "utf-16", "excel", "quoted"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=tables, after=tables)
def test_that_a_csv_file_becomes_what_is_wanted(style: str, before: Table, after: Table) -> None:
    data = edited_table("门店.csv", _csv(before, style), after)
    assert _order(read_table("门店.csv", data)) == _order(after)


@pytest.mark.parametrize("style", ["plain", "gbk", "utf-16", "excel", "quoted"])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(table=tables)
def test_that_what_does_not_change_is_byte_for_byte_the_same(style: str, table: Table) -> None:
    assert edited_table("门店.csv", _csv(table, style), table) == _csv(table, style)


def test_that_only_the_cell_changes_and_others_keep_their_quotes() -> None:
    former = '门店,"城市",电话,\r\n"西湖店","杭州", 0571 ,\r\n\r\n外滩店,上海,021,\r\n'
    table = read_table("门店.csv", former.encode("gb18030"))
    assert table is not None
    rows = {**table.rows, "外滩店": {"城市": "上海", "电话": "021,1"}, "新店": {"城市": "北京"}}
    after = Table("门店", table.columns, rows)
    data = edited_table("门店.csv", former.encode("gb18030"), after)
    expected = former.replace("外滩店,上海,021,", '外滩店,上海,"021,1",') + "新店,北京,\r\n"
    assert data.decode("gb18030") == expected


def test_that_a_column_and_rows_come_and_go() -> None:
    former = '门店,城市,电话\n"西湖店",杭州,"1"\n湖滨店,杭州,2\n外滩店,上海,3'
    rows = {"西湖店": {"电话": "1", "早餐": "有"}, "山居店": {"电话": "4"}, "外滩店": {"电话": "3"}}
    after = Table("门店", ("门店", "电话", "早餐"), rows)
    data = edited_table("门店.csv", former.encode(), after)
    assert data.decode() == '门店,电话,早餐\n"西湖店","1",有\n山居店,4,\n外滩店,3,'


def _book(table: Table) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "门店"
    for line in grid_of(table):
        sheet.append([cell or None for cell in line])
    for row in sheet.iter_rows():
        for cell in row:
            cell.data_type = "s" if cell.value else "n"
    sheet.column_dimensions["A"].width = 33
    sheet["A1"].font = Font(bold=True)
    sheet.row_dimensions[len(table.rows) + 3].height = 40
    other = book.create_sheet("算")
    other["A1"] = "=SUM(1,2)"
    written = BytesIO()
    book.save(written)
    return written.getvalue()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=tables, after=tables)
def test_that_a_workbook_becomes_what_is_wanted(before: Table, after: Table) -> None:
    former = _book(before)
    assert read_table("门店.xlsx", former) == before
    data = edited_table("门店.xlsx", former, after)
    assert _order(read_table("门店.xlsx", data)) == _order(after)
    book = load_workbook(BytesIO(data))
    assert book["算"]["A1"].value == "=SUM(1,2)"
    assert book["门店"].column_dimensions["A"].width == 33
    assert book["门店"]["A1"].font.bold
    assert book["门店"].row_dimensions[len(before.rows) + 3].height == 40


def test_that_rows_of_a_workbook_stay_on_their_lines() -> None:
    rows = {"西湖店": {"电话": "1"}, "湖滨店": {"电话": "2"}, "外滩店": {"电话": "3"}}
    former = _book(Table("门店", ("门店", "电话"), rows))
    after = {"西湖店": {"电话": "1"}, "外滩店": {"电话": "3"}, "新店": {"电话": "4"}}
    data = edited_table("门店.xlsx", former, Table("门店", ("门店", "电话"), after))
    sheet = load_workbook(BytesIO(data))["门店"]
    lines = [sheet.cell(line, 1).value for line in range(1, 7)]
    assert lines == ["门店", "西湖店", None, "外滩店", "新店", None]


def test_that_a_workbook_with_formulas_in_the_table_is_left_to_a_person() -> None:
    book = load_workbook(BytesIO(_book(Table("门店", ("门店", "电话"), {"西湖店": {}}))))
    book["门店"]["B2"] = "=1+1"
    written = BytesIO()
    book.save(written)
    after = Table("门店", ("门店", "电话"), {"西湖店": {"电话": "3"}})
    with pytest.raises(NotEditableError, match="公式"):
        edited_table("门店.xlsx", written.getvalue(), after)


def _order(table: Table | None) -> tuple[Table | None, list[str]]:
    """Equal tables may have their rows in another order: it decides what is offered first."""
    return table, list(table.rows) if table else []
