"""Workers: claim conversations that need work, and do it, many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from chatbot.clock import Clock, monotonic
from chatbot.pipeline.checkpoints import Checkpoint
from chatbot.pipeline.claiming import POLL_SECONDS, Jobs, keep_claiming, pause_until
from chatbot.pipeline.conversation import ConversationJob, Tools
from chatbot.pipeline.metrics import PipelineMetrics
from chatbot.pipeline.steps import Work, claim_work
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
        self._jobs: Jobs[int] = Jobs()
        self._more_waits = False  # work may be due that was not claimed
        self._claimed_at = 0.0

    def wake(self) -> None:
        """Look for work now."""
        self._waking.set()

    async def run(self) -> None:
        """Claim and work until cancelled; jobs under way go on (see `finish`)."""
        await keep_claiming(self._claim, self._waking, self._clock, "claim_failed")

    def _has_room(self) -> bool:
        return len(self._jobs) + _BATCH <= CAPACITY

    async def _claim(self) -> float:
        """Start jobs for what is due; return how long to wait before looking again."""
        if not self._has_room():
            self._more_waits = True
            return POLL_SECONDS
        self._waking.clear()
        self._claimed_at = monotonic()
        now, room = self._clock.now(), CAPACITY - len(self._jobs)
        works, next_due = await self._database.run(
            claim_work, self._process_id(), self._jobs.keys(), now, now + _LEASE, room
        )
        self._more_waits = len(works) == room
        if works:
            self._checkpoint("claimed")
        for work in works:
            self._start(work)
        return pause_until(next_due, now, 0.001)

    def _start(self, work: Work) -> None:
        conversation_id = work.claim.conversation.id
        name = f"conversation {conversation_id}"
        self._jobs.start(conversation_id, self._run_job(work), name, self._ended)
        self._metrics.busy(len(self._jobs))

    def _ended(self) -> None:
        self._metrics.busy(len(self._jobs))
        if self._more_waits and self._has_room():
            self._waking.set()

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
        self._tools.on_desk()
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
                await self._database.run(renew_claims, self._process_id(), self._jobs.keys(), until)
            except StoreUnavailable as error:
                log.warning("renewal_failed", error=str(error))

    async def finish(self, seconds: float) -> None:
        """Wait for jobs under way; those that take longer are cut off and done by the next."""
        await self._jobs.finish(seconds)
