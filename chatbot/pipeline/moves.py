"""Moving a session that is with people: to another person, or to its end; each exactly once.

What is to be moved, and why, was decided by `chatbot.pipeline.watch`. Source of the rules: WeCom
developer documentation, 微信客服/会话分配与消息收发.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from chatbot.handoff.recipients import Recipients
from chatbot.pipeline import sessions
from chatbot.pipeline.case_listener import CaseListener
from chatbot.pipeline.checkpoints import Checkpoint
from chatbot.pipeline.event_codes import EVENT_CODE_LIFE, SESSION_CODE_LIFE
from chatbot.pipeline.farewells import say_goodbye
from chatbot.pipeline.frontdesk import Frontdesk
from chatbot.pipeline.handover import HandedOver
from chatbot.pipeline.staff_cards import About, StaffCards
from chatbot.store import conversations as store
from chatbot.store import handoffs, outbox
from chatbot.store.conversations import Claim, Conversation
from chatbot.store.outbox import Part
from chatbot.store.watch import note_offer
from chatbot.wecom.errors import Refused, ServicerUnavailable, SessionRefused, WeComError
from chatbot.wecom.kf import KfApi, SessionState


class Moves:
    """Carries out the transition parts of sessions that are with people."""

    def __init__(
        self,
        kf: KfApi,
        cards: StaffCards,
        frontdesk: Frontdesk,
        listener: CaseListener,
        checkpoint: Checkpoint,
    ) -> None:
        self._kf = kf
        self._cards = cards
        self._frontdesk = frontdesk
        self._listener = listener
        self._checkpoint = checkpoint

    async def carry_out(self, claim: Claim, part: Part) -> HandedOver:
        """Move the session on the platform.

        It is asked first where the session is: what staff did a moment ago is still on its way
        to us, and what is not where it was is left alone.

        Raises:
            WeComError: it was not moved, or that is not known.
        """
        conversation = claim.conversation
        found = await self._kf.service_state(conversation.open_kfid, conversation.external_userid)
        if not sessions.is_where(conversation, found):
            # A state the platform may add one day is not ours to move.
            known = found.state in set(SessionState)
            state = SessionState(found.state) if known else SessionState.SERVICER
            return HandedOver(state, found.servicer_userid or None, None, ())
        if part.payload["move"] != "pass-on":
            code = await self._move(conversation, SessionState.ENDED, None)
            return HandedOver(SessionState.ENDED, None, code, ())
        return await self._pass_on(conversation, part)

    async def _pass_on(self, conversation: Conversation, part: Part) -> HandedOver:
        for userid in part.payload["to"]:
            try:
                code = await self._move(conversation, SessionState.SERVICER, userid)
            except ServicerUnavailable:
                if part.by_userid is not None:
                    raise  # whoever chose this colleague is told
                continue  # stopped a moment ago: the next one
            return HandedOver(SessionState.SERVICER, userid, code, ())
        here_still = SessionState(conversation.service_state)
        return HandedOver(here_still, conversation.servicer_userid, None, ())

    async def _move(
        self, conversation: Conversation, state: SessionState, userid: str | None
    ) -> str | None:
        code = await self._kf.transition(
            conversation.open_kfid, conversation.external_userid, state, userid
        )
        self._checkpoint("handed-over")
        return code

    def settle(
        self,
        connection: Connection,
        claim: Claim,
        part: Part,
        result: HandedOver,
        nickname: str | None,
        now: datetime,
    ) -> None:
        """Store where the session is now, with all that follows from it; one transaction."""
        del nickname  # who is with people has been asked for it
        conversation = store.hold_claim(connection, claim)
        outbox.settle_part(
            connection, part.id, "delivered", now,
            result={"state": int(result.state), "servicer_userid": result.servicer_userid},
        )  # fmt: skip
        if conversation.session_version != part.session_version:
            return  # staff were faster than our note: their event has told who has it
        before = conversation
        conversation = sessions.observed(conversation, result.state, result.servicer_userid, now)
        store.save_conversation(connection, conversation, now)
        if conversation.service_state == SessionState.ENDED:
            self._ended(connection, before, conversation, part, result.code, now)
        elif conversation.session_version != before.session_version:
            self._passed_on(connection, conversation, part, result.code, now)

    def _passed_on(
        self,
        connection: Connection,
        conversation: Conversation,
        part: Part,
        code: str | None,
        now: datetime,
    ) -> None:
        userid = conversation.servicer_userid
        handoffs.take_handoffs(connection, conversation.id, userid, now)
        if code:
            expires_at = now + SESSION_CODE_LIFE
            handoffs.add_notice_code(connection, conversation.id, "person", code, now, expires_at)
        if userid is None:
            return
        note_offer(connection, conversation.id, userid)
        self._listener.given_to(connection, conversation, userid, now)
        if userid == part.by_userid:
            return  # who took it has it before them
        about = About.part(part)
        self._cards.tell(connection, conversation, about, Recipients((userid,)), "assigned", now)

    def _ended(
        self,
        connection: Connection,
        before: Conversation,
        conversation: Conversation,
        part: Part,
        code: str | None,
        now: datetime,
    ) -> None:
        handoffs.end_handoffs(connection, conversation.id, now)
        if part.payload.get("unanswered"):
            wrote_at = conversation.customer_wrote_at or now
            handoffs.add_open_item(
                connection, conversation.id, "unanswered", wrote_at, now, messages=0
            )
        if not code:
            return
        menu = None
        if part.payload["move"] == "end":  # who was sent away after hours was not served
            menu = self._frontdesk.notices(conversation.open_kfid, now).rating
        say_goodbye(
            connection, before, conversation, code, part.payload["notice"], menu, now,
            expires_at=now + EVENT_CODE_LIFE,
        )  # fmt: skip

    def settle_delay(
        self, connection: Connection, claim: Claim, part: Part, error: WeComError, now: datetime
    ) -> None:
        """The session cannot be moved for the time being: supervisors are told, trying goes on."""
        del error  # on record with the part
        conversation = store.hold_claim(connection, claim)
        if part.by_userid is not None:
            return  # who wants it is told in the end, and may choose another way
        about = About.part(part)
        supervisors = self._cards.supervisors
        self._cards.tell(connection, conversation, about, supervisors, "waiting", now)

    def settle_failure(
        self, connection: Connection, claim: Claim, part: Part, error: Refused, now: datetime
    ) -> None:
        """The platform will not move it: it is looked after again, and asked where it is."""
        conversation = store.hold_claim(connection, claim)
        outbox.settle_part(
            connection, part.id, "refused", now, error_code=error.code, error_text=str(error)
        )
        if isinstance(error, SessionRefused):
            store.save_conversation(connection, sessions.doubted(conversation), now)
