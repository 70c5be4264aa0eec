"""``chatbot knowledge gaps`` against a real database."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chatbot.cli.gaps import gaps
from chatbot.clock import SystemClock
from chatbot.dialogue.service import Mind
from chatbot.matching.vector_cache import VectorCache
from chatbot.pipeline.gaps import GapKeeper
from chatbot.store.database import Database
from tests.gaps.conftest import kept
from tests.gaps.samples import Talks
from tests.small_brand import mind

__all__ = ["mind"]


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATBOT_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "140")


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(gaps, arguments)


def test_that_gaps_are_listed_with_what_they_cost(
    database: Database, mind: Mind, vectors_dir: Path
) -> None:
    clock = SystemClock()
    talks = Talks(database, clock.now())
    for days in (1, 2):
        talks.handed_over("有游泳池吗", timedelta(days=days), ["有的，在二楼", "七点开门"], 6)
    talks.begin(timedelta(days=1)).asked_back("可以开发票吗")
    assert "没有这样的问题" in _run().output
    kept(GapKeeper(database, lambda: mind, VectorCache(vectors_dir), clock))
    shown = _run().output
    assert shown.index("有游泳池吗") < shown.index("可以开发票吗")
    assert "转人工 2" in shown
    found = json.loads(_run("--json", "--limit", "1").output)["gaps"]
    assert [(each["question"], each["times"], each["minutes"]) for each in found] == [
        ("有游泳池吗", 2, 12.0)
    ]
    assert found[0]["kinds"] == {"handed_over": 2}
    assert _run("--state", "maybe").exit_code == 2
