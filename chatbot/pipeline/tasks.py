"""Tasks have an owner that keeps them running and stops them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

log = structlog.get_logger()

_RESTART_SECONDS = 1.0

Work = Callable[[], Coroutine[Any, Any, None]]


class TaskGroup:
    """Background tasks that end when their owner says so, and not before."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def keep_running(self, name: str, work: Work) -> None:
        """Run ``work`` again and again until `stop`."""
        self._tasks.append(asyncio.create_task(keep_running(name, work), name=name))

    async def stop(self) -> None:
        """Cancel all tasks and wait until they are gone."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()


async def keep_running(name: str, work: Work) -> None:
    """Run ``work`` for ever: a defect in one task may not end the service."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("task_failed", task=name)
        await asyncio.sleep(_RESTART_SECONDS)
