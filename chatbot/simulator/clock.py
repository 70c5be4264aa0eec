"""The simulator's time: a clock that tests move."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta
from pathlib import Path

from chatbot.clock import Clock


class MovableClock:
    """A clock plus an offset in seconds that may be set or advanced.

    With an ``offset_file`` (which the base clock follows, see ``CHATBOT_TEST_CLOCK``) the offset is
    written there, so that every process that follows the file moves too; without one it is kept
    in memory and moves the simulator alone.
    """

    def __init__(self, base: Clock, offset_file: Path | None = None) -> None:
        self._base = base
        self._file = offset_file
        self._offset = 0.0
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        """Return the present instant."""
        return self._base.now() + timedelta(seconds=self._offset)

    def timestamp(self) -> float:
        """Return the present instant as Unix seconds."""
        return self._base.now().timestamp() + self._offset

    async def sleep(self, seconds: float) -> None:
        """Wait until ``seconds`` have passed, noticing when the clock is moved."""
        if self._file is not None:
            await self._base.sleep(seconds)
            return
        due = self.timestamp() + seconds
        while (left := due - self.timestamp()) > 0:
            self._moved.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), left)

    async def offset(self) -> float:
        """Return the seconds this clock is ahead of the machine's."""
        return self._offset if self._file is None else await asyncio.to_thread(_read, self._file)

    async def move_to(self, offset: float) -> None:
        """Be ``offset`` seconds ahead of the machine's clock."""
        if self._file is None:
            self._offset = offset
            self._moved.set()
        else:
            await asyncio.to_thread(_write, self._file, offset)

    async def advance(self, seconds: float) -> None:
        """Go ``seconds`` further ahead."""
        await self.move_to(await self.offset() + seconds)


def _read(path: Path) -> float:
    try:
        return float(path.read_text() or 0)
    except (OSError, ValueError):
        return 0.0


def _write(path: Path, offset: float) -> None:
    # Renamed into place: another process must never read half a number.
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(repr(offset))
    draft.replace(path)
