"""Looking after sessions that are with people: see `chatbot.handoff.watch` for what they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from chatbot.accounts.desk_rules import DeskRules
from chatbot.clock import Clock
from chatbot.customers.ratings import is_rating_line
from chatbot.handoff.card import Informed
from chatbot.handoff.routing import Candidate
from chatbot.handoff.watch import RETRY, Action, OpenCase, Seen, next_step
from chatbot.pipeline import sessions
from chatbot.pipeline.event_codes import send_by_code
from chatbot.pipeline.frontdesk import Frontdesk
from chatbot.pipeline.notices import KfPayload
from chatbot.pipeline.routing import Router
from chatbot.pipeline.staff_cards import About, StaffCards
from chatbot.store import conversations as store
from chatbot.store import handoffs, outbox
from chatbot.store.cases import hold_session
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

#: What says that nobody has answered yet is not said later than this.
_TOLD_WITHIN = timedelta(minutes=2)


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
        if not sessions.is_with_people(conversation):
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
        if step.action == "alarm" and not await self._is_here(claim):
            return False
        log.info("session_watched", conversation=conversation.id, action=step.action)
        await self._database.run(self._act, claim, look, step.action, now)
        return True

    async def _is_here(self, claim: Claim) -> bool:
        """Ask where the session is: what staff did a moment ago is still on its way to us.

        Only who is where we believe them to be is told that nobody answers. If that is not so, the
        state is doubted, and asked for before anything else is done.
        """
        conversation = claim.conversation
        try:
            found = await self._kf.service_state(
                conversation.open_kfid, conversation.external_userid
            )
        except WeComError as error:
            log.warning("session_not_found", conversation=conversation.id, error=str(error))
            await self._database.run(watch_again, claim, self._clock.now() + RETRY)
            return False
        if sessions.is_where(conversation, found):
            return True
        await self._database.run(_doubt, claim, self._clock.now())
        return False

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
            if is_rating_line(content.get("menu_id")):
                continue  # of the session before
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
            case=_open_case(conversation, watched),
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
            self._alarm(connection, conversation, look, now)
            return
        if action == "hold":
            hold_session(connection, conversation.id, now)
            return
        if action == "keep":
            self._keep(connection, conversation, now)
            return
        payload = {"move": action, **self._move(conversation, look, action, now)}
        part = NewPart(
            lane="conversation", kind="transition", conversation_id=conversation.id,
            turn_id=look.watched.turn_id, handoff_id=look.watched.handoff_id,
            session_version=conversation.session_version, msgid=outbox.new_msgid(), payload=payload,
            due_at=now,
        )  # fmt: skip
        outbox.insert_part(connection, part, now)

    def _keep(self, connection: Connection, conversation: Conversation, now: datetime) -> None:
        """List what was asked for the morning, and tell the customer, if a code is left for it."""
        wrote_at = conversation.customer_wrote_at or now
        handoffs.add_open_item(connection, conversation.id, "unanswered", wrote_at, now, messages=0)
        kept = self._frontdesk.kept(conversation.open_kfid, now)
        self._tell_customer(connection, conversation, kept, now)

    def _alarm(
        self, connection: Connection, conversation: Conversation, look: _Look, now: datetime
    ) -> None:
        """Tell the supervisors, and the customer where a message is left for that."""
        note_alarm(connection, conversation.id, now)
        informed: Informed = "later"
        if conversation.service_state == SessionState.SERVICER:
            held = self._frontdesk.held(conversation.open_kfid, now)
            told = self._tell_customer(connection, conversation, held, now)
            informed = "now" if told else "never"
        elif not handoffs.can_be_told(connection, conversation.id):
            informed = "never"
        urgent = look.watched.priority == "urgent"
        self._cards.tell(
            connection, conversation, About(look.watched.handoff_id, look.watched.turn_id),
            self._cards.supervisors, "waiting", now,
            duty_phone=look.rules.duty_phone if urgent else "", informed=informed,
        )  # fmt: skip

    def _tell_customer(
        self, connection: Connection, conversation: Conversation, notice: KfPayload, now: datetime
    ) -> bool:
        """Tell a customer, whom a person has, that they are not forgotten; return whether one can.

        There is one code for it in a session: these are the notices that are worth it.
        """
        code = handoffs.free_notice_code(connection, conversation.id, "person", now)
        if code is None:
            return False
        send_by_code(
            connection, conversation, code, notice, now,
            due_at=now, expires_at=now + _TOLD_WITHIN, only_with_person=True,
        )  # fmt: skip
        return True

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


def _open_case(conversation: Conversation, watched: Watched) -> OpenCase | None:
    if not watched.case_open or conversation.customer_wrote_at is None:
        return None
    closes_at = conversation.customer_wrote_at + sessions.WINDOW
    return OpenCase(closes_at, watched.case_held, watched.listed)


def _read(connection: Connection, conversation_id: int, now: datetime) -> tuple[Watched, DeskRules]:
    return read_watched(connection, conversation_id, now), read_desk_rules(connection)


def _doubt(connection: Connection, claim: Claim, now: datetime) -> None:
    store.save_conversation(connection, sessions.doubted(store.hold_claim(connection, claim)), now)
