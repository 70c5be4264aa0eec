"""What goes on in the background waits as usual after a defect, and tries again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatbot.calibrating import Calibrating
from chatbot.dialogue.service import Mind
from chatbot.dialogue.snapshot import Snapshot
from chatbot.matching.vector_cache import VectorCache
from chatbot.pipeline.sampling import Sampling
from chatbot.store.database import Database
from chatbot.suggestions import Suggestions


class OnceClock:
    """A clock that stops whoever has slept three times."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 3, 30, 1, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == 3:
            raise asyncio.CancelledError


def _no_snapshot() -> Snapshot:
    raise RuntimeError("a defect")


def _no_mind() -> Mind:
    raise RuntimeError("a defect")


async def test_that_drawing_and_calibrating_wait_after_a_defect(
    database: Database, vectors_dir: Path
) -> None:
    drawing, calibrating = OnceClock(), OnceClock()
    with pytest.raises(asyncio.CancelledError):
        await Sampling(database, _no_snapshot, drawing, 0.95).run()
    with pytest.raises(asyncio.CancelledError):
        await Calibrating(database, _no_mind, VectorCache(vectors_dir), calibrating).run()
    assert drawing.slept == calibrating.slept == [60.0] * 3


async def test_that_suggestions_are_not_worked_out_again_before_somebody_asks(
    database: Database, vectors_dir: Path
) -> None:
    suggestions = Suggestions(database, _no_mind, VectorCache(vectors_dir), OnceClock())
    assert await suggestions.shown() is None
    with pytest.raises(RuntimeError):
        await asyncio.wait_for(suggestions.run(), 10)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(suggestions.run(), 0.2)
