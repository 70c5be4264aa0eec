"""Processes the app's stored events: in order for each subject, each exactly once.

A handler does what takes time first (reading from the platform), and returns the change it
wants; that change is committed together with the mark that the event is done. So a handler may
run twice, after a crash or a failure, but its change happens once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from chatbot.clock import Clock
from chatbot.pipeline.claiming import POLL_SECONDS, Jobs, keep_claiming, pause_until
from chatbot.pipeline.metrics import PipelineMetrics
from chatbot.store.database import Database
from chatbot.store.errors import LeaseLost, StoreUnavailable
from chatbot.store.events import (
    Effects,
    StoredEvent,
    claim_events,
    finish_event,
    postpone_event,
    set_event_aside,
)
from chatbot.wecom.errors import RateLimited, WeComError

log = structlog.get_logger()

_CAPACITY = 8
_LEASE = timedelta(seconds=60)
#: A handler ends before its lease does: no other process may begin meanwhile.
_HANDLE_SECONDS = 45.0
_INTERRUPTED_SECONDS = 0.5
_STUCK_SECONDS = 5.0
_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(hours=1)
#: The platform may be away for hours, and a contact that is not heard of stays unknown.
_TRIES_OUTSIDE = 20
#: A defect seldom mends itself, and the subject's other events wait behind it.
_TRIES_DEFECT = 4


def _nothing() -> None:
    """Follow an event that wakes nobody."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What an event comes to: ``effects`` are committed with it, ``then`` is called afterwards."""

    effects: Effects
    then: Callable[[], None] = field(default=_nothing)


#: Takes an event of its kind; None means that there is no use for it. Raises WeComError (or any
#: error, which counts as a defect) to be called again later.
Handler = Callable[[StoredEvent], Awaitable[Handled | None]]


class EventConsumer:
    """Claims events of the kinds that have a handler, several subjects at a time."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        process_id: Callable[[], int],
        handlers: Mapping[str, Handler],
        metrics: PipelineMetrics,
        elsewhere: Collection[str] = (),
    ) -> None:
        """``elsewhere`` are the kinds that other consumers take."""
        self._elsewhere = tuple(elsewhere)
        self._database = database
        self._clock = clock
        self._process_id = process_id
        self._handlers = handlers
        self._metrics = metrics
        self._waking = asyncio.Event()
        self._jobs: Jobs[int] = Jobs()

    def wake(self) -> None:
        """Look for events now."""
        self._waking.set()

    async def run(self) -> None:
        """Process until cancelled; events under way go on (see `finish`)."""
        await keep_claiming(self._claim, self._waking, self._clock, "event_claim_failed")

    async def _claim(self) -> float:
        """Start what is due; return how long to wait before looking again."""
        if len(self._jobs) >= _CAPACITY:
            return POLL_SECONDS
        self._waking.clear()
        now = self._clock.now()
        events, next_due = await self._database.run(
            claim_events, self._process_id(), list(self._handlers), self._jobs.keys(), now,
            now + _LEASE, _CAPACITY - len(self._jobs), self._elsewhere,
        )  # fmt: skip
        for event in events:
            # When it is processed, the next event of the subject may begin.
            self._jobs.start(event.id, self._process(event), f"event {event.id}", self.wake)
        return pause_until(next_due, now, 0.01)

    async def _process(self, event: StoredEvent) -> None:
        try:
            await self._handle(event)
        except LeaseLost:
            log.info("event_lease_lost", event_id=event.id)
        except StoreUnavailable as error:
            # The lease ends by itself, and whoever claims next begins anew.
            log.warning("event_interrupted", event_id=event.id, error=str(error))
            await asyncio.sleep(_INTERRUPTED_SECONDS)
        except Exception:
            # Not even the failure could be recorded.
            log.exception("event_stuck", event_id=event.id)
            await asyncio.sleep(_STUCK_SECONDS)  # it counts as busy: no defect may spin

    async def _handle(self, event: StoredEvent) -> None:
        try:
            async with asyncio.timeout(_HANDLE_SECONDS):
                handled = await self._handlers[event.kind](event)
            effects = handled.effects if handled else None
            await self._database.run(finish_event, event, effects, self._clock.now())
        except (StoreUnavailable, LeaseLost):
            raise
        except (WeComError, TimeoutError) as error:
            log.warning("event_failed", event_id=event.id, kind=event.kind, error=str(error))
            await self._fail(event, error, _TRIES_OUTSIDE)
        except Exception as error:
            log.exception("event_failed", event_id=event.id, kind=event.kind)
            await self._fail(event, error, _TRIES_DEFECT)
        else:
            self._metrics.event_processed(event.kind, "done" if handled else "ignored")
            if handled:
                handled.then()

    async def _fail(self, event: StoredEvent, error: Exception, tries: int) -> None:
        now, reason = self._clock.now(), str(error) or type(error).__name__
        if event.attempts >= tries:
            log.error("event_set_aside", event_id=event.id, kind=event.kind, error=reason)
            await self._database.run(set_event_aside, event, reason, now)
            self._metrics.event_processed(event.kind, "set_aside")
            return
        due_at = _retry_at(event.attempts, error, now)
        await self._database.run(postpone_event, event, due_at, reason)

    async def finish(self, seconds: float) -> None:
        """Wait for events under way; those that take longer are processed by the next process."""
        await self._jobs.finish(seconds)


def _retry_at(attempts: int, error: Exception, now: datetime) -> datetime:
    if isinstance(error, RateLimited):
        return max(error.until, now + _FIRST_PAUSE)
    pause = _FIRST_PAUSE * float(2 ** min(attempts - 1, 12))
    return now + min(pause, _LONGEST_PAUSE)
