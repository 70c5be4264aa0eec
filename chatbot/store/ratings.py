"""Ratings of a person's service: asked at a session's end, given by the customer, and counted."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.customers.ratings import RATING_LIFE, RatingAsked, RatingGiven, Score
from chatbot.store.database import statement
from chatbot.store.messages import storable_text
from chatbot.store.tags import tags_of_customers


@dataclass(frozen=True, slots=True)
class Rating:
    """What a customer has said; ``userid`` is who served.

    ``reason`` is empty if the customer would not say, None if they have not been heard about it.
    """

    key: str
    conversation_id: int
    userid: str
    asked_at: datetime
    score: Score
    rated_at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class Rated:
    """What a message has made of a rating; ``former`` is what was said before."""

    rating: Rating
    former: Score | None


@dataclass(frozen=True, slots=True)
class RatingCount:
    """How many customers of an agent, on an account, were asked on a day, and what they said."""

    day: date
    userid: str
    open_kfid: str
    asked: int
    good: int
    fair: int
    poor: int


@dataclass(frozen=True, slots=True)
class RatingReason:
    """How many of those who were not quite content gave a reason; empty: they gave none."""

    score: Score
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class RatedTalk:
    """A conversation with ratings, and what tells whose store's customer it is."""

    conversation_id: int
    rows: dict[str, str]
    tags: tuple[str, ...]
    scene: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which ratings count: asked ``since`` then, of one agent, of one account.

    ``conversations`` limits them to these; None: no limit.
    """

    since: datetime
    userid: str | None = None
    open_kfid: str | None = None
    conversations: Sequence[int] | None = None

    def values(self) -> dict[str, Any]:
        """Return what is bound in a statement."""
        some = None if self.conversations is None else list(self.conversations)
        return {
            "since": self.since, "userid": self.userid, "open_kfid": self.open_kfid,
            "conversations": some,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Complaint:
    """A customer who was not content; ``public_id`` is the address of the conversation's page."""

    rated_at: datetime
    userid: str
    open_kfid: str
    customer: str
    public_id: str
    reason: str


_COLUMNS = "key, conversation_id, userid, asked_at, score, rated_at, reason"
# Two sessions of a customer may end at once on two accounts: who comes second asks nothing. They
# do not wait for each other, so that nothing can be locked crosswise.
_ALONE = statement("SELECT pg_try_advisory_xact_lock(:space, hashtext(:customer))")
_LOCK_SPACE = 0x52415445
#: A menu that surely never reached the customer has asked nothing.
_REACHED = (
    "NOT EXISTS (SELECT FROM outbox o WHERE o.id = r.outbox_id"
    " AND o.state IN ('refused', 'superseded', 'expired'))"
)
_ASK = statement(
    "INSERT INTO ratings (key, conversation_id, external_userid, session_version,"
    " session_started_at, userid, handoff_id, asked_at)"
    " SELECT :key, c.id, c.external_userid, :version, c.session_started_at, m.servicer_userid,"
    " (SELECT max(h.id) FROM handoffs h WHERE h.conversation_id = c.id"
    "  AND h.created_at >= c.session_started_at), :now"
    " FROM conversations c JOIN LATERAL (SELECT servicer_userid FROM messages"
    "  WHERE conversation_id = c.id AND servicer_userid IS NOT NULL"
    "  AND sent_at >= c.session_started_at ORDER BY id DESC LIMIT 1) m ON true"
    " WHERE c.id = :id AND NOT EXISTS (SELECT FROM ratings r"
    f" WHERE r.external_userid = c.external_userid AND r.asked_at > :since AND {_REACHED})"
)
_NOTE_MENU = statement("UPDATE ratings SET outbox_id = :outbox_id WHERE key = :key")
_OPEN = statement(
    "SELECT DISTINCT ON (r.conversation_id) r.conversation_id, r.key, r.score,"
    " r.reason IS NOT NULL AS reasoned, NOT EXISTS (SELECT FROM messages m"
    "  WHERE m.conversation_id = r.conversation_id AND m.received_at > r.asked_at"
    "  AND m.origin IN (3, 5) AND m.fate <> 'pending') AS latest"
    " FROM ratings r WHERE r.conversation_id = ANY(:conversations) AND r.asked_at > :since"
    f" AND {_REACHED} ORDER BY r.conversation_id, r.id DESC"
)
_LOCK = statement(
    "SELECT score FROM ratings WHERE key = :key AND conversation_id = :conversation_id"
    " AND asked_at > :since FOR UPDATE"
)
_SCORE = statement(
    "UPDATE ratings SET score = :score, rated_at = :now, turn_id = :turn_id, reason = NULL,"
    f" reason_at = NULL WHERE key = :key AND score IS DISTINCT FROM :score RETURNING {_COLUMNS}"
)
_REASON = statement(
    "UPDATE ratings SET reason = :reason, reason_at = :now WHERE key = :key"
    f" AND score IN ('fair', 'poor') AND reason IS DISTINCT FROM :reason RETURNING {_COLUMNS}"
)
_OF_CONVERSATION = statement(
    f"SELECT {_COLUMNS} FROM ratings WHERE conversation_id = :conversation_id"
    " AND score IS NOT NULL ORDER BY id DESC LIMIT :limit"
)
_CHOSEN = (
    " FROM ratings r JOIN conversations c ON c.id = r.conversation_id"
    " WHERE r.asked_at >= :since AND (CAST(:userid AS text) IS NULL OR r.userid = :userid)"
    " AND (CAST(:open_kfid AS text) IS NULL OR c.open_kfid = :open_kfid)"
    " AND (CAST(:conversations AS bigint[]) IS NULL OR c.id = ANY(:conversations))"
)
_COUNTS = statement(
    "SELECT CAST(r.asked_at AT TIME ZONE :zone AS date) AS day, r.userid, c.open_kfid, count(*),"
    " count(*) FILTER (WHERE r.score = 'good'), count(*) FILTER (WHERE r.score = 'fair'),"
    f" count(*) FILTER (WHERE r.score = 'poor'){_CHOSEN} AND {_REACHED}"
    " GROUP BY day, r.userid, c.open_kfid ORDER BY day, r.userid, c.open_kfid"
)
_COMPLAINTS = statement(
    "SELECT r.rated_at, r.userid, c.open_kfid, COALESCE(c.nickname, c.external_userid),"
    f" c.public_id, COALESCE(r.reason, ''){_CHOSEN} AND r.score = 'poor'"
    " ORDER BY r.rated_at DESC LIMIT :limit"
)
_REASONS = statement(
    f"SELECT r.score, COALESCE(r.reason, '') AS why, count(*) AS times{_CHOSEN}"
    " AND r.score IN ('fair', 'poor') GROUP BY r.score, why ORDER BY times DESC, why, r.score"
)
_TALKS = statement(
    "SELECT c.id, c.external_userid, c.scope_rows AS rows, c.scene"
    " FROM conversations c WHERE EXISTS (SELECT FROM ratings r WHERE r.conversation_id = c.id"
    " AND r.asked_at >= :since) ORDER BY c.id"
)


def ask_rating(
    connection: Connection,
    conversation_id: int,
    external_userid: str,
    session_version: int,
    now: datetime,
) -> str | None:
    """Note that the customer is asked about the session that has just ended; return its key.

    None if they are not to be asked: no person has written to them in it, or they have been asked,
    on whatever account, within `RATING_LIFE`.
    """
    if not connection.scalar(_ALONE, {"space": _LOCK_SPACE, "customer": external_userid}):
        return None
    key = secrets.token_hex(6)
    values = {
        "key": key, "id": conversation_id, "version": session_version, "now": now,
        "since": now - RATING_LIFE,
    }  # fmt: skip
    return key if connection.execute(_ASK, values).rowcount == 1 else None


def note_rating_menu(connection: Connection, key: str, outbox_id: int) -> None:
    """Note which part of the outbox asks."""
    connection.execute(_NOTE_MENU, {"key": key, "outbox_id": outbox_id})


def open_ratings(
    connection: Connection, conversations: Sequence[int], now: datetime
) -> dict[int, RatingAsked]:
    """Return the ratings that these conversations' customers may give or change now."""
    values = {"conversations": list(conversations), "since": now - RATING_LIFE}
    return {
        row.conversation_id: RatingAsked(row.key, row.score, row.reasoned, row.latest)
        for row in connection.execute(_OPEN, values)
    }


def save_rating(
    connection: Connection,
    conversation_id: int,
    given: RatingGiven,
    turn_id: int | None,
    now: datetime,
) -> Rated | None:
    """Store a score, which forgets the reason of another, or a reason; a repeat changes nothing.

    ``turn_id`` is the turn that told it, None if it was told while a person had the session.

    Returns None if nothing has changed: it is known, or no such rating of this conversation is
    open.
    """
    values = {
        "key": given.key, "conversation_id": conversation_id, "since": now - RATING_LIFE,
        "now": now,
    }  # fmt: skip
    found = connection.execute(_LOCK, values).one_or_none()
    if found is None:
        return None
    if given.score is not None:
        told = {**values, "score": given.score, "turn_id": turn_id}
        row = connection.execute(_SCORE, told).one_or_none()
    else:
        told = {**values, "reason": storable_text(given.reason or "")}
        row = connection.execute(_REASON, told).one_or_none()
    return Rated(Rating(*row), found.score) if row else None


def ratings_of(connection: Connection, conversation_id: int, limit: int) -> list[Rating]:
    """Return what a conversation's customer has said, the newest first."""
    values = {"conversation_id": conversation_id, "limit": limit}
    return [Rating(*row) for row in connection.execute(_OF_CONVERSATION, values)]


def rating_counts(connection: Connection, chosen: Chosen, zone: str) -> list[RatingCount]:
    """Return counts by the day of asking in ``zone``, agent and account."""
    values = {**chosen.values(), "zone": zone}
    return [RatingCount(*row) for row in connection.execute(_COUNTS, values)]


def rating_reasons(connection: Connection, chosen: Chosen) -> list[RatingReason]:
    """Return the reasons of those who were not quite content, the most frequent first."""
    return [RatingReason(*row) for row in connection.execute(_REASONS, chosen.values())]


def last_complaints(connection: Connection, chosen: Chosen, limit: int) -> list[Complaint]:
    """Return who was not content, the newest first."""
    values = {**chosen.values(), "limit": limit}
    return [Complaint(*row) for row in connection.execute(_COMPLAINTS, values)]


def rated_talks(connection: Connection, since: datetime, now: datetime) -> list[RatedTalk]:
    """Return the conversations whose customers were asked ``since`` then."""
    found = connection.execute(_TALKS, {"since": since}).all()
    tags = tags_of_customers(connection, sorted({row.external_userid for row in found}), now)
    return [
        RatedTalk(row.id, row.rows, tags.get(row.external_userid, ()), row.scene) for row in found
    ]
