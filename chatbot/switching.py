"""From the encoder that the live snapshot was built with to the one that is set, without a gap.

The server answers with the former one while the live content is embedded for the other in the
background. One process does that; what it has embedded is kept batch by batch, so that a process
that goes on after a crash, or beside it, embeds only the rest.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import structlog

from chatbot.bench import Bench
from chatbot.clock import Clock
from chatbot.content_metrics import ContentMetrics
from chatbot.dialogue.dialogue import Dialogue
from chatbot.learning import embed_labels
from chatbot.matching.vector_cache import Progress, TooManyToEmbed, at_most
from chatbot.publishing import Publisher
from chatbot.store.database import Database
from chatbot.store.encoders import EncoderSwitch, end_switch, report_switch
from chatbot.store.snapshots import Snapshot, live_snapshot
from chatbot.store.watch_lock import EmbeddingLock

log = structlog.get_logger()

_LOOK_SECONDS = 1.0
#: So many texts are embedded in less time than the server takes to start.
_AT_ONCE = 32

#: Returns what makes dialogues with the encoder of a fingerprint, or None if it is not here.
FormerBench = Callable[[str], Bench | None]


class Switching:
    """Which encoder this process begins with, and the embedding for the one that is set."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        publisher: Publisher,
        former: FormerBench,
        metrics: ContentMetrics,
    ) -> None:
        self._database = database
        self._clock = clock
        self._publisher = publisher
        self._former = former
        self._metrics = metrics
        self._lock = EmbeddingLock(database, publisher.bench.basis.encoder)
        self._wanted: Bench | None = None
        self._embedded = 0
        self._texts = 0

    def state(self) -> dict[str, Any]:
        """Return which encoder is in force here, and how far a switch to another one has got."""
        state: dict[str, Any] = {"in_force": self._publisher.bench.basis.encoder}
        if self._wanted is not None:
            progress = {"embedded": self._embedded, "texts": self._texts}
            state["switching"] = {"to": self._wanted.basis.encoder, **progress}
        return state

    async def bench_for(self, snapshot: Snapshot) -> Bench:
        """Return what a snapshot is decided with here.

        A snapshot of the encoder that is set has been embedded for it, by whoever published it.
        One of another encoder than any in use here comes from a process that was started later:
        this one goes with it, if the encoder is here.
        """
        fingerprint = snapshot.basis.encoder
        for bench in (self._wanted, self._publisher.bench):
            if bench is not None and bench.basis.encoder == fingerprint:
                return bench
        return await asyncio.to_thread(self._former, fingerprint) or self._publisher.bench

    async def begin(self, live: Snapshot) -> None:
        """Let the publisher use the former encoder if there is more to embed than a start may wait.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        set_ = self._publisher.bench
        names = {"former": live.basis.encoder, "encoder": set_.basis.encoder}
        if live.basis.encoder == set_.basis.encoder or await self._is_embedded(live):
            return
        former = await asyncio.to_thread(self._former, live.basis.encoder)
        if former is None:
            log.warning("encoder_embeds_first", reason="the former one is not here", **names)
            await self._embed_first(live)
            return
        self._publisher.use(former)
        self._wanted = set_
        self._metrics.embedded(self._share)
        log.info("encoder_switch_begins", texts=self._texts, **names)

    async def _is_embedded(self, live: Snapshot) -> bool:
        """Build what is live with the set encoder unless more than a few texts lack a vector."""
        try:
            await self._prepare(live, self._publisher.bench, at_most(_AT_ONCE, self._count))
        except TooManyToEmbed as error:
            self._count(0, error.total)
            return False
        return True

    async def _embed_first(self, live: Snapshot) -> None:
        while True:
            if await self._lock.hold():
                break
            await asyncio.sleep(_LOOK_SECONDS)  # another process is at it
        await self._prepare(live, self._publisher.bench, self._report)
        await self._end(self._publisher.bench)

    async def embed(self) -> bool:
        """Embed the live content for the encoder that is set, unless another process does that.

        The messages of labels as well: what they say of confidence goes live with it. Returns
        whether all of it is embedded.

        Raises:
            ChatbotError: the database cannot be reached, or the encoder gives no vectors; what was
                embedded is kept.
        """
        wanted = self._wanted
        if wanted is None or not await self._lock.hold():
            return False
        live = await self._database.run(live_snapshot)
        if live is not None:
            dialogue = await self._prepare(live, wanted, self._report)
            await asyncio.to_thread(
                embed_labels, self._database, wanted, dialogue, self._clock.now(),
                self._publisher.interruptible(self._report),
            )  # fmt: skip
        return True

    async def restate(self) -> None:
        """Make what is live, embedded by now, a snapshot of the encoder that is set."""
        live = await self._database.run(live_snapshot)
        if live is None or self._wanted is None:
            return
        # Texts that went live while the last ones were embedded.
        await self._prepare(live, self._wanted, self._report)
        await self._publisher.restate(live, self._wanted)

    async def decided_with(self, bench: Bench) -> None:
        """Use ``bench`` from now on; call it when it has begun to decide."""
        if bench is self._publisher.bench:
            return
        self._publisher.use(bench)
        if bench is self._wanted:
            self._wanted = None
            await self._end(bench)
        log.info("encoder_switched", encoder=bench.basis.encoder)
        # The layers of a torch model refer to each other; nobody else may collect for hours.
        await asyncio.to_thread(gc.collect)

    async def _end(self, bench: Bench) -> None:
        self._metrics.embedded(1)
        await self._database.run(end_switch, bench.basis.encoder)
        await self._lock.release()

    async def close(self) -> None:
        """Let another process go on; the publisher ends what is being embedded."""
        await self._lock.release()

    async def _prepare(self, live: Snapshot, bench: Bench, progress: Progress) -> Dialogue:
        content = await asyncio.to_thread(self._publisher.contents.of, live)
        return await self._publisher.prepare(content, bench, progress)

    def _report(self, done: int, total: int) -> None:
        """Tell everybody how far it is: here, in the database, and each tenth in the log."""
        before = self._share
        self._count(done, total)
        self._metrics.embedded(self._share)
        fingerprint = (self._wanted or self._publisher.bench).basis.encoder
        switch = EncoderSwitch(fingerprint, self._embedded, self._texts)
        self._database.run_sync(report_switch, switch, self._clock.now())
        if int(self._share * 10) > int(before * 10):
            log.info("encoder_switch_goes_on", embedded=self._embedded, texts=self._texts)

    def _count(self, done: int, total: int) -> None:
        """Count from the first look on; ``total`` lacked a vector when this run began.

        What there was not at the first look is added to what there is to embed.
        """
        self._texts = max(self._texts, self._embedded + total - done)
        self._embedded = self._texts - (total - done)

    @property
    def _share(self) -> float:
        return self._embedded / self._texts if self._texts else 0.0
