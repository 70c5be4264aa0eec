"""Files as they come: spoilt by spreadsheets, half typed, with pictures where nobody looks."""

from __future__ import annotations

import codecs
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from chatbot.exchange.applying import RETIRED_FILE
from chatbot.exchange.importing import Base, Folder, Trial, Wishes, try_import
from chatbot.exchange.incoming import Refused
from chatbot.exchange.refused import refused_bytes
from chatbot.knowledge.content import load_content
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.table_entries import read_table

_YAML = "- {id: '00123', question: 几点退房？, answer: 中午十二点。}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "knowledge"
    root.mkdir()
    (root / "faq.yaml").write_text(_YAML, "utf-8")
    return root


def _try(path: Path, root: Path, base: Base | None = None, *, retire: bool = False) -> Trial:
    return try_import(path, Folder(root, load_content(root, None)), base, Wishes(retire=retire))


def _reasons(trial: Trial) -> list[str]:
    return [reason for row in trial.incoming.refused for reason in row.reasons]


def _book(path: Path, *rows: Sequence[object]) -> Path:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    book.save(path)
    return path


def test_that_a_picture_in_the_column_for_notes_is_nobodys(root: Path, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (["问题", "答案", "图片", "备注"], ["怎么走？", "看图。", None, '=DISPIMG("X",1)']):
        sheet.append(row)
    sheet.append(["哪里停车？", "门口。", None, "#REF!"])
    path = tmp_path / "in.xlsx"
    book.save(path)
    trial = _try(path, root)
    assert _reasons(trial) == []
    assert trial.incoming.pictures == {}
    (root / "路.xlsx").write_bytes(path.read_bytes())
    assert len(load_content(root, None).entries) == 3, "and the folder is readable with it"


def test_that_rows_that_end_early_are_whole_and_can_be_changed(root: Path, tmp_path: Path) -> None:
    (root / "早餐.csv").write_text("编号,问题,答案,负责人,标签\nb1,几点早餐？,七点。\n", "utf-8")
    path = tmp_path / "in.csv"
    path.write_text(
        "编号,问题,答案,标签\nb1,几点早餐？,七点。,意向:早餐\nb2,在哪吃？,二楼\n", "utf-8"
    )
    trial = _try(path, root)
    assert _reasons(trial) == []
    assert not trial.left
    trial.drafts.write()
    assert (root / "早餐.csv").read_text("utf-8").endswith("b1,几点早餐？,七点。,,意向:早餐\n")


@pytest.mark.parametrize(
    ("identifier", "why"),
    [
        ("1.20231E+12", "被 Excel 缩短了"),
        ("123", "有“00123”：多半是 Excel 去掉了前面的 0"),
        ("3月1日", "被 Excel 改成了日期"),
    ],
)
def test_that_an_id_that_excel_has_spoilt_is_refused(
    identifier: str, why: str, root: Path, tmp_path: Path
) -> None:
    path = tmp_path / "in.csv"
    path.write_text(f"编号,问题,答案\n{identifier},几点退房？,下午两点。\n", "utf-8")
    trial = _try(path, root)
    assert why in _reasons(trial)[0]
    assert trial.plan.steps == ()
    path = _book(tmp_path / "in.xlsx", ["编号", "问题", "答案"], [123, "几点退房？", "下午两点。"])
    assert "去掉了前面的 0" in _reasons(_try(path, root))[0]


def test_that_a_question_of_two_entries_does_not_choose_one(root: Path, tmp_path: Path) -> None:
    (root / "b.yaml").write_text("- {id: b, question: 几点退房, answer: 两点。}\n", "utf-8")
    path = tmp_path / "in.csv"
    path.write_text("问题,答案\n几点退房？,三点。\n", "utf-8")
    assert _reasons(_try(path, root)) == [
        "文件夹里有 2 条同样的问题（b、00123），请写上编号，说明是哪一条"
    ]
    path.write_text("编号,问题,答案\nb,几点退房？,三点。\n", "utf-8")
    assert [step.id for step in _try(path, root).plan.of_kind("changed")] == ["b"]


def test_that_what_cannot_be_kept_is_refused_and_comes_back(root: Path, tmp_path: Path) -> None:
    path = _book(
        tmp_path / "in.xlsx", ["编号", "问题", "答案", "备注"],
        ["a1", "半个字", "答_xD800_案", "x"], ["a2", "有_x0007_铃", "好\x7f", "y"],
        ["a3", "", "z", "_x0007_"],
    )  # fmt: skip
    trial = _try(path, root)
    assert "存不下的字符 U+D800" in _reasons(trial)[0]
    for name in ("out.xlsx", "out.csv"):
        refused = trial.incoming.refused
        (tmp_path / name).write_bytes(
            refused_bytes(path, tmp_path / name, trial.incoming.table, refused, None)
        )
    sheet = load_workbook(tmp_path / "out.xlsx").worksheets[0]
    assert sheet["C2"].value == "答_xD800_案"
    (tmp_path / "in.jsonl").write_text('{"id": "b\\ud800", "question": "q", "answer": "a"}\n')
    assert "U+D800" in _reasons(_try(tmp_path / "in.jsonl", root))[0]
    trial.drafts.write()
    load_content(root, None)


def test_that_refused_items_of_yaml_come_back_whole(tmp_path: Path) -> None:
    source = (
        "category: 甲\nentries:\n  -\n    id: a\n    question: 一\n"
        "    answer: |\n      行\n\n      二\n# 一句话\n    owner: 林\n\n"
        "  # 下一条\n  - {id: b, question: 二,\nanswer: x}\n  - id: c\n    question: 三\n"
        '    answer: "上\n\n      下"\n'
    )
    path = tmp_path / "in.yaml"
    path.write_text(source, "utf-8")
    rows = [Refused((line,), "", ("因为",)) for line in (4, 14, 16)]
    out = tmp_path / "out.yaml"
    out.write_bytes(refused_bytes(path, out, None, rows, None))
    (tmp_path / "left").mkdir()
    (tmp_path / "left" / "in.yaml").write_text(source, "utf-8")
    (tmp_path / "back").mkdir()
    (tmp_path / "back" / "out.yaml").write_bytes(out.read_bytes())
    before = load_content(tmp_path / "left", None).entries
    after = load_content(tmp_path / "back", None).entries
    assert [(each.id, each.answer) for each in after] == [(each.id, each.answer) for each in before]
    assert "下一条" not in out.read_text("utf-8").partition("- {id: b")[0].rpartition("林")[2]


def test_that_what_is_put_at_the_end_of_a_file_leaves_the_file_as_it_is(
    root: Path, tmp_path: Path
) -> None:
    former = codecs.BOM_UTF8 + "# 收起的\r\n- {id: 旧, question: 旧的？, answer: x}\r\n".encode()
    (root / RETIRED_FILE).write_bytes(former)
    (root / "faq.yaml").write_text(_YAML + "- {id: b, question: 别的？, answer: y}\n", "utf-8")
    base = Base(load_content(root, None).entries)
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": "b", "question": "别的？", "answer": "y"}\n', "utf-8")
    trial = _try(path, root, base, retire=True)
    trial.drafts.write()
    written = (root / RETIRED_FILE).read_bytes()
    assert written.startswith(former)
    assert written.count(b"\n") == written.count(b"\r\n")
    assert b"00123" in written


@pytest.mark.parametrize("former", ["旧: 1\n".encode(), "- {id: 旧}\n".encode("gb18030")])
def test_that_retired_entries_go_beside_a_file_that_cannot_take_them(
    former: bytes, root: Path, tmp_path: Path
) -> None:
    (root / RETIRED_FILE).write_bytes(former)
    base = Base(load_content(root, None).entries)
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": "b", "question": "别的？", "answer": "y"}\n', "utf-8")
    _try(path, root, base, retire=True).drafts.write()
    assert (root / RETIRED_FILE).read_bytes() == former
    assert "00123" in (root / "_retired-2.yaml").read_text("utf-8")


def test_that_one_edit_that_spoils_a_workbook_leaves_the_others(root: Path, tmp_path: Path) -> None:
    rows = [[f"w{n}", f"问题{n}？", f"答案{n}"] for n in range(8)]
    book = _book(root / "表.xlsx", ["编号", "问题", "答案"], *rows)
    # A row that is said twice: what is written into the first stands in the second as well.
    with zipfile.ZipFile(book) as archive:
        parts = {each.filename: archive.read(each) for each in archive.infolist()}
    sheet = parts["xl/worksheets/sheet1.xml"].replace(b'<row r="5"', b'<row r="4"', 1)
    with zipfile.ZipFile(book, "w") as archive:
        for name, data in {**parts, "xl/worksheets/sheet1.xml": sheet}.items():
            archive.writestr(name, data)
    known = load_content(root, None).entries
    path = tmp_path / "in.jsonl"
    path.write_text(
        "".join(
            f'{{"id": "{each.id}", "question": "{each.question}", "answer": "新的"}}\n'
            for each in known
            if each.id.startswith("w")
        ),
        "utf-8",
    )
    trial = _try(path, root)
    assert 0 < len(trial.left) < len(trial.plan.of_kind("changed"))
    trial.drafts.write()
    after = {each.id: each for each in load_content(root, None).entries}
    done = {step.id for step in trial.plan.of_kind("changed")} - set(trial.left)
    assert len(done) >= 5
    assert all("新的" in str(after[each].answer) for each in done)


def test_that_all_rows_of_a_refused_entry_come_back(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("编号,问题,答案,适用条件\na,问？,x{,等级:金卡\na,,y,\n", "utf-8")
    trial = _try(path, root)
    (row,) = trial.incoming.refused
    assert row.lines == (2, 3)
    out = tmp_path / "out.csv"
    out.write_bytes(refused_bytes(path, out, trial.incoming.table, [row], None))
    table = read_table(out, Problems())
    assert table is not None
    assert len(table.records) == 3
