"""What everything that claims work from the database has in common."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from datetime import datetime
from typing import Any, Generic, TypeVar

import structlog

from chatbot.clock import Clock
from chatbot.pipeline.waiting import wait_for
from chatbot.store.errors import StoreUnavailable

log = structlog.get_logger()

#: The floor under all wake-ups: how long unannounced work may wait, in seconds.
POLL_SECONDS = 1.0

K = TypeVar("K", bound=Hashable)


class Jobs(Generic[K]):
    """Tasks under way, each by what it works on."""

    def __init__(self) -> None:
        self._tasks: dict[K, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    def keys(self) -> list[K]:
        """Return what is worked on now, so that it is not claimed again."""
        return list(self._tasks)

    def start(
        self, key: K, work: Coroutine[Any, Any, None], name: str, then: Callable[[], None]
    ) -> None:
        """Begin ``work``; ``then`` is called when it has ended and is no longer under way."""
        task = asyncio.create_task(work, name=name)
        self._tasks[key] = task

        def done(_: asyncio.Task[None]) -> None:
            self._tasks.pop(key, None)
            then()

        task.add_done_callback(done)

    async def finish(self, seconds: float) -> None:
        """Wait for what is under way; what takes longer is cut off and left to the next process."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks.values(), timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


async def keep_claiming(
    claim: Callable[[], Awaitable[float]], waking: asyncio.Event, clock: Clock, failure: str
) -> None:
    """Claim until cancelled: when ``waking`` is set, or the pause that ``claim`` returns is over.

    ``failure`` is the event that is logged when the database cannot be reached.
    """
    while True:
        pause = POLL_SECONDS
        try:
            pause = await claim()
        except StoreUnavailable as error:
            log.warning(failure, error=str(error))
        await wait_for(waking, clock, pause)


def pause_until(due_at: datetime | None, now: datetime, least: float) -> float:
    """Return how many seconds to wait for what is due at ``due_at``; never less than ``least``."""
    if due_at is None:
        return POLL_SECONDS
    return min(POLL_SECONDS, max(least, (due_at - now).total_seconds()))
