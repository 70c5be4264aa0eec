from __future__ import annotations

from pathlib import Path

import pytest

from tests.curation.linting.bench import Files


@pytest.fixture
def files(tmp_path: Path, vectors_dir: Path) -> Files:
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "intents").mkdir()
    return Files(tmp_path, vectors_dir)
