from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.browser import chromium
from tests.pipeline.stage import Stage, play

from .beside import Beside


@pytest.fixture
async def stage(database_url: str, vectors_dir: Path) -> AsyncIterator[Stage]:
    """The whole server; 梁主管 has no role, 阿珍 and 小周 serve customers."""
    async with play(database_url, vectors_dir, supervisors=(), admins=("xiaozhou",)) as running:
        yield running


@pytest.fixture
async def beside(stage: Stage) -> AsyncIterator[Beside]:
    async with chromium() as browser:
        found = Beside(browser, stage)
        yield found
    assert found.problems == []
