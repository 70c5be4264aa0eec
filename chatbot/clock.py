"""The one clock that everything which waits reads.

``CHATBOT_TEST_CLOCK`` names a file with an offset in seconds; processes that follow the same
file (the server's and the simulator's) move through time together. SQL never asks the database
for the time: the instant is always passed in.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

#: How often a clock that may jump looks whether it has jumped, in seconds.
_JUMP_CHECK_SECONDS = 0.05


class Clock(Protocol):
    """Tells the time and waits for it."""

    def now(self) -> datetime:
        """Return the present instant as an aware datetime in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait until ``seconds`` have passed on this clock."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class OffsetClock:
    """The machine's time plus the offset, in seconds, that stands in a file.

    A missing or unreadable file counts as no offset, so that a test may create it later.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._read_offset()

    async def sleep(self, seconds: float) -> None:
        due = self.now() + timedelta(seconds=seconds)
        # Time is moved through a file, which announces nothing: look again and again.
        while (left := (due - self.now()).total_seconds()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(left, _JUMP_CHECK_SECONDS))

    def _read_offset(self) -> timedelta:
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp != self._stamp:
                self._offset = timedelta(seconds=float(self._path.read_text() or 0))
                self._stamp = stamp
        except (OSError, ValueError):
            pass
        return self._offset


def make_clock(offset_file: Path | None) -> Clock:
    """Return the machine's clock, or one that follows ``offset_file`` if given."""
    return OffsetClock(offset_file) if offset_file else SystemClock()


def monotonic() -> float:
    """Return seconds for measuring durations; never moved by tests."""
    return time.perf_counter()
