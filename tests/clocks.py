"""Clocks that tests set."""

from __future__ import annotations

from datetime import datetime


class SetClock:
    """A clock that stands where a test puts it; nobody waits."""

    def __init__(self, now: datetime) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at

    async def sleep(self, _seconds: float) -> None:
        """Go on at once."""
