"""Tells WeCom of customers' tags: one customer at a time, five calls for the whole enterprise.

Nothing here is on the way of an answer. What is to be told stands in the database; a crash
between a call and its record repeats the call, which changes nothing the second time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from chatbot.clock import Clock
from chatbot.customers.records import lapse_tags
from chatbot.customers.tags import Groups
from chatbot.pipeline.claiming import POLL_SECONDS, Jobs, keep_claiming, pause_until
from chatbot.pipeline.contact_reading import ContactReader
from chatbot.pipeline.metrics import PipelineMetrics
from chatbot.pipeline.tag_catalogue import TagCatalogue
from chatbot.pipeline.tag_job import LEASE, JobTools, TagJob
from chatbot.store.database import Database
from chatbot.store.errors import LeaseLost, StoreUnavailable
from chatbot.store.tag_claims import TagClaim, claim_tagging
from chatbot.store.tag_writes import count_wanted
from chatbot.wecom.contacts import ContactsApi

log = structlog.get_logger()

#: As many as there are slots; other processes may hold some of them.
_CAPACITY = 5
_FAILED_SECONDS = 5.0
_SWEEP_SECONDS = 30.0
#: Few, because they stay locked together, and a turn of one of them would wait.
_LAPSED_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class TaggingTools:
    """What telling WeCom of tags needs."""

    database: Database
    contacts: ContactsApi
    catalogue: TagCatalogue
    reader: ContactReader
    groups: Callable[[], Groups]
    clock: Clock
    process_id: Callable[[], int]
    metrics: PipelineMetrics


class TagWriter:
    """Claims customers whose tags WeCom should hear of; also ends tags whose time is over."""

    def __init__(self, tools: TaggingTools) -> None:
        self._tools = tools
        self._job_tools = JobTools(
            tools.database, tools.contacts, tools.catalogue, tools.reader, tools.groups,
            tools.clock, tools.metrics,
        )  # fmt: skip
        self._waking = asyncio.Event()
        self._jobs: Jobs[TagClaim] = Jobs()
        self._closed_until: datetime | None = None

    def wake(self) -> None:
        """Look for tags to write now."""
        self._waking.set()

    async def run(self) -> None:
        """Write until cancelled; calls under way go on (see `finish`)."""
        await keep_claiming(self._claim, self._waking, self._tools.clock, "tag_claim_failed")

    def _room(self) -> int:
        """Return how many customers may be begun now; after a closure, one tries first."""
        if self._closed_until is None:
            return _CAPACITY - len(self._jobs)
        return 0 if self._jobs or self._closed_until > self._tools.clock.now() else 1

    async def _claim(self) -> float:
        """Start what is due; return how long to wait before looking again."""
        if not self._room():
            return POLL_SECONDS
        self._waking.clear()
        now = self._tools.clock.now()
        claims, next_due = await self._tools.database.run(
            claim_tagging, self._tools.process_id(), self._jobs.keys(), now, now + LEASE,
            self._room(),
        )  # fmt: skip
        for claim in claims:
            name = f"tags in slot {claim.slot}"
            self._jobs.start(claim, self._work(claim), name, self.wake)
        return pause_until(next_due if self._room() else None, now, 0.01)

    async def _work(self, claim: TagClaim) -> None:
        try:
            self._closed_until = await TagJob(claim, self._job_tools).run()
        except LeaseLost:
            log.info("tag_lease_lost", slot=claim.slot)
        except StoreUnavailable as error:
            # The lease ends by itself, and whoever claims next repeats what was not recorded.
            log.warning("tagging_interrupted", error=str(error))
            await asyncio.sleep(_FAILED_SECONDS)
        except Exception:
            log.exception("tagging_failed", slot=claim.slot)
            await asyncio.sleep(_FAILED_SECONDS)  # it counts as busy: no defect may spin

    async def sweep(self) -> None:
        """End tags whose lifetime is over, and count what waits, until cancelled."""
        while True:
            try:
                await self._end_lapsed()
                waiting = await self._tools.database.run(count_wanted)
                self._tools.metrics.tags_waiting(waiting)
            except StoreUnavailable as error:
                log.warning("tag_sweep_failed", error=str(error))
            await self._tools.clock.sleep(_SWEEP_SECONDS)

    async def _end_lapsed(self) -> None:
        lapsed = _LAPSED_AT_ONCE
        while lapsed == _LAPSED_AT_ONCE:
            now = self._tools.clock.now()
            lapsed = await self._tools.database.run(lapse_tags, now, _LAPSED_AT_ONCE)
            if lapsed:
                self.wake()

    async def finish(self, seconds: float) -> None:
        """Wait for calls under way; those that take longer are repeated by the next process."""
        await self._jobs.finish(seconds)
