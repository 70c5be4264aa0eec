"""Turns that are decided again: by the snapshot of then, and by another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatbot.bench import open_bench
from chatbot.clock import make_clock
from chatbot.dialogue.recorded import Recorded
from chatbot.dialogue.service import Mind
from chatbot.knowledge.content import load_content
from chatbot.replay import Replay, decide_again, mind_of_then
from chatbot.settings import Settings
from chatbot.store.database import Database
from chatbot.store.snapshots import published_snapshot
from tests.pipeline.stage import Stage, play

_LATE = """\
- id: late
  question: 可以延迟退房吗？
  similar: [能晚点退房吗, 退房能拖到下午吗]
  answer: {answer}
- id: food
  question: 早餐几点供应？
  similar: [早饭几点, 早餐时间]
  answer: 六点半到十点。
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "faq.yaml").write_text(_LATE.format(answer="可以到 14:00。"), "utf-8")
    return folder


def _turns(stage: Stage) -> list[dict[str, Any]]:
    return stage.rows("SELECT id, snapshot, decision, inputs FROM turns ORDER BY id")


async def test_that_every_turn_decides_alike_by_the_snapshot_of_then(
    database_url: str, database: Database, vectors_dir: Path, folder: Path
) -> None:
    said = ["你好", "能晚点退房吗", "那早餐呢", "第一个", "转人工"]
    async with play(database_url, vectors_dir, knowledge_dir=folder) as stage:
        for count, text in enumerate(said, 1):
            await stage.say(text)
            await stage.settled()
            assert len(_turns(stage)) == count
        turns = _turns(stage)
    (folder / "faq.yaml").write_text(_LATE.format(answer="不可以。"), "utf-8")
    bench = open_bench(Settings(data_dir=vectors_dir), database, make_clock(None))
    snapshot = database.run_sync(published_snapshot, turns[0]["snapshot"])
    assert snapshot is not None
    mind = mind_of_then(bench, snapshot)
    for turn in turns:
        recorded = Recorded.from_json(turn["inputs"])
        assert recorded is not None
        replay = Replay(turn["decision"], decide_again(mind, recorded))
        assert replay.is_identical, turn["decision"]["text"]

    content = load_content(folder, None)
    today = Mind(bench.build(content, 9), bench.encoder)
    changed = [
        turn["decision"]["text"]
        for turn in turns
        if (recorded := Recorded.from_json(turn["inputs"]))
        and decide_again(today, recorded).decision.to_json()["reply"] != turn["decision"]["reply"]
    ]
    assert "能晚点退房吗" in changed
    assert not {"第一个", "转人工"} & set(changed)
