"""From the admins' files to what customers are answered from, without a mixed turn.

The published snapshot in the database is the truth for every process. The machine that watches
its folders offers what changed; every process follows the live number and swaps between turns.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog
from watchfiles import awatch

from chatbot.clock import Clock
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.service import DialogueService
from chatbot.errors import ChatbotError, ContentError
from chatbot.knowledge.content import Content, load_content
from chatbot.store.database import Database
from chatbot.store.errors import StoreUnavailable
from chatbot.store.presence import Presence
from chatbot.store.snapshots import Snapshot, live_number, live_snapshot, offer_snapshot

log = structlog.get_logger()

_TOPIC = "content"
_POLL_SECONDS = 1.0


class DialogueBuilder(Protocol):
    """Builds a dialogue from content; may take a while, because it embeds."""

    def __call__(self, content: Content, number: int) -> Dialogue: ...


@dataclass(frozen=True, slots=True)
class ContentFolders:
    """Where the admins' files are, and whether a change goes live by itself."""

    knowledge: Path
    intents: Path
    watch: bool
    publish: bool


class ContentFollower:
    """Keeps the dialogue service at the live snapshot."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        presence: Presence,
        folders: ContentFolders,
        build: DialogueBuilder,
    ) -> None:
        self._database = database
        self._clock = clock
        self._presence = presence
        self._folders = folders
        self._build = build
        self._service: DialogueService | None = None
        self._number = 0
        self._changed = asyncio.Event()
        presence.on(_TOPIC, self._changed.set)

    async def first_dialogue(self) -> Dialogue:
        """Offer the files, then return the dialogue of the live snapshot.

        Raises:
            ContentError: the files are wrong and no good snapshot was ever published.
        """
        live = await self._database.run(live_number)
        if live is None or self._folders.watch:
            # What a folder holds after a restart may be older than what is live: a person looks.
            await self._offer(live, publish=live is None)
        snapshot = await self._database.run(live_snapshot)
        if snapshot is None:
            raise ContentError(
                f"{self._folders.knowledge}: no knowledge has been published yet, and the "
                "folder has none to publish"
            )
        return await self._dialogue(snapshot)

    async def _offer(self, live: int | None, *, publish: bool) -> None:
        """Publish the files, or let them wait as a candidate; a mistake keeps what is live."""
        try:
            content = await asyncio.to_thread(
                load_content, self._folders.knowledge, self._folders.intents
            )
        except ContentError as error:
            if live is None:
                raise
            log.error("content_refused", kept_snapshot=live, problem=str(error))
            return
        offered = await self._database.run(
            offer_snapshot, content.digest, content.to_json(), self._clock.now(), publish=publish
        )
        if offered.number == live:
            return
        if publish:
            log.info("content_published", snapshot=offered.number, entries=len(content.entries))
            self._presence.announce(_TOPIC)
            self._changed.set()
        else:
            log.warning(
                "content_waits",
                snapshot=offered.number,
                advice="chatbot knowledge publish makes it live",
            )

    async def _dialogue(self, snapshot: Snapshot) -> Dialogue:
        content = Content.from_json(snapshot.content)
        dialogue = await asyncio.to_thread(self._build, content, snapshot.number)
        self._number = snapshot.number
        return dialogue

    async def follow(self, service: DialogueService) -> None:
        """Swap ``service`` to every newly published snapshot, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()
            try:
                await self._catch_up(service)
            except StoreUnavailable as error:
                log.warning("content_unknown", error=str(error))

    async def _catch_up(self, service: DialogueService) -> None:
        if await self._database.run(live_number) in {None, self._number}:
            return
        snapshot = await self._database.run(live_snapshot)
        if snapshot is not None:
            service.swap(await self._dialogue(snapshot))
            log.info("content_switched", snapshot=snapshot.number)

    async def watch(self) -> None:
        """Offer the files whenever one of them changes, until cancelled."""
        async for _ in self._changes():
            try:
                live = await self._database.run(live_number)
                await self._offer(live, publish=self._folders.publish)
            except ChatbotError as error:
                log.error("content_not_offered", problem=str(error))

    async def _changes(self) -> AsyncIterator[None]:
        folders = [
            folder for folder in (self._folders.knowledge, self._folders.intents) if folder.is_dir()
        ]
        if not self._folders.watch or not folders:
            return
        async for _ in awatch(*folders, debounce=300, step=50):
            yield
