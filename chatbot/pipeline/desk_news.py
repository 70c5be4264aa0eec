"""Tells the agents' consoles, here and in other processes, that something has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from chatbot.store.presence import Presence

_TOPIC = "desk"
#: Other processes hear of it at most twice a second: a notifying transaction holds others up.
_INTERVAL_SECONDS = 0.5


class DeskNews:
    """Rings for everything that a console shows; one event loop uses it."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self._listeners: list[Callable[[], None]] = []
        self._resting: asyncio.TimerHandle | None = None
        self._again = False
        presence.on(_TOPIC, self._tell)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` on the event loop whenever anything has changed, anywhere."""
        self._listeners.append(listener)

    def ring(self) -> None:
        """Say that something has changed."""
        self._tell()
        if self._resting is not None:
            self._again = True
            return
        self._announce()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

    def _announce(self) -> None:
        self._again = False
        self._presence.announce(_TOPIC)
        loop = asyncio.get_running_loop()
        self._resting = loop.call_later(_INTERVAL_SECONDS, self._rested)

    def _rested(self) -> None:
        self._resting = None
        if self._again:
            self._announce()
