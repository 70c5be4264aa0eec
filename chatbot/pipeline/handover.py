"""Moving a session to a person, or into the pool, and telling staff; each exactly once.

Source of the rules: WeCom developer documentation, 微信客服/会话状态 (分配客服会话).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from chatbot.handoff.recipients import card_recipients
from chatbot.handoff.routing import Reason
from chatbot.pipeline import sessions
from chatbot.pipeline.case_listener import CaseListener
from chatbot.pipeline.checkpoints import Checkpoint
from chatbot.pipeline.event_codes import SESSION_CODE_LIFE, send_by_code
from chatbot.pipeline.frontdesk import Frontdesk
from chatbot.pipeline.routing import Router
from chatbot.pipeline.staff_cards import About, StaffCards
from chatbot.store import conversations as store
from chatbot.store import handoffs, outbox
from chatbot.store.conversations import Claim, Conversation
from chatbot.store.outbox import Part
from chatbot.store.staff_messages import Place
from chatbot.store.watch import note_offer
from chatbot.wecom.errors import Refused, ServicerUnavailable, SessionRefused, WeComError
from chatbot.wecom.kf import KfApi, Servicer, ServicerDepartment, SessionState

log = structlog.get_logger()

#: Who still waits in the pool after this long is told once, through the pool's one code.
POOL_NOTICE_AFTER = timedelta(minutes=2)
#: A name on the card is nice, but not worth waiting for.
_NAME_SECONDS = 2.0

Servicers = tuple[Servicer | ServicerDepartment, ...]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Where the session is after a handover; ``code`` is good for one message, if any came.

    ``reasons`` say why it was this person rather than another.
    """

    state: SessionState
    servicer_userid: str | None
    code: str | None
    servicers: Servicers
    reasons: tuple[Reason, ...] = ()


class Handover:
    """Carries out the transition part of a handoff."""

    def __init__(
        self,
        kf: KfApi,
        router: Router,
        cards: StaffCards,
        frontdesk: Frontdesk,
        listener: CaseListener,
        checkpoint: Checkpoint,
    ) -> None:
        self._kf = kf
        self._router = router
        self._cards = cards
        self._frontdesk = frontdesk
        self._listener = listener
        self._checkpoint = checkpoint

    async def carry_out(self, claim: Claim, part: Part) -> HandedOver:
        """Move the session on the platform.

        Raises:
            WeComError: it was not moved, or that is not known.
        """
        conversation = claim.conversation
        servicers = await self._kf.servicers(conversation.open_kfid)
        if part.uncertain:
            found = await self._already_moved(conversation, servicers)
            if found is not None:
                return found
        try:
            return await self._move_to_somebody(conversation, part, servicers)
        except SessionRefused:
            # Staff may have taken it a moment ago; their event is still on its way to us.
            found = await self._already_moved(conversation, servicers)
            if found is None:
                raise
            return found

    async def _move_to_somebody(
        self, conversation: Conversation, part: Part, servicers: Servicers
    ) -> HandedOver:
        for found in await self._router.candidates(conversation, part.handoff_id, servicers):
            try:
                code = await self._move(conversation, SessionState.SERVICER, found.userid)
            except ServicerUnavailable:
                continue  # stopped a moment ago: the next one
            return HandedOver(SessionState.SERVICER, found.userid, code, servicers, found.reasons)
        code = await self._move(conversation, SessionState.POOL, None)
        return HandedOver(SessionState.POOL, None, code, servicers)

    async def _move(
        self, conversation: Conversation, state: SessionState, userid: str | None
    ) -> str | None:
        code = await self._kf.transition(
            conversation.open_kfid, conversation.external_userid, state, userid
        )
        self._checkpoint("handed-over")
        return code

    async def _already_moved(
        self, conversation: Conversation, servicers: Servicers
    ) -> HandedOver | None:
        """Return where an earlier attempt, whose answer was lost, has put the session."""
        found = await self._kf.service_state(conversation.open_kfid, conversation.external_userid)
        if found.state in {SessionState.POOL, SessionState.SERVICER}:
            servicer = found.servicer_userid or None
            return HandedOver(SessionState(found.state), servicer, None, servicers)
        return None

    async def customer_name(self, conversation: Conversation) -> str | None:
        """Return what the customer is called, or None; a nicety that may fail."""
        if conversation.nickname:
            return conversation.nickname
        try:
            async with asyncio.timeout(_NAME_SECONDS):
                customers = await self._kf.customers([conversation.external_userid])
        except (WeComError, TimeoutError) as error:
            log.info("nickname_unknown", error=str(error))
            return None
        return next((each.nickname for each in customers.found), None)

    def settle(
        self,
        connection: Connection,
        claim: Claim,
        part: Part,
        result: HandedOver,
        nickname: str | None,
        now: datetime,
    ) -> None:
        """Store the new owner, the code and the card, and release; one transaction."""
        conversation = store.hold_claim(connection, claim)
        outbox.settle_part(
            connection, part.id, "delivered", now,
            result={"state": int(result.state), "servicer_userid": result.servicer_userid,
                    "because": list(result.reasons)},
        )  # fmt: skip
        if conversation.session_version != part.session_version:
            return  # staff were faster than our note: their event has told who has it
        conversation = sessions.handed_over(conversation, result.state, result.servicer_userid)
        store.save_conversation(connection, conversation, now)
        if nickname:
            store.save_nickname(
                connection, conversation.open_kfid, conversation.external_userid, nickname
            )
        conversation = replace(conversation, nickname=nickname)
        if not part.payload.get("silent"):
            self._listener.handed_over(
                connection, conversation, part.turn_id, result.servicer_userid, now
            )
        if part.handoff_id is not None:
            state: handoffs.HandoffState = (
                "served" if result.state == SessionState.SERVICER else "pooled"
            )
            handoffs.settle_handoff(connection, part.handoff_id, state, result.servicer_userid, now)
        if result.servicer_userid is not None:
            note_offer(connection, conversation.id, result.servicer_userid)
        self._keep_code(connection, conversation, part, result, now)
        recipients = card_recipients(
            result.servicer_userid,
            result.servicers,
            self._cards.supervisors.userids,
            self._frontdesk.account(conversation.open_kfid).agents,
        )
        place: Place = "pool" if result.state == SessionState.POOL else "assigned"
        about = About.part(part)
        self._cards.tell(connection, conversation, about, recipients, place, now)

    def _keep_code(
        self,
        connection: Connection,
        conversation: Conversation,
        part: Part,
        result: HandedOver,
        now: datetime,
    ) -> None:
        if not result.code:
            return
        in_pool = result.state == SessionState.POOL
        expires_at = now + SESSION_CODE_LIFE
        handoffs.add_notice_code(
            connection, conversation.id, "pool" if in_pool else "person", result.code, now,
            expires_at,
        )  # fmt: skip
        told = self._frontdesk.waiting_in_pool(conversation.open_kfid, now)
        if in_pool and told is not None and not part.payload.get("silent"):
            send_by_code(
                connection, conversation, result.code, told, now,
                due_at=now + POOL_NOTICE_AFTER, expires_at=expires_at, only_in_pool=True,
            )  # fmt: skip

    def settle_delay(
        self, connection: Connection, claim: Claim, part: Part, error: WeComError, now: datetime
    ) -> None:
        """The session cannot be moved for the time being: a person is told, trying goes on."""
        conversation = store.hold_claim(connection, claim)
        self._call_supervisors(connection, conversation, part, error, now)

    def settle_failure(
        self, connection: Connection, claim: Claim, part: Part, error: Refused, now: datetime
    ) -> None:
        """The platform will not move the session: supervisors are told, the item stays open."""
        conversation = store.hold_claim(connection, claim)
        outbox.settle_part(
            connection, part.id, "refused", now, error_code=error.code, error_text=str(error)
        )
        if isinstance(error, SessionRefused):
            store.save_conversation(connection, sessions.doubted(conversation), now)
        if part.handoff_id is not None:
            handoffs.settle_handoff(connection, part.handoff_id, "failed", None, now)
        self._call_supervisors(connection, conversation, part, error, now)

    def _call_supervisors(
        self,
        connection: Connection,
        conversation: Conversation,
        part: Part,
        error: WeComError,
        now: datetime,
    ) -> None:
        handoffs.add_open_item(
            connection, conversation.id, "refused", conversation.customer_wrote_at or now, now,
            detail=str(error), messages=0,
        )  # fmt: skip
        about = About.part(part)
        supervisors = self._cards.supervisors
        self._cards.tell(connection, conversation, about, supervisors, "failed", now)
