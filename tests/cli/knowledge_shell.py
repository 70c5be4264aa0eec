"""`chatbot knowledge` as an admin runs it, in a folder with the small brand's knowledge."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chatbot.cli.knowledge import knowledge
from tests.small_brand import ENTRIES


def run(*arguments: str, code: int = 0) -> Result:
    """Run the command; it has to leave with ``code``."""
    result = CliRunner().invoke(knowledge, arguments)
    assert result.exit_code == code, (result.output, result.exception)
    return result


@pytest.fixture
def shell(
    tmp_path: Path, database_url: str, vectors_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with the knowledge published from it."""
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "faq.yaml").write_text(ENTRIES, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATBOT_DATABASE_URL", database_url)
    monkeypatch.setenv("CHATBOT_DATA_DIR", str(vectors_dir))
    run("publish")
    return tmp_path
