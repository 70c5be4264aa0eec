from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .clinic import Clinic, clinic


@pytest.fixture
async def healthy(tmp_path: Path) -> AsyncIterator[Clinic]:
    """A clinic where everything is right."""
    async with clinic(tmp_path) as found:
        yield found
