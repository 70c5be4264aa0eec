"""A small brand with the real encoder, and talks that asked something in vain."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatbot.dialogue.service import DialogueService, Mind
from chatbot.matching.vector_cache import VectorCache
from chatbot.pipeline.gaps import GapKeeper
from chatbot.store.database import Database
from tests.browser import chromium
from tests.clocks import SetClock
from tests.gaps.house import running
from tests.gaps.samples import Talks
from tests.login.house import House
from tests.login.screens import Screens
from tests.small_brand import ENTRIES, mind, service

__all__ = ["mind", "service"]


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    """The folder that the brand's admins curate."""
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (tmp_path / "intents").mkdir()
    (folder / "faq.yaml").write_text(ENTRIES, encoding="utf-8")
    return folder


@pytest.fixture
async def stage(
    database: Database, tmp_path: Path, knowledge: Path, service: DialogueService
) -> AsyncIterator[House]:
    """The console: 梁主管 is an admin by the settings, 阿珍 and 小周 serve customers."""
    async with running(database, tmp_path, knowledge, service) as found:
        yield found


@pytest.fixture
async def screens(stage: House) -> AsyncIterator[Screens]:
    async with chromium() as browser:
        screens = Screens(browser, stage)
        yield screens
    assert screens.problems == []


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 3, 31, 12, tzinfo=UTC))


@pytest.fixture
def talks(database: Database, clock: SetClock) -> Talks:
    return Talks(database, clock.at)


@pytest.fixture
def keeper(database: Database, mind: Mind, vectors_dir: Path, clock: SetClock) -> GapKeeper:
    return GapKeeper(database, lambda: mind, VectorCache(vectors_dir), clock)


def kept(keeper: GapKeeper) -> None:
    """Let the job do all there is to do."""
    while keeper.keep_some():
        pass
