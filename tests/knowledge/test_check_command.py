from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from chatbot.cli.knowledge import knowledge


def test_that_every_problem_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "knowledge" / "a.yaml").write_text("- question: q\n" * 30)
    result = CliRunner().invoke(knowledge, ["check"])
    assert result.exit_code == 1
    assert len(re.findall(r"第 \d+ 行 answer：", result.stdout)) == 30


def test_that_good_files_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.jsonl"
    path.write_text('{"question": "q", "similar": ["p"], "answer": "a"}')
    result = CliRunner().invoke(knowledge, ["check", str(path)])
    assert result.exit_code == 0, result.output
    assert "1 个知识条目（2 种问法）" in result.stdout
