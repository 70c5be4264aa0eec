"""The content that pages show and edit: the candidate's, or the live one's if none waits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from chatbot.contents import Contents
from chatbot.errors import UserError
from chatbot.knowledge.content import Content
from chatbot.store.database import Database
from chatbot.store.snapshots import Latest, latest, live_number, snapshot_numbered


@dataclass(frozen=True, slots=True)
class Working:
    """A parsed content, of the snapshot with this number and digest."""

    number: int
    digest: str
    content: Content

    @property
    def latest(self) -> Latest:
        """Return which snapshot it is."""
        return Latest(self.number, self.digest)


class WorkingCopies:
    """Parses the newest content once, and the live one once if that is another."""

    def __init__(self, database: Database, contents: Contents) -> None:
        self._database = database
        self._contents = contents
        self._newest: Working | None = None
        self._live: Working | None = None
        self._parsing = asyncio.Lock()

    async def newest(self) -> Working:
        """Return the candidate, or what is live.

        Raises:
            UserError: nothing was ever published.
        """
        async with self._parsing:
            while True:
                stands = await self._database.run(latest)
                if stands is None:
                    raise UserError("还没有内容上线，现在不能编辑。")
                if self._newest is None or self._newest.latest != stands:
                    self._newest = await self._parsed(stands.number)
                if self._newest is not None:
                    return self._newest

    async def live(self) -> Working:
        """Return what customers are answered from; raises as ``newest``."""
        newest = await self.newest()
        number = await self._database.run(live_number)
        if number is None or number == newest.number:
            return newest
        if self._live is None or self._live.number != number:
            self._live = await self._parsed(number)
        return self._live or newest

    def keep(self, made: Working) -> None:
        """Keep what was just made, so that nobody parses it."""
        self._contents.note(made.digest, made.content)
        self._newest = made

    async def _parsed(self, number: int) -> Working | None:
        """Return a snapshot parsed, None if it has gone meanwhile."""
        found = await self._database.run(snapshot_numbered, number)
        if found is None:
            return None
        content = await asyncio.to_thread(self._contents.of, found)
        return Working(found.number, found.digest, content)
