"""From the admins' files to what customers are answered from, without a mixed turn.

The published snapshot in the database is the truth for every process. One machine at a time
watches its folders and offers what changed; every process follows the live number and swaps
between turns, the encoder together with the dialogue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from chatbot.dialogue.service import DialogueService, Mind
from chatbot.errors import ChatbotError, ContentError
from chatbot.publishing import ContentFolders, Publisher
from chatbot.store.builds import note_built
from chatbot.store.database import Database
from chatbot.store.errors import StoreUnavailable
from chatbot.store.presence import Presence
from chatbot.store.snapshots import CONTENT_TOPIC, EditsCame, live_number, live_snapshot
from chatbot.store.watch_lock import ExaminingLock, WatchLock
from chatbot.switching import Switching
from chatbot.watching import Signature, doorbell, sign_files

log = structlog.get_logger()

_POLL_SECONDS = 1.0
_FIRST_LOOK_SECONDS = 0.2
_LEARN_SECONDS = 24 * 3600.0


class ContentFollower:
    """Keeps the dialogue service at the live snapshot, and offers this machine's files."""

    def __init__(
        self,
        database: Database,
        presence: Presence,
        folders: ContentFolders,
        publisher: Publisher,
        switching: Switching,
    ) -> None:
        self._database = database
        self._presence = presence
        self._folders = folders
        self._publisher = publisher
        self._switching = switching
        self._swapping = asyncio.Lock()
        self._lock = WatchLock(database)
        self._examining = ExaminingLock(database)
        self._number = 0
        self._changed = asyncio.Event()
        self._offered: Signature = frozenset()
        # Which taking of the lock the files were last offered under, and what was live then.
        self._watching_since = 0
        self._watched_at: int | None = None
        # The process and the content that it has told others to have built.
        self._noted = (0, "")
        publisher.on_built = self._changed.set
        presence.on(CONTENT_TOPIC, self._changed.set)

    async def first_mind(self) -> Mind:
        """Offer the files, then return what decides by the live snapshot.

        Raises:
            ContentError: the files are wrong and no good snapshot was ever published.
            StoreUnavailable: the database cannot be reached.
        """
        live = await self._database.run(live_snapshot)
        if live is None:
            await self._publish_first()
        else:
            await self._switching.begin(live)
            await self._publisher.restate(live)
            await self._look()
        if not self._folders.watch:
            await self._lock.release()
        snapshot = await self._database.run(live_snapshot)
        assert snapshot is not None  # noqa: S101 - live snapshots are never deleted
        mind = await self._publisher.mind_of(snapshot)
        self._now_by(mind)
        return mind

    async def _publish_first(self) -> None:
        """Publish the files, unless another process that starts at this moment does."""
        while await self._database.run(live_number) is None:
            if await self._lock.hold():
                offered = await asyncio.to_thread(sign_files, self._paths)
                await self._publisher.offer_files("first", publish=True)
                await self._remember(offered)
            else:
                await asyncio.sleep(_FIRST_LOOK_SECONDS)

    @property
    def _paths(self) -> tuple[Path, Path]:
        return self._folders.knowledge, self._folders.intents

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
                await self._note_built()
                await self._publisher.build_ahead(self._number)
                await self._note_built()
            except ChatbotError as error:
                log.warning("content_not_switched", kept_snapshot=self._number, error=str(error))
                await self._note_stuck()

    async def _catch_up(self, service: DialogueService) -> None:
        async with self._swapping:
            if await self._database.run(live_number) in {None, self._number}:
                return
            snapshot = await self._database.run(live_snapshot)
            if snapshot is None:
                return
            bench = await self._switching.bench_for(snapshot)
            mind = await self._publisher.mind_of(snapshot, bench)
            service.swap(mind)
            self._now_by(mind)
            log.info("content_switched", snapshot=snapshot.number)
            await self._switching.decided_with(bench)

    async def _note_built(self) -> None:
        """Let who makes content live know what this process could switch to at once."""
        process, digest = self._presence.process_id, self._publisher.built
        if process and digest and (process, digest) != self._noted:
            await self._database.run(note_built, process, digest)
            self._noted = process, digest

    async def _note_stuck(self) -> None:
        """Let nobody wait for this process, which cannot take up what is live, or wanted."""
        self._noted = (0, "")
        with suppress(StoreUnavailable):
            await self._database.run(note_built, self._presence.process_id, None)

    async def switch(self, service: DialogueService) -> None:
        """Take ``service`` to the encoder that is set, if another one is in force, until cancelled.

        Turns are decided with the former one until the live content is embedded.
        """
        while True:
            try:
                if await self._switching.embed():
                    await self._switching.restate()
                    await self._catch_up(service)
            except ChatbotError as error:
                log.warning("encoder_not_switched", error=str(error))
            await asyncio.sleep(_POLL_SECONDS)

    async def learn(self) -> None:
        """Look once a day, and when the server begins, whether labels have something to say.

        Every process does: the first to say it makes them known to all.
        """
        while True:
            try:
                await self._publisher.learn()
            except ChatbotError as error:
                log.warning("confidence_not_learnt", error=str(error))
            await asyncio.sleep(_LEARN_SECONDS)

    @property
    def publisher(self) -> Publisher:
        """Return what makes snapshots of content."""
        return self._publisher

    def encoder_state(self) -> dict[str, Any]:
        """Return which encoder is in force here, and how far a switch to another one has got."""
        return self._switching.state()

    def _now_by(self, mind: Mind) -> None:
        self._number = mind.dialogue.snapshot.number
        self._publisher.in_force(mind)

    async def examine(self) -> None:
        """Hold the candidate that waits against what is live, until cancelled; one process does."""
        while True:
            try:
                # What goes live is built first: the candidate would take its place here.
                is_up = await self._database.run(live_number) == self._number
                if await self._examining.hold() and is_up:
                    await self._publisher.examine_candidate()
            except ChatbotError as error:
                log.warning("candidate_not_examined", error=str(error))
            await asyncio.sleep(_POLL_SECONDS)

    async def watch(self) -> None:
        """Offer the files whenever one of them changes, until cancelled."""
        async for _ in doorbell(self._paths):
            try:
                await self._look()
            except ChatbotError as error:
                log.warning("content_not_offered", error=str(error))

    async def _look(self) -> None:
        """Write what was edited on pages, and offer the files if they changed, in our turn.

        What a folder holds when its machine begins to watch may be older than what is live: it
        waits for a person. Only what is saved from then on goes live by itself, unless somebody
        edited on a page, too: that is published by a person.
        """
        if not self._folders.watch or not await self._lock.hold():
            return
        live = await self._database.run(live_number)
        begins = self._begins(live)
        signature = await asyncio.to_thread(sign_files, self._paths)
        changed = begins or signature != self._offered
        written: Mapping[Path, bytes | None] = {}
        try:
            written = await self._publisher.write_edits(again=changed, begins=begins)
            if written:
                # Edits stand in the candidate already: only what others saved is to be offered.
                signature, others = await asyncio.to_thread(self._sign_others, signature, written)
                changed = changed or others
            if changed:
                await self._offer(live, begins=begins)
        except ContentError as error:
            await self._publisher.refuse(error, live or 0)
        except EditsCame:
            return  # the next look is soon
        if changed or written:
            await self._remember(signature)

    async def _offer(self, live: int | None, *, begins: bool) -> None:
        if begins:
            await self._publisher.offer_files("start", publish=False)
        else:
            await self._publisher.offer_files("watch", publish=self._folders.publish, after=live)

    def _sign_others(
        self, before: Signature, written: Mapping[Path, bytes | None]
    ) -> tuple[Signature, bool]:
        """Return the signature of all files, and whether others than ``written`` have changed."""
        signature = sign_files(self._paths)
        ours = {str(path) for path in written}
        others = {each for each in before ^ signature if each[0] not in ours}
        as_written = all(_held(path) == data for path, data in written.items())
        return signature, bool(others) or not as_written

    def _begins(self, live: int | None) -> bool:
        """Return whether this process begins to watch, rather than going on after an outage."""
        if self._lock.times_taken == self._watching_since:
            return False
        return self._watching_since == 0 or live != self._watched_at

    async def _remember(self, offered: Signature) -> None:
        self._offered = offered
        self._watching_since = self._lock.times_taken
        self._watched_at = await self._database.run(live_number)

    async def close(self) -> None:
        """End what is being built, and let another machine watch, or embed."""
        self._publisher.close()
        await self._switching.close()
        await self._lock.release()
        await self._examining.release()


def _held(path: Path) -> bytes | None:
    """Return what a file holds, None if there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
