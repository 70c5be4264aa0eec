"""A small brand that was published, a folder that holds it, and people who edit it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from chatbot.clock import SystemClock
from chatbot.editing.desk import EditDesk, Saved
from chatbot.editing.kinds import Subject
from chatbot.editing.writing_back import WriteBack
from chatbot.knowledge.content import Content, load_content
from chatbot.publishing import offer_of
from chatbot.store.database import Database
from chatbot.store.snapshots import Basis, Origin, candidate_snapshot, offer_snapshot
from chatbot.workshop import Folders

Json = dict[str, Any]

BASIS = Basis("an encoder", 0.95, "a release")
#: Entries as an admin writes them, with comments of theirs.
YAML = """\
# 早餐由餐厅维护
- id: breakfast
  question: 早餐几点供应？   # 常见
  similar: [几点吃早餐, 早饭时间]
  answer: 早餐每天 7:00 至 10:00 供应。
- id: parking
  question: 有停车场吗？
  answer: 有，住店客人免费停车。
"""


def publish_files(database: Database, knowledge: Path, intents: Path | None = None) -> int:
    """Make what the files hold live, by nobody's looking at it."""
    offer = offer_of(load_content(knowledge, intents), {})
    origin, now = Origin("publish", "liang"), SystemClock().now()
    offered = database.run_sync(offer_snapshot, offer, origin, BASIS, now, publish=True)
    return offered.number


def waiting(database: Database) -> Content:
    """Return the content of the candidate."""
    candidate = database.run_sync(candidate_snapshot)
    assert candidate is not None
    return Content.from_json(candidate.content)


def subject(faq_id: str) -> Subject:
    return Subject("entry", faq_id)


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

    def publish(self) -> int:
        return publish_files(self.database, self.folders.knowledge, self.folders.intents)

    async def edit(self, faq_id: str, actor: str = "liang", **fields: Any) -> Saved:
        """Change fields of an entry as it stands."""
        base = await self.desk.record(subject(faq_id))
        return await self.desk.save(subject(faq_id), base, {**(base or {}), **fields}, actor)

    async def write(self, *, again: bool = False) -> Mapping[Path, bytes | None]:
        return await asyncio.to_thread(lambda: self.writing.write(again=again))

    async def states(self, faq_id: str) -> list[str]:
        """Return the states of an entry's edits, the newest first."""
        return [each.state for each in await self.desk.history(subject(faq_id))]

    def rows(self, sql: str) -> list[Json]:
        def read(connection: Connection) -> list[Json]:
            return [dict(row) for row in connection.execute(text(sql)).mappings()]

        return self.database.run_sync(read)


def brand(database: Database, folder: Path, files: Mapping[str, str | bytes]) -> Brand:
    """Return a brand with these knowledge files, published."""
    folders = Folders(folder / "knowledge", folder / "intents")
    for name, source in files.items():
        path = folders.knowledge / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source if isinstance(source, bytes) else source.encode())
    folders.intents.mkdir(exist_ok=True)
    desk = EditDesk(database, SystemClock(), lambda: BASIS)
    made = Brand(database, folders, desk, WriteBack(database, SystemClock(), folders))
    made.publish()
    return made


def beside(brand: Brand) -> Brand:
    """Return the same brand as another process sees it."""
    return replace(brand, desk=EditDesk(brand.database, SystemClock(), lambda: BASIS))
