"""A small brand with intents, a table and word lists: published, in a folder, and edited."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.clock import SystemClock
from chatbot.editing.desk import EditDesk, Saved
from chatbot.editing.kinds import Subject
from chatbot.editing.writing_back import WriteBack
from chatbot.knowledge.content import Content, load_content
from chatbot.publishing import offer_of
from chatbot.store.database import Database
from chatbot.store.snapshots import Basis, Origin, offer_snapshot
from chatbot.workshop import Folders

BASIS = Basis("an encoder", 0.95, "a release")
FILES: Mapping[str, str] = {
    "knowledge/faq.yaml": """\
- id: breakfast
  question: 早餐几点供应？
  similar: [几点吃早餐, 早饭时间]
  answer: 早餐 {门店.早餐} 供应。
- id: parking
  question: 有停车场吗？
  similar: [可以停车吗, 车停在哪里]
  answer: 有，住店客人免费停车。
""",
    "knowledge/_words.txt": "# 品牌的词\n店小二\n\n# 房型\n钟点房\n",
    "knowledge/_synonyms.txt": "# 第一个是标准说法\n停车 = 泊车\n",
    "knowledge/tables/门店.csv": """\
门店,城市,早餐,电话
西湖店,杭州,"7:00 至 10:00",
外滩店,上海,8:00,021
""",
    "intents/01-投诉.yaml": """\
# 投诉：先道歉，再转人工
intent: complaint
title: 投诉
examples: [我要投诉, 你们服务太差了]   # 客户原话
keywords: [投诉]
exclude: [投诉建议邮箱]
tags: ["意向:有投诉"]
reply: 非常抱歉，马上请经理联系您。
handoff: {skill: 售后, priority: high}
""",
    "intents/02-订房.yaml": """\
intent: booking
examples: [帮我订一间房, 替我留一间双床]
flow:
  slots:
    - {name: date, type: date, ask: 请问哪天入住？}
  action: {handoff: 预订}
""",
}


@dataclass(frozen=True)
class Brand:
    """What is published, and where it is written."""

    database: Database
    folders: Folders
    desk: EditDesk
    writing: WriteBack

    @property
    def files(self) -> Content:
        return load_content(self.folders.knowledge, self.folders.intents)

    def publish(self) -> None:
        self.database.run_sync(
            offer_snapshot, offer_of(self.files, {}), Origin("publish", "liang"), BASIS,
            SystemClock().now(), publish=True,
        )  # fmt: skip

    async def edit(self, subject: Subject, **fields: Any) -> Saved:
        """Change fields of a record as it stands."""
        base = await self.desk.record(subject)
        return await self.desk.save(subject, base, {**(base or {}), **fields}, "liang")

    async def write(self) -> list[str]:
        """Write what waits into the files; return their names. They read back as the candidate."""
        written = await asyncio.to_thread(lambda: self.writing.write(again=False))
        working = await self.desk.working()
        assert self.files.digest == working.digest
        return sorted(path.name for path in written)

    def text(self, path: str) -> str:
        return (self.folders.knowledge.parent / path).read_text("utf-8")


def write_files(home: Path) -> Folders:
    """Write the brand's files below ``home``."""
    for name, text in FILES.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return Folders(home / "knowledge", home / "intents")
