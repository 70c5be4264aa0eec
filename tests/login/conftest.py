from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatbot.store.database import Database
from tests.browser import chromium

from .house import House, house
from .screens import Screens


@pytest.fixture
async def stage(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    """The console alone: 梁主管 is an admin by the settings, 阿珍 and 小周 serve customers."""
    async with house(database, tmp_path, admins=("Liang",), supervisors=()) as found:
        yield found


@pytest.fixture
async def screens(stage: House) -> AsyncIterator[Screens]:
    async with chromium() as browser:
        screens = Screens(browser, stage)
        yield screens
    assert screens.problems == []
