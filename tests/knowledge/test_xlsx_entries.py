"""Entries in Excel workbooks, as people and WPS make them."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from chatbot.answers.entries import Condition, Entry, Validity, Variant, plain_answer
from chatbot.answers.messages import TextMessage
from chatbot.knowledge.entry_files import read_entries
from chatbot.knowledge.problems import Problems
from chatbot.understanding.normalise import Normaliser

_PNG = b"\x89PNG\r\n\x1a\n"


def _sheet(rows: list[list[Any]]) -> tuple[Workbook, Worksheet]:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "知识"
    for row in rows:
        sheet.append(row)
    return book, sheet


def _read(folder: Path, book: Workbook) -> tuple[tuple[Entry, ...], list[str], list[str]]:
    book.save(folder / "faq.xlsx")
    return _read_folder(folder)


def _read_folder(folder: Path) -> tuple[tuple[Entry, ...], list[str], list[str]]:
    problems = Problems()
    entries = read_entries(folder, Normaliser(), problems)
    found, warnings = (
        [str(each).removeprefix(f"{folder}/faq.xlsx ") for each in listed]
        for listed in (problems.found, problems.warnings)
    )
    return entries, found, warnings


def test_that_a_workbook_is_read_like_the_other_files(tmp_path: Path) -> None:
    book, sheet = _sheet(
        [
            ["云栖酒店知识库（前台维护）"],
            [],
            [*"编号 标准问 相似问 答案 分类 生效时间 自动回答 备注 适用条件".split()],  # noqa: SIM905
            ["late", "可以延迟退房吗？", "晚走\n能晚点吗", "到 14:00。", "退房",
             datetime(2026, 1, 5), "先确认", "问过店长", None],  # noqa: DTZ001  (as Excel has it)
            [],
            ["vip", "金卡呢？", None, "到 16:00。", None, None, None, None, "会员等级:金卡"],
            ["vip", None, None, "到 14:00。"],
            ["n", 2026, None, 12.5],
        ]
    )  # fmt: skip
    sheet["D8"].number_format = "0.00"
    book.create_sheet("说明", 0).append(["怎样填写"])
    (late, vip, number), problems, _ = _read(tmp_path, book)
    assert problems == []
    assert late == Entry(
        id="late",
        question="可以延迟退房吗？",
        answer=plain_answer("到 14:00。"),
        similar=("晚走", "能晚点吗"),
        category="退房",
        valid=Validity(date(2026, 1, 5)),
        auto="ask",
    )
    assert vip.answer == (
        Variant((TextMessage("到 16:00。"),), Condition(tags=("会员等级:金卡",))),
        Variant((TextMessage("到 14:00。"),)),
    )
    assert (number.question, number.answer) == ("2026", plain_answer("12.50"))


def test_that_cells_merged_downwards_count_for_every_row(tmp_path: Path) -> None:
    book, sheet = _sheet(
        [["分类", "问题", "答案"], ["退房", "q1", "a1"], [None, "q2", "a2"], ["停车", "q3", "a3"]]
    )
    sheet.merge_cells("A2:A3")
    entries, problems, warnings = _read(tmp_path, book)
    assert problems == []
    assert [entry.category for entry in entries] == ["退房", "退房", "停车"]
    assert warnings == ["第 2 行 知识!A2:A3：合并的单元格，每一行都按同样的内容读"]


def test_that_every_problem_names_the_sheet_and_the_row(tmp_path: Path) -> None:
    book, sheet = _sheet(
        [["编号", "问题", "答案", "复核日期"], ["a", "q", "=1/0", None], ["b", "q2", "#N/A", None],
         ["c", "q3", True, None], ["d", "q4", "a", "后天"], ["e", None, "a", None],
         ["f", "两格", "并了", None], ["g", "q5", "a", None, "多出来"], ["h", "q6", "好的", None]]
    )  # fmt: skip
    sheet.merge_cells("B7:C7")
    entries, problems, _ = _read(tmp_path, book)
    assert [entry.id for entry in entries] == ["h"]
    assert [problem.partition("：")[0] for problem in problems] == [
        "第 7 行 知识!B7:C7", "第 2 行 知识!C2", "第 3 行 知识!C3", "第 4 行 知识!C4",
        "第 8 行 知识", "第 5 行 知识!复核日期", "第 6 行 知识!问题",
    ]  # fmt: skip
    assert problems[1].endswith("公式没有存下结果，请用 Excel 打开存一次，或粘贴成文字")


def test_that_the_stored_value_of_a_formula_is_read_with_a_warning(tmp_path: Path) -> None:
    book, _ = _sheet([["问题", "答案"], ["多少钱？", "=60*2"]])
    book.save(tmp_path / "faq.xlsx")
    # What Excel does when it saves: it stores the value beside the formula.
    _replace(tmp_path / "faq.xlsx", b"<f>60*2</f><v />", b"<f>60*2</f><v>120</v>")
    (entry,), problems, warnings = _read_folder(tmp_path)
    assert (problems, entry.answer) == ([], plain_answer("120"))
    assert warnings == ["第 2 行 知识!B2：公式，按存下的结果“120”读"]


def test_that_a_picture_that_wps_puts_into_a_cell_is_told(tmp_path: Path) -> None:
    book, sheet = _sheet([["问题", "答案", "图片"], ["怎么走？", "看图", None]])
    sheet["C2"] = '=DISPIMG("ID_1",1)'
    book.save(tmp_path / "faq.xlsx")
    with zipfile.ZipFile(tmp_path / "faq.xlsx", "a") as archive:
        archive.writestr("xl/media/image1.png", _PNG)
        archive.writestr(
            "xl/cellimages.xml",
            '<etc:cellImages xmlns:etc="e" xmlns:r="http://schemas.openxmlformats.org/'
            'officeDocument/2006/relationships"><etc:cellImage><pic><cNvPr name="ID_1"/>'
            '<blip r:embed="rId1"/></pic></etc:cellImage></etc:cellImages>',
        )
        archive.writestr(
            "xl/_rels/cellimages.xml.rels",
            '<Relationships><Relationship Id="rId1" Target="media/image1.png"/></Relationships>',
        )
    _, (problem,), _ = _read_folder(tmp_path)
    assert problem.startswith("第 2 行 知识!C2：格子里的图片请存进 _media/")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xd0\xcf\x11\xe0....", "文件加了密码，或是旧版 .xls 格式"),
        (b"PK\x03\x04 nothing", "不是正确的 .xlsx 文件"),
        (b"", "不是正确的 .xlsx 文件"),
    ],
)
def test_that_what_is_no_workbook_is_told(content: bytes, problem: str, tmp_path: Path) -> None:
    (tmp_path / "faq.xlsx").write_bytes(content)
    entries, (found,), _ = _read_folder(tmp_path)
    assert entries == ()
    assert problem in found


def test_that_entities_and_broken_parts_are_refused(tmp_path: Path) -> None:
    book, _ = _sheet([["问题", "答案"], ["q", "a"]])
    for former, new in (
        (b"<worksheet", b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet'),
        (b"</sheetData>", b"</sheetDat>"),
    ):
        book.save(tmp_path / "faq.xlsx")
        _replace(tmp_path / "faq.xlsx", former, new)
        _, (found,), _ = _read_folder(tmp_path)
        assert "不是正确的 .xlsx 文件" in found


def test_that_a_workbook_without_the_columns_is_told_with_its_sheets(tmp_path: Path) -> None:
    book, _ = _sheet([["门店", "城市"], ["西湖店", "杭州"]])
    _, (found,), _ = _read(tmp_path, book)
    assert "没有一张工作表有“问题”和“答案”这两列（看过的工作表：“知识”）" in found


def _replace(path: Path, former: bytes, new: bytes) -> None:
    """Change a piece of the first sheet."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    assert former in parts[name]
    parts[name] = parts[name].replace(former, new, 1)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_that_a_picture_over_a_cell_is_told_with_the_cell(tmp_path: Path) -> None:
    book, _ = _sheet([["问题", "答案", "图片"], ["怎么走？", "看图", None]])
    book.save(tmp_path / "faq.xlsx")
    space = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(tmp_path / "faq.xlsx", "a") as archive:
        archive.writestr("xl/media/image1.png", _PNG)
        archive.writestr(
            "xl/worksheets/_rels/sheet1.xml.rels",
            '<Relationships><R Id="rId1" Target="../drawings/drawing1.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/drawings/drawing1.xml",
            f'<x:wsDr xmlns:x="x" xmlns:a="a" xmlns:r="{space}"><x:twoCellAnchor><x:from>'
            '<x:col>2</x:col><x:row>1</x:row></x:from><x:pic><a:blip r:embed="rId9"/></x:pic>'
            "</x:twoCellAnchor></x:wsDr>",
        )
        archive.writestr(
            "xl/drawings/_rels/drawing1.xml.rels",
            '<Relationships><R Id="rId9" Target="/xl/media/image1.png"/></Relationships>',
        )
    _, (problem,), _ = _read_folder(tmp_path)
    assert problem.startswith("第 2 行 知识!C2：格子里的图片请存进 _media/")
