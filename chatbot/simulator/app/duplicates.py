"""Repeated messages to members (发送应用消息, enable_duplicate_check)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from chatbot.simulator.params import Json

#: What the check does not look at: how it is asked for.
_FLAGS = ("enable_duplicate_check", "duplicate_check_interval")
_CLEAN_AT = 2_000


class DuplicateCheck:
    """Remembers answers to messages, to drop the same message within an interval.

    What the platform answers to a dropped message is not documented; here it is what the first
    one was answered with, so a caller that repeats after a time-out learns its msgid.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._seen: dict[bytes, tuple[float, Json]] = {}

    def key(self, agent_id: int, body: Json) -> bytes:
        """Return what two equal messages have in common."""
        rest = {name: value for name, value in body.items() if name not in _FLAGS}
        text = json.dumps([agent_id, rest], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).digest()

    def find(self, key: bytes, interval: int) -> Json | None:
        """Return the answer to the same message within the last ``interval`` seconds."""
        at, answer = self._seen.get(key, (0.0, None))
        return answer if answer is not None and self._now() - at < interval else None

    def remember(self, key: bytes, answer: Json, longest: int) -> None:
        """Note how a message was answered; forget those older than ``longest`` seconds."""
        if len(self._seen) >= _CLEAN_AT:
            limit = self._now() - longest
            self._seen = {k: seen for k, seen in self._seen.items() if seen[0] > limit}
        self._seen[key] = (self._now(), answer)
