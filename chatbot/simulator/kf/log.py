"""The message log of one account, which kf/sync_msg reads."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from chatbot.simulator.config import DAY

RETENTION_SECONDS = 3 * DAY
#: Expired entries are dropped in steps, so that adding stays cheap.
_TRIM_STEP = 1_000


class MessageLog:
    """Items in order of arrival, numbered from ``first``, kept for three days."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._times: list[float] = []
        self._items: list[dict[str, Any]] = []

    @property
    def end(self) -> int:
        """Return the number that the next item will get."""
        return self._first + len(self._items)

    def append(self, item: dict[str, Any], now: float) -> None:
        """Add an item that arrived at ``now``."""
        # A clock that was set back must not break the order that the search relies on.
        self._times.append(max(now, self._times[-1]) if self._times else now)
        self._items.append(item)
        if len(self._times) > _TRIM_STEP and self._times[_TRIM_STEP] < now - RETENTION_SECONDS:
            del self._items[:_TRIM_STEP], self._times[:_TRIM_STEP]
            self._first += _TRIM_STEP

    def page(
        self, start: int | None, limit: int, now: float
    ) -> tuple[list[dict[str, Any]], int, bool]:
        """Return (items, the number to go on from, whether there are more).

        Without ``start``, or with one that is no longer kept, reading begins at the earliest item.
        """
        oldest = bisect_left(self._times, now - RETENTION_SECONDS)
        index = max(oldest, (start or 0) - self._first)
        items = self._items[index : index + limit]
        following = min(max(index + len(items), 0), len(self._items))
        return items, self._first + following, following < len(self._items)
