"""Tells open pages that something changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

Topic = tuple[str, str]


class LiveHub:
    """Wakes the pages that watch a topic: a phone, a member, or an account."""

    def __init__(self) -> None:
        self._watchers: dict[Topic, set[asyncio.Event]] = {}
        self.closing = False

    def touch(self, *topics: Topic) -> None:
        """Tell the watchers of each topic; costs nothing when nobody watches."""
        for topic in topics:
            for event in self._watchers.get(topic, ()):
                event.set()

    @contextmanager
    def watch(self, *topics: Topic) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever one of ``topics`` changes."""
        event = asyncio.Event()
        for topic in topics:
            self._watchers.setdefault(topic, set()).add(event)
        try:
            yield event
        finally:
            for topic in topics:
                self._watchers[topic].discard(event)
                if not self._watchers[topic]:
                    del self._watchers[topic]

    def touch_all(self) -> None:
        """Tell every watcher."""
        self.touch(*self._watchers)

    def close(self) -> None:
        """End every watch, so that the server can stop."""
        self.closing = True
        self.touch_all()
