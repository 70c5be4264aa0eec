"""The small brand of the tests of editing."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.store.database import Database
from tests.editing.brand import YAML, Brand, brand


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Brand:
    return brand(database, tmp_path, {"faq.yaml": YAML})
