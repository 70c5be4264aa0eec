"""The parts of a reply on their way out: each is sent, held back or given up in a transaction.

A part goes `pending` → `sending` (committed before the call) → its fate. Whether it may still be
sent is judged inside the transaction that marks it, against the session as it is at that moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from chatbot.cases.records import answer_left_message
from chatbot.pipeline import sessions
from chatbot.pipeline.fates import Verdict
from chatbot.store import conversations as store
from chatbot.store import handoffs, outbox
from chatbot.store.conversations import Claim, Conversation
from chatbot.store.outbox import Part, PartFate
from chatbot.wecom.kf import SessionState

#: The platform takes this many messages after each message of the customer.
MESSAGE_BUDGET = 5
SEND_LEASE = timedelta(seconds=60)
#: What the bot does by itself, so an account that no longer answers does not do it.
KEPT_BACK = frozenset({"kf_message", "webhook"})


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


def begin_next(connection: Connection, claim: Claim, parts: Sequence[Part], now: datetime) -> Next:
    """Mark the first part that may be sent; give those that may not their fate."""
    conversation = store.hold_claim(connection, claim)
    return begin_held(connection, claim, conversation, parts, now)


def begin_held(
    connection: Connection,
    claim: Claim,
    conversation: Conversation,
    parts: Sequence[Part],
    now: datetime,
) -> Next:
    """Do what `begin_next` does, with a conversation that this transaction holds already."""
    settled: list[tuple[str, PartFate]] = []
    for position, part in enumerate(parts):
        if part.due_at > now:
            return Next(wait_until=part.due_at, settled=tuple(settled))
        verdict = judge_part(conversation, part, now)
        if verdict == "pause":
            return Next(wait_until=conversation.paused_until, settled=tuple(settled))
        if verdict == "ask":
            return Next(rest=tuple(parts[position:]), ask_state=True, settled=tuple(settled))
        if verdict == "send":
            begun = _begin(connection, claim, conversation, part, now)
            if begun is None:
                continue  # since it was read, a person has decided to speak instead
            return Next(begun, tuple(parts[position + 1 :]), settled=tuple(settled))
        _drop(connection, conversation, part, verdict, now)
        settled.append((part.kind, verdict))
    return Next(settled=tuple(settled))


def _begin(
    connection: Connection, claim: Claim, conversation: Conversation, part: Part, now: datetime
) -> Part | None:
    begun = outbox.begin_part(connection, part.id, claim.owner, now, now + SEND_LEASE)
    if begun is not None and part.kind == "kf_message" and part.attempts == 0:
        sent = conversation.sent_since_customer + 1
        conversation = replace(sessions.bot_replied(conversation), sent_since_customer=sent)
        store.save_conversation(connection, conversation, now)
    return begun


def judge_part(
    conversation: Conversation, part: Part, now: datetime
) -> PartFate | Literal["send", "ask", "pause"]:
    """Decide whether a part may be sent at this moment. Pure."""
    mine = part.session_version == conversation.session_version and sessions.is_the_bots(
        conversation
    )
    expired = part.expires_at is not None and part.expires_at <= now
    if part.kind == "transition":
        return _judge_move(conversation, part, mine=mine, expired=expired)
    if part.kind == "webhook" and part.attempts > 0:
        return "send"  # once begun it is ended: its key makes the repeat safe
    if expired or not mine:
        return _fate_unsent(conversation, part, expired=expired)
    if part.by_userid is None and part.attempts == 0 and conversation.is_paused(now):
        return "pause"
    return "send" if part.kind == "webhook" else _judge_message(conversation, part)


def _judge_message(conversation: Conversation, part: Part) -> Literal["send", "ask", "held"]:
    if not conversation.state_certain:
        return "ask"
    if part.attempts == 0 and conversation.sent_since_customer >= MESSAGE_BUDGET:
        return "held"
    return "send"


def _judge_move(
    conversation: Conversation, part: Part, *, mine: bool, expired: bool
) -> PartFate | Literal["send"]:
    if expired:
        return "unknown" if part.uncertain else "expired"
    return "send" if mine or _may_move(conversation, part) else "superseded"


def _may_move(conversation: Conversation, part: Part) -> bool:
    """Return whether a session that is with people is still where it is to be moved from."""
    if (
        not sessions.is_with_people(conversation)
        or part.session_version != conversation.session_version
    ):
        return False
    wrote_at = conversation.customer_wrote_at
    if part.payload.get("move") in {"end", "close"}:
        # Who has written since does not expect an end.
        return bool(part.payload["wrote_at"] == (wrote_at.isoformat() if wrote_at else None))
    return part.payload.get("move") == "pass-on"


def _fate_unsent(conversation: Conversation, part: Part, *, expired: bool) -> PartFate:
    if part.uncertain or part.state == "sending":
        return "unknown"  # it may have arrived; sending it again might be a second time
    if expired:
        return "expired"
    kept = sessions.is_with_people(conversation) and part.by_userid is None
    return "held" if kept else "superseded"


def _drop(
    connection: Connection, conversation: Conversation, part: Part, fate: PartFate, now: datetime
) -> None:
    reason = "an attempt was not answered, and now it may not be repeated"
    text = reason if fate == "unknown" else None
    outbox.settle_part(connection, part.id, fate, now, error_text=text)
    if part.by_userid is not None:
        return  # who wants it is told, and nobody else waits for it
    if part.kind == "transition":
        follow_owner(connection, conversation, now)
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
    if release and not rest and verdict == Verdict("delivered") and part.by_userid is None:
        # Nearly every reply ends like this, so it is one statement.
        due_at = store.deliver_and_release(connection, claim, part.id, now)
        return Next(wait_until=due_at, settled=((part.kind, "delivered"),), released=True)
    conversation = store.hold_claim(connection, claim)
    if verdict.doubt_state:
        conversation = sessions.doubted(conversation)
        store.save_conversation(connection, conversation, now)
    if verdict.fate is None:
        return _retry(connection, part, verdict, rest, now)
    outbox.settle_part(
        connection, part.id, verdict.fate, now,
        error_code=verdict.code, error_text=verdict.text or None,
    )  # fmt: skip
    if verdict.fate == "delivered" and part.by_userid is not None:
        handoffs.close_open_items(connection, conversation.id, now)  # a person took care of it
        if part.kind == "kf_message":
            answer_left_message(connection, conversation.id, part.by_userid, now)
    if verdict.fate == "refused" and part.by_userid is None:
        rest = _give_up_turn(connection, conversation, part, rest, verdict, now)
    following = begin_held(connection, claim, conversation, rest, now)
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
        if part.by_userid is None and (part.kind in KEPT_BACK or (off and untold and not in_doubt)):
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


def follow_owner(connection: Connection, conversation: Conversation, now: datetime) -> None:
    """Bring the handoffs in step with who has the session."""
    if conversation.service_state == SessionState.ENDED:
        handoffs.end_handoffs(connection, conversation.id, now)
    elif conversation.service_state == SessionState.SERVICER:
        handoffs.take_handoffs(connection, conversation.id, conversation.servicer_userid, now)
