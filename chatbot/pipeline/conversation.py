"""The work on one claimed conversation: open parts first, then a turn, then its parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from chatbot.clock import Clock, monotonic
from chatbot.dialogue.service import DialogueService
from chatbot.dialogue.turn import Context, Outcome
from chatbot.pipeline import steps
from chatbot.pipeline.checkpoints import Checkpoint
from chatbot.pipeline.fates import Verdict, judge_failure
from chatbot.pipeline.handover import Handover
from chatbot.pipeline.metrics import PipelineMetrics
from chatbot.pipeline.notices import Notices
from chatbot.pipeline.planning import plan_reply
from chatbot.pipeline.steps import Next, Work
from chatbot.pipeline.utterances import Transcriber, to_utterance
from chatbot.store.conversations import Claim, release_claim
from chatbot.store.database import Database
from chatbot.store.errors import LeaseLost
from chatbot.store.messages import Message
from chatbot.store.outbox import Part
from chatbot.wecom.errors import Misconfigured, Refused, WeComError
from chatbot.wecom.kf import KfApi, SessionState

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
    notices: Callable[[], Notices]
    freshness: timedelta
    each_at_once: bool  # a turn for every message, instead of one for a burst
    checkpoint: Checkpoint
    metrics: PipelineMetrics
    on_direct: Callable[[], None]


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
        if not self._claim.conversation.state_certain and not await self._ask_state():
            return self._now() + _STATE_PAUSE
        turn_follows = self._burst_is_over()
        if self._work.parts:
            begun = await self._begin(self._work.parts)
            retry_at = await self._send(begun, release=not turn_follows)
            if retry_at is not None or self._released:
                return retry_at
        if turn_follows:
            return await self._take_turn()
        return None

    def _burst_is_over(self) -> bool:
        due = self._claim.conversation.burst_due_at
        return due is not None and due <= self._now()

    # The turn

    async def _take_turn(self) -> datetime | None:
        messages = await self._messages_for_the_bot()
        if not messages:
            return None
        outcome = await self._decide()
        handed_over = self._tools.notices().handed_over
        try:
            begun = await self._tools.database.run(
                steps.commit_turn,
                self._work,
                outcome,
                partial(plan_reply, outcome.decision, handed_over),
                expires_at=messages[-1].sent_at + self._tools.freshness,
                now=self._now(),
            )
        except steps.TurnOutdated:
            begun = None
        if begun is None:
            self._log.info("turn_outdated")
            return None
        self._tools.checkpoint("turn-committed")
        return await self._send(begun, release=True)

    async def _messages_for_the_bot(self) -> Sequence[Message]:
        """Sort out what gets no automatic reply; return the rest."""
        now = self._now()
        messages = self._work.messages
        state = self._claim.conversation.service_state
        with_person = state in {SessionState.POOL, SessionState.SERVICER}
        oldest = now - self._tools.freshness
        stale = [] if with_person else [each for each in messages if each.sent_at < oldest]
        kept = () if with_person else tuple(each for each in messages if each not in stale)
        if with_person or stale or not messages:
            dropped = messages if with_person else stale
            await self._tools.database.run(
                steps.drop_messages,
                self._claim,
                dropped,
                "person" if with_person else "stale",
                now,
            )
        if self._tools.each_at_once:
            kept = kept[:1]  # the others keep the burst due, so they follow at once
        self._work = replace(self._work, messages=kept)
        return kept

    async def _decide(self) -> Outcome:
        started = monotonic()
        utterance = await to_utterance(self._work.messages, self._tools.transcriber)
        context = Context.from_json(self._claim.conversation.context)
        outcome = await self._tools.dialogue.decide(utterance, context, self._now())
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
        return await self._tools.database.run(steps.begin_next, self._claim, parts, self._now())

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
                following = await self._send_message(following.part, following.rest, release)

    async def _send_message(self, part: Part, rest: Sequence[Part], release: bool) -> Next:
        verdict = await self._call(part)
        self._tools.checkpoint("part-sent")
        self.closing_at = monotonic()
        following = await self._tools.database.run(
            steps.settle_then_next,
            self._claim,
            part,
            verdict,
            rest,
            self._now(),
            release=release,
        )
        self._tools.checkpoint("part-settled")
        self._released = following.released
        return following

    async def _call(self, part: Part) -> Verdict:
        conversation = self._claim.conversation
        try:
            await self._tools.kf.send_msg(
                conversation.open_kfid, conversation.external_userid, part.msgid, part.payload
            )
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

    async def _hand_over(self, part: Part) -> datetime | None:
        """The transition is always the last part: afterwards the bot is silent."""
        handover, database = self._tools.handover, self._tools.database
        nickname = await handover.customer_name(self._claim.conversation)
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

    async def _retry_handover(self, part: Part, error: WeComError) -> datetime | None:
        verdict = judge_failure(
            error, uncertain=part.uncertain, attempts=part.attempts, now=self._now()
        )
        self._log.warning("handover_failed", error=str(error))
        if part.attempts == _TRIES_BEFORE_ALARM:
            # The customer was told that a person comes, so somebody has to know.
            await self._tools.database.run(
                self._tools.handover.settle_delay, self._claim, part, error, self._now()
            )
            self._tools.on_direct()
        following = await self._tools.database.run(
            steps.settle_then_next, self._claim, part, verdict, (), self._now(), release=False
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
        self._claim = Claim(seen, self._claim.owner)
        self._work = replace(self._work, claim=self._claim)
        return True

    def _now(self) -> datetime:
        return self._tools.clock.now()
