"""Workers: claim conversations that need work, and do it, many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from chatbot.clock import Clock, monotonic
from chatbot.pipeline.checkpoints import Checkpoint
from chatbot.pipeline.conversation import ConversationJob, Tools
from chatbot.pipeline.metrics import PipelineMetrics
from chatbot.pipeline.steps import Work, claim_work
from chatbot.pipeline.waiting import wait_for
from chatbot.store.conversations import renew_claims
from chatbot.store.database import Database
from chatbot.store.errors import StoreUnavailable

log = structlog.get_logger()

#: Conversations one process works on at a time; the encoder, not this, is the bottleneck.
CAPACITY = 40
#: When it is full, it waits until this many have ended and claims as many at once.
_BATCH = 8
_LEASE = timedelta(seconds=60)
_RENEW_SECONDS = 20.0
#: A conversation whose work failed counts as busy for so long: no defect may spin.
_INTERRUPTED_SECONDS = 0.5
_FAILED_SECONDS = 5.0
#: The floor under all wake-ups: how long an unannounced conversation may wait.
_POLL_SECONDS = 1.0


class Worker:
    """Works on conversations of all accounts; order holds within each."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        tools: Tools,
        process_id: Callable[[], int],
        checkpoint: Checkpoint,
        metrics: PipelineMetrics,
    ) -> None:
        self._database = database
        self._clock = clock
        self._tools = tools
        self._process_id = process_id
        self._checkpoint = checkpoint
        self._metrics = metrics
        self._waking = asyncio.Event()
        self._jobs: dict[int, asyncio.Task[None]] = {}
        self._more_waits = False  # work may be due that was not claimed
        self._claimed_at = 0.0

    def wake(self) -> None:
        """Look for work now."""
        self._waking.set()

    async def run(self) -> None:
        """Claim and work until cancelled; jobs under way go on (see `finish`)."""
        while True:
            pause = _POLL_SECONDS
            if self._has_room():
                try:
                    pause = await self._claim()
                except StoreUnavailable as error:
                    log.warning("claim_failed", error=str(error))
            else:
                self._more_waits = True
            await wait_for(self._waking, self._clock, pause)

    def _has_room(self) -> bool:
        return len(self._jobs) + _BATCH <= CAPACITY

    async def _claim(self) -> float:
        """Start jobs for what is due; return how long to wait before looking again."""
        self._waking.clear()
        self._claimed_at = monotonic()
        now, room = self._clock.now(), CAPACITY - len(self._jobs)
        works, next_due = await self._database.run(
            claim_work, self._process_id(), list(self._jobs), now, now + _LEASE, room
        )
        self._more_waits = len(works) == room
        if works:
            self._checkpoint("claimed")
        for work in works:
            self._start(work)
        if next_due is None:
            return _POLL_SECONDS
        return min(_POLL_SECONDS, max(0.001, (next_due - now).total_seconds()))

    def _start(self, work: Work) -> None:
        conversation_id = work.claim.conversation.id
        task = asyncio.create_task(self._run_job(work), name=f"conversation {conversation_id}")
        self._jobs[conversation_id] = task
        self._metrics.busy(len(self._jobs))

        def done(_: asyncio.Task[None]) -> None:
            self._jobs.pop(conversation_id, None)
            self._metrics.busy(len(self._jobs))
            if self._more_waits and self._has_room():
                self._waking.set()

        task.add_done_callback(done)

    async def _run_job(self, work: Work) -> None:
        conversation_id = work.claim.conversation.id
        job, due_at = ConversationJob(work, self._tools), None
        try:
            due_at = await job.run()
        except StoreUnavailable as error:
            # The lease ends by itself, and whoever claims next goes on where this one stopped.
            log.warning("job_interrupted", conversation=conversation_id, error=str(error))
            await asyncio.sleep(_INTERRUPTED_SECONDS)
        except Exception:
            log.exception("job_failed", conversation=conversation_id)
            await asyncio.sleep(_FAILED_SECONDS)
        # A claim passes over conversations with a job. One that became due anew when the job had
        # already given it back was passed over in vain.
        if due_at is not None or self._claimed_at >= job.closing_at:
            self._more_waits = True

    async def renew(self) -> None:
        """Keep the leases of jobs under way, until cancelled."""
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            until = self._clock.now() + _LEASE
            try:
                await self._database.run(renew_claims, self._process_id(), list(self._jobs), until)
            except StoreUnavailable as error:
                log.warning("renewal_failed", error=str(error))

    async def finish(self, seconds: float) -> None:
        """Wait for jobs under way; those that take longer are cut off and done by the next."""
        if not self._jobs:
            return
        _, late = await asyncio.wait(self._jobs.values(), timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
