"""`chatbot knowledge export`, `import` and `template` from the shell."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from chatbot.cli import run
from chatbot.cli.knowledge import knowledge
from chatbot.exchange.mark import Mark, read_mark

_YAML = """\
- id: late
  question: 可以延迟退房吗？   # 标准问
  answer: 可以。
  category: 退房
- id: menu
  question: 还能问什么？
  answer: {type: menu, head: 还想了解, items: [可以延迟退房吗？]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vectors_dir: Path) -> Path:
    """A knowledge folder, with the commands working beside it and without a database."""
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "faq.yaml").write_text(_YAML, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATBOT_DATA_DIR", str(tmp_path / "data"))
    return folder


@pytest.fixture
def shell(
    folder: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, vectors_dir: Path
) -> Path:
    """The folder, with the commands working on the database of this test."""
    monkeypatch.setenv("CHATBOT_DATABASE_URL", database_url)
    monkeypatch.setenv("CHATBOT_DATA_DIR", str(vectors_dir))
    return folder


def _run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(knowledge, arguments)
    assert result.exit_code == code, (result.output, result.exception)
    return result


def test_that_an_export_names_what_a_table_cannot_hold(folder: Path) -> None:
    result = _run("export", "a.csv", code=1)
    assert "已导出 a.csv：文件夹的 1 个条目。" in result.stdout
    assert "没有导出 menu（还能问什么？）的 answer：表格写不下菜单" in result.stderr
    assert "请导出 .yaml 或 .jsonl，它们都写得下。" in result.stderr
    assert "已导出 a.md：文件夹的 1 个条目" in _run("export", "a.md", "--category", "退房").stdout


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["export", "a.docx"], "a.docx：导出成 .xlsx、.csv、.jsonl、.yaml、.yml、.md 之一"),
        (["export", "knowledge/faq.yaml"], "已经有这个文件，请换一个名字，或加 --force 覆盖它"),
        (["export", "a.csv", "--category", "早餐"], "没有分类“早餐”；有：退房"),
        (["export", "nowhere/a.csv"], "写不进去（No such file or directory）"),
        (["import", "in.csv", "--refused", "out.yaml"], "格式一样，请写成 .csv、.xlsx"),
        (["import", "in.csv", "--retire-missing"], "不知道它是从哪个快照导出的"),
        (["import", "in.csv", "--base", "in.csv", "--snapshot", "3"], "只写一个"),
    ],
)
def test_that_wrong_use_is_one_clear_sentence(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("in.csv").write_text("编号,问题,答案\nlate,可以延迟退房吗？,可以的。\n", "utf-8")
    with pytest.raises(SystemExit) as ended:
        run(["knowledge", *arguments])
    assert ended.value.code == 2
    assert problem in capsys.readouterr().err


def test_that_an_import_is_tried_first_and_applied_when_asked(folder: Path) -> None:
    text = (
        "编号,问题,答案,负责人\nlate,可以延迟退房吗？,可以的。,\n,有泳池吗？,有。,\nx,,没有问题,\n"
    )
    Path("in.csv").write_text(text, "utf-8")
    said = _run("import", "in.csv", code=1).stdout
    assert said.startswith(
        "第 2 行 修改 late 可以延迟退房吗？\n    answer：可以。 → 可以的。\n第 3 行 新增 q-"
    )
    assert "第 4 行 拒绝 x：问题：缺少这一项\n" in said
    assert "试运行，什么也没有改：新增 1，修改 1，拒绝 1。" in said
    assert (folder / "faq.yaml").read_text("utf-8") == _YAML
    said = _run("import", "in.csv", "--apply", "--refused", "bad.xlsx", code=1).stdout
    assert said.endswith("已写入 faq.yaml\n已写入 in.yaml\n")
    assert (folder / "faq.yaml").read_text("utf-8") == _YAML.replace("可以。", "可以的。")
    sheet = load_workbook("bad.xlsx").worksheets[0]
    assert [cell.value for cell in sheet[2]] == ["x", None, "没有问题", None, "问题：缺少这一项"]
    record = json.loads(_run("import", "in.csv", "--json", code=1).stdout)
    assert [row["kind"] for row in record["rows"]] == ["same", "same"]
    assert (record["summary"]["refused"], record["three_way"]) == (1, False)


def test_that_a_file_that_cannot_be_read_changes_nothing(folder: Path) -> None:
    Path("in.csv").write_text("问题,相似问\na,b\n", "utf-8")
    assert "in.csv 第 1 行：缺少“答案”这一列" in _run("import", "in.csv", "--apply", code=1).stdout
    (folder / "bad.yaml").write_text("- a\n", "utf-8")
    result = CliRunner().invoke(knowledge, ["import", "in.csv"])
    assert "先改好再导入" in str(result.exception)


def test_that_an_exported_file_is_merged_with_what_others_did(shell: Path) -> None:
    _run("publish")
    _run("export", "a.xlsx", code=1)
    assert read_mark(Path("a.xlsx")) == Mark(1)
    _run("export", "b.jsonl", "--snapshot", "1", "--category", "退房")
    assert read_mark(Path("b.jsonl")) == Mark(1, "退房")
    book = load_workbook("a.xlsx")
    sheet = book["知识"]
    sheet["E2"], sheet["O2"] = "店长改的。", "阿珍"
    book.save("a.xlsx")
    (shell / "faq.yaml").write_text(_YAML.replace("可以。", "前台改的。"), "utf-8")
    said = _run("import", "a.xlsx", "--apply", code=1).stdout
    assert (
        "        导出时  可以。\n        文件夹  前台改的。\n        文件    店长改的。\n" in said
    )
    assert "修改 1，有冲突 1" in said
    assert (shell / "faq.yaml").read_text("utf-8") == _YAML.replace("可以。", "前台改的。").replace(
        "  category: 退房\n", "  category: 退房\n  owner: 阿珍\n"
    )
    _run("import", "a.xlsx", "--apply", "--prefer", "file")
    assert "answer: 店长改的。" in (shell / "faq.yaml").read_text("utf-8")


_SOMEBODY = 54321


def test_that_permissions_stay_and_files_belong_to_whom_the_folder_does(folder: Path) -> None:
    (folder / "faq.yaml").chmod(0o640)
    if os.geteuid() == 0:
        for path in (folder, folder / "faq.yaml"):
            os.chown(path, _SOMEBODY, _SOMEBODY)
    text = "编号,问题,答案,分类\nlate,可以延迟退房吗？,可以的。,\nnew,泳池？,有。,设施/水\n"
    Path("in.csv").write_text(text, "utf-8")
    _run("import", "in.csv", "--apply")
    assert (folder / "faq.yaml").stat().st_mode & 0o777 == 0o640
    written = [folder / each for each in ("faq.yaml", "设施", "设施/水", "设施/水/in.yaml")]
    assert {path.stat().st_uid for path in written} == {folder.stat().st_uid}


def test_that_a_folder_that_may_only_be_read_is_told_and_stays(folder: Path) -> None:
    Path("in.csv").write_text("编号,问题,答案\nlate,可以延迟退房吗？,行。\n", "utf-8")
    with _reader(folder):
        _run("import", "in.csv")
        result = CliRunner().invoke(knowledge, ["import", "in.csv", "--apply"])
    assert "faq.yaml：写不进去（Permission denied）" in str(result.exception)
    assert (folder / "faq.yaml").read_text("utf-8") == _YAML


@contextmanager
def _reader(folder: Path) -> Iterator[None]:
    """Be somebody who may read the folder and write nothing in it."""
    for each in (folder, *folder.parents):
        if each.stat().st_uid == os.geteuid() and each != Path("/"):
            each.chmod(each.stat().st_mode | 0o055)  # pytest's own folders are closed to others
    folder.chmod(0o555)
    is_root = os.geteuid() == 0
    try:
        if is_root:
            os.seteuid(_SOMEBODY)
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)
