"""Sends everything that goes to staff: paced for each of them, different ones at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil

import structlog
from sqlalchemy import Connection

from chatbot.clock import Clock
from chatbot.handoff.card import card_outcome
from chatbot.pipeline.checkpoints import Checkpoint
from chatbot.pipeline.claiming import POLL_SECONDS, Jobs, keep_claiming, pause_until
from chatbot.pipeline.fates import Verdict, judge_failure
from chatbot.pipeline.metrics import PipelineMetrics
from chatbot.pipeline.pictures import PictureMissing, Pictures
from chatbot.pipeline.staff_cards import send_to_supervisors
from chatbot.store import staff_messages as store
from chatbot.store.database import Database
from chatbot.store.errors import LeaseLost, StoreUnavailable
from chatbot.store.staff_messages import PARTY, Claimed, StaffFate, StaffKind, StaffMessage
from chatbot.texts import Texts
from chatbot.wecom.app import AppApi, SendResult
from chatbot.wecom.errors import MediaExpired, WeComError
from chatbot.wecom.messages import text_message
from chatbot.wecom.splitting import clip

log = structlog.get_logger()

_CAPACITY = 8
_LEASE = timedelta(seconds=30)
#: A call, token and upload included, ends before its lease does: no other process may begin.
_CALL_SECONDS = 20.0
_CALL_PAUSE = timedelta(seconds=1)
_FAILED_SECONDS = 5.0
#: The longest that a repeat is under way after this process looked at the clock. Not longer: the
#: same words that were sent on purpose shortly before would count as the repeat's first attempt.
_DUPLICATE_MARGIN_SECONDS = 30
_LONGEST_DUPLICATE_SECONDS = 14_400
#: What the repeat of a call that had arrived is refused with: the card's task_id exists, or the
#: code that changes a card is used up.
_HAPPENED = frozenset({42014, 60140})
#: Of one text message (WeCom developer documentation, 消息推送/发送应用消息).
_TEXT_BYTES = 2048
_FATES: dict[str, StaffFate] = {
    "delivered": "delivered",
    "refused": "refused",
    "unknown": "unknown",
}


@dataclass(frozen=True, slots=True)
class StaffSenderTools:
    """What sending to staff needs; ``supervisors`` get the cards that reach nobody else."""

    database: Database
    app: AppApi
    pictures: Pictures
    clock: Clock
    process_id: Callable[[], int]
    metrics: PipelineMetrics
    checkpoint: Checkpoint
    texts: Callable[[], Texts]
    supervisors: tuple[str, ...]


@dataclass(slots=True)
class _Attempt:
    """One try of a message; ``sent``: what goes before the call itself is done."""

    claimed: StaffMessage
    sent: bool = False


class StaffSender:
    """Claims messages, at most one of a member at a time, and gives each its fate."""

    def __init__(self, tools: StaffSenderTools) -> None:
        self._tools = tools
        self._waking = asyncio.Event()
        self._sends: Jobs[int] = Jobs()

    def wake(self) -> None:
        """Look for messages now."""
        self._waking.set()

    async def run(self) -> None:
        """Send until cancelled; sends under way go on (see `finish`)."""
        await keep_claiming(self._claim, self._waking, self._tools.clock, "staff_claim_failed")

    async def _claim(self) -> float:
        """Start what is due; return how long to wait before looking again."""
        if len(self._sends) >= _CAPACITY:
            return POLL_SECONDS
        tools, now = self._tools, self._tools.clock.now()
        claimed, dropped = await tools.database.run(
            _claim_wanted, tools.process_id(), self._sends.keys(), now, _CAPACITY - len(self._sends)
        )
        for kind, fate in (*claimed.expired, *dropped):
            tools.metrics.part_settled(_metric(kind), fate)
        for message in claimed.messages:
            # When it is sent, the member's next message may begin.
            self._sends.start(
                message.id, self._send(message), f"staff message {message.id}", self.wake
            )
        return 0.0 if dropped else pause_until(claimed.next_due, now, 0.01)

    async def _send(self, claimed: StaffMessage) -> None:
        tools = self._tools
        try:
            verdict, code = await self._call(claimed)
            tools.checkpoint("part-sent")
            await tools.database.run(
                _settle, claimed, verdict, code, tools.supervisors, tools.clock.now()
            )
            tools.checkpoint("part-settled")
        except LeaseLost:
            log.info("staff_message_lost", id=claimed.id)
        except StoreUnavailable as error:
            # The lease ends by itself, and whoever claims the message next repeats it.
            log.warning("staff_send_interrupted", id=claimed.id, error=str(error))
            await asyncio.sleep(_FAILED_SECONDS)
        except Exception:
            log.exception("staff_send_failed", id=claimed.id)
            await asyncio.sleep(_FAILED_SECONDS)  # it counts as busy: no defect may spin
        else:
            if verdict.fate:
                tools.metrics.part_settled(_metric(claimed.kind), verdict.fate)

    async def _call(self, claimed: StaffMessage) -> tuple[Verdict, str]:
        """Make the call; return what came of it, and the code by which a card can be changed."""
        clock, attempt = self._tools.clock, _Attempt(claimed)
        try:
            async with asyncio.timeout(_CALL_SECONDS):
                if claimed.kind == "update":
                    return await self._update(attempt), ""
                result = await self._attempt(attempt)
        except TimeoutError:
            doubt, retry_at = claimed.uncertain or attempt.sent, clock.now() + _CALL_PAUSE
            return Verdict(None, retry_at=retry_at, uncertain=doubt, text="no answer in time"), ""
        except PictureMissing as error:
            log.error("staff_picture_missing", id=claimed.id, error=str(error))
            return Verdict("refused", text=str(error)), ""
        except WeComError as error:
            if claimed.uncertain and error.code in _HAPPENED:
                return Verdict("delivered"), ""
            log.warning("staff_message_failed", id=claimed.id, error=str(error))
            return judge_failure(
                error, uncertain=claimed.uncertain, attempts=claimed.attempts, now=clock.now()
            ), ""
        return _judge_accepted(result), result.response_code

    async def _update(self, attempt: _Attempt) -> Verdict:
        """Grey out a card's buttons; a code that is used up has done so already."""
        message, texts = attempt.claimed.message, self._tools.texts()
        caption = card_outcome(message["outcome"], message["by"], texts)
        attempt.sent = True
        await self._tools.app.replace_button(
            message["response_code"], [attempt.claimed.userid], caption
        )
        return Verdict("delivered")

    async def _attempt(self, attempt: _Attempt) -> SendResult:
        claimed = attempt.claimed
        try:
            return await self._send_once(attempt)
        except MediaExpired:
            # The platform forgot a picture before its time: it gets a new one, once. A repeat
            # must stay the same, so that the platform can tell it.
            if claimed.uncertain or not self._tools.pictures.forget(claimed.message):
                raise
            return await self._send_once(attempt)

    async def _send_once(self, attempt: _Attempt) -> SendResult:
        claimed, tools = attempt.claimed, self._tools
        message = await tools.pictures.fill_in(claimed.message)
        if message != claimed.message and not await tools.database.run(
            store.keep_message, claimed, message
        ):
            raise LeaseLost(f"message {claimed.id} went to another process")
        interval = _duplicate_interval(claimed, tools.clock.now())
        attempt.sent = True
        return await tools.app.send_message({**_receiver(claimed.userid), **message}, interval)

    async def finish(self, seconds: float) -> None:
        """Wait for sends under way; those that take longer are repeated by the next process."""
        await self._sends.finish(seconds)


def _metric(kind: StaffKind) -> str:
    return "member_message" if kind == "reply" else f"staff_{kind}"


def _receiver(userid: str) -> dict[str, str]:
    if userid.startswith(PARTY):
        return {"toparty": userid.removeprefix(PARTY)}
    return {"touser": userid}


def _claim_wanted(
    connection: Connection, me: int, busy: list[int], now: datetime, limit: int
) -> tuple[Claimed, list[tuple[StaffKind, StaffFate]]]:
    """Claim messages; drop cards that nobody needs any more, and put notices together."""
    claimed = store.claim_messages(connection, me, busy, now, now + _LEASE, limit)
    kept: list[StaffMessage] = []
    dropped: list[tuple[StaffKind, StaffFate]] = []
    for message in claimed.messages:
        in_doubt = message.uncertain
        if message.kind == "card" and not in_doubt and not store.is_wanted(connection, message):
            store.settle_message(connection, message, "superseded", now)
            dropped.append((message.kind, "superseded"))
        elif message.kind == "notice" and message.attempts == 1:
            kept.append(_digest(connection, message, now))
        else:
            kept.append(message)
    return replace(claimed, messages=kept), dropped


def _digest(connection: Connection, notice: StaffMessage, now: datetime) -> StaffMessage:
    others = store.absorb_notices(connection, notice, now)
    if not others:
        return notice
    lines = [message["text"]["content"] for message in (notice.message, *others)]
    message = text_message(clip("\n\n".join(lines), _TEXT_BYTES))
    store.keep_message(connection, notice, message)
    return replace(notice, message=message)


def _duplicate_interval(claimed: StaffMessage, now: datetime) -> int | None:
    """Let the platform drop a repeat of what may have arrived: its messages have no id of ours."""
    if not claimed.uncertain:
        return None
    since = ceil((now - claimed.first_tried_at).total_seconds()) + _DUPLICATE_MARGIN_SECONDS
    return min(since, _LONGEST_DUPLICATE_SECONDS)


def _judge_accepted(result: SendResult) -> Verdict:
    """Without an error the message may still not reach its only receiver."""
    if result.unlicensed_users:
        return Verdict("refused", text="the member has no licence for the app's messages")
    if result.invalid_users or result.invalid_parties:
        return Verdict("refused", text="the member is outside of the app's visible range")
    return Verdict("delivered")


def _settle(
    connection: Connection,
    claimed: StaffMessage,
    verdict: Verdict,
    code: str,
    supervisors: Sequence[str],
    now: datetime,
) -> None:
    if verdict.fate is None:
        store.retry_message(
            connection, claimed, verdict.retry_at or now, uncertain=verdict.uncertain,
            error_code=verdict.code, error_text=verdict.text,
        )  # fmt: skip
        return
    settled = store.settle_message(
        connection, claimed, _FATES[verdict.fate], now, error_code=verdict.code,
        error_text=verdict.text or None, response_code=code,
    )  # fmt: skip
    if settled and verdict.fate == "refused" and claimed.kind == "card":
        send_to_supervisors(connection, claimed, supervisors, now)
