from __future__ import annotations

from pathlib import Path

import pytest

from tests.notices.town import Town


@pytest.fixture
def town(tmp_path: Path, database_url: str, vectors_dir: Path) -> Town:
    return Town(tmp_path, database_url, vectors_dir)
