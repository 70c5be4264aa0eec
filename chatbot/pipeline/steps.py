"""The transactions of one conversation's work; each keeps every promise by itself.

What happens to the parts of a reply afterwards is `chatbot.pipeline.sending`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import Connection

from chatbot.accounts.mode import ModeSetting
from chatbot.customers.ratings import RatingAsked, RatingGiven, is_rating_line
from chatbot.customers.records import give_tags
from chatbot.customers.tags import Cause, Gift, Groups, Tag
from chatbot.dialogue.decision import GivenTag
from chatbot.dialogue.heading import without_heading
from chatbot.dialogue.recorded import Recorded
from chatbot.dialogue.turn import Outcome
from chatbot.forms.form import WebhookCall
from chatbot.pipeline import sessions
from chatbot.pipeline.planning import Plan
from chatbot.pipeline.ratings import RecordTap, records_nothing
from chatbot.pipeline.sending import Next, begin_held, follow_owner
from chatbot.store import conversations as store
from chatbot.store import handoffs, outbox, turns
from chatbot.store.conversations import Claim, Conversation
from chatbot.store.messages import Message, assign_messages, pending_messages
from chatbot.store.modes import switched_modes
from chatbot.store.notices import note_tellings
from chatbot.store.outbox import NewPart, Part
from chatbot.store.ratings import open_ratings
from chatbot.store.tags import TurnRef, tags_of_customers
from chatbot.store.turn_labels import NewLabel, save_label

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
    #: What the customer was asked about a person's service and may still say.
    rating: RatingAsked | None = None


#: Stores what a turn says of a person's service.
RecordRating = Callable[[Connection, Conversation, RatingGiven, int, datetime], None]


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
    ratings = open_ratings(connection, ids, now) if messages else {}
    works = [
        Work(
            claim,
            tuple(m for m in messages if m.conversation_id == claim.conversation.id),
            tuple(p for p in parts if p.conversation_id == claim.conversation.id),
            modes.get(claim.conversation.open_kfid),
            tags.get(claim.conversation.external_userid, ()),
            ratings.get(claim.conversation.id),
        )
        for claim in claims
    ]
    return works, next_due


def commit_turn(
    connection: Connection,
    work: Work,
    outcome: Outcome,
    plan: Callable[[Conversation], Plan],
    *,
    inputs: Recorded | None = None,
    tag_groups: Groups = _NO_GROUPS,
    record_rating: RecordRating | None = None,
    expires_at: datetime,
    now: datetime,
    quiet_max: timedelta = timedelta(0),
) -> Next | None:
    """Store the turn with its parts, and mark the first part as being sent.

    ``plan`` is given the conversation as it is at this moment: parts of earlier turns may have
    gone out while this one was being decided, and a person may have taken over.

    A turn that is only recorded leaves the context as it was: the customer saw nothing of it. It
    gives the tags that follow from what the customer said, not those of an answer never sent, and
    no label: without the context the next turn would tell it again. What the customer says of a
    person's service counts whoever answers.

    Returns None, storing nothing, if meanwhile the bot lost its say: the session ended, somebody
    is about to reply, or the customer goes on writing (which is waited for no longer than
    ``quiet_max``). It is decided anew when that is over.

    Raises:
        TurnOutdated: a message was taken back, the account's mode switched, or a notice told by
            another turn, meanwhile; roll back and decide anew.
    """
    conversation = store.hold_claim(connection, work.claim)
    ids = [message.id for message in work.messages]
    moved_on = conversation.session_version != work.claim.conversation.session_version
    writes_on = _writes_on(conversation, max(ids, default=0), now - quiet_max)
    # To whom a person has taken over, what was decided is a draft.
    with_people = sessions.is_with_people(conversation)
    if not with_people and (moved_on or writes_on or conversation.is_paused(now)):
        return None
    planned = plan(conversation)
    if not planned.recorded and not planned.told:
        outcome, inputs = _unheaded(outcome, inputs)
    turn = turns.insert_turn(
        connection, conversation, ids, outcome.decision.to_json(), outcome.trace, now,
        mode="assist" if planned.recorded else "full", drafts=planned.drafts,
        inputs=None if inputs is None else inputs.to_json(),
    )  # fmt: skip
    if turn.taken != len(ids) or turn.switched != work.switched:
        raise TurnOutdated
    conversation = burst_taken(conversation, ids[-1], now)
    if not planned.recorded:
        conversation = replace(conversation, context=outcome.context.to_json())
        if outcome.label is not None:
            save_label(connection, NewLabel(**asdict(outcome.label)), turn.id, now)
    if outcome.rating is not None and record_rating is not None:
        record_rating(connection, conversation, outcome.rating, turn.id, now)
    webhook = None if planned.recorded or planned.handoff else outcome.webhook
    parts = insert_parts(
        connection, conversation, turn.id, planned, expires_at, now, webhook=webhook
    )
    _note_told(connection, conversation, turn.id, planned, parts, now)
    gifts = _gifts(outcome.decision.given, answered=not planned.recorded)
    give_tags(
        connection,
        conversation.external_userid,
        gifts,
        tag_groups,
        now,
        TurnRef(turn.id, tuple(ids)),
    )
    following = begin_held(connection, work.claim, conversation, parts, now)
    if following.part is None or following.part.kind != "kf_message":
        # Else it was saved with its new count.
        store.save_conversation(connection, conversation, now)
    return following


def _unheaded(outcome: Outcome, inputs: Recorded | None) -> tuple[Outcome, Recorded | None]:
    """Return what was decided, and from what, as if the notices in front had not been there.

    They were more than could be sent, so the customer has still to read them.
    """
    if outcome.decision.unheaded is None or inputs is None:
        return without_heading(outcome), inputs
    situation = inputs.situation
    notices = tuple(each for each in situation.notices if each.mode != "prefix")
    return without_heading(outcome), replace(inputs, situation=replace(situation, notices=notices))


def _note_told(
    connection: Connection,
    conversation: Conversation,
    turn_id: int,
    planned: Plan,
    parts: Sequence[Part],
    now: datetime,
) -> None:
    """Note the notices that the turn tells; raise TurnOutdated if another turn has, meanwhile."""
    if not planned.told:
        return
    kept = note_tellings(
        connection, conversation.external_userid, planned.told[0].day,
        [each.id for each in planned.told], now, turn_id=turn_id, part_id=parts[0].id,
    )  # fmt: skip
    if not kept:
        raise TurnOutdated


def _writes_on(conversation: Conversation, last_id: int, since: datetime) -> bool:
    """Return whether the customer, whose burst began after ``since``, has written once more."""
    newer = (conversation.pending_message_id or 0) > last_id
    started = conversation.burst_started_at
    return newer and started is not None and started > since


def _gifts(given: Sequence[GivenTag], *, answered: bool) -> list[Gift]:
    """Return what a turn gives; a tag that several things give counts for the first of them."""
    kept = [each for each in given if answered or each.by == "intent"]
    causes = {each.tag: Cause(each.by, each.name, each.confidence) for each in reversed(kept)}
    return [Gift(Tag.parse(tag), causes[tag]) for tag in dict.fromkeys(e.tag for e in kept)]


class TurnOutdated(Exception):
    """Rolls a turn back: it was decided on what is not so any more."""


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
            msgid=outbox.new_msgid(), payload=payload, due_at=now, expires_at=expires,
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
    *,
    record_tap: RecordTap = records_nothing,
) -> None:
    """Give messages that get no turn their fate; stale ones become an open item.

    What was tapped to rate a person's service asks for nothing, and is recorded all the same.

    The burst ends only if nothing is pending any more: a message may have been stored since the
    conversation was claimed.
    """
    conversation = store.hold_claim(connection, claim)
    if messages:
        assign_messages(connection, [message.id for message in messages], fate)
        for message in messages:
            if fate != "off" and is_rating_line(message.content.get("menu_id")):
                record_tap(connection, conversation, message.content, now)
            elif fate == "stale":
                handoffs.add_open_item(
                    connection, conversation.id, "unanswered", message.sent_at, now
                )
    if not pending_messages(connection, [conversation.id]):
        newest = conversation.pending_message_id or 0
        store.save_conversation(connection, burst_taken(conversation, newest, now), now)


def observe_state(
    connection: Connection, claim: Claim, state: int, servicer_userid: str | None, now: datetime
) -> Conversation:
    """Store what the platform says about the session."""
    before = store.hold_claim(connection, claim)
    conversation = sessions.observed(before, state, servicer_userid, now)
    store.save_conversation(connection, conversation, now)
    follow_owner(connection, conversation, now)
    return conversation
