"""The one queue of everything that is sent to staff.

Each member's messages go one at a time: what is urgent first, then cards, replies to what they
wrote to the app (in order), and what can wait. They are paced, because the platform silently drops
what exceeds its limit.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.messages import storable_json, storable_text

#: A digest is told by itself, and never together with notices: its figures are not cut off.
StaffKind = Literal["reply", "card", "update", "notice", "digest"]
StaffFate = Literal["delivered", "refused", "superseded", "expired", "unknown"]
#: How a card's conversation was when it was made: given to the receiver, in the pool, not to be
#: moved by the platform, or waiting for an answer that nobody gives.
Place = Literal["assigned", "pool", "failed", "waiting"]

#: The platform silently drops what exceeds 30 messages a minute from an app to a member (WeCom
#: developer documentation, 消息推送/发送应用消息). A third of them is left for repeats of a
#: message, which the pace counts as one.
MESSAGES_PER_MINUTE = 20
_MINUTE = timedelta(minutes=1)
#: Notices that come sooner after the last ones are told together.
DIGEST_EVERY = timedelta(minutes=5)
#: A receiver that is a department is named like this; no member's id has a colon.
PARTY = "party:"

URGENT_RANK, CARD_RANK, REPLY_RANK, NOTICE_RANK = 0, 1, 2, 3
#: A card can be changed for so long (更新模板卡片消息).
_CODE_LIFE = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class CardAbout:
    """The conversation that a card is about, as it was when the card was made."""

    conversation_id: int
    session_version: int
    handoff_id: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class StaffMessage:
    """A message that is being sent; ``uncertain``: an earlier attempt may have arrived.

    ``message`` lacks the receiver. Of an update it is what changes the card, see `retire_cards`.
    """

    id: int
    kind: StaffKind
    turn_id: int | None
    userid: str
    message: dict[str, Any]
    attempts: int
    uncertain: bool
    first_tried_at: datetime
    conversation_id: int | None = None
    session_version: int | None = None
    handoff_id: int | None = None
    place: Place | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SentCard:
    """A card whose button was touched."""

    id: int
    userid: str
    message: dict[str, Any]
    about: CardAbout


_COLUMNS = (
    "id, kind, turn_id, userid, message, attempts, uncertain, first_tried_at, conversation_id,"
    " session_version, handoff_id, place, created_at"
)
_INSERT = statement(
    "INSERT INTO staff_messages (userid, kind, rank, turn_id, message, conversation_id,"
    " session_version, handoff_id, place, key, task_id, due_at, expires_at, created_at)"
    " VALUES (:userid, :kind, :rank, :turn_id, CAST(:message AS jsonb), :conversation_id,"
    " :session_version, :handoff_id, :place, :key, :task_id, :due_at, :expires_at, :now)"
    " ON CONFLICT (key) DO NOTHING"
)

# A process that is gone from the table has been declared dead, and what it held is free.
_FREE = (
    "p.settled_at IS NULL AND p.digest_id IS NULL"
    " AND (p.lease_owner IS NULL OR p.lease_until < :now"
    " OR p.lease_owner = :me OR NOT EXISTS (SELECT FROM processes x WHERE x.id = p.lease_owner))"
    " AND NOT p.id = ANY(:busy)"
)
#: One at a time; replies strictly in order; else the lowest rank of what is due.
_FIRST = (
    "(p.state = 'sending' OR NOT EXISTS (SELECT FROM staff_messages f"
    " WHERE f.settled_at IS NULL AND f.digest_id IS NULL AND f.userid = p.userid AND f.id <> p.id"
    " AND (f.state = 'sending' OR (f.kind = 'reply' AND p.kind = 'reply' AND f.id < p.id)"
    " OR (f.due_at <= :now AND (f.rank, f.id) < (p.rank, p.id)))))"
)
#: Joins the try that must be a minute old before the next one, and the member's last notice.
_PACE = (
    "LEFT JOIN LATERAL (SELECT s.tried_at FROM staff_messages s"
    " WHERE s.userid = p.userid AND s.tried_at IS NOT NULL"
    " ORDER BY s.tried_at DESC OFFSET :most - 1 LIMIT 1) pace ON true"
    " LEFT JOIN LATERAL (SELECT max(s.tried_at) AS at FROM staff_messages s"
    " WHERE p.kind = 'notice' AND p.state = 'pending' AND p.attempts = 0"
    " AND s.userid = p.userid AND s.kind = 'notice' AND s.tried_at IS NOT NULL) told ON true"
)
#: To change a card disturbs nobody, so it is not counted.
_READY_AT = (
    "CASE WHEN p.kind = 'update' THEN p.due_at ELSE GREATEST(p.due_at,"
    " pace.tried_at + CAST(:minute AS interval), told.at + CAST(:digest AS interval)) END"
)
_EXPIRE = statement(
    "UPDATE staff_messages SET settled_at = :now, lease_owner = NULL, lease_until = NULL,"
    " state = CASE WHEN uncertain OR state = 'sending' THEN 'unknown' ELSE 'expired' END"
    f" WHERE id IN (SELECT p.id FROM staff_messages p WHERE {_FREE} AND p.expires_at <= :now"
    " FOR UPDATE SKIP LOCKED) RETURNING kind, state"
)
_CLAIM = statement(
    "UPDATE staff_messages SET uncertain = uncertain OR state = 'sending', state = 'sending',"
    " attempts = attempts + 1, first_tried_at = COALESCE(first_tried_at, :now),"
    " tried_at = CASE WHEN kind <> 'update' THEN CAST(:now AS timestamptz) END,"
    " lease_owner = :me, lease_until = :until"
    f" WHERE id IN (SELECT p.id FROM staff_messages p {_PACE}"
    f" WHERE {_FREE} AND {_FIRST} AND {_READY_AT} <= :now"
    " ORDER BY p.rank, p.id LIMIT :limit FOR UPDATE OF p SKIP LOCKED)"
    f" RETURNING {_COLUMNS}"
)
_NEXT = statement(
    f"SELECT min({_READY_AT}) FROM staff_messages p {_PACE} WHERE {_FREE} AND {_FIRST}"
)
_ABSORB = statement(
    "UPDATE staff_messages SET digest_id = :id WHERE userid = :userid AND kind = 'notice'"
    " AND state = 'pending' AND attempts = 0 AND digest_id IS NULL AND id <> :id"
    " AND due_at <= :now RETURNING id, message"
)
# Only the newest attempt may say what became of a message.
_MINE = "id = :id AND attempts = :attempts AND settled_at IS NULL"
_KEEP = statement(f"UPDATE staff_messages SET message = CAST(:message AS jsonb) WHERE {_MINE}")
_SETTLE = statement(
    "UPDATE staff_messages SET state = :state, settled_at = :now, error_code = :error_code,"
    " error_text = :error_text, response_code = :response_code,"
    " tried_at = CASE WHEN :state <> 'superseded' THEN tried_at END,"
    f" lease_owner = NULL, lease_until = NULL WHERE {_MINE}"
)
_SETTLE_DIGEST = statement(
    "UPDATE staff_messages SET state = :state, settled_at = :now WHERE digest_id = :id"
)
_SUPERSEDE = statement(
    "UPDATE staff_messages SET state = 'superseded', settled_at = :now,"
    " error_text = 'an earlier part was refused' WHERE turn_id = :turn_id AND state = 'pending'"
)
_RETRY = statement(
    "UPDATE staff_messages SET state = 'pending', due_at = :due_at, uncertain = :uncertain,"
    " error_code = :error_code, error_text = :error_text,"
    f" lease_owner = NULL, lease_until = NULL WHERE {_MINE}"
)
_UNTOLD = "key = ANY(:keys) AND state = 'pending' AND attempts = 0 AND digest_id IS NULL"
_REWORD = statement(f"UPDATE staff_messages SET message = CAST(:message AS jsonb) WHERE {_UNTOLD}")
_WITHDRAW = statement(
    # Without its key, so that the same may be said later.
    "UPDATE staff_messages SET state = 'superseded', settled_at = :now, key = NULL,"
    f" error_text = 'taken back' WHERE {_UNTOLD}"
)
_WANTED = statement(
    "SELECT CASE :place WHEN 'failed' THEN true WHEN 'waiting' THEN c.alarmed_at IS NOT NULL"
    " WHEN 'pool' THEN c.session_version = :version ELSE c.session_version = :version"
    " AND NOT EXISTS (SELECT FROM messages m WHERE m.conversation_id = c.id"
    " AND m.servicer_userid IS NOT NULL AND m.received_at >= :since) END"
    " FROM conversations c WHERE c.id = :id"
)
_CLICKED = statement(
    "UPDATE staff_messages SET response_code = NULL WHERE task_id = :task_id AND kind = 'card'"
    " RETURNING id, userid, message, conversation_id, session_version, handoff_id, place"
)
_RETIRE = statement(
    "WITH old AS (SELECT id, response_code FROM staff_messages WHERE kind = 'card'"
    " AND conversation_id = :conversation_id AND response_code IS NOT NULL"
    " AND userid IS DISTINCT FROM :except FOR UPDATE),"
    " used AS (UPDATE staff_messages s SET response_code = NULL FROM old WHERE s.id = old.id"
    " RETURNING s.userid, s.conversation_id, s.handoff_id, old.response_code)"
    " INSERT INTO staff_messages (userid, kind, rank, message, conversation_id, handoff_id, due_at,"
    " expires_at, created_at) SELECT userid, 'update', :rank, jsonb_build_object("
    "'response_code', response_code, 'outcome', CAST(:outcome AS text), 'by',"
    " COALESCE((SELECT NULLIF(name, '') FROM agents WHERE userid = CAST(:by AS text)), :by)),"
    " conversation_id, handoff_id, :now, :expires_at, :now FROM used"
)


def insert_message(
    connection: Connection,
    userid: str,
    kind: StaffKind,
    rank: int,
    message: dict[str, Any],
    now: datetime,
    *,
    due_at: datetime,
    expires_at: datetime,
    turn_id: int | None = None,
    about: CardAbout | None = None,
    task_id: str | None = None,
    key: str | None = None,
) -> bool:
    """Put a message into the queue; False if ``key`` says that it has been there already."""
    values = {
        "userid": userid, "kind": kind, "rank": rank, "turn_id": turn_id,
        "message": storable_json(message), "due_at": due_at, "expires_at": expires_at,
        "conversation_id": about.conversation_id if about else None,
        "session_version": about.session_version if about else None,
        "handoff_id": about.handoff_id if about else None,
        "place": about.place if about else None, "task_id": task_id, "key": key, "now": now,
    }  # fmt: skip
    return connection.execute(_INSERT, values).rowcount == 1


def new_task_id() -> str:
    """Return an id for one card; random, because the platform remembers those of old databases."""
    return secrets.token_hex(14)


@dataclass(frozen=True, slots=True)
class Claimed:
    """Messages to send now, what became of those that are too late, and when the next is due."""

    messages: Sequence[StaffMessage]
    expired: Sequence[tuple[StaffKind, StaffFate]]
    next_due: datetime | None


def claim_messages(
    connection: Connection,
    me: int,
    busy: Sequence[int],
    now: datetime,
    until: datetime,
    limit: int,
) -> Claimed:
    """Claim messages, at most one for each member; all are marked as being sent.

    ``busy`` are those this process is sending right now; others it had begun are repeated.
    """
    claimer = {"me": me, "busy": list(busy), "now": now}
    pace = {"most": MESSAGES_PER_MINUTE, "minute": _MINUTE, "digest": DIGEST_EVERY}
    expired = [(row.kind, row.state) for row in connection.execute(_EXPIRE, claimer)]
    rows = connection.execute(_CLAIM, {**claimer, **pace, "until": until, "limit": limit})
    messages = sorted((StaffMessage(*row) for row in rows), key=lambda each: each.id)
    held = {**claimer, "busy": [*busy, *(each.id for each in messages)]}
    return Claimed(messages, expired, connection.scalar(_NEXT, {**held, **pace}))


def is_wanted(connection: Connection, card: StaffMessage) -> bool:
    """Return whether a card's conversation still wants its receiver."""
    values = {
        "id": card.conversation_id, "place": card.place, "version": card.session_version,
        "since": card.created_at,
    }  # fmt: skip
    return bool(connection.scalar(_WANTED, values))


def absorb_notices(
    connection: Connection, notice: StaffMessage, now: datetime
) -> list[dict[str, Any]]:
    """Tell the member's other notices that are due with this one; return them in order."""
    values = {"id": notice.id, "userid": notice.userid, "now": now}
    rows = sorted(connection.execute(_ABSORB, values), key=lambda row: int(row.id))
    return [row.message for row in rows]


def keep_message(connection: Connection, claimed: StaffMessage, message: dict[str, Any]) -> bool:
    """Write down what will be sent, so that a repeat is the same to the byte.

    Returns False if another process has the message.
    """
    values = {"id": claimed.id, "attempts": claimed.attempts, "message": storable_json(message)}
    return connection.execute(_KEEP, values).rowcount == 1


def settle_message(
    connection: Connection,
    claimed: StaffMessage,
    fate: StaffFate,
    now: datetime,
    *,
    error_code: int | None = None,
    error_text: str | None = None,
    response_code: str | None = None,
) -> bool:
    """Give a message its fate, and those that are told with it; False if another process has it.

    Half an answer is worse than none: a refused reply takes the rest of its turn with it.
    """
    values = {
        "id": claimed.id, "attempts": claimed.attempts, "state": fate, "now": now,
        "error_code": error_code, "response_code": response_code or None,
        "error_text": None if error_text is None else storable_text(error_text),
    }  # fmt: skip
    settled = connection.execute(_SETTLE, values).rowcount == 1
    if settled and claimed.kind == "notice":
        connection.execute(_SETTLE_DIGEST, {"id": claimed.id, "state": fate, "now": now})
    if settled and fate == "refused" and claimed.turn_id is not None:
        connection.execute(_SUPERSEDE, {"turn_id": claimed.turn_id, "now": now})
    return settled


def retry_message(
    connection: Connection,
    claimed: StaffMessage,
    due_at: datetime,
    *,
    uncertain: bool,
    error_code: int | None,
    error_text: str,
) -> None:
    """Let a message be tried again later."""
    values = {
        "id": claimed.id, "attempts": claimed.attempts, "due_at": due_at, "uncertain": uncertain,
        "error_code": error_code, "error_text": storable_text(error_text),
    }  # fmt: skip
    connection.execute(_RETRY, values)


def reword_messages(connection: Connection, keys: Sequence[str], message: dict[str, Any]) -> None:
    """Let messages of which nothing has been tried say something else."""
    connection.execute(_REWORD, {"keys": list(keys), "message": storable_json(message)})


def withdraw_messages(connection: Connection, keys: Sequence[str], now: datetime) -> None:
    """Take back messages of which nothing has been tried; their keys may be used again."""
    connection.execute(_WITHDRAW, {"keys": list(keys), "now": now})


def touch_card(connection: Connection, task_id: str) -> SentCard | None:
    """Return the card whose button was touched, None if it is none of ours.

    Whoever touched it is shown what came of that, by the code that the touch brought.
    """
    row = connection.execute(_CLICKED, {"task_id": task_id}).one_or_none()
    if row is None:
        return None
    about = CardAbout(row.conversation_id, row.session_version, row.handoff_id, row.place)
    return SentCard(row.id, row.userid, row.message, about)


def change_card(
    connection: Connection, card: SentCard, code: str, outcome: str, by: str | None, now: datetime
) -> None:
    """Have a touched card show what came of it."""
    message = {"response_code": code, "outcome": outcome, "by": by}
    insert_message(
        connection, card.userid, "update", CARD_RANK, message, now, due_at=now,
        expires_at=now + _CODE_LIFE, about=card.about, key=f"update:{code}",
    )  # fmt: skip


def retire_cards(
    connection: Connection,
    conversation_id: int,
    outcome: Literal["taken", "ended"],
    by: str | None,
    now: datetime,
) -> None:
    """Have the cards about a conversation show that ``by`` serves it, or that it has ended.

    The card of the one who serves it stays as it is.
    """
    values = {
        "conversation_id": conversation_id, "outcome": outcome, "by": by, "rank": CARD_RANK,
        "except": by if outcome == "taken" else None, "now": now, "expires_at": now + _CODE_LIFE,
    }  # fmt: skip
    connection.execute(_RETIRE, values)
