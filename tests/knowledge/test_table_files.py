from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from chatbot.facts.tables import Table
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.table_files import read_tables


def _read(root: Path) -> tuple[tuple[Table, ...], list[str], list[str]]:
    problems = Problems()
    tables = read_tables(root, problems)
    shorten = [
        [str(each).removeprefix(f"{root}/tables/") for each in listed]
        for listed in (problems.found, problems.warnings)
    ]
    return tables, shorten[0], shorten[1]


def _csv(root: Path, text: str, name: str = "门店.csv") -> None:
    (root / "tables").mkdir(exist_ok=True)
    (root / "tables" / name).write_text(text, encoding="utf-8")


def _xlsx(root: Path, rows: list[list[Any]], formats: dict[str, str] | None = None) -> Workbook:
    (root / "tables").mkdir(exist_ok=True)
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "表一"
    for row in rows:
        sheet.append(row)
    for cell, form in (formats or {}).items():
        sheet[cell].number_format = form
    book.save(root / "tables" / "门店.xlsx")
    return book


def test_that_a_csv_table_is_read(tmp_path: Path) -> None:
    _csv(tmp_path, "门店,城市,早餐时间,\n西湖店,杭州,06:30-10:00,\n\n外滩店,上海,07:00-10:30,\n")
    (table,), problems, warnings = _read(tmp_path)
    assert (problems, warnings) == ([], [])
    assert (table.name, table.columns) == ("门店", ("门店", "城市", "早餐时间"))
    assert list(table.rows) == ["西湖店", "外滩店"]
    assert table.value("外滩店", "早餐时间") == "07:00-10:30"
    assert table.value("外滩店", "门店") == "外滩店"
    assert table.value("外滩店", "泳池") is None
    assert Table.from_json(table.to_json()) == table


def test_that_cells_of_excel_read_as_they_are_shown(tmp_path: Path) -> None:
    cells = [
        ("西湖店", None),
        (7.0, None),
        (0.1 + 0.2, None),
        (13800138000, None),
        (0.5, "0%"),
        (1234.5, "#,##0.00"),
        (date(2026, 5, 1), None),
        (datetime(2026, 5, 1, 6, 30), None),  # noqa: DTZ001  (cells of Excel have no zone)
        (time(6, 30), None),
        (" 文字 ", None),
        (12, "@"),
    ]
    headings = ["门店", *(f"列{number}" for number in range(1, len(cells)))]
    formats = {f"{'ABCDEFGHIJK'[n]}2": form for n, (_, form) in enumerate(cells) if form}
    _xlsx(tmp_path, [headings, [value for value, _ in cells]], formats)
    (table,), problems, _ = _read(tmp_path)
    assert problems == []
    assert list(table.rows["西湖店"].values()) == [
        "7",
        "0.3",
        "13800138000",
        "50%",
        "1,234.50",
        "2026-05-01",
        "2026-05-01 06:30",
        "06:30",
        "文字",
        "12",
    ]


def test_that_an_empty_cell_is_a_warning_with_its_place(tmp_path: Path) -> None:
    _csv(tmp_path, "门店,别名,泳池\n西湖店,,\n")
    _xlsx(tmp_path, [["酒店", "电话"], ["外滩店", None]])
    (tmp_path / "tables" / "门店.xlsx").rename(tmp_path / "tables" / "酒店.xlsx")
    tables, problems, warnings = _read(tmp_path)
    assert [table.name for table in tables] == ["酒店", "门店"]
    assert problems == []
    assert warnings == [
        "酒店.xlsx 第 2 行 表一!B2：这一格是空的：外滩店 没有“电话”，问到时会转人工",
        "门店.csv 第 2 行 泳池：这一格是空的：西湖店 没有“泳池”，问到时会转人工",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "：表格是空的"),
        ("门店,城市\n", "：表格是空的"),
        ("门店,,城市\na,b,c\n", " 第 1 行 第 2 列：这一列没有列名"),
        ("门店,城市,城市\na,b,c\n", " 第 1 行 城市：列名“城市”写了两次"),
        ("门店,早餐 时间\na,b\n", " 第 1 行 早餐 时间：列名“早餐 时间”最多 20 个字"),
        ("门店,城市\na,b\n,c\n", " 第 3 行 门店：第一列是每行的名称，不能是空的"),
        ("门店,城市\nＡ,b\na,c\n", " 第 3 行 门店：“a”已经写在第 2 行"),
        ("门店,城市\na,b,c\n", " 第 2 行：按列名应有 2 格，这一行有 3 格"),
        ("门店,城市\na,{b}\n", " 第 2 行 城市：格子里不能有花括号"),
        (f"门店,城市\n{'长' * 31},b\n", " 第 2 行 门店：最多 30 个字"),
        (f"门店,地址\na,{'长' * 1001}\n", " 第 2 行 地址：最多 1000 个字"),
        ("门店,别名\na,x|B\nb,y\n", " 第 2 行 别名：“a”的别名“B”是另一行的名称"),
        ("门店,代码\na,YQ1\nb,yq1\n", " 第 3 行 代码：“b”的代码“yq1”已经是“a”的"),
        ('门店,城市\n"a,b\n', " 第 2 行：这里起引号没有成对"),
    ],
)
def test_that_a_mistake_in_a_csv_table_is_named(text: str, problem: str, tmp_path: Path) -> None:
    _csv(tmp_path, text)
    tables, problems, _ = _read(tmp_path)
    assert tables == ()
    assert len(problems) == 1, problems
    assert problems[0].startswith(f"门店.csv{problem}")


@pytest.mark.parametrize(
    ("value", "form", "problem"),
    [
        ("=1+1", None, "不能有公式"),
        ("#N/A", None, "这一格是错误值 #N/A"),
        (True, None, "不能是 TRUE/FALSE"),
        (6222020200112345678, None, "数字超过 15 位"),
        (12.5, '"约"0"元"', "数字格式"),
    ],
)
def test_that_a_cell_which_cannot_be_told_is_named(
    value: object, form: str | None, problem: str, tmp_path: Path
) -> None:
    _xlsx(tmp_path, [["门店", "价格"], ["a", value]], {"B2": form} if form else None)
    tables, (found,), _ = _read(tmp_path)
    assert tables == ()
    assert found.startswith(f"门店.xlsx 第 2 行 表一!B2：{problem}")


def test_that_merged_cells_are_named(tmp_path: Path) -> None:
    book = _xlsx(tmp_path, [["门店", "城市", "区"], ["a", "杭州", "x"], ["b", None, "y"]])
    book.worksheets[0].merge_cells("B2:B3")
    book.save(tmp_path / "tables" / "门店.xlsx")
    tables, (found,), _ = _read(tmp_path)
    assert tables == ()
    assert found.startswith("门店.xlsx 第 2 行 表一!B2:B3：不能有合并的单元格")


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"PK\x03\x04 broken", "不是正确的 .xlsx 文件"),
        (b"", "不是正确的 .xlsx 文件"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "文件加了密码，或是旧版 .xls 格式"),
    ],
)
def test_that_a_file_which_is_no_workbook_is_told_so(
    raw: bytes, problem: str, tmp_path: Path
) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "门店.xlsx").write_bytes(raw)
    tables, (found,), _ = _read(tmp_path)
    assert tables == ()
    assert found.startswith(f"门店.xlsx：{problem}")


@pytest.mark.parametrize(
    ("name", "problem"),
    [("顾客.csv", "文件名就是表格名"), ("门 店.csv", "文件名"), ("门店.txt", "表格只读")],
)
def test_that_a_name_which_cannot_be_used_is_refused(
    name: str, problem: str, tmp_path: Path
) -> None:
    _csv(tmp_path, "门店,城市\na,b\n", name)
    tables, (found,), _ = _read(tmp_path)
    assert tables == ()
    assert problem in found


def test_that_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    _csv(tmp_path, "门店,城市\na,b\n")
    _xlsx(tmp_path, [["门店", "城市"], ["a", "b"]])
    _, (found,), _ = _read(tmp_path)
    assert found == "门店.xlsx：已经有一个名为“门店”的表格，文件名不能重复"


def test_that_files_people_leave_and_missing_folders_are_no_tables(tmp_path: Path) -> None:
    assert _read(tmp_path) == ((), [], [])
    for name in ("~$门店.xlsx", ".门店.csv", "_old.csv", "README.md"):
        _csv(tmp_path, "x", name)
    assert _read(tmp_path) == ((), [], [])
