"""Builds the dialogues of content, before it goes live and when it has."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable
from dataclasses import replace

import structlog

from chatbot.bench import Bench
from chatbot.clock import Clock
from chatbot.collecting import without_collecting
from chatbot.contents import Contents
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.service import Mind
from chatbot.errors import ChatbotError
from chatbot.knowledge.content import Content
from chatbot.learning import basis_for, decided_by
from chatbot.matching.vector_cache import Progress
from chatbot.store.database import Database
from chatbot.store.snapshots import Basis, Snapshot
from chatbot.store.vectors import prune_vectors

log = structlog.get_logger()


class EmbeddingStopped(ChatbotError):
    """This process stops; what was embedded is kept, and the next one goes on from there."""


def _build(bench: Bench, content: Content, progress: Progress, former: Dialogue | None) -> Dialogue:
    def embedded(done: int, total: int) -> None:
        gc.collect(1)  # it may take hours, in which connections come and go
        progress(done, total)

    with without_collecting():
        return bench.build(content, 0, progress=embedded, former=former)


class Preparer:
    """Makes dialogues with a bench, and remembers the latest: the next one takes over from it."""

    def __init__(self, database: Database, clock: Clock, bench: Bench) -> None:
        self._database = database
        self._clock = clock
        self._bench = bench
        self.contents = Contents()
        self._latest: dict[str, Dialogue] = {}
        self._building: dict[str, asyncio.Lock] = {}
        #: Called on the event loop when something has been built.
        self.on_built: Callable[[], None] = lambda: None
        self._closing = threading.Event()

    @property
    def bench(self) -> Bench:
        """Return what dialogues are made with from now on."""
        return self._bench

    @property
    def built(self) -> str | None:
        """Return the digest of the content that was built last with the bench in force."""
        latest = self._latest.get(self._bench.basis.encoder)
        return None if latest is None else latest.snapshot.digest

    def use(self, bench: Bench) -> None:
        """Make dialogues with ``bench`` from now on, and let go of what other ones have made."""
        self._bench = bench
        kept = self._latest.get(bench.basis.encoder)
        self._latest = {} if kept is None else {bench.basis.encoder: kept}

    async def basis_of(self, content: Content, bench: Bench | None = None) -> Basis:
        """Return what ``content`` is decided by when it goes live with a bench, the one in force.

        Raises:
            StoreUnavailable: the database cannot be reached.
            EncoderError: the encoder gives no vectors.
        """
        bench = bench or self._bench
        dialogue = await self.prepare(content, bench)
        return await asyncio.to_thread(
            basis_for, self._database, bench, dialogue, self._clock.now(),
            self.interruptible(None),
        )  # fmt: skip

    async def prepare(
        self, content: Content, bench: Bench | None = None, progress: Progress | None = None
    ) -> Dialogue:
        """Return the content's dialogue, of any number; the latest of a bench is remembered.

        ``progress`` is called in another thread, and may end the work by an exception.
        """
        bench = bench or self._bench
        name = bench.basis.encoder
        digest = await asyncio.to_thread(lambda: content.digest)
        # Whoever asks for the same waits, instead of building it beside.
        async with self._building.setdefault(name, asyncio.Lock()):
            latest = self._latest.get(name)
            if latest is None or latest.snapshot.digest != digest:
                told = self.interruptible(progress)
                latest = await asyncio.to_thread(_build, bench, content, told, latest)
                self._latest[name] = latest
                self.on_built()
            return latest

    async def mind_of(self, snapshot: Snapshot, bench: Bench | None = None) -> Mind:
        """Return what decides by a snapshot, and forget vectors that nothing uses any more.

        What labels said of another encoder's confidence says nothing of this one's.
        """
        bench = bench or self._bench
        basis = snapshot.basis
        if basis.encoder != bench.basis.encoder:
            advice = "set the same CHATBOT_ENCODER on all machines and restart this one"
            log.warning("encoder_of_snapshot_not_here", snapshot=snapshot.number, advice=advice)
            basis = basis.uncorrected
        content = await asyncio.to_thread(self.contents.of, snapshot)
        dialogue = await self.prepare(content, bench)
        decided = await asyncio.to_thread(decided_by, dialogue, basis)
        await self._database.run(prune_vectors, self._clock.now())
        numbered = Dialogue(replace(decided.snapshot, number=snapshot.number))
        return Mind(numbered, bench.encoder)

    def interruptible(self, progress: Progress | None) -> Progress:
        """Return ``progress``, ending the work when this process stops: a thread goes on else."""

        def tell(done: int, total: int) -> None:
            if self._closing.is_set():
                raise EmbeddingStopped
            if progress is not None:
                progress(done, total)

        return tell

    def close(self) -> None:
        """End what is being built."""
        self._closing.set()
