"""What happened, as a bounded list that tests and pages read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any

#: Kept at most; the list is cut in steps so that adding stays cheap.
_TRIM_STEP = 5_000


class ControlLog:
    """Numbered entries, oldest dropped first; numbers go on over a reset."""

    def __init__(self, now: Callable[[], float], *, capacity: int) -> None:
        self._now = now
        self._capacity = capacity
        self._entries: list[dict[str, Any]] = []
        self._first = 1
        self._grown = asyncio.Event()

    @property
    def next(self) -> int:
        """Return the number that the next entry will get."""
        return self._first + len(self._entries)

    def add(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Append an entry of ``kind`` and return it."""
        entry = {"n": self.next, "at": self._now(), "kind": kind, **fields}
        self._entries.append(entry)
        if len(self._entries) >= self._capacity + _TRIM_STEP:
            self._drop(_TRIM_STEP)
        self._grown.set()
        return entry

    def since(
        self, number: int, kinds: Collection[str] = (), *, limit: int
    ) -> tuple[list[dict[str, Any]], int]:
        """Return up to ``limit`` entries from ``number`` on, and the number to ask for next."""
        found: list[dict[str, Any]] = []
        for index in range(max(0, number - self._first), len(self._entries)):
            entry = self._entries[index]
            if kinds and entry["kind"] not in kinds:
                continue
            if len(found) == limit:
                return found, entry["n"]
            found.append(entry)
        return found, self.next

    async def wait(
        self, number: int, kinds: Collection[str], *, limit: int, seconds: float
    ) -> None:
        """Return as soon as ``since`` would find something, or after ``seconds``."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    found, number = self.since(number, kinds, limit=limit)
                    if found:
                        return
                    self._grown.clear()
                    await self._grown.wait()
        except TimeoutError:
            return

    def clear(self) -> None:
        """Forget all entries; numbering goes on, so that readers need not start again."""
        self._drop(len(self._entries))

    def _drop(self, count: int) -> None:
        del self._entries[:count]
        self._first += count
