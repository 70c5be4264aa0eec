"""A knowledge base for the session, and a desk for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatbot.dialogue.snapshot import Snapshot
from tests.console.stage import Office, make_snapshot, office


@pytest.fixture(scope="session")
def snapshot(vectors_dir: Path) -> Snapshot:
    """A small knowledge base with two stores."""
    return make_snapshot(vectors_dir)


@pytest.fixture
async def desk(database_url: str, snapshot: Snapshot) -> AsyncIterator[Office]:
    """A console process on an empty database."""
    async with office(database_url, snapshot) as running:
        yield running
        running.database.dispose()
