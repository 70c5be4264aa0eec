"""Ids written into tables and Markdown, as the commands that check files do."""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook, load_workbook

from chatbot.exchange.giving_ids import give_ids
from chatbot.knowledge.content import read_content
from chatbot.knowledge.write_ids import Written

_CSV = '编号,问题,答案,备注\r\n,一问,甲,\'=1\r\nown,二问,"乙\r\n丙",\r\n,三问,丁,看\r\n'


def _give(root: Path) -> Written:
    reading = read_content(root, None)
    done = give_ids(root, reading.places)
    assert read_content(root, None).content == reading.content
    return done


def test_that_rows_of_csv_get_their_ids_and_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(_CSV.encode("gb18030"))
    assert _give(tmp_path) == Written(2, {})
    written = path.read_bytes().decode("gb18030")
    first, second, third = (entry.id for entry in read_content(tmp_path, None).content.entries)
    assert second == "own"
    assert written == _CSV.replace("\n,一问", f"\n{first},一问").replace(
        "\n,三问", f"\n{third},三问"
    )
    assert _give(tmp_path) == Written(0, {})


def test_that_rows_of_a_workbook_get_their_ids(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["编号", "问题", "答案"], [None, "一问", "甲"], ["own", "二问", "乙"]):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    assert _give(tmp_path) == Written(1, {})
    written = load_workbook(tmp_path / "a.xlsx").active
    assert written is not None
    assert [str(cell.value)[:2] for cell in written["A"]] == ["编号", "q-", "ow"]


def test_that_entries_of_markdown_get_their_ids(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# 退房\n\n## 一问\n\n甲\n\n## 二问\n\n- 相似问：二\n\n乙\n", "utf-8")
    assert _give(tmp_path) == Written(2, {})
    assert path.read_text("utf-8").count("- 编号：q-") == 2


def test_that_a_table_without_the_column_is_left_to_a_person(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("问题,答案\n一问,甲\n", "utf-8")
    (tmp_path / "b.jsonl").write_text('{"question": "二问", "answer": "乙"}\n', "utf-8")
    assert _give(tmp_path) == Written(1, {path: 1})
    assert path.read_text("utf-8") == "问题,答案\n一问,甲\n"
