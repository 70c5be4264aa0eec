from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from chatbot.cli.ask import ask

_KNOWLEDGE = "- id: late\n  question: 可以延迟退房吗？\n  answer: 会员免费延迟至 14:00。\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vectors_dir: Path) -> None:
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "knowledge" / "faq.yaml").write_text(_KNOWLEDGE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATBOT_DATA_DIR", str(vectors_dir))
    monkeypatch.setenv("COLUMNS", "200")


def test_that_a_question_is_answered() -> None:
    result = CliRunner().invoke(ask, ["可以延迟退房吗"])
    assert result.exit_code == 0, result.output
    assert "会员免费延迟至 14:00。" in result.output
    assert "条目 late" in result.output


def test_that_an_explanation_names_rule_words_and_scores() -> None:
    result = CliRunner().invoke(ask, ["大象", "--explain"])
    assert result.exit_code == 0, result.output
    for part in ("转人工", "没有把握", "low-confidence", "大象", "核回归", "信号", "late"):
        assert part in result.output


def test_that_a_wish_shows_the_phrase_that_decided() -> None:
    result = CliRunner().invoke(ask, ["转人工", "--explain"])
    assert "wish" in result.output
    assert "转人工用语" in result.output


def test_that_asking_loads_neither_database_nor_web_server() -> None:
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from chatbot.cli.ask import ask\n"
        "assert CliRunner().invoke(ask, ['可以延迟退房吗']).exit_code == 0\n"
        "print([name for name in ('sqlalchemy', 'aiohttp', 'torch') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
