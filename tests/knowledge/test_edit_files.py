"""Similar questions written into files that people keep."""

from __future__ import annotations

import json
import multiprocessing
import tempfile
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from chatbot.answers.entries import Entry, plain_answer
from chatbot.errors import ContentError, UserError
from chatbot.knowledge.content import load_content
from chatbot.knowledge.edit_files import add_similar
from chatbot.workshop import Folders, accept

_NEW = "下午三点走行吗"
_YAML = """\
# 开头的注释
category: 退房   # 分类
entries:
  - id: flow
    question: 几点退房？
    similar: [最晚几点, "带引号",
              第三个 ]   # 列表的注释
    answer: |
      一行
      两行

  - {id: inline, question: 早餐几点？, answer: 十点}
  - id: folded
    question: >
      折叠的
      问题
    answer: 好
  - id: block
    similar:
    - 甲   # 甲的注释
    - "乙
      乙"

    # 后面的注释
    question: 丁
    answer: 好
  - id: nothing
    question: 戊
    similar:
    answer: 好
  - id: null-word
    question: 己
    similar: ~
    answer: 好
  - id: empty
    question: 庚
    similar: []
    answer: 好
  - id: literal
    question: 辛
    answer: 好
    similar:
      - |
        一块
        两块

  - question: 壬
    similar: [子, 丑,]
    answer: 好
  - id: last
    question: 癸
    answer: 末
    similar:
      - 一"""
_IDS = (
    "flow", "inline", "folded", "block", "nothing", "null-word", "empty", "literal", "", "last",
)  # fmt: skip


def _entry(identifier: str, question: str = "") -> Entry:
    return Entry(identifier, question, plain_answer("好"))


def _write(folder: Path, source: str, name: str = "faq.yaml") -> Path:
    path = folder / name
    path.write_text(source, encoding="utf-8")
    return path


@pytest.mark.parametrize("identifier", _IDS)
def test_that_one_line_is_added_or_changed_and_every_other_stays(
    tmp_path: Path, identifier: str
) -> None:
    path = _write(tmp_path, _YAML)
    before = {each.question: each for each in load_content(tmp_path, None).entries}
    entry = next(
        each
        for each in before.values()
        if each.id == identifier or (not identifier and each.question == "壬")
    )
    added = add_similar(tmp_path, entry, _NEW)
    after = {each.question: each for each in load_content(tmp_path, None).entries}
    assert after.pop(entry.question).similar == (*before.pop(entry.question).similar, _NEW)
    assert after == before
    old, new = _YAML.split("\n"), path.read_text("utf-8").rstrip("\n").split("\n")
    assert added.path == path
    assert _NEW in new[added.line - 1]
    kept = [line for line in old if line in new]
    assert len(old) - len(kept) <= 1
    assert len(new) - len(old) <= 1


@pytest.mark.parametrize(
    "text",
    [
        "新: 问法, [是]",
        "是",
        "123",
        "2026-01-01",
        "#不是注释",
        "它说'好'",
        '"引号"',
        "a: b",
        "😀好",
    ],
)
def test_that_any_text_is_read_back_as_it_is(tmp_path: Path, text: str) -> None:
    for name in ("flow", "block"):
        _write(tmp_path, _YAML)
        add_similar(tmp_path, _entry(name), text)
        [entry] = [each for each in load_content(tmp_path, None).entries if each.id == name]
        assert entry.similar[-1] == text


def test_that_line_ends_byte_order_mark_and_permissions_stay(tmp_path: Path) -> None:
    path = tmp_path / "faq.yaml"
    source = "- id: a\r\n  question: 甲？\r\n  answer: 好\r\n"
    path.write_bytes(b"\xef\xbb\xbf" + source.encode())
    path.chmod(0o640)
    assert add_similar(tmp_path, _entry("a"), _NEW).line == 3
    assert (
        path.read_bytes()
        == b"\xef\xbb\xbf" + source.replace("  answer", f"  similar: [{_NEW}]\r\n  answer").encode()
    )
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_that_a_line_of_json_gets_it_and_the_others_stay(tmp_path: Path) -> None:
    first = '{"id":"a","question":"甲？","answer":"好"}'
    second = '{"id":"b","question":"乙？","similar":["丙"],"answer":"好"}'
    path = _write(tmp_path, f"{first}\n\n{second}\n", "faq.jsonl")
    assert add_similar(tmp_path, _entry("b"), _NEW).line == 3
    lines = path.read_text("utf-8").split("\n")
    assert lines[:2] == [first, ""]
    assert json.loads(lines[2])["similar"] == ["丙", _NEW]
    add_similar(tmp_path, _entry("a"), _NEW)
    assert [each.similar for each in load_content(tmp_path, None).entries] == [
        (_NEW,), ("丙", _NEW),
    ]  # fmt: skip


def test_that_an_entry_of_a_table_is_left_to_a_person(tmp_path: Path) -> None:
    path = _write(tmp_path, "编号,问题,答案\na,甲？,好\n", "faq.csv")
    with pytest.raises(UserError, match=f"faq.csv 第 2 行：.*“相似问”一格里加上“{_NEW}”"):
        add_similar(tmp_path, _entry("a"), _NEW)
    assert path.read_text("utf-8") == "编号,问题,答案\na,甲？,好\n"


def test_that_what_would_change_more_than_one_list_is_left_alone(tmp_path: Path) -> None:
    source = """\
- {id: a, question: 甲？, similar: &shared [子, 丑], answer: 好}
- {id: b, question: 乙？, similar: *shared, answer: 好}
"""
    path = _write(tmp_path, source)
    with pytest.raises(UserError, match="不能自动改，请在它的 similar 里加上"):
        add_similar(tmp_path, _entry("b"), _NEW)
    assert path.read_text("utf-8") == source


def test_that_an_entry_without_a_file_is_named(tmp_path: Path) -> None:
    _write(tmp_path, _YAML)
    with pytest.raises(ContentError, match="没有找到写着条目“gone”的文件"):
        add_similar(tmp_path, _entry("gone"), _NEW)


def test_that_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="没有这个文件或文件夹"):
        add_similar(tmp_path / "gone", _entry("a"), _NEW)


def test_that_a_linked_file_stays_a_link(tmp_path: Path) -> None:
    real = _write(tmp_path, "- {id: a, question: 甲？, answer: 好}\n", "_real.yaml")
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "faq.yaml").symlink_to(real)
    add_similar(folder, _entry("a"), _NEW)
    assert (folder / "faq.yaml").is_symlink()
    assert _NEW in real.read_text("utf-8")


@pytest.mark.parametrize("whole", [True, False], ids=["a folder", "a file"])
def test_that_nothing_is_lost_when_two_processes_accept_at_once(
    tmp_path: Path, whole: bool
) -> None:
    _write(
        tmp_path, "- {id: a, question: 甲？, answer: 好}\n- {id: b, question: 乙？, answer: 好}\n"
    )
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(2)
    root = tmp_path if whole else tmp_path / "faq.yaml"
    workers = [context.Process(target=_accept, args=(root, each, together)) for each in "ab"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    for entry in load_content(tmp_path, None).entries:
        assert entry.similar == tuple(_wordings(entry.id))


def _wordings(identifier: str) -> list[str]:
    return [f"{identifier} 的第 {number} 种问法" for number in range(20)]


def _accept(root: Path, identifier: str, together: Barrier) -> None:
    """Accept all wordings of an entry; what is refused ends the process with an error."""
    folders = Folders(root, root.parent / "intents")
    for wording in _wordings(identifier):
        together.wait(timeout=30)
        accept(folders, identifier, wording)


def test_that_what_an_editor_saves_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path, _YAML)
    theirs = _YAML.replace("十点", "九点")
    mkstemp = tempfile.mkstemp

    def after_an_editor(**options: Any) -> tuple[int, str]:
        _write(tmp_path, theirs)
        return mkstemp(**options)

    monkeypatch.setattr(tempfile, "mkstemp", after_an_editor)
    with pytest.raises(ContentError, match=r"faq.yaml：刚刚被别人改过，没有写进去，请再试一次"):
        add_similar(tmp_path, _entry("flow"), _NEW)
    assert path.read_text("utf-8") == theirs
    assert list(tmp_path.iterdir()) == [path]


def test_that_what_an_editor_saves_while_the_text_is_put_in_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path, _YAML)
    theirs = _YAML.replace("十点", "九点")
    resolve = Path.resolve

    def after_an_editor(self: Path, strict: bool = False) -> Path:
        _write(tmp_path, theirs)
        return resolve(self, strict)

    # The first thing that is asked of the file once the new text is ready.
    monkeypatch.setattr(Path, "resolve", after_an_editor)
    with pytest.raises(ContentError, match="刚刚被别人改过"):
        add_similar(tmp_path / "faq.yaml", _entry("flow"), _NEW)
    assert path.read_text("utf-8") == theirs
