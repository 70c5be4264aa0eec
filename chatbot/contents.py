"""Content of stored snapshots, read once as long as it is in use here."""

from __future__ import annotations

import threading
from typing import Protocol

from chatbot.knowledge.content import Content

#: What is live, what waits, and what is about to be one of them.
_KEPT = 3


class Stored(Protocol):
    """A snapshot as it is stored: canonical JSON, and the SHA-256 of it."""

    @property
    def digest(self) -> str: ...

    @property
    def content(self) -> str: ...


class Contents:
    """Remembers the contents that were read last; safe to use from several threads."""

    def __init__(self) -> None:
        self._known: dict[str, Content] = {}
        self._lock = threading.Lock()

    def of(self, stored: Stored) -> Content:
        """Return a snapshot's content.

        Raises:
            ContentError: a newer release wrote it.
        """
        known = self.known(stored.digest)
        if known is None:
            known = Content.from_json(stored.content)
            self.note(stored.digest, known)
        return known

    def known(self, digest: str) -> Content | None:
        """Return the content that is stored under a digest, if it is remembered."""
        with self._lock:
            found = self._known.pop(digest, None)
            if found is not None:
                self._known[digest] = found  # used last, so forgotten last
            return found

    def note(self, digest: str, content: Content) -> None:
        """Remember what is, or is about to be, stored under this digest."""
        with self._lock:
            self._known.pop(digest, None)
            self._known[digest] = content
            for oldest in list(self._known)[:-_KEPT]:
                del self._known[oldest]
