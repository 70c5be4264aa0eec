"""One at a time judges whether content that waits may go live: here, and among all processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chatbot.store.database import Database
from chatbot.store.watch_lock import JudgingLock

_LOOK_SECONDS = 0.2


class JudgingTurn:
    """Lets one go on where several would do the same work beside each other."""

    def __init__(self, database: Database) -> None:
        self._here = asyncio.Lock()
        self._everywhere = JudgingLock(database)

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Wait until nobody else judges, and keep it so meanwhile.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        async with self._here:
            try:
                while True:
                    if await self._everywhere.hold():
                        break
                    await asyncio.sleep(_LOOK_SECONDS)
                yield
            finally:
                await self._everywhere.release()
