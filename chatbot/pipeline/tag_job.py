"""The work on one claimed customer: learn who follows them, then write their tags for each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from chatbot.clock import Clock
from chatbot.customers.observed import observe_contact
from chatbot.customers.records import relation_unknown
from chatbot.customers.tags import Groups
from chatbot.pipeline.contact_reading import ContactReader
from chatbot.pipeline.metrics import PipelineMetrics
from chatbot.pipeline.tag_catalogue import TagCatalogue
from chatbot.pipeline.tag_fates import TagVerdict, judge_tag_failure
from chatbot.store.database import Database
from chatbot.store.tag_claims import TagClaim, hold_tagging, release_tagging
from chatbot.store.tag_writes import Settled, TagWrite, WriteState, settle_writes, writes_of
from chatbot.wecom.contacts import ContactsApi
from chatbot.wecom.errors import WeComError

log = structlog.get_logger()

LEASE = timedelta(seconds=120)
#: The claim is renewed after every call that changes something. Before one there is at most one
#: that reads, so two steps end well before the lease: nobody else may have the slot meanwhile.
_STEP_SECONDS = 45.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class JobTools:
    """What the work on one customer needs."""

    database: Database
    contacts: ContactsApi
    catalogue: TagCatalogue
    reader: ContactReader
    groups: Callable[[], Groups]
    clock: Clock
    metrics: PipelineMetrics


class _Stop(Exception):
    """Nothing more can be done for this customer now."""


class TagJob:
    """Everything WeCom is to be told of one customer, under one claim."""

    def __init__(self, claim: TagClaim, tools: JobTools) -> None:
        self._claim = claim
        self._tools = tools
        self._retry_at: datetime | None = None
        self._closed_until: datetime | None = None
        self._failed = False
        self._log = log.bind(customer=claim.external_userid)

    async def run(self) -> datetime | None:
        """Do the work; return until when nothing of this kind will work, None if it does.

        Raises:
            LeaseLost: another process goes on.
        """
        try:
            if self._claim.must_look_up:
                await self._look_up()
            writes = await self._tools.database.run(self._begin, self._now() + LEASE)
            for userid, of_follower in groupby(writes, lambda write: write.userid):
                await self._write(userid, list(of_follower))
        except _Stop:
            pass
        attempts = self._claim.attempts + 1 if self._failed else 0
        await self._tools.database.run(
            release_tagging, self._claim, self._retry_at, attempts, self._now()
        )
        return self._closed_until

    def _begin(self, connection: Connection, until: datetime) -> list[TagWrite]:
        hold_tagging(connection, self._claim, until)
        return writes_of(connection, self._claim.external_userid, ["wanted"])

    # Who follows the customer

    async def _look_up(self) -> None:
        try:
            reading = await _in_time(self._tools.reader.read(self._claim.external_userid))
        except (WeComError, TimeoutError) as error:
            verdict = judge_tag_failure(error, self._claim.attempts, self._now())
            self._note_failure(verdict, error)
            raise _Stop from None
        groups, now = self._tools.groups(), self._now()

        def take_over(connection: Connection) -> None:
            hold_tagging(connection, self._claim, now + LEASE)
            observe_contact(connection, reading, groups, now, make_due=False)

        await self._tools.database.run(take_over)

    # One follower

    async def _write(self, userid: str, writes: Sequence[TagWrite]) -> None:
        try:
            known = await _in_time(self._tools.catalogue.ids())
        except (WeComError, TimeoutError) as error:
            await self._fail(writes, error)
            return
        ready: list[tuple[TagWrite, str]] = []
        for write in writes:
            # People may have renamed what is to be taken off; what is to be there has its name.
            tag_id = known.get(write.tag)
            if write.goal == "absent":
                tag_id = write.tag_id or tag_id
            if tag_id is None:
                tag_id = await self._make_sure(write)
            if tag_id is not None:
                ready.append((write, tag_id))
        if ready:
            await self._mark(userid, ready)

    async def _make_sure(self, write: TagWrite) -> str | None:
        """Return the id of a tag that is made now, or None if there is nothing to mark."""
        if write.goal == "absent":
            await self._settle([Settled(write, "written")])
            return None
        try:
            tag_id = await _in_time(self._tools.catalogue.create(write.tag))
        except (WeComError, TimeoutError) as error:
            await self._fail([write], error)
            return None
        await self._settle([])
        return tag_id

    async def _mark(self, userid: str, ready: Sequence[tuple[TagWrite, str]]) -> None:
        """Write tags together; if the platform refuses some of them, each alone."""
        try:
            await _in_time(
                self._tools.contacts.mark_tags(
                    userid,
                    self._claim.external_userid,
                    add=[tag_id for write, tag_id in ready if write.goal == "present"],
                    remove=[tag_id for write, tag_id in ready if write.goal == "absent"],
                )
            )
        except (WeComError, TimeoutError) as error:
            verdict = judge_tag_failure(error, self._claim.attempts, self._now())
            if verdict.fate in {"refused", "deleted"} and len(ready) > 1:
                await self._settle([])
                for each in ready:
                    await self._mark(userid, [each])
                return
            await self._fail([write for write, _ in ready], error)
        else:
            await self._settle([Settled(write, "written", tag_id) for write, tag_id in ready])

    # Endings

    async def _fail(self, writes: Sequence[TagWrite], error: WeComError | TimeoutError) -> None:
        """Record what a failure means for these writes; stop where nothing more can be done."""
        verdict = judge_tag_failure(error, self._claim.attempts, self._now())
        if verdict.fate == "refused":
            await self._settle([_settled(write, "refused", error) for write in writes])
        elif verdict.fate == "gone":
            await self._relation_over(writes)
        elif verdict.fate == "deleted":
            await self._tag_deleted(writes[0], error)
        else:
            self._note_failure(verdict, error)
            await self._settle([_settled(write, "wanted", error) for write in writes])
            if verdict.fate != "next":
                raise _Stop

    async def _relation_over(self, writes: Sequence[TagWrite]) -> None:
        userid = writes[0].userid

        def end(connection: Connection, now: datetime) -> None:
            hold_tagging(connection, self._claim, now + LEASE)
            relation_unknown(connection, self._claim.external_userid, userid, now)

        await self._tools.database.run(end, self._now())
        self._log.info("relation_over", userid=userid)
        self._tools.metrics.tags_settled("shadow", len(writes))

    async def _tag_deleted(self, write: TagWrite, error: WeComError | TimeoutError) -> None:
        """Make a tag that somebody deleted again, once; it stays wanted and is written next."""
        if write.goal == "absent":
            await self._settle([Settled(write, "written")])
            return
        if write.recreated:
            await self._settle([_settled(write, "refused", error)])
            return
        try:
            await _in_time(self._tools.catalogue.refresh())
        except (WeComError, TimeoutError) as again:
            await self._fail([write], again)
            return
        await self._settle([_settled(write, "wanted", error, recreated=True)])

    async def _settle(self, settled: Sequence[Settled]) -> None:
        """Record what became of writes, and renew the claim."""

        def record(connection: Connection, now: datetime) -> None:
            hold_tagging(connection, self._claim, now + LEASE)
            settle_writes(connection, self._claim.external_userid, settled, now)

        await self._tools.database.run(record, self._now())
        for state in ("written", "refused"):
            if count := sum(each.state == state for each in settled):
                self._tools.metrics.tags_settled(state, count)

    def _note_failure(self, verdict: TagVerdict, error: WeComError | TimeoutError) -> None:
        self._log.warning("tags_not_written", fate=verdict.fate, error=str(error) or "timeout")
        self._tools.metrics.tags_failed(error.code if isinstance(error, WeComError) else None)
        retry_at = verdict.retry_at or self._now() + timedelta(hours=1)
        self._retry_at = min(self._retry_at, retry_at) if self._retry_at else retry_at
        self._failed = True
        if verdict.fate == "closed":
            self._closed_until = verdict.retry_at

    def _now(self) -> datetime:
        return self._tools.clock.now()


def _settled(
    write: TagWrite,
    state: WriteState,
    error: WeComError | TimeoutError,
    *,
    recreated: bool = False,
) -> Settled:
    code = error.code if isinstance(error, WeComError) else None
    return Settled(
        write, state, recreated=recreated, error_code=code, error_text=str(error) or "timeout"
    )


async def _in_time(step: Awaitable[T]) -> T:
    async with asyncio.timeout(_STEP_SECONDS):
        return await step
