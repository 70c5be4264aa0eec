"""A brand whose intents, tables and words are edited."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.clock import SystemClock
from chatbot.editing.desk import EditDesk
from chatbot.editing.registry import kinds_reaching
from chatbot.editing.writing_back import WriteBack
from chatbot.store.database import Database
from tests.kinds.brand import BASIS, Brand, write_files


@pytest.fixture
def brand(database: Database, tmp_path: Path) -> Brand:
    folders = write_files(tmp_path)
    desk = EditDesk(database, SystemClock(), lambda: BASIS, kinds_reaching(("hooks.example.com",)))
    brand = Brand(database, folders, desk, WriteBack(database, SystemClock(), folders))
    brand.publish()
    return brand
