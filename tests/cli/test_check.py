"""`chatbot knowledge check` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from chatbot.cli.knowledge import knowledge

_GOOD = """\
# 开头的注释
- question: 几点退房？   # 行尾的注释
  answer: "12:00 以前。"
- {question: 早餐几点？, answer: 七点。}
- id:   # 还没有想好
  question: 有停车场吗？
  answer: 有。
"""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("knowledge").mkdir()


def _check(*arguments: str) -> Result:
    return CliRunner().invoke(knowledge, ["check", *arguments])


def _json(*arguments: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(_check("--json", *arguments).stdout)
    return record


def test_that_notes_alone_are_no_reason_to_stop() -> None:
    Path("knowledge/a.yaml").write_text(_GOOD, "utf-8")
    result = _check()
    assert result.exit_code == 0, result.output
    assert "备注：知道就好（1 个）" in result.stdout
    assert "1 个备注：3 个知识条目（3 种问法），0 个意图，0 张表格。" in result.stdout


def test_that_a_warning_is_told_with_place_reason_and_cure() -> None:
    Path("knowledge/a.yaml").write_text(
        _GOOD + "- {id: x, question: 转人工, answer: 好}\n", "utf-8"
    )
    result = _check("--quick")
    assert result.exit_code == 1
    lines = [line.strip() for line in result.stdout.splitlines()]
    at = lines.index("问法会被当作找人工 [calls-person]")
    assert lines[at + 1].startswith("knowledge/a.yaml 第 8 行 question：“转人工”（x）的“转人工”")
    assert lines[at + 2].startswith("→ ")


def test_that_quick_leaves_the_encoder_alone() -> None:
    Path("knowledge/a.yaml").write_text(_GOOD, "utf-8")
    assert _check("--quick").exit_code == 0
    assert not Path("data").exists()
    assert _check().exit_code == 0
    assert Path("data").exists()


def test_that_machines_are_told_everything() -> None:
    text = "- {question: q, answer: a}\n" + "- {id: x, question: 转人工, answer: TODO}\n"
    Path("knowledge/a.yaml").write_text(text, "utf-8")
    found = _json("--quick")
    assert found["counts"] == {"error": 1, "warning": 1, "note": 1}
    assert found["content"] == {"entries": 2, "wordings": 2, "intents": 0, "tables": 0}
    first = found["findings"][0]
    assert (first["kind"], first["file"], first["line"], first["key"], first["faq_ids"]) == (
        "placeholder", "knowledge/a.yaml", 2, "answer", ["x"]
    )  # fmt: skip


def test_that_files_that_cannot_be_read_are_errors_for_machines_too() -> None:
    Path("knowledge/a.yaml").write_text("- question: q\n  answer: {b\n", "utf-8")
    assert _check("--json").exit_code == 1
    found = _json("--fix")
    assert found["content"] is None
    assert [each["kind"] for each in found["findings"]] == ["file"]
    assert Path("knowledge/a.yaml").read_text("utf-8") == "- question: q\n  answer: {b\n"


def test_that_wrong_use_is_told_apart_from_findings() -> None:
    assert _check("--never").exit_code == 2


def test_that_fix_writes_ids_and_nothing_else() -> None:
    Path("knowledge/a.yaml").write_text(_GOOD, "utf-8")
    before = [each["faq_ids"] for each in _json("--quick")["findings"]]
    result = _check("--quick", "--fix")
    assert "写了 3 个条目的编号。" in result.stdout
    written = Path("knowledge/a.yaml").read_text("utf-8")
    lines = written.splitlines()
    assert lines[0] == "# 开头的注释"
    assert lines[1].startswith("- id: q-")
    assert lines[2] == "  question: 几点退房？   # 行尾的注释"
    assert lines[4].startswith("- {id: q-")
    assert lines[5].startswith("- id: q-")
    assert lines[5].endswith("   # 还没有想好")
    assert before == [each["faq_ids"] for each in _json("--quick")["findings"]]
    assert "编号" not in _check("--quick", "--fix").stdout
    assert Path("knowledge/a.yaml").read_text("utf-8") == written


def test_that_an_entry_of_a_table_is_left_to_a_person() -> None:
    Path("knowledge/a.csv").write_text("问题,答案\n早餐几点,七点\n", "utf-8")
    result = _check("--quick", "--fix")
    assert result.exit_code == 0
    assert "knowledge/a.csv：1 个条目没有编号" in result.stderr
    assert Path("knowledge/a.csv").read_text("utf-8") == "问题,答案\n早餐几点,七点\n"


def test_that_many_of_a_kind_are_counted() -> None:
    text = "".join(f"- {{id: e{n}, question: 转人工{n}, answer: 好}}\n" for n in range(30))
    Path("knowledge/a.yaml").write_text(text, "utf-8")
    assert "还有 10 处，--json 列出全部。" in _check("--quick").stdout
    assert len(_json("--quick")["findings"]) >= 30
