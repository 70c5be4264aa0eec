"""Files on disk become what customers are answered from, or stay where they are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chatbot.app import running_server
from chatbot.errors import ContentError
from tests.pipeline.stage import (
    WANG,
    Json,
    Stage,
    eventually,
    play,
    simulated,
    stage_settings,
)

_ENTRY = """\
- question: 可以借婴儿床吗？
  answer: {answer}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    knowledge = tmp_path / "knowledge"
    knowledge.mkdir()
    (knowledge / "faq.yaml").write_text(_ENTRY.format(answer="可以，请提前一天告诉前台。"))
    return knowledge


async def _snapshot(stage: Stage) -> int:
    return int(stage.rows("SELECT max(number) AS n FROM snapshots WHERE state = 'live'")[0]["n"])


async def test_that_a_changed_file_goes_live_and_a_mistake_keeps_the_last_good_one(
    database_url: str, vectors_dir: Path, folder: Path
) -> None:
    file = folder / "faq.yaml"
    async with play(database_url, vectors_dir, knowledge_dir=folder, knowledge_watch=True) as stage:
        await stage.say("可以借婴儿床吗？")
        assert "提前一天" in (await stage.delivered())[0]
        file.write_text(_ENTRY.format(answer="可以，随时找前台拿。"))
        await eventually(lambda: _snapshot(stage), lambda number: number == 2)

        asked = 0

        async def answered_anew() -> bool:
            nonlocal asked
            asked += 1
            await stage.say("可以借婴儿床吗？", WANG)
            return "随时" in (await stage.delivered(WANG, count=asked))[-1]

        await eventually(answered_anew, bool)
        file.write_text("- question: 坏了\n  anwser: 写错了\n")
        file.write_text(_ENTRY.format(answer="[不是文本"))
        await stage.settled()
        before = len(await stage.delivered())
        await stage.say("可以借婴儿床吗？")
        assert "随时" in (await stage.delivered(count=before + 1))[-1]
        assert await _snapshot(stage) == 2


async def test_that_under_review_a_change_waits_for_a_person(
    database_url: str, vectors_dir: Path, folder: Path
) -> None:
    review: Json = {"knowledge_dir": folder, "knowledge_watch": True, "publish": "review"}
    async with play(database_url, vectors_dir, **review) as stage:
        assert await _snapshot(stage) == 1
    (folder / "faq.yaml").write_text(_ENTRY.format(answer="可以，随时找前台拿。"))
    async with play(database_url, vectors_dir, **review) as stage:
        assert await _snapshot(stage) == 1
        assert stage.rows("SELECT state FROM snapshots ORDER BY number") == [
            {"state": "live"},
            {"state": "candidate"},
        ]
        await stage.say("可以借婴儿床吗？")
        assert "提前一天" in (await stage.delivered())[0]


async def test_that_a_machine_that_does_not_watch_offers_nothing_of_its_own_folder(
    database_url: str, vectors_dir: Path, folder: Path
) -> None:
    async with play(database_url, vectors_dir, knowledge_dir=folder):
        pass
    (folder / "faq.yaml").write_text(_ENTRY.format(answer="旧的一份。"))
    async with play(database_url, vectors_dir, knowledge_dir=folder) as stage:
        assert stage.rows("SELECT state FROM snapshots") == [{"state": "live"}]


async def test_that_the_first_start_is_refused_with_file_line_and_key(
    database_url: str, vectors_dir: Path, folder: Path
) -> None:
    (folder / "faq.yaml").write_text("- question: 早餐几点\n  answr: 七点\n")
    async with simulated(1) as (config, platform):
        settings = stage_settings(config, platform, 1, data_dir=vectors_dir, knowledge_dir=folder)
        with pytest.raises(ContentError, match=r"faq\.yaml 第 2 行 answr"):
            async with running_server(settings, database_url):
                pass


async def test_that_a_later_start_with_wrong_files_serves_the_last_good_ones(
    database_url: str, vectors_dir: Path, folder: Path
) -> None:
    async with play(database_url, vectors_dir, knowledge_dir=folder) as stage:
        assert await _snapshot(stage) == 1
    (folder / "faq.yaml").write_text("- question: 早餐几点\n  answr: 七点\n")
    async with play(database_url, vectors_dir, knowledge_dir=folder) as stage:
        await stage.say("可以借婴儿床吗？")
        assert "提前一天" in (await stage.delivered())[0]


async def test_that_a_missing_folder_at_a_later_start_changes_nothing(
    database_url: str, vectors_dir: Path, folder: Path
) -> None:
    async with play(database_url, vectors_dir, knowledge_dir=folder):
        pass
    shutil.rmtree(folder)
    async with play(database_url, vectors_dir, knowledge_dir=folder) as stage:
        assert await _snapshot(stage) == 1
