"""Importing: the trial tells what would happen, and applying changes that and nothing else."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.styles import PatternFill

from chatbot.answers.entries import Entry, plain_answer
from chatbot.errors import UserError
from chatbot.exchange.export import export_entries
from chatbot.exchange.importing import Base, Folder, Trial, Wishes, try_import
from chatbot.exchange.incoming import Refused
from chatbot.exchange.mark import Mark
from chatbot.exchange.refused import refused_bytes
from chatbot.knowledge.content import load_content
from chatbot.knowledge.problems import ContentErrors, Problems
from chatbot.knowledge.table_entries import read_table
from tests.exchange.messy import MESSY_CSV, broken_book

_PNG = b"\x89PNG\r\n\x1a\n"
_YAML = """\
# 退房的事
- id: late
  question: 可以延迟退房吗？   # 标准问
  similar: [能晚点退房吗, "晚退房要加钱吗"]   # 还要补
  not:
    - 几点退房   # 另一条
    - 怎么提前退房
  answer: '可以。'
  owner: 小林

# 没有编号的
- question: 可以提前入住吗？
  answer: |-
    可以。

    请先打电话。
  valid: {from: 2026-01-01}

- {id: parking, question: 酒店有停车场吗？, similar: [停车收费吗], answer: 有。}
"""


def _folder(root: Path) -> Folder:
    return Folder(root, load_content(root, None))


def _try(path: Path, root: Path, base: Base | None = None, wishes: Wishes | None = None) -> Trial:
    return try_import(path, _folder(root), base, wishes or Wishes())


def _csv(folder: Path, text: str, encoding: str = "utf-8", name: str = "in.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def _kinds(trial: Trial) -> dict[str, str]:
    return {step.id: step.kind for step in trial.plan.steps}


def _entries(root: Path) -> dict[str, Entry]:
    return {entry.id: entry for entry in load_content(root, None).entries}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "knowledge"
    root.mkdir()
    (root / "faq.yaml").write_text(_YAML, encoding="utf-8")
    return root


def test_that_a_trial_tells_everything_and_changes_nothing(root: Path, tmp_path: Path) -> None:
    path = _csv(
        tmp_path,
        "编号,问题,答案,负责人\nlate,可以延迟退房吗？,可以的。,小林\n"
        ',可以提前入住吗,"可以。\n\n请先打电话。",\n,有泳池吗？,有。,\nparking,酒店有停车场吗？,有。,\n'
        "bad,,缺问题,\nparking,又一次,有,\n",
    )
    trial = _try(path, root)
    early = next(each for each in _entries(root) if each.startswith("q-"))
    kinds = _kinds(trial)
    assert (kinds["late"], kinds["parking"], kinds[early]) == ("changed", "same", "changed")
    assert list(kinds.values()).count("new") == 1
    assert [(row.lines, row.reasons) for row in trial.incoming.refused] == [
        ((8,), ("问题：缺少这一项",)),
        ((9,), ("编号“parking”已经写在第 7 行",)),
    ]
    assert (root / "faq.yaml").read_text("utf-8") == _YAML
    assert sorted(each.name for each in root.iterdir()) == ["faq.yaml"]


def test_that_a_changed_entry_is_changed_in_place_in_yaml(root: Path, tmp_path: Path) -> None:
    entries = _entries(root)
    early = next(each for each in entries if each.startswith("q-"))
    theirs = [
        replace(
            entries["late"],
            similar=("能晚点退房吗", "可以晚走吗", "延迟退房"),
            excluded=("怎么提前退房", "早退"),
            answer=plain_answer("可以的。"),
            owner="",
            tags=("意向:续住",),
        ),
        replace(entries[early], question="能提前入住吗？", answer=plain_answer("a", "b")),
        replace(entries["parking"], similar=("停车收费吗", "车位"), auto="ask"),
    ]
    export_entries(tmp_path / "in.yaml", theirs, None)
    trial = _try(tmp_path / "in.yaml", root, Base(tuple(entries.values())))
    assert trial.left == {}
    assert trial.drafts.write() == ["faq.yaml"]
    assert (
        (root / "faq.yaml").read_text("utf-8")
        == f"""\
# 退房的事
- id: late
  question: 可以延迟退房吗？   # 标准问
  similar: [能晚点退房吗, 可以晚走吗, 延迟退房]   # 还要补
  not:
    - 怎么提前退房
    - 早退
  answer: '可以的。'
  tags: ["意向:续住"]

# 没有编号的
- question: 能提前入住吗？
  answer: [a, b]
  valid: {{from: 2026-01-01}}
  id: {early}

- {{id: parking, question: 酒店有停车场吗？, similar: [停车收费吗, 车位], answer: 有。, auto: ask}}
"""
    )
    assert _entries(root) == {each.id: each for each in theirs}


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".md", ".jsonl"])
def test_that_every_form_is_changed_in_place(suffix: str, tmp_path: Path) -> None:
    root = tmp_path / "knowledge"
    root.mkdir()
    ours = [
        Entry(
            f"e{n}",
            f"问题{n}？",
            plain_answer(f"答案{n}"),
            (f"问法{n}", f"又一种{n}"),
            category="甲",
        )
        for n in range(6)
    ]
    export_entries(root / f"faq{suffix}", ours, None)
    theirs = [
        replace(ours[0], answer=plain_answer('=新的，"引号",\n\n第二段\n- 列表')),
        replace(ours[1], question="换了？", similar=("又一种1", "再一种"), owner="小林"),
        replace(ours[2], category="乙", auto="agents-only"),
        replace(ours[3], similar=()),
        ours[4],
    ]
    export_entries(tmp_path / "in.yaml", theirs, None)
    trial = _try(tmp_path / "in.yaml", root, Base(ours), Wishes(retire=True))
    assert trial.left == {}
    assert trial.drafts.write() == ["_retired.yaml", f"faq{suffix}"]
    assert _entries(root) == {each.id: each for each in theirs}
    assert "问题5？" in (root / "_retired.yaml").read_text("utf-8")


def test_that_only_the_changed_cells_of_a_csv_file_change(tmp_path: Path) -> None:
    root = tmp_path / "knowledge"
    root.mkdir()
    text = (
        '备注,编号,问题,"答案",相似问\r\n"随便, 写",a,甲？,"一,二", 问一|问二 \r\n\r\n'
        "x,b,乙？,旧,\r\n,c,丙？,'=1,"
    )
    (root / "faq.csv").write_bytes(text.encode("gbk"))
    path = _csv(
        tmp_path, '编号,问题,答案,相似问\na,甲？,"一,二",问一|问三\nb,乙？,新,\nc,丙？,=2,\n'
    )
    _try(path, root).drafts.write()
    assert (root / "faq.csv").read_bytes().decode("gbk") == (
        '备注,编号,问题,"答案",相似问\r\n"随便, 写",a,甲？,"一,二",问一|问三\r\n\r\n'
        "x,b,乙？,新,\r\n,c,丙？,'=2,"
    )


def _book(path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "知识"
    for row in (
        ["酒店知识库"],
        ["编号", "问题", "答案", "备注", "负责人", "相似问"],
        ["a", "甲？", "旧", "别动", None, "一|二"],
        ["b", "乙？", "=1+1", "x"],
        ["c", "丙？", "c", None, "小林"],
        ["d", "丁？", "d", None, None],
    ):
        sheet.append(row)
    sheet.merge_cells("E5:E6")
    sheet["C3"].fill = PatternFill("solid", fgColor="FF0000")
    sheet.column_dimensions["C"].width = 77
    book.create_sheet("别的").append(["留着", "=SUM(1,2)"])
    book.save(path)


def _parts(path: Path) -> Mapping[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_that_only_the_changed_cells_of_a_workbook_change(tmp_path: Path) -> None:
    root = tmp_path / "knowledge"
    root.mkdir()
    _book(root / "faq.xlsx")
    _store(root / "faq.xlsx")
    before = _parts(root / "faq.xlsx")
    path = _csv(
        tmp_path,
        "编号,问题,答案,负责人,相似问\na,甲？,<新> & 旧,阿珍,一|三\nb,乙？,三,,\n"
        "c,丙？,c,阿珍,\nd,丁？,d2,小林,\n",
    )
    trial = _try(path, root)
    assert {each: why.partition("：")[2] for each, why in trial.left.items()} == {
        "b": "C4 是公式，请自己改",
        "c": "E5:E6 是合并的格子，请自己改",
    }
    trial.drafts.write()
    after = _parts(root / "faq.xlsx")
    changed = [name for name in before if before[name] != after[name]]
    assert (list(before), changed) == (list(after), ["xl/worksheets/sheet1.xml"])
    sheet = load_workbook(root / "faq.xlsx")["知识"]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
    assert cells == [
        ["a", "甲？", "<新> & 旧", "别动", "阿珍", "一\n三"],
        ["b", "乙？", "=1+1", "x", None, None],
        ["c", "丙？", "c", None, "小林", None],
        ["d", "丁？", "d2", None, None, None],
    ]
    assert (sheet["C3"].fill.fgColor.rgb, sheet.column_dimensions["C"].width) == ("00FF0000", 77)


def _store(path: Path) -> None:
    """Store the value of the formula, as Excel does."""
    parts = dict(_parts(path))
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>")
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in parts.items():
            archive.writestr(each, content)


def test_that_new_entries_go_to_a_file_named_after_the_import(root: Path, tmp_path: Path) -> None:
    text = "编号,问题,答案,分类\n,有泳池吗？,有。,设施/水\nx,能带狗吗？,不能。,\n,_？怪,a,_怪\n"
    path = _csv(tmp_path, text, name="新条目.csv")
    written = _try(path, root).drafts.write()
    assert sorted(written) == ["新条目.yaml", "设施/水/新条目.yaml"]
    assert (root / "设施/水/新条目.yaml").read_text("utf-8") == (
        "- question: 有泳池吗？\n  answer: 有。\n"
    )
    assert 'category: "_怪"' in (root / "新条目.yaml").read_text("utf-8")
    assert set(_kinds(_try(path, root)).values()) == {"same"}


def test_that_two_editors_lose_nothing(tmp_path: Path) -> None:
    root = tmp_path / "knowledge"
    root.mkdir()
    base = [
        Entry(f"e{n:02}", f"问题{n}？", plain_answer(f"答案{n}"), (f"问法{n}",), owner="小林")
        for n in range(60)
    ]
    export_entries(root / "faq.yaml", base, None)
    # One edits the folder: answers of 20 entries, one more similar question for ten of them.
    ours = list(base)
    for n in range(20):
        ours[n] = replace(ours[n], answer=plain_answer(f"前台改的{n}"))
    for n in range(10):
        ours[n] = replace(ours[n], similar=(*ours[n].similar, f"前台加的{n}"))
    export_entries(root / "faq.yaml", ours, None)
    # The other edits the exported file: 20 edits of the same entries and others, 5 deletions.
    theirs = list(base)
    for n in range(20):
        theirs[n] = replace(theirs[n], similar=(*theirs[n].similar, f"店长加的{n}"))
    for n in (0, 1, 30):
        theirs[n] = replace(theirs[n], answer=plain_answer(f"店长改的{n}"))
    del theirs[55:]
    export_entries(
        tmp_path / "in.xlsx", [*theirs, Entry("neu", "新的？", plain_answer("新"))], None
    )
    trial = _try(tmp_path / "in.xlsx", root, Base(base), Wishes(retire=True))
    (first, second) = trial.plan.conflicts
    assert [first.id, second.id] == ["e00", "e01"]
    (conflict,) = first.conflicts
    assert (conflict.base, conflict.ours, conflict.theirs) == ("答案0", "前台改的0", "店长改的0")
    trial.drafts.write()
    after = _entries(root)
    assert set(after) == {*(each.id for each in base[:55]), "neu"}
    for n in range(20):
        assert after[f"e{n:02}"].answer == plain_answer(f"前台改的{n}")
        added = (f"前台加的{n}",) if n < 10 else ()
        assert after[f"e{n:02}"].similar == (f"问法{n}", *added, f"店长加的{n}")
    assert after["e30"].answer == plain_answer("店长改的30")
    assert all(after[f"e{n}"] == base[n] for n in range(31, 55))
    retired = load_content(_alone(root / "_retired.yaml", tmp_path), None).entries
    assert retired == tuple(base[55:])


def _alone(path: Path, folder: Path) -> Path:
    copy = folder / "retired.yaml"
    copy.write_bytes(path.read_bytes())
    return copy


def test_that_a_person_may_decide_conflicts_and_rows_that_miss_are_kept(
    root: Path, tmp_path: Path
) -> None:
    base = tuple(_entries(root).values())
    theirs = [replace(each, owner="阿珍") for each in base if each.id == "late"]
    export_entries(tmp_path / "in.csv", theirs, None)
    source = (root / "faq.yaml").read_text("utf-8").replace("小林", "老王")
    (root / "faq.yaml").write_text(source, "utf-8")
    undecided = _try(tmp_path / "in.csv", root, Base(base))
    assert sorted(_kinds(undecided).values()) == ["conflict", "missing", "missing"]
    undecided.drafts.write()
    assert (root / "faq.yaml").read_text("utf-8") == source
    folder = _try(tmp_path / "in.csv", root, Base(base), Wishes(prefer="folder"))
    assert _kinds(folder)["late"] == "same"
    _try(tmp_path / "in.csv", root, Base(base), Wishes(prefer="file")).drafts.write()
    assert _entries(root)["late"].owner == "阿珍"
    with pytest.raises(UserError, match="不知道它是从哪个快照导出的"):
        _try(tmp_path / "in.csv", root, None, Wishes(retire=True))


def test_that_a_messy_csv_of_wps_is_read_row_by_row(root: Path, tmp_path: Path) -> None:
    path = _csv(tmp_path, MESSY_CSV, "gb18030")
    with pytest.raises(ContentErrors, match="第 1 行 客户怎么问：没有这一列"):
        _try(path, root)
    trial = _try(path, root, None, Wishes(extra_as_similar=True))
    assert _kinds(trial) == {"m1": "new", "m7": "new", "m8": "new"}, "m7 only ends early"
    reasons = {row.lines[0]: row.reasons[0].partition("：")[0] for row in trial.incoming.refused}
    assert reasons == {
        3: "标签", 4: "生效时间", 5: "标准问", 6: "答案", 7: "自动回答"
    }  # fmt: skip
    trial.drafts.write()
    entry = _entries(root)["m1"]
    assert entry.similar == ("早饭几点", "早餐", "能吃早饭不")
    assert _entries(root)["m8"].question == '引"号"？'


def test_that_refused_rows_come_back_in_a_file_to_be_mended(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    broken_book(path)
    trial = _try(path, root)
    assert len(trial.incoming.refused) == 20
    assert list(_kinds(trial).values()) == ["new"] * 11
    entries = [each.entry for each in trial.incoming.placed if each.entry]
    assert [each.category for each in entries] == ["甲"] * 10 + ["乙"]
    for target in (tmp_path / "bad.xlsx", tmp_path / "bad.csv"):
        rows = trial.incoming.refused
        target.write_bytes(refused_bytes(path, target, trial.incoming.table, rows, None))
        table = read_table(target, Problems())
        assert table is not None
        assert table.records[0].cells == (
            "编号", "问题", "答案", "分类", "复核日期", "图片", "拒绝原因",
        )  # fmt: skip
        assert len(table.records) == 21
        assert all(record.cells[-1] for record in table.records[1:])
        again = _try(target, root)
        assert len(again.incoming.refused) + len(again.plan.steps) == 20


def test_that_pictures_in_cells_come_into_the_media_folder(root: Path, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (["问题", "答案", "图片"], ["怎么走？", "看图。", '=DISPIMG("ID_1",1)'],
                ["哪里停车？", "看图。", '=DISPIMG("ID_2",1)']):  # fmt: skip
        sheet.append(row)
    book.save(tmp_path / "in.xlsx")
    with zipfile.ZipFile(tmp_path / "in.xlsx", "a") as archive:
        for number, picture in (("1", _PNG), ("2", b"GIF89a")):
            archive.writestr(f"xl/media/image{number}.png", picture)
        pictures = "".join(
            f'<e:cellImage><e:pic><e:cNvPr name="ID_{n}"/><e:blip r:embed="r{n}"/></e:pic>'
            "</e:cellImage>"
            for n in "12"
        )
        space = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        archive.writestr(
            "xl/cellimages.xml",
            f'<e:cellImages xmlns:e="e" xmlns:r="{space}">{pictures}</e:cellImages>',
        )
        related = "".join(f'<R Id="r{n}" Target="media/image{n}.png"/>' for n in "12")
        archive.writestr(
            "xl/_rels/cellimages.xml.rels", f"<Relationships>{related}</Relationships>"
        )
    trial = _try(tmp_path / "in.xlsx", root)
    (refused,) = trial.incoming.refused
    assert (refused.lines, refused.reasons[0]) == (
        (3,), "Sheet!C3：图片不是 PNG 或 JPG，请另存后重新插入",
    )  # fmt: skip
    file, _ = trial.drafts.write()
    assert (root / file).read_bytes() == _PNG
    (entry,) = [each for each in _entries(root).values() if each.question == "怎么走？"]
    assert [getattr(each, "file", "") for each in entry.messages] == ["", file]


def test_that_a_table_without_a_column_leaves_what_the_folder_has_there(
    root: Path, tmp_path: Path
) -> None:
    (root / "_media").mkdir()
    (root / "_media" / "a.png").write_bytes(_PNG + bytes(50))
    (root / "more.yaml").write_text(
        "- id: late-picture\n  question: 怎么走到前台？\n"
        "  answer: [一直走。, {type: image, file: _media/a.png}]\n"
        "  valid: {from: 2026-01-01, until: 2026-12-31}\n"
        "- id: gold\n  question: 早餐免费吗？\n  answer:\n"
        '    - when: {tags: ["会员等级:金卡"]}\n      messages: 免费。\n'
        "    - messages: 68 元一位。\n",
        encoding="utf-8",
    )
    path = _csv(
        tmp_path,
        "编号,问题,答案,失效时间\n"
        "late-picture,怎么走到前台？,一直走，左转。,2026-12-31\n"
        "gold,早餐免费吗？,78 元一位。,\n",
    )
    trial = _try(path, root)
    trial.drafts.write()
    found = _entries(root)
    picture = found["late-picture"]
    assert [type(each).__name__ for each in picture.messages] == ["TextMessage", "ImageMessage"]
    assert picture.valid.start is not None
    assert [len(each.messages) for each in found["gold"].answer] == [1, 1]
    assert "免费" in str(found["gold"].answer[0].messages)
    assert "78" in str(found["gold"].answer[1].messages)


def test_that_a_row_without_an_id_never_takes_the_place_of_one_with(
    root: Path, tmp_path: Path
) -> None:
    path = _csv(
        tmp_path,
        "编号,问题,答案\nlate,能不能晚点退房？,会员可到 14:00\n,可以延迟退房吗？,全新的一条\n",
    )
    trial = _try(path, root)
    assert _kinds(trial)["late"] == "changed"
    assert sorted(_kinds(trial).values()).count("new") == 1


def test_that_refused_rows_retire_nothing(root: Path, tmp_path: Path) -> None:
    base = Base(tuple(_entries(root).values()), "")
    path = _csv(tmp_path, "编号,问题,答案,拒绝原因\nparking,酒店有停车场吗？,有的。,太短\n")
    with pytest.raises(UserError, match="被拒绝的行"):
        _try(path, root, base, Wishes(retire=True))
    assert set(_kinds(_try(path, root, base)).values()) == {"changed"}


def test_that_an_empty_cell_with_a_look_is_filled_in_beside_others(
    root: Path, tmp_path: Path
) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["编号", "问题", "相似问", "答案", "负责人"])
    sheet.append(["book", "怎么订房？", None, "打电话。", None])
    for cell in ("C2", "E2"):
        sheet[cell].fill = PatternFill("solid", fgColor="FFFF00")
    book.save(root / "表.xlsx")
    path = _csv(tmp_path, "编号,问题,相似问,答案\nbook,怎么订房？,如何预订,打电话。\n")
    _try(path, root).drafts.write()
    assert _entries(root)["book"].similar == ("如何预订",)
    kept = load_workbook(root / "表.xlsx").active
    assert kept is not None
    assert kept["E2"].fill.fgColor.rgb == "00FFFF00"


def test_that_refused_rows_of_a_workbook_are_a_csv_with_its_mark_that_nothing_computes(
    tmp_path: Path,
) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["编号", "问题", "答案"])
    sheet.append(["a", "怎么走？", "=1+1"])
    sheet["C2"].data_type = "s"
    source = tmp_path / "in.xlsx"
    book.save(source)
    table = read_table(source, Problems())
    assert table is not None
    rows = [Refused((2,), "a", ("太短",))]
    found = refused_bytes(source, tmp_path / "out.csv", table, rows, Mark(12)).decode("utf-8-sig")
    assert found.splitlines() == ["编号,问题,答案,拒绝原因,快照", "a,怎么走？,'=1+1,太短,12"]


def test_that_refused_lines_are_cut_where_the_reader_cuts(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"question": "一\u2028二"}\n{"question": "三"}\n', encoding="utf-8")
    rows = [Refused((2,), "", ("缺少答案",))]
    found = refused_bytes(source, source, None, rows, None).decode()
    assert found.splitlines()[-1] == '{"question": "三"}'
