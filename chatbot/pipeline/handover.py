"""Moving a session to a person, or into the pool, and telling staff; each exactly once.

Source of the rules: WeCom developer documentation, 微信客服/会话状态 (分配客服会话).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from chatbot.handoff.assign import card_recipients, receiving
from chatbot.handoff.card import CardFacts, handoff_card
from chatbot.pipeline import sessions
from chatbot.pipeline.checkpoints import Checkpoint
from chatbot.pipeline.intake import new_msgid
from chatbot.pipeline.notices import Notices
from chatbot.store import conversations as store
from chatbot.store import handoffs, outbox
from chatbot.store.accounts import account_name
from chatbot.store.conversations import Claim, Conversation, open_conversations
from chatbot.store.database import Database
from chatbot.store.outbox import NewPart, Part
from chatbot.store.turns import latest_turns
from chatbot.texts import Texts
from chatbot.wecom.errors import Refused, ServicerUnavailable, SessionRefused, WeComError
from chatbot.wecom.kf import KfApi, Servicer, ServicerDepartment, SessionState

log = structlog.get_logger()

_CODE_LIFE = timedelta(hours=48)
#: Who still waits in the pool after this long is told once, through the pool's one code.
POOL_NOTICE_AFTER = timedelta(minutes=2)
_TURNS_ON_CARD = 4

Servicers = tuple[Servicer | ServicerDepartment, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a handoff goes, beside the platform: who supervises and where pages are."""

    supervisors: tuple[str, ...]
    base_url: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Where the session is after a handover; ``code`` is good for one message, if any came."""

    state: SessionState
    servicer_userid: str | None
    code: str | None
    servicers: Servicers


class Handover:
    """Carries out the transition part of a handoff."""

    def __init__(
        self,
        database: Database,
        kf: KfApi,
        desk: Desk,
        texts: Callable[[], Texts],
        notices: Callable[[], Notices],
        checkpoint: Checkpoint,
    ) -> None:
        self._database = database
        self._kf = kf
        self._desk = desk
        self._texts = texts
        self._notices = notices
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
            return await self._move_to_somebody(conversation, servicers)
        except SessionRefused:
            # Staff may have taken it a moment ago; their event is still on its way to us.
            found = await self._already_moved(conversation, servicers)
            if found is None:
                raise
            return found

    async def _move_to_somebody(
        self, conversation: Conversation, servicers: Servicers
    ) -> HandedOver:
        loads = await self._database.run(open_conversations)
        for userid in receiving(servicers, loads):
            try:
                code = await self._move(conversation, SessionState.SERVICER, userid)
            except ServicerUnavailable:
                continue  # stopped a moment ago: the next one
            return HandedOver(SessionState.SERVICER, userid, code, servicers)
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
            customers = await self._kf.customers([conversation.external_userid])
        except WeComError as error:
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
        before = store.hold_claim(connection, claim)
        conversation = sessions.handed_over(before, result.state, result.servicer_userid)
        store.save_conversation(connection, conversation)
        if nickname:
            store.save_nickname(
                connection, conversation.open_kfid, conversation.external_userid, nickname
            )
        conversation = replace(conversation, nickname=nickname)
        outbox.settle_part(
            connection, part.id, "delivered", now,
            result={"state": int(result.state), "servicer_userid": result.servicer_userid},
        )  # fmt: skip
        if part.handoff_id is not None:
            state: handoffs.HandoffState = (
                "served" if result.state == SessionState.SERVICER else "pooled"
            )
            handoffs.settle_handoff(connection, part.handoff_id, state, result.servicer_userid, now)
        self._keep_code(connection, conversation, result, now)
        recipients = card_recipients(
            result.servicer_userid, result.servicers, self._desk.supervisors
        )
        self.tell_staff(connection, conversation, part, recipients, now)

    def _keep_code(
        self,
        connection: Connection,
        conversation: Conversation,
        result: HandedOver,
        now: datetime,
    ) -> None:
        if not result.code:
            return
        in_pool = result.state == SessionState.POOL
        expires_at = now + _CODE_LIFE
        handoffs.add_notice_code(
            connection, conversation.id, "pool" if in_pool else "person", result.code, now,
            expires_at,
        )  # fmt: skip
        if in_pool:
            notice = NewPart(
                lane="direct", kind="kf_event_message", conversation_id=conversation.id,
                session_version=conversation.session_version, msgid=new_msgid(),
                payload={"code": result.code, "message": self._notices().waiting_in_pool,
                         "only_in_pool": True},
                due_at=now + POOL_NOTICE_AFTER, expires_at=expires_at,
            )  # fmt: skip
            part = outbox.insert_part(connection, notice, now)
            handoffs.use_notice_code(connection, result.code, part.id)

    def tell_staff(
        self,
        connection: Connection,
        conversation: Conversation,
        part: Part,
        recipients: Sequence[str],
        now: datetime,
    ) -> None:
        """Put the card for ``recipients`` into the outbox."""
        if not recipients:
            log.error(
                "nobody_to_tell",
                conversation=conversation.id,
                advice="set CHATBOT_SUPERVISORS, or add servicers to the account",
            )
            return
        payload = {
            "touser": "|".join(recipients),
            "msgtype": "template_card",
            "template_card": self._card(connection, conversation, part),
        }
        outbox.insert_part(
            connection,
            NewPart(
                lane="direct", kind="staff_message", conversation_id=conversation.id,
                turn_id=part.turn_id, handoff_id=part.handoff_id,
                session_version=conversation.session_version, msgid=new_msgid(),
                payload=payload, due_at=now,
            ),
            now,
        )  # fmt: skip

    def _card(
        self, connection: Connection, conversation: Conversation, part: Part
    ) -> dict[str, Any]:
        texts = self._texts()
        handoff = handoffs.get_handoff(connection, part.handoff_id) if part.handoff_id else None
        facts = CardFacts(
            customer=conversation.nickname or texts.card_unnamed,
            account=account_name(connection, conversation.open_kfid),
            reason=handoff.reason if handoff else "wish",
            priority=handoff.priority if handoff else "normal",
            turns=latest_turns(connection, conversation.id, _TURNS_ON_CARD),
            page_url=f"{self._desk.base_url}/turns/{conversation.public_id}",
            in_pool=conversation.service_state == SessionState.POOL,
        )
        return handoff_card(facts, texts)

    def settle_failure(
        self, connection: Connection, claim: Claim, part: Part, error: Refused, now: datetime
    ) -> None:
        """The platform will not move the session: supervisors are told, the item stays open."""
        conversation = store.hold_claim(connection, claim)
        outbox.settle_part(
            connection, part.id, "refused", now, error_code=error.code, error_text=str(error)
        )
        if isinstance(error, SessionRefused):
            store.save_conversation(connection, sessions.doubted(conversation))
        if part.handoff_id is not None:
            handoffs.settle_handoff(connection, part.handoff_id, "failed", None, now)
        handoffs.add_open_item(
            connection, conversation.id, "refused", conversation.customer_wrote_at or now, now,
            detail=str(error),
        )  # fmt: skip
        self.tell_staff(connection, conversation, part, self._desk.supervisors, now)
