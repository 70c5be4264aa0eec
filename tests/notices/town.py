"""A brand with two stores, two accounts, and notices."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from chatbot.notices.notice import NewNotice
from chatbot.pipeline.checkpoints import Checkpoint, pass_by
from chatbot.store.notices import end_notice, insert_notice
from tests.pipeline.stage import KF, Json, Stage, eventually, play

WEST, LAKE = "云栖西湖店", "云栖湖滨店"
WATER = "今天 9:00 至 18:00 停水，给您添麻烦了。"
_HOUR = timedelta(hours=1)

_ENTRIES = """\
- id: bath
  question: 房间有热水吗？
  similar: [能洗澡吗]
  answer: 24 小时有热水。
  category: 设施/热水
- {id: gym, question: 有健身房吗？, answer: 健身房在三楼。, category: 设施}
- {id: breakfast, question: 早餐几点供应？, answer: 早餐七点到十点。, category: 餐饮}
- {id: phone, question: 前台电话是多少？, answer: "请打 {门店.电话}。", category: 联系}
"""
_STORES = f"""\
酒店,代码,别名,电话
{WEST},YQ-HZ01,西湖店,0571-1111
{LAKE},YQ-HZ02,湖滨店,0571-2222
"""
_INTENTS = """\
intent: fire
title: 着火
keywords: [着火]
handoff: {priority: urgent}
"""


def write_brand(folder: Path) -> None:
    """Write the brand's files into ``knowledge`` and ``intents`` below a folder."""
    knowledge, intents = folder / "knowledge", folder / "intents"
    (knowledge / "tables").mkdir(parents=True)
    intents.mkdir()
    (knowledge / "faq.yaml").write_text(_ENTRIES, encoding="utf-8")
    (knowledge / "tables" / "门店.csv").write_text(_STORES, encoding="utf-8")
    (knowledge / "accounts.toml").write_text(f'[accounts.yunqi]\nid = "{KF}"\n', encoding="utf-8")
    (intents / "fire.yaml").write_text(_INTENTS, encoding="utf-8")


class Town:
    """Runs plays of the brand."""

    def __init__(self, folder: Path, database_url: str, vectors_dir: Path) -> None:
        write_brand(folder)
        self.folder = folder
        self._database_url, self._vectors_dir = database_url, vectors_dir

    def play(
        self, checkpoint: Checkpoint = pass_by, **changes: Any
    ) -> AbstractAsyncContextManager[Stage]:
        """Run a play, on a clock of its own."""
        return play(
            self._database_url, self._vectors_dir, clock_file=self.folder / "clock",
            checkpoint=checkpoint, knowledge_dir=self.folder / "knowledge",
            intents_dir=self.folder / "intents", **changes,
        )  # fmt: skip


def post(stage: Stage, text: str = WATER, hours: float = 8, **more: Any) -> int:
    """Write a notice down as another process does; it holds from now on for some hours."""
    now = stage.clock.now()
    new = NewNotice(text, "prefix", now - _HOUR, now + hours * _HOUR)
    return stage.database.run_sync(insert_notice, replace(new, **more), "test", now)


def end(stage: Stage, notice: int) -> None:
    """End a notice as another process does."""
    assert stage.database.run_sync(end_notice, notice, "test", stage.clock.now())


async def known(stage: Stage, count: int = 1) -> None:
    """Wait until the server knows of so many notices in force, as its metrics tell."""

    async def in_force() -> str:
        async with stage.session.get(f"{stage.server}/metrics") as answer:
            return await answer.text()

    line = f"chatbot_notices_in_force {count}.0"
    await eventually(in_force, lambda found: line in found, 10)


async def asked(stage: Stage, words: str, customer: str, count: int = 1) -> list[str]:
    """Let a customer write; return what they are answered, which takes ``count`` messages."""
    before = len(await stage.delivered(customer, 0))
    await stage.say(words, customer)
    await stage.settled()
    return (await stage.delivered(customer, before + count))[before:]


def decisions(stage: Stage) -> list[Json]:
    """Return what was decided, in order."""
    return [row["decision"] for row in stage.rows("SELECT decision FROM turns ORDER BY id")]
