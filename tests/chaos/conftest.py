"""One simulated WeCom for each file of storms, and the size they have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.platform import SimulatedPlatform, running_platform


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedPlatform]:
    """A simulator in a process of its own; plays begin by clearing it."""
    with running_platform(tmp_path_factory.mktemp("platform")) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a play's servers keep their logs; it has no intent files."""
    (tmp_path / "intents").mkdir()
    return tmp_path
