from __future__ import annotations

from collections.abc import AsyncIterator
from operator import attrgetter
from pathlib import Path

import pytest
from aiohttp import web

from chatbot.access.roles import Grant
from chatbot.clock import Clock
from chatbot.console.admin_pages import AdminWriter
from chatbot.console.reception import Reception
from chatbot.console.reviews.pages import ReviewPages, ReviewTools
from chatbot.dialogue.service import Mind
from chatbot.store.database import Database
from chatbot.store.grants import save_grant
from chatbot.wecom.client import WeComClient
from tests.browser import chromium
from tests.login.house import House, house
from tests.login.screens import Screens
from tests.notices.conftest import mind
from tests.reviews.town import APPOINTED, editing, publish

__all__ = ["mind"]


@pytest.fixture
async def stage(database: Database, tmp_path: Path, mind: Mind) -> AsyncIterator[House]:
    """The console: 梁主管 is an admin, 小周 an agent who owns entries."""

    def pages(tools: Reception, _wecom: WeComClient, clock: Clock) -> list[web.AbstractRouteDef]:
        writer = AdminWriter(tools.gate, "reviews", "reviews", attrgetter("review_words"))
        desk = editing(database, clock)
        review_tools = ReviewTools(database, desk, lambda: mind.dialogue.snapshot, clock, APPOINTED)
        return ReviewPages(writer, review_tools).routes()

    async with house(database, tmp_path, more=pages, admins=("Liang",), supervisors=()) as found:
        local = found.clock.now().astimezone(mind.dialogue.snapshot.timezone)
        publish(database, tmp_path / "knowledge", local.date())
        await database.run(save_grant, Grant("agent", userid="xiaozhou"), local, "test")
        yield found


@pytest.fixture
async def screens(stage: House) -> AsyncIterator[Screens]:
    async with chromium() as browser:
        screens = Screens(browser, stage)
        yield screens
    assert screens.problems == []
