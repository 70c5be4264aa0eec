"""Looking after sessions that are with people: see `chatbot.handoff.watch` for what they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection

from chatbot.accounts.desk_rules import DeskRules
from chatbot.clock import Clock
from chatbot.handoff.routing import Candidate
from chatbot.handoff.watch import RETRY, Action, Seen, next_step
from chatbot.pipeline import sessions
from chatbot.pipeline.frontdesk import Frontdesk
from chatbot.pipeline.intake import new_msgid
from chatbot.pipeline.notices import KfPayload
from chatbot.pipeline.routing import Router
from chatbot.pipeline.staff_cards import About, StaffCards
from chatbot.store import conversations as store
from chatbot.store import outbox
from chatbot.store.conversations import Claim, Conversation
from chatbot.store.database import Database
from chatbot.store.outbox import NewPart
from chatbot.store.watch import (
    Watched,
    note_alarm,
    read_desk_rules,
    read_watched,
    watch_again,
)
from chatbot.wecom.errors import WeComError
from chatbot.wecom.kf import KfApi, SessionState

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Look:
    """What is known of a session when it is looked after."""

    watched: Watched
    rules: DeskRules
    asked_at: datetime | None
    others: Sequence[Candidate] = ()
    serves: bool = True


class SessionWatch:
    """Decides what a session with people needs, and writes it into the outbox."""

    def __init__(
        self,
        database: Database,
        kf: KfApi,
        router: Router,
        frontdesk: Frontdesk,
        cards: StaffCards,
        clock: Clock,
    ) -> None:
        self._database = database
        self._kf = kf
        self._router = router
        self._frontdesk = frontdesk
        self._cards = cards
        self._clock = clock

    async def look(self, claim: Claim) -> bool:
        """Look after a claimed session; return whether something now waits to be done for it."""
        conversation = claim.conversation
        if sessions.is_the_bots(conversation) or conversation.service_state == SessionState.ENDED:
            await self._database.run(watch_again, claim, None)
            return False
        try:
            look = await self._look(conversation)
        except WeComError as error:
            log.warning("session_not_watched", conversation=conversation.id, error=str(error))
            again = self._clock.now() + RETRY
            await self._database.run(watch_again, claim, again)
            return False
        now = self._clock.now()
        step = next_step(self._seen(conversation, look, now), look.rules, now)
        if step.action == "wait":
            await self._database.run(watch_again, claim, step.until)
            return False
        log.info("session_watched", conversation=conversation.id, action=step.action)
        await self._database.run(self._act, claim, look, step.action, now)
        return True

    async def _look(self, conversation: Conversation) -> _Look:
        now = self._clock.now()
        watched, rules = await self._database.run(_read, conversation.id, now)
        in_pool = conversation.service_state == SessionState.POOL
        asked_at = self._asked_at(watched)
        if not in_pool and asked_at is None:
            return _Look(watched, rules, None)  # whoever has it, nobody waits for them
        servicers = await self._kf.servicers(conversation.open_kfid)
        survey = await self._router.survey(conversation, watched.handoff_id, servicers)
        tried = {*watched.offered_to, conversation.servicer_userid}
        others = [each for each in survey.candidates if each.userid not in tried]
        return _Look(watched, rules, asked_at, others, serves=in_pool or survey.serves)

    def _asked_at(self, watched: Watched) -> datetime | None:
        """Return when the customer first wrote what wants an answer, and got none from a person."""
        for sent_at, content in watched.unanswered:
            if not self._frontdesk.ends_a_talk(str(content.get("content", ""))):
                return sent_at
        return None

    def _seen(self, conversation: Conversation, look: _Look, now: datetime) -> Seen:
        watched, open_kfid = look.watched, conversation.open_kfid
        return Seen(
            in_pool=conversation.service_state == SessionState.POOL,
            owned_at=watched.owned_at,
            asked_at=look.asked_at,
            spoken_at=watched.spoken_at,
            urgent=watched.priority == "urgent",
            serves=look.serves,
            free=bool(look.others),
            staffed=self._frontdesk.is_open(open_kfid, now),
            alarmed=watched.alarmed_at is not None,
            opens_at=self._frontdesk.next_opening(open_kfid, now),
        )

    def _act(
        self, connection: Connection, claim: Claim, look: _Look, action: Action, now: datetime
    ) -> None:
        """Write what is to be done into the outbox, one transaction."""
        conversation, seen = store.hold_claim(connection, claim), claim.conversation
        if (conversation.session_version, conversation.customer_wrote_at) != (
            seen.session_version, seen.customer_wrote_at,
        ):  # fmt: skip
            return  # somebody was faster, and that is looked after next
        watch_again(connection, claim, now + RETRY)
        if action == "alarm":
            note_alarm(connection, conversation.id, now)
            urgent = look.watched.priority == "urgent"
            phone = look.rules.duty_phone if urgent else ""
            about = About(look.watched.handoff_id, look.watched.turn_id)
            self._cards.tell(
                connection, conversation, about, self._cards.supervisors, "waiting", now,
                duty_phone=phone,
            )  # fmt: skip
            return
        payload = {"move": action, **self._move(conversation, look, action, now)}
        part = NewPart(
            lane="conversation", kind="transition", conversation_id=conversation.id,
            turn_id=look.watched.turn_id, handoff_id=look.watched.handoff_id,
            session_version=conversation.session_version, msgid=new_msgid(), payload=payload,
            due_at=now,
        )  # fmt: skip
        outbox.insert_part(connection, part, now)

    def _move(
        self, conversation: Conversation, look: _Look, action: Action, now: datetime
    ) -> dict[str, object]:
        if action == "pass-on":
            return {"to": [each.userid for each in look.others]}
        notice: KfPayload = self._frontdesk.notices(conversation.open_kfid, now).session_ended
        if action == "close":
            notice = self._frontdesk.closed(conversation.open_kfid, now)
        wrote_at = conversation.customer_wrote_at
        return {
            "notice": notice,
            "unanswered": action == "close",
            "wrote_at": wrote_at.isoformat() if wrote_at else None,
        }


def _read(connection: Connection, conversation_id: int, now: datetime) -> tuple[Watched, DeskRules]:
    return read_watched(connection, conversation_id, now), read_desk_rules(connection)
