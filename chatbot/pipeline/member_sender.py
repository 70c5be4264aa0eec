"""Sends replies to colleagues: in order and paced for each of them, different ones at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

import structlog
from sqlalchemy import Connection

from chatbot.clock import Clock
from chatbot.pipeline.checkpoints import Checkpoint
from chatbot.pipeline.claiming import POLL_SECONDS, Jobs, keep_claiming, pause_until
from chatbot.pipeline.fates import Verdict, judge_failure
from chatbot.pipeline.metrics import PipelineMetrics
from chatbot.pipeline.pictures import PictureMissing, Pictures
from chatbot.store import members as store
from chatbot.store.database import Database
from chatbot.store.errors import LeaseLost, StoreUnavailable
from chatbot.store.members import MemberFate, MemberPart
from chatbot.wecom.app import AppApi, SendResult
from chatbot.wecom.errors import MediaExpired, WeComError

log = structlog.get_logger()

_KIND = "member_message"
_CAPACITY = 8
_LEASE = timedelta(seconds=30)
#: A call, token and upload included, ends before its lease does: no other process may begin.
_CALL_SECONDS = 20.0
_CALL_PAUSE = timedelta(seconds=1)
_FAILED_SECONDS = 5.0
#: The longest that a repeat is under way after this process looked at the clock. Not longer: the
#: same words that were sent on purpose shortly before would count as the repeat's first attempt.
_DUPLICATE_MARGIN_SECONDS = 30
_FATES: dict[str, MemberFate] = {
    "delivered": "delivered",
    "refused": "refused",
    "unknown": "unknown",
}


@dataclass(frozen=True, slots=True)
class MemberSenderTools:
    """What sending to members needs."""

    database: Database
    app: AppApi
    pictures: Pictures
    clock: Clock
    process_id: Callable[[], int]
    metrics: PipelineMetrics
    checkpoint: Checkpoint


@dataclass(slots=True)
class _Attempt:
    """One try of a part; ``sent``: what goes before the message itself is done."""

    part: MemberPart
    sent: bool = False


class MemberSender:
    """Claims parts, at most one of a member at a time, and gives each its fate."""

    def __init__(self, tools: MemberSenderTools) -> None:
        self._tools = tools
        self._waking = asyncio.Event()
        self._sends: Jobs[int] = Jobs()

    def wake(self) -> None:
        """Look for parts now."""
        self._waking.set()

    async def run(self) -> None:
        """Send until cancelled; sends under way go on (see `finish`)."""
        await keep_claiming(self._claim, self._waking, self._tools.clock, "member_claim_failed")

    async def _claim(self) -> float:
        """Start what is due; return how long to wait before looking again."""
        if len(self._sends) >= _CAPACITY:
            return POLL_SECONDS
        tools, now = self._tools, self._tools.clock.now()
        claimed = await tools.database.run(
            store.claim_parts, tools.process_id(), self._sends.keys(), now, now + _LEASE,
            _CAPACITY - len(self._sends),
        )  # fmt: skip
        for fate in claimed.expired:
            tools.metrics.part_settled(_KIND, fate)
        for part in claimed.parts:
            # When it is sent, the member's next part may begin.
            self._sends.start(part.id, self._send(part), f"member part {part.id}", self.wake)
        return pause_until(claimed.next_due, now, 0.01)

    async def _send(self, part: MemberPart) -> None:
        tools = self._tools
        try:
            verdict = await self._call(part)
            tools.checkpoint("part-sent")
            await tools.database.run(_settle, part, verdict, tools.clock.now())
            tools.checkpoint("part-settled")
        except LeaseLost:
            log.info("member_part_lost", part=part.id)
        except StoreUnavailable as error:
            # The lease ends by itself, and whoever claims the part next repeats it.
            log.warning("member_send_interrupted", part=part.id, error=str(error))
            await asyncio.sleep(_FAILED_SECONDS)
        except Exception:
            log.exception("member_send_failed", part=part.id)
            await asyncio.sleep(_FAILED_SECONDS)  # it counts as busy: no defect may spin
        else:
            if verdict.fate:
                tools.metrics.part_settled(_KIND, verdict.fate)

    async def _call(self, part: MemberPart) -> Verdict:
        clock, attempt = self._tools.clock, _Attempt(part)
        try:
            async with asyncio.timeout(_CALL_SECONDS):
                result = await self._attempt(attempt)
        except TimeoutError:
            doubt, retry_at = part.uncertain or attempt.sent, clock.now() + _CALL_PAUSE
            return Verdict(None, retry_at=retry_at, uncertain=doubt, text="no answer in time")
        except PictureMissing as error:
            log.error("member_picture_missing", part=part.id, error=str(error))
            return Verdict("refused", text=str(error))
        except WeComError as error:
            log.warning("member_message_failed", part=part.id, error=str(error))
            return judge_failure(
                error, uncertain=part.uncertain, attempts=part.attempts, now=clock.now()
            )
        return _judge_accepted(result)

    async def _attempt(self, attempt: _Attempt) -> SendResult:
        part = attempt.part
        try:
            return await self._send_once(attempt)
        except MediaExpired:
            # The platform forgot a picture before its time: it gets a new one, once. A repeat
            # must stay the same, so that the platform can tell it.
            if part.uncertain or not self._tools.pictures.forget(part.message):
                raise
            return await self._send_once(attempt)

    async def _send_once(self, attempt: _Attempt) -> SendResult:
        part, tools = attempt.part, self._tools
        message = await tools.pictures.fill_in(part.message)
        if message != part.message and not await tools.database.run(
            store.keep_message, part, message
        ):
            raise LeaseLost(f"part {part.id} went to another process")
        interval = _duplicate_interval(part, tools.clock.now())
        attempt.sent = True
        return await tools.app.send_message({"touser": part.userid, **message}, interval)

    async def finish(self, seconds: float) -> None:
        """Wait for sends under way; those that take longer are repeated by the next process."""
        await self._sends.finish(seconds)


def _duplicate_interval(part: MemberPart, now: datetime) -> int | None:
    """Let the platform drop a repeat of what may have arrived: its messages have no id of ours.

    A part lives an hour, so this stays below the four hours that the platform allows.
    """
    if not part.uncertain:
        return None
    return ceil((now - part.first_tried_at).total_seconds()) + _DUPLICATE_MARGIN_SECONDS


def _judge_accepted(result: SendResult) -> Verdict:
    """Without an error the message may still not reach its only receiver."""
    if result.unlicensed_users:
        return Verdict("refused", text="the member has no licence for the app's messages")
    if result.invalid_users:
        return Verdict("refused", text="the member is outside of the app's visible range")
    return Verdict("delivered")


def _settle(connection: Connection, part: MemberPart, verdict: Verdict, now: datetime) -> None:
    if verdict.fate is None:
        store.retry_part(
            connection, part, verdict.retry_at or now, uncertain=verdict.uncertain,
            error_code=verdict.code, error_text=verdict.text,
        )  # fmt: skip
        return
    store.settle_part(
        connection, part, _FATES[verdict.fate], now, verdict.code, verdict.text or None
    )
