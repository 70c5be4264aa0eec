"""The direct lane: messages through the one-time codes of events; in no order, at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from chatbot.clock import Clock
from chatbot.pipeline.claiming import POLL_SECONDS, Jobs, keep_claiming, pause_until
from chatbot.pipeline.fates import Verdict, judge_failure
from chatbot.pipeline.frontdesk import Frontdesk
from chatbot.pipeline.metrics import PipelineMetrics
from chatbot.store import outbox
from chatbot.store.conversations import Conversation, get_conversation
from chatbot.store.database import Database
from chatbot.store.errors import StoreUnavailable
from chatbot.store.modes import switched_modes
from chatbot.store.outbox import Part, PartFate
from chatbot.wecom.errors import WeComError
from chatbot.wecom.kf import KfApi, SessionState

log = structlog.get_logger()

_CAPACITY = 16
_LEASE = timedelta(seconds=30)
#: A call, token included, ends before its lease does: no other process may begin meanwhile.
_CALL_SECONDS = 20.0
_CALL_PAUSE = timedelta(seconds=1)
_FAILED_SECONDS = 5.0
_REASONS: dict[PartFate, str] = {"unknown": "its code ran out before an attempt was answered"}


@dataclass(frozen=True, slots=True)
class DirectTools:
    """What the direct lane needs."""

    database: Database
    kf: KfApi
    clock: Clock
    process_id: Callable[[], int]
    metrics: PipelineMetrics
    frontdesk: Frontdesk
    on_desk: Callable[[], None]


class DirectSender:
    """Sends parts of the direct lane, those with a deadline first."""

    def __init__(self, tools: DirectTools) -> None:
        self._tools = tools
        self._waking = asyncio.Event()
        self._sends: Jobs[int] = Jobs()

    def wake(self) -> None:
        """Look for parts now."""
        self._waking.set()

    async def run(self) -> None:
        """Send until cancelled; sends under way go on (see `finish`)."""
        await keep_claiming(self._claim, self._waking, self._tools.clock, "direct_claim_failed")

    async def _claim(self) -> float:
        """Start what is due; return how long to wait before looking again."""
        if len(self._sends) >= _CAPACITY:
            return POLL_SECONDS
        now = self._tools.clock.now()
        parts, next_due = await self._tools.database.run(
            _claim_parts,
            self._tools.frontdesk,
            self._tools.process_id(),
            self._sends.keys(),
            now,
            _CAPACITY - len(self._sends),
        )
        for part, fate in parts:
            self._sends.start(part.id, self._send(part, fate), f"direct {part.id}", self._sent)
        return pause_until(next_due, now, 0.001)

    def _sent(self) -> None:
        if len(self._sends) == _CAPACITY - 1:
            self._waking.set()

    async def _send(self, part: Part, fate: PartFate | None) -> None:
        try:
            verdict = Verdict(fate, text=_REASONS.get(fate, "")) if fate else await self._call(part)
            await self._tools.database.run(_settle, part, verdict, self._tools.clock.now())
        except StoreUnavailable as error:
            log.warning("direct_interrupted", part=part.id, error=str(error))
            return
        except Exception:
            log.exception("direct_failed", part=part.id)
            await asyncio.sleep(_FAILED_SECONDS)  # it counts as busy: no defect may spin
            return
        self._tools.on_desk()
        if verdict.fate:
            self._tools.metrics.part_settled(part.kind, verdict.fate)
        if verdict.fate != "delivered":
            self._waking.set()

    async def _call(self, part: Part) -> Verdict:
        try:
            async with asyncio.timeout(_CALL_SECONDS):
                await self._attempt(part)
        except TimeoutError:
            retry_at = self._tools.clock.now() + _CALL_PAUSE
            return Verdict(None, retry_at=retry_at, uncertain=True, text="no answer in time")
        except WeComError as error:
            log.warning("direct_send_failed", part=part.id, error=str(error))
            return judge_failure(
                error, uncertain=part.uncertain, attempts=part.attempts,
                now=self._tools.clock.now(), one_time=True,
            )  # fmt: skip
        return Verdict("delivered")

    async def _attempt(self, part: Part) -> None:
        await self._tools.kf.send_msg_on_event(
            part.payload["code"], part.msgid, part.payload["message"]
        )

    async def finish(self, seconds: float) -> None:
        """Wait for sends under way; those that take longer are repeated by the next process."""
        await self._sends.finish(seconds)


def _claim_parts(
    connection: Connection,
    frontdesk: Frontdesk,
    me: int,
    busy: list[int],
    now: datetime,
    limit: int,
) -> tuple[list[tuple[Part, PartFate | None]], datetime | None]:
    """Claim parts, each with its fate if it must not be sent any more."""
    parts = outbox.claim_direct(connection, me, busy, now, now + _LEASE, limit)
    judged = [(part, _judge(connection, frontdesk, part, now)) for part in parts]
    return judged, outbox.next_direct_at(connection)


def _judge(
    connection: Connection, frontdesk: Frontdesk, part: Part, now: datetime
) -> PartFate | None:
    if part.expires_at is not None and part.expires_at <= now:
        return "unknown" if part.uncertain else "expired"
    conversation = get_conversation(connection, part.conversation_id)
    if not _may_speak(connection, frontdesk, conversation, now):
        return "unknown" if part.uncertain else "superseded"
    wanted = _state_wanted(part)
    if wanted is not None and (conversation.service_state, conversation.session_version) != (
        wanted, part.session_version,
    ):  # fmt: skip
        return "unknown" if part.uncertain else "superseded"
    return None


def _state_wanted(part: Part) -> SessionState | None:
    """Return the state that a part's code is good for alone, None if it says nothing of it."""
    if part.payload.get("only_in_pool"):
        return SessionState.POOL
    return SessionState.SERVICER if part.payload.get("only_with_person") else None


def _may_speak(
    connection: Connection, frontdesk: Frontdesk, conversation: Conversation, now: datetime
) -> bool:
    """Return whether the account's bot still answers this customer by itself."""
    open_kfid = conversation.open_kfid
    switched = switched_modes(connection, [open_kfid]).get(open_kfid)
    judge = frontdesk.standing_of(open_kfid, now)
    return judge(conversation.external_userid, switched) == "answer"


def _settle(connection: Connection, part: Part, verdict: Verdict, now: datetime) -> None:
    if not outbox.is_attempt(connection, part):
        return  # another process has it by now
    if verdict.fate is None:
        outbox.retry_part(
            connection, part.id, verdict.retry_at or now, uncertain=verdict.uncertain,
            error_code=verdict.code, error_text=verdict.text,
        )  # fmt: skip
        return
    outbox.settle_part(
        connection, part.id, verdict.fate, now, error_code=verdict.code,
        error_text=verdict.text or None,
    )  # fmt: skip
