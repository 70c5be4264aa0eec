"""One hub a process: it keeps the open conversations and tells open pages what changed.

Nobody is sent news that piled up: a page that comes back, or was slow, is told the difference
between what it was last told and how things stand now. So nothing can be lost, and a slow page
costs no memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from chatbot.console.desk_rows import Desk, Entry
from chatbot.store.errors import StoreUnavailable

log = structlog.get_logger()

#: Without any news it looks so often all the same, in seconds: news may be lost.
FLOOR_SECONDS = 3.0
#: However much happens, it looks at most so often.
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Changed:
    """What is new for a page: ``whole`` says that ``entries`` are all there is to show.

    ``fresh`` is False while the database cannot be read, so that what is shown may be old.
    """

    whole: bool
    entries: tuple[Entry, ...]
    gone: tuple[str, ...]
    more: int
    fresh: bool

    @property
    def says_something(self) -> bool:
        """Return whether the page is to show anything else than before."""
        return self.whole or bool(self.entries or self.gone)


@dataclass(eq=False, slots=True)
class Follower:
    """One open page: whom it shows, and what it was told last."""

    sees: Callable[[Entry], bool]
    news: asyncio.Event = field(default_factory=asyncio.Event)
    told: dict[str, Entry] | None = None

    def catch_up(self, desk: Desk, *, fresh: bool) -> Changed:
        """Return what the page has not been told."""
        seen = {key: entry for key, entry in desk.entries.items() if self.sees(entry)}
        before, self.told = self.told, seen
        if before is None:
            return Changed(True, tuple(seen.values()), (), desk.more, fresh)
        entries = tuple(each for key, each in seen.items() if before.get(key) is not each)
        gone = tuple(key for key in before if key not in seen)
        return Changed(False, entries, gone, desk.more, fresh)


class DeskHub:
    """Reads the open conversations while anybody looks, and wakes those who look."""

    def __init__(self, read: Callable[[], Awaitable[Desk]]) -> None:
        self._read = read
        self._desk: Desk | None = None
        self._followers: set[Follower] = set()
        self._watched = asyncio.Event()
        self._woken = asyncio.Event()
        self._fresh = True
        self.closing = False

    def wake(self) -> None:
        """Look soon: something has changed."""
        self._woken.set()

    async def run(self) -> None:
        """Keep the list in step until cancelled; without anybody who looks it rests."""
        while True:
            await self._watched.wait()
            self._woken.clear()
            await self._look()
            await asyncio.sleep(_PAUSE_SECONDS)
            try:
                async with asyncio.timeout(FLOOR_SECONDS - _PAUSE_SECONDS):
                    await self._woken.wait()
            except TimeoutError:
                pass  # the floor

    async def _look(self) -> None:
        try:
            found = await self._read()
        except StoreUnavailable as error:
            log.warning("desk_unread", error=str(error))
            self._fresh = False
        else:
            self._fresh, self._desk = True, _kept(self._desk, found)
        for follower in self._followers:
            follower.news.set()

    @contextmanager
    def follow(self, sees: Callable[[Entry], bool]) -> Iterator[Follower]:
        """Follow the list as somebody who sees only what ``sees`` allows."""
        if not self._followers:
            self._desk = None  # what was read for the last one may be of yesterday
        follower = Follower(sees)
        self._followers.add(follower)
        self._watched.set()
        self._woken.set()
        try:
            yield follower
        finally:
            self._followers.discard(follower)
            if not self._followers:
                self._watched.clear()

    async def next_change(self, follower: Follower, patience: float) -> Changed | None:
        """Return what is new for ``follower``; even nothing, after ``patience`` seconds.

        None: the server stops.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        while not self.closing:
            if self._desk is not None:
                changed = follower.catch_up(self._desk, fresh=self._fresh)
                if changed.says_something or loop.time() >= until:
                    return changed
            await self._wait(follower, until if self._desk is not None else None)
        return None

    async def _wait(self, follower: Follower, until: float | None) -> None:
        try:
            async with asyncio.timeout_at(until):
                await follower.news.wait()
        except TimeoutError:
            return
        follower.news.clear()

    def close(self) -> None:
        """End every page's stream, so that the server can stop; pages come back by themselves."""
        self.closing = True
        for follower in self._followers:
            follower.news.set()


def _kept(before: Desk | None, found: Desk) -> Desk:
    """Return what was found, with unchanged entries the very ones of before."""
    if before is None:
        return found
    entries = {
        key: old if (old := before.entries.get(key)) == entry else entry
        for key, entry in found.entries.items()
    }
    return Desk(entries, found.more)
