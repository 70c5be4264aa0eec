"""The work on one claimed conversation: open parts first, then a turn, then its parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

import structlog

from chatbot.accounts.mode import Standing
from chatbot.clock import Clock, monotonic
from chatbot.customers.tags import Groups
from chatbot.dialogue.outcomes import not_decided
from chatbot.dialogue.rating import RATING_RULE
from chatbot.dialogue.recorded import Recorded
from chatbot.dialogue.service import DialogueService
from chatbot.dialogue.turn import Context, Outcome, Situation
from chatbot.pipeline import sending, steps
from chatbot.pipeline.checkpoints import Checkpoint
from chatbot.pipeline.fates import Verdict, judge_failure
from chatbot.pipeline.frontdesk import Frontdesk
from chatbot.pipeline.handover import Handover
from chatbot.pipeline.metrics import PipelineMetrics
from chatbot.pipeline.moves import Moves
from chatbot.pipeline.notice_board import NoticeBoard
from chatbot.pipeline.pictures import PictureMissing, Pictures
from chatbot.pipeline.planning import Plan, plan_record, plan_reply
from chatbot.pipeline.ratings import Ratings
from chatbot.pipeline.sending import Next
from chatbot.pipeline.sessions import is_over, is_with_people
from chatbot.pipeline.steps import Work
from chatbot.pipeline.utterances import Transcriber, to_utterance
from chatbot.pipeline.watch import SessionWatch
from chatbot.pipeline.webhook_client import WebhookClient
from chatbot.pipeline.webhooks import call_webhook, settle_webhook
from chatbot.store.conversations import Conversation, get_conversation, release_claim
from chatbot.store.database import Database
from chatbot.store.errors import LeaseLost
from chatbot.store.messages import Message
from chatbot.store.outbox import Part, open_parts
from chatbot.store.watch import watch_again
from chatbot.wecom.errors import MediaExpired, Misconfigured, Refused, WeComError
from chatbot.wecom.kf import KfApi

log = structlog.get_logger()

#: Pause after the platform could not tell a session's state.
_STATE_PAUSE = timedelta(seconds=2)
#: A handover that failed this often calls the supervisors, once, and is tried on.
_TRIES_BEFORE_ALARM = 3


@dataclass(frozen=True, slots=True)
class Tools:
    """What every conversation's work needs."""

    database: Database
    kf: KfApi
    clock: Clock
    dialogue: DialogueService
    transcriber: Transcriber
    handover: Handover
    moves: Moves
    ratings: Ratings
    watch: SessionWatch
    frontdesk: Frontdesk
    notices: NoticeBoard
    pictures: Pictures
    webhooks: WebhookClient
    tag_groups: Callable[[], Groups]
    freshness: timedelta
    each_at_once: bool  # a turn for every message, instead of one for a burst
    quiet_max: timedelta  # how long it is waited for who goes on writing; zero if each at once
    checkpoint: Checkpoint
    metrics: PipelineMetrics
    on_direct: Callable[[], None]
    on_desk: Callable[[], None]  # what agents see has changed


class ConversationJob:
    """Everything that is due for one conversation, under one lease."""

    def __init__(self, work: Work, tools: Tools) -> None:
        self._work = work
        self._claim = work.claim
        self._tools = tools
        self._released = False
        #: When giving the conversation back began, on `monotonic`.
        self.closing_at = 0.0
        self._log = log.bind(conversation=work.claim.conversation.id)

    async def run(self) -> datetime | None:
        """Do the work and return when more is due, None if nothing is.

        A lost lease ends it silently, because somebody else goes on.
        """
        try:
            due_at = await self._do_what_is_due()
            if not self._released:
                self.closing_at = monotonic()
                due_at = await self._tools.database.run(release_claim, self._claim, due_at)
        except LeaseLost:
            self._log.info("lease_lost")
            return None
        return due_at

    async def _do_what_is_due(self) -> datetime | None:
        """Return when open parts are to be tried again, or None if there are none."""
        standing = self._standing()
        if standing != "answer":
            await self._withhold(off=standing == "nothing")
        if standing == "nothing":
            await self._drop(self._work.messages, "off")
            await self._tools.database.run(watch_again, self._claim, None)
            unwatched = replace(self._claim, watch_at=None)
            self._work = replace(self._work, messages=(), claim=unwatched)
            if not self._work.parts:
                return None
        if not self._claim.conversation.state_certain and not await self._ask_state():
            return self._now() + _STATE_PAUSE
        turn_follows, retry_at = self._turn_follows(), None
        if self._work.parts:
            begun = await self._begin(self._work.parts)
            retry_at = await self._send(begun, release=not turn_follows)
            if retry_at is not None or self._released:
                return retry_at
        if turn_follows:
            retry_at = await self._take_turn()
        elif self._work.messages and self._is_held_back():
            retry_at = self._claim.conversation.paused_until
        if retry_at is None and self._work.claim.watched and not self._released:
            return await self._look_after()
        return retry_at

    async def _look_after(self) -> datetime | None:
        """Do what a session with people needs; return when it is to be tried again."""
        database = self._tools.database
        # As it is by now: this very job may have given it to somebody.
        conversation = await database.run(get_conversation, self._claim.conversation.id)
        self._claim = replace(self._claim, conversation=conversation)
        if is_over(conversation, self._now()):
            await self._ask_state()
        if not await self._tools.watch.look(self._claim):
            return None
        self._tools.on_direct()
        parts = await database.run(open_parts, [conversation.id])
        return await self._send(await self._begin(parts), release=False) if parts else None

    def _standing(self) -> Standing:
        """Return how far the account's bot may go with this customer now."""
        conversation = self._claim.conversation
        judge = self._tools.frontdesk.standing_of(conversation.open_kfid, self._now())
        return judge(conversation.external_userid, self._work.switched)

    async def _withhold(self, *, off: bool) -> None:
        """Keep back what was to be sent before the mode was switched."""
        kinds = {part.kind for part in self._work.parts}
        if kinds & sending.KEPT_BACK or (off and kinds):
            withheld = await self._tools.database.run(
                sending.withhold_messages, self._claim, self._work.parts, self._now(), off=off
            )
            for kind, fate in withheld.settled:
                self._tools.metrics.part_settled(kind, fate)
            self._work = replace(self._work, parts=withheld.left)

    def _turn_follows(self) -> bool:
        """Return whether the burst is over and nobody is about to reply to it themselves."""
        due = self._claim.conversation.burst_due_at
        return due is not None and due <= self._now() and not self._is_held_back()

    def _is_held_back(self) -> bool:
        """Return whether somebody keeps the bot silent; with people it is silent anyway."""
        conversation = self._claim.conversation
        return conversation.is_paused(self._now()) and not is_with_people(conversation)

    # The turn

    async def _take_turn(self) -> datetime | None:
        messages = await self._messages_for_the_bot()
        if not messages:
            return None
        recorded = await self._recorded()
        outcome = await self._decide(recorded)
        try:
            begun = await self._tools.database.run(
                steps.commit_turn,
                self._work,
                outcome,
                partial(self._plan, outcome),
                inputs=recorded,
                tag_groups=self._tools.tag_groups(),
                record_rating=self._tools.ratings.record,
                expires_at=messages[-1].sent_at + self._tools.freshness,
                now=self._now(),
                quiet_max=self._tools.quiet_max,
            )
        except steps.TurnOutdated:
            begun = None
        if begun is None:
            self._log.info("turn_outdated")
            return None
        self._tools.checkpoint("turn-committed")
        self._tools.on_desk()
        return await self._send(begun, release=True)

    def _plan(self, outcome: Outcome, conversation: Conversation) -> Plan:
        """Plan by the mode in force; `commit_turn` refuses the plan if it was switched since.

        What was decided while a person took the conversation over is a draft for them. Nobody is
        called for a rating, which asks nothing.
        """
        decision, with_person = outcome.decision, is_with_people(conversation)
        if with_person or self._standing() == "record":
            cared_for = with_person or outcome.trace.get("rule") == RATING_RULE
            return plan_record(decision, cared_for=cared_for, budget=sending.MESSAGE_BUDGET)
        told = self._tools.frontdesk.handed_over(
            conversation.open_kfid, self._now(), decision.language
        )
        left = sending.MESSAGE_BUDGET - conversation.sent_since_customer
        return plan_reply(decision, told, left)

    async def _messages_for_the_bot(self) -> Sequence[Message]:
        """Sort out what is not decided about; return the rest.

        Where the bot only drafts, it does so for messages to a person as well.
        """
        messages = self._work.messages
        with_person = is_with_people(self._claim.conversation)
        oldest = self._now() - self._tools.freshness
        all_dropped = with_person and self._standing() == "answer"
        dropped = [each for each in messages if all_dropped or each.sent_at < oldest]
        kept = tuple(each for each in messages if each not in dropped)
        if dropped or not kept:
            await self._drop(dropped, "person" if with_person else "stale")
        if self._tools.each_at_once:
            kept = kept[:1]  # the others keep the burst due, so they follow at once
        self._work = replace(self._work, messages=kept)
        return kept

    async def _drop(
        self, messages: Sequence[Message], fate: Literal["stale", "person", "off"]
    ) -> None:
        await self._tools.database.run(
            steps.drop_messages, self._claim, messages, fate, self._now(),
            record_tap=self._tools.ratings.record_tap,
        )  # fmt: skip

    async def _recorded(self) -> Recorded:
        """Return what the turn is decided from."""
        conversation, now = self._claim.conversation, self._now()
        return Recorded(
            await to_utterance(self._work.messages, self._tools.transcriber),
            Context.from_json(conversation.context),
            Situation(
                now=now,
                account=conversation.open_kfid,
                customer=conversation.nickname or "",
                tags=self._work.tags,
                scene=conversation.scene,
                rating=self._work.rating,
                notices=await self._tools.notices.unread(
                    now, conversation.open_kfid, conversation.external_userid
                ),
            ),
        )

    async def _decide(self, recorded: Recorded) -> Outcome:
        started = monotonic()
        dialogue, utterance = self._tools.dialogue, recorded.utterance
        try:
            outcome = await dialogue.decide(utterance, recorded.context, recorded.situation)
        except Exception:
            # Deciding is pure: the same message would fail again, and its customer would wait.
            log.exception("turn_not_decided", conversation=self._claim.conversation.id)
            outcome = not_decided(dialogue.dialogue.snapshot, utterance)
        decision = outcome.decision
        self._tools.metrics.turn_decided(decision.action, monotonic() - started)
        self._log.info(
            "turn_decided",
            action=decision.action,
            faq_id=decision.faq_id,
            confidence=round(decision.confidence, 4),
            reason=decision.reason,
        )
        self._tools.checkpoint("decided")
        return outcome

    # Sending

    async def _begin(self, parts: Sequence[Part]) -> Next:
        return await self._tools.database.run(sending.begin_next, self._claim, parts, self._now())

    async def _send(self, following: Next, *, release: bool) -> datetime | None:
        """Send part after part; return when to try again, or None when all have their fate."""
        while True:
            for kind, fate in following.settled:
                self._tools.metrics.part_settled(kind, fate)
            if following.ask_state:
                if not await self._ask_state():
                    return self._now() + _STATE_PAUSE
                following = await self._begin(following.rest)
            elif following.part is None:
                return following.wait_until
            elif following.part.kind == "transition":
                return await self._hand_over(following.part)
            else:
                following = await self._send_part(following.part, following.rest, release)

    async def _send_part(self, part: Part, rest: Sequence[Part], release: bool) -> Next:
        if part.kind == "webhook":
            return await self._send_form(part, rest)
        return await self._send_message(part, rest, release)

    async def _send_message(self, part: Part, rest: Sequence[Part], release: bool) -> Next:
        verdict = await self._call(part)
        self._tools.checkpoint("part-sent")
        self.closing_at = monotonic()
        following = await self._tools.database.run(
            sending.settle_then_next,
            self._claim,
            part,
            verdict,
            rest,
            self._now(),
            release=release,
        )
        self._tools.checkpoint("part-settled")
        self._tools.on_desk()
        self._released = following.released
        return following

    async def _send_form(self, part: Part, rest: Sequence[Part]) -> Next:
        conversation, tools = self._claim.conversation, self._tools
        answer = await call_webhook(tools.webhooks, conversation, part)
        tools.checkpoint("part-sent")
        self._log.info("webhook_called", part=part.id, answer=answer.kind, problem=answer.problem)
        following = await tools.database.run(
            settle_webhook,
            self._claim,
            part,
            answer,
            rest,
            tools.frontdesk.handed_over(conversation.open_kfid, self._now()),
            self._now(),
            tools.freshness,
        )
        tools.checkpoint("part-settled")
        return following

    async def _call(self, part: Part) -> Verdict:
        try:
            await self._deliver(part)
        except PictureMissing as error:
            self._log.error("picture_missing", part=part.id, error=str(error))
            return Verdict("refused", text=str(error))
        except WeComError as error:
            verdict = judge_failure(
                error, uncertain=part.uncertain, attempts=part.attempts, now=self._now()
            )
            self._log.warning("send_failed", part=part.id, fate=verdict.fate, error=str(error))
            return verdict
        if part.attempts == 1:
            due = self._claim.conversation.burst_due_at
            if due is not None:
                self._tools.metrics.replied(max(0.0, (self._now() - due).total_seconds()))
        return Verdict("delivered")

    async def _deliver(self, part: Part) -> None:
        conversation, tools = self._claim.conversation, self._tools
        for last in (False, True):
            message = await tools.pictures.fill_in(part.payload)
            try:
                await tools.kf.send_msg(
                    conversation.open_kfid, conversation.external_userid, part.msgid, message
                )
            except MediaExpired:
                # The platform forgot a picture before its time: it gets a new one, once.
                if last or not tools.pictures.forget(part.payload):
                    raise
            else:
                return

    async def _hand_over(self, part: Part) -> datetime | None:
        """The transition is always the last part: afterwards the bot is silent."""
        database = self._tools.database
        handover = self._carrier(part)
        nickname = await self._tools.handover.customer_name(self._claim.conversation)
        try:
            result = await handover.carry_out(self._claim, part)
        except Refused as error:
            if isinstance(error, Misconfigured):
                return await self._retry_handover(part, error)
            self._log.warning("handover_refused", error=str(error))
            await database.run(handover.settle_failure, self._claim, part, error, self._now())
            self._tools.metrics.part_settled(part.kind, "refused")
        except WeComError as error:
            return await self._retry_handover(part, error)
        else:
            await database.run(handover.settle, self._claim, part, result, nickname, self._now())
            self._tools.metrics.part_settled(part.kind, "delivered")
            self._log.info("handed_over", state=int(result.state), servicer=result.servicer_userid)
        self._tools.on_direct()
        return None

    def _carrier(self, part: Part) -> Handover | Moves:
        """Return what moves a session: from the bot to people, or among them."""
        return self._tools.moves if part.payload.get("move") else self._tools.handover

    async def _retry_handover(self, part: Part, error: WeComError) -> datetime | None:
        verdict = judge_failure(
            error, uncertain=part.uncertain, attempts=part.attempts, now=self._now()
        )
        self._log.warning("handover_failed", error=str(error))
        if part.attempts == _TRIES_BEFORE_ALARM:
            # The customer was told that a person comes, so somebody has to know.
            await self._tools.database.run(
                self._carrier(part).settle_delay, self._claim, part, error, self._now()
            )
            self._tools.on_direct()
        following = await self._tools.database.run(
            sending.settle_then_next, self._claim, part, verdict, (), self._now(), release=False
        )
        return following.wait_until

    # The session's state

    async def _ask_state(self) -> bool:
        """Ask the platform who owns the session; return False if it cannot tell now."""
        conversation = self._claim.conversation
        try:
            found = await self._tools.kf.service_state(
                conversation.open_kfid, conversation.external_userid
            )
        except WeComError as error:
            self._log.warning("state_unknown", error=str(error))
            return False
        seen = await self._tools.database.run(
            steps.observe_state,
            self._claim,
            found.state,
            found.servicer_userid or None,
            self._now(),
        )
        self._claim = replace(self._claim, conversation=seen)
        self._work = replace(self._work, claim=self._claim)
        return True

    def _now(self) -> datetime:
        return self._tools.clock.now()
