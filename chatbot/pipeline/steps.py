"""The transactions of one conversation's work; each keeps every promise by itself.

A part goes `pending` → `sending` (committed before the call) → its fate. Whether it may still be
sent is judged inside the transaction that marks it, against the session as it is at that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import Connection

from chatbot.accounts.mode import ModeSetting
from chatbot.customers.records import give_tags
from chatbot.customers.tags import Cause, Gift, Groups, Tag
from chatbot.dialogue.decision import GivenTag
from chatbot.dialogue.turn import Outcome
from chatbot.forms.form import WebhookCall
from chatbot.pipeline import sessions
from chatbot.pipeline.fates import Verdict
from chatbot.pipeline.intake import new_msgid
from chatbot.pipeline.planning import Plan
from chatbot.store import conversations as store
from chatbot.store import handoffs, outbox, turns
from chatbot.store.conversations import Claim, Conversation
from chatbot.store.messages import Message, assign_messages, pending_messages
from chatbot.store.modes import switched_modes
from chatbot.store.outbox import NewPart, Part, PartFate
from chatbot.store.tags import TurnRef, tags_of_customers
from chatbot.wecom.kf import SessionState

#: The platform takes this many messages after each message of the customer.
MESSAGE_BUDGET = 5
SEND_LEASE = timedelta(seconds=60)
#: What the bot does by itself, so an account that no longer answers does not do it.
KEPT_BACK = frozenset({"kf_message", "webhook"})
_NO_GROUPS: Groups = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Work:
    """A claimed conversation with its messages that wait for a turn and its open parts."""

    claim: Claim
    messages: tuple[Message, ...]
    parts: tuple[Part, ...]
    #: What the account's mode was switched to, None if it never was.
    switched: ModeSetting | None = None
    #: The tags the customer has, as ``group:name``.
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Next:
    """What a conversation's worker does next.

    Either sends ``part`` (marked as being sent already), or reads the session's state first
    (``ask_state``), or tries again at ``wait_until``, or is done with all parts. If the
    conversation was given back (``released``), ``wait_until`` says when it needs work next.
    """

    part: Part | None = None
    rest: tuple[Part, ...] = ()
    ask_state: bool = False
    wait_until: datetime | None = None
    settled: tuple[tuple[str, PartFate], ...] = ()
    released: bool = False


def claim_work(
    connection: Connection,
    me: int,
    busy: Sequence[int],
    now: datetime,
    until: datetime,
    limit: int,
) -> tuple[list[Work], datetime | None]:
    """Claim conversations with all they need.

    If that were all that are due, also say when the next unclaimed one is.
    """
    claims = store.claim_due(connection, me, busy, now, until, limit)
    ids = [claim.conversation.id for claim in claims]
    next_due = None
    if len(claims) < limit:
        next_due = store.next_due_at(connection, [*busy, *ids], now)
    if not claims:
        return [], next_due
    messages = pending_messages(connection, ids)
    parts = outbox.open_parts(connection, ids)
    modes = switched_modes(connection, {claim.conversation.open_kfid for claim in claims})
    tags = tags_of_customers(
        connection, [claim.conversation.external_userid for claim in claims], now
    )
    works = [
        Work(
            claim,
            tuple(m for m in messages if m.conversation_id == claim.conversation.id),
            tuple(p for p in parts if p.conversation_id == claim.conversation.id),
            modes.get(claim.conversation.open_kfid),
            tags.get(claim.conversation.external_userid, ()),
        )
        for claim in claims
    ]
    return works, next_due


def begin_next(connection: Connection, claim: Claim, parts: Sequence[Part], now: datetime) -> Next:
    """Mark the first part that may be sent; give those that may not their fate."""
    conversation = store.hold_claim(connection, claim)
    return _begin_next(connection, claim, conversation, parts, now)


def _begin_next(
    connection: Connection,
    claim: Claim,
    conversation: Conversation,
    parts: Sequence[Part],
    now: datetime,
) -> Next:
    settled: list[tuple[str, PartFate]] = []
    for position, part in enumerate(parts):
        if part.due_at > now:
            return Next(wait_until=part.due_at, settled=tuple(settled))
        verdict = judge_part(conversation, part, now)
        if verdict == "ask":
            return Next(rest=tuple(parts[position:]), ask_state=True, settled=tuple(settled))
        if verdict == "send":
            begun = _begin(connection, claim, conversation, part, now)
            return Next(begun, tuple(parts[position + 1 :]), settled=tuple(settled))
        _drop(connection, conversation, part, verdict, now)
        settled.append((part.kind, verdict))
    return Next(settled=tuple(settled))


def _begin(
    connection: Connection, claim: Claim, conversation: Conversation, part: Part, now: datetime
) -> Part:
    if part.kind == "kf_message" and part.attempts == 0:
        sent = conversation.sent_since_customer + 1
        conversation = replace(sessions.bot_replied(conversation), sent_since_customer=sent)
        store.save_conversation(connection, conversation)
    return outbox.begin_part(connection, part.id, claim.owner, now, now + SEND_LEASE)


def judge_part(
    conversation: Conversation, part: Part, now: datetime
) -> PartFate | Literal["send", "ask"]:
    """Decide whether a part may be sent at this moment. Pure."""
    mine = part.session_version == conversation.session_version and sessions.is_the_bots(
        conversation
    )
    if part.kind == "transition":
        return "send" if mine else "superseded"
    expired = part.expires_at is not None and part.expires_at <= now
    if part.kind == "webhook" and (part.attempts > 0 or (mine and not expired)):
        return "send"  # once begun it is ended: its key makes the repeat safe
    if expired or not mine:
        return _fate_unsent(conversation, part, expired=expired)
    if not conversation.state_certain:
        return "ask"
    if part.attempts == 0 and conversation.sent_since_customer >= MESSAGE_BUDGET:
        return "held"
    return "send"


def _fate_unsent(conversation: Conversation, part: Part, *, expired: bool) -> PartFate:
    if part.uncertain or part.state == "sending":
        return "unknown"  # it may have arrived; sending it again might be a second time
    if expired:
        return "expired"
    with_person = conversation.service_state in {
        SessionState.POOL,
        SessionState.SERVICER,
    }
    return "held" if with_person else "superseded"


def _drop(
    connection: Connection, conversation: Conversation, part: Part, fate: PartFate, now: datetime
) -> None:
    reason = "an attempt was not answered, and now it may not be repeated"
    text = reason if fate == "unknown" else None
    outbox.settle_part(connection, part.id, fate, now, error_text=text)
    if part.kind == "transition":
        _follow_owner(connection, conversation, now)
    # Without a person in between, the session ended by itself and nobody will answer. Whether
    # there was one is not known of a message that was still waiting for its turn at the end.
    lost = fate == "superseded" and conversation.service_state == SessionState.ENDED
    lost = lost and conversation.session_version <= part.session_version + 1
    if (fate == "expired" or lost) and conversation.customer_wrote_at is not None:
        handoffs.add_open_item(
            connection, conversation.id, "unanswered", conversation.customer_wrote_at, now,
            messages=0,
        )  # fmt: skip


def settle_then_next(
    connection: Connection,
    claim: Claim,
    part: Part,
    verdict: Verdict,
    rest: Sequence[Part],
    now: datetime,
    *,
    release: bool,
) -> Next:
    """Give the part its fate, or its next try; then mark the following one, or release.

    ``release``: with nothing left to send, give the conversation back in this transaction.
    """
    if release and not rest and verdict == Verdict("delivered"):
        # Nearly every reply ends like this, so it is one statement.
        due_at = store.deliver_and_release(connection, claim, part.id, now)
        return Next(wait_until=due_at, settled=((part.kind, "delivered"),), released=True)
    conversation = store.hold_claim(connection, claim)
    if verdict.doubt_state:
        conversation = sessions.doubted(conversation)
        store.save_conversation(connection, conversation)
    if verdict.fate is None:
        return _retry(connection, part, verdict, rest, now)
    outbox.settle_part(
        connection, part.id, verdict.fate, now,
        error_code=verdict.code, error_text=verdict.text or None,
    )  # fmt: skip
    if verdict.fate == "refused":
        rest = _give_up_turn(connection, conversation, part, rest, verdict, now)
    following = _begin_next(connection, claim, conversation, rest, now)
    following = replace(following, settled=((part.kind, verdict.fate), *following.settled))
    if release and following.part is None and not following.ask_state:
        due_at = store.release_claim(connection, claim, following.wait_until)
        return replace(following, wait_until=due_at, released=True)
    return following


def _retry(
    connection: Connection, part: Part, verdict: Verdict, rest: Sequence[Part], now: datetime
) -> Next:
    due_at = verdict.retry_at or now
    outbox.retry_part(
        connection, part.id, due_at, uncertain=verdict.uncertain, error_code=verdict.code,
        error_text=verdict.text,
    )  # fmt: skip
    again = replace(part, state="pending", due_at=due_at, uncertain=verdict.uncertain)
    if verdict.doubt_state:
        return Next(rest=(again, *rest), ask_state=True)
    return Next(wait_until=due_at)


def _give_up_turn(
    connection: Connection,
    conversation: Conversation,
    part: Part,
    rest: Sequence[Part],
    verdict: Verdict,
    now: datetime,
) -> tuple[Part, ...]:
    """Half an answer is worse than none: a refused part takes the rest of its turn with it."""
    outbox.settle_waiting_messages(
        connection, conversation.id, "superseded", "an earlier part was refused", now,
        turn_id=part.turn_id,
    )  # fmt: skip
    wrote_at = conversation.customer_wrote_at or now
    handoffs.add_open_item(
        connection, conversation.id, "refused", wrote_at, now, detail=verdict.text, messages=0
    )
    return tuple(each for each in rest if each.turn_id != part.turn_id or each.kind != "kf_message")


def commit_turn(
    connection: Connection,
    work: Work,
    outcome: Outcome,
    plan: Callable[[int], Plan],
    *,
    tag_groups: Groups = _NO_GROUPS,
    expires_at: datetime,
    now: datetime,
) -> Next | None:
    """Store the turn with its parts, and mark the first part as being sent.

    ``plan`` is given how many messages are left at this moment: parts of earlier turns may have
    gone out while this one was being decided.

    A turn that is only recorded leaves the context as it was: the customer saw nothing of it. It
    gives the tags that follow from what the customer said, not those of an answer never sent.

    Returns None, storing nothing, if the session changed while the turn was being decided: it
    must then be decided anew.

    Raises:
        TurnOutdated: a message was taken back, or the account's mode switched, meanwhile; roll
            back and decide anew.
    """
    conversation = store.hold_claim(connection, work.claim)
    if conversation.session_version != work.claim.conversation.session_version:
        return None
    ids = [message.id for message in work.messages]
    planned = plan(MESSAGE_BUDGET - conversation.sent_since_customer)
    turn = turns.insert_turn(
        connection, conversation, ids, outcome.decision.to_json(), outcome.trace, now,
        mode="assist" if planned.recorded else "full", drafts=planned.drafts,
    )  # fmt: skip
    if turn.taken != len(ids) or turn.switched != work.switched:
        raise TurnOutdated
    conversation = burst_taken(conversation, ids[-1], now)
    if not planned.recorded:
        conversation = replace(conversation, context=outcome.context.to_json())
    webhook = None if planned.recorded or planned.handoff else outcome.webhook
    parts = insert_parts(
        connection, conversation, turn.id, planned, expires_at, now, webhook=webhook
    )
    gifts = _gifts(outcome.decision.given, answered=not planned.recorded)
    give_tags(
        connection,
        conversation.external_userid,
        gifts,
        tag_groups,
        now,
        TurnRef(turn.id, tuple(ids)),
    )
    following = _begin_next(connection, work.claim, conversation, parts, now)
    if following.part is None or following.part.kind != "kf_message":
        store.save_conversation(connection, conversation)  # else it was saved with its new count
    return following


def _gifts(given: Sequence[GivenTag], *, answered: bool) -> list[Gift]:
    """Return what a turn gives; a tag that several things give counts for the first of them."""
    kept = [each for each in given if answered or each.by == "intent"]
    causes = {each.tag: Cause(each.by, each.name, each.confidence) for each in reversed(kept)}
    return [Gift(Tag.parse(tag), causes[tag]) for tag in dict.fromkeys(e.tag for e in kept)]


class TurnOutdated(Exception):
    """Rolls a turn back: its messages are no longer what was decided on."""


def burst_taken(conversation: Conversation, last_id: int, now: datetime) -> Conversation:
    """Return the conversation after the messages up to ``last_id`` got their fate. Pure."""
    newest = conversation.pending_message_id
    if newest is not None and newest > last_id:
        return replace(conversation, burst_started_at=now)
    return replace(conversation, pending_message_id=None, burst_started_at=None, burst_due_at=None)


def insert_parts(
    connection: Connection,
    conversation: Conversation,
    turn_id: int,
    plan: Plan,
    expires_at: datetime,
    now: datetime,
    *,
    webhook: WebhookCall | None = None,
) -> list[Part]:
    """Store what ``plan`` sends, then the ``webhook``, then the handover, for this session."""
    handoff_id = None
    if plan.handoff is not None:
        handoff_id = handoffs.insert_handoff(
            connection, conversation.id, turn_id, reason=plan.handoff.reason,
            skill=plan.handoff.skill, priority=plan.handoff.priority, now=now,
        )  # fmt: skip

    def part(kind: outbox.Kind, payload: dict[str, Any], expires: datetime | None) -> NewPart:
        return NewPart(
            lane="conversation", kind=kind, conversation_id=conversation.id, turn_id=turn_id,
            handoff_id=handoff_id, session_version=conversation.session_version,
            msgid=new_msgid(), payload=payload, due_at=now, expires_at=expires,
        )  # fmt: skip

    new = [part("kf_message", message, expires_at) for message in plan.messages]
    if webhook is not None:
        new.append(part("webhook", webhook.to_json(), expires_at))
    if handoff_id is not None:
        # Late is better than never for a person taking over, so it does not expire.
        details = {"handoff_id": handoff_id, "silent": plan.recorded}
        new.append(part("transition", details, None))
    return [outbox.insert_part(connection, each, now) for each in new]


def drop_messages(
    connection: Connection,
    claim: Claim,
    messages: Sequence[Message],
    fate: Literal["stale", "person", "off"],
    now: datetime,
) -> None:
    """Give messages that get no turn their fate; stale ones become an open item.

    The burst ends only if nothing is pending any more: a message may have been stored since the
    conversation was claimed.
    """
    conversation = store.hold_claim(connection, claim)
    if messages:
        assign_messages(connection, [message.id for message in messages], fate)
        if fate == "stale":
            for message in messages:
                handoffs.add_open_item(
                    connection, conversation.id, "unanswered", message.sent_at, now
                )
    if not pending_messages(connection, [conversation.id]):
        newest = conversation.pending_message_id or 0
        store.save_conversation(connection, burst_taken(conversation, newest, now))


@dataclass(frozen=True, slots=True)
class Withheld:
    """The fates of parts that were kept back, and the parts that are still to be done."""

    settled: tuple[tuple[str, PartFate], ...]
    left: tuple[Part, ...]


def withhold_messages(
    connection: Connection, claim: Claim, parts: Sequence[Part], now: datetime, *, off: bool
) -> Withheld:
    """Keep back messages of an account that no longer answers by itself.

    A handover is still carried out; if the bot is ``off``, only one that the customer was told of
    or that has begun.
    """
    conversation = store.hold_claim(connection, claim)
    settled: list[tuple[str, PartFate]] = []
    left: list[Part] = []
    for part in parts:
        in_doubt = part.uncertain or part.state == "sending"
        untold = part.payload.get("silent") or ("kf_message", "held") in settled
        if part.kind in KEPT_BACK or (off and untold and not in_doubt):
            fate: PartFate = "unknown" if in_doubt else "held"
            outbox.settle_part(connection, part.id, fate, now)
            settled.append((part.kind, fate))
        else:
            left.append(part)
    if settled and not left and conversation.customer_wrote_at is not None:
        handoffs.add_open_item(
            connection, conversation.id, "unanswered", conversation.customer_wrote_at, now,
            messages=0,
        )  # fmt: skip
    return Withheld(tuple(settled), tuple(left))


def observe_state(
    connection: Connection, claim: Claim, state: int, servicer_userid: str | None, now: datetime
) -> Conversation:
    """Store what the platform says about the session."""
    before = store.hold_claim(connection, claim)
    conversation = sessions.observed(before, state, servicer_userid, now)
    store.save_conversation(connection, conversation)
    _follow_owner(connection, conversation, now)
    return conversation


def _follow_owner(connection: Connection, conversation: Conversation, now: datetime) -> None:
    """Bring the handoffs in step with who has the session."""
    if conversation.service_state == SessionState.ENDED:
        handoffs.end_handoffs(connection, conversation.id, now)
    elif conversation.service_state == SessionState.SERVICER:
        handoffs.take_handoffs(connection, conversation.id, conversation.servicer_userid, now)
