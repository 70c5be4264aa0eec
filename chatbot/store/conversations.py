"""Conversations: one customer with one account. The unit that is claimed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.errors import LeaseLost
from chatbot.store.messages import storable_json, storable_text


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as it stands in the database, leases left out."""

    id: int
    public_id: str
    open_kfid: str
    external_userid: str
    nickname: str | None
    service_state: int
    state_certain: bool
    servicer_userid: str | None
    session_version: int
    session_started_at: datetime | None
    context: dict[str, Any]
    customer_wrote_at: datetime | None
    sent_since_customer: int
    pending_message_id: int | None
    burst_started_at: datetime | None
    burst_due_at: datetime | None
    due_at: datetime | None
    fence: int
    #: The scene_param of the link the customer came by last.
    scene: str = ""
    #: Who holds the bot back, and until when, because they are about to reply.
    paused_by: str | None = None
    paused_until: datetime | None = None

    def is_paused(self, now: datetime) -> bool:
        """Return whether somebody holds the bot back."""
        return self.paused_until is not None and self.paused_until > now


@dataclass(frozen=True, slots=True)
class Claim:
    """A conversation that one process works on; every write checks owner and fence."""

    conversation: Conversation
    owner: int
    #: Where the session is with people and it is time to look after it: when that is tried again
    #: if nobody says otherwise.
    watch_at: datetime | None = None

    @property
    def watched(self) -> bool:
        """Return whether the session is to be looked after."""
        return self.watch_at is not None

    def key(self) -> dict[str, int]:
        """Return what identifies this claim in a statement."""
        return {
            "id": self.conversation.id, "me": self.owner, "fence": self.conversation.fence,
        }  # fmt: skip


#: How soon a session with people is looked after again if nobody said when.
WATCH_AGAIN = timedelta(seconds=30)
#: 2 waits in the pool, 3 with a person (WeCom developer documentation, 微信客服/会话状态).
_WITH_PEOPLE = frozenset({2, 3})

_COLUMNS = (
    "id, public_id, open_kfid, external_userid, nickname, service_state, state_certain,"
    " servicer_userid, session_version, session_started_at, context, customer_wrote_at,"
    " sent_since_customer, pending_message_id, burst_started_at, burst_due_at, due_at, fence,"
    " scene, paused_by, paused_until"
)
_SELECT = f"SELECT {_COLUMNS} FROM conversations"

_CREATE = statement(
    "INSERT INTO conversations (public_id, open_kfid, external_userid, created_at)"
    " SELECT p, :open_kfid, c, :now FROM unnest(CAST(:public AS text[]),"
    " CAST(:customers AS text[])) AS t(p, c)"
    " ON CONFLICT (open_kfid, external_userid) DO NOTHING"
)
_LOCK = statement(
    f"{_SELECT} WHERE open_kfid = :open_kfid AND external_userid = ANY(:customers)"
    " ORDER BY id FOR UPDATE"
)
_GET = statement(f"{_SELECT} WHERE id = :id")
_GET_PUBLIC = statement(f"{_SELECT} WHERE public_id = :public_id")
_SAVE = statement(
    "UPDATE conversations SET service_state = :service_state, state_certain = :state_certain,"
    " servicer_userid = :servicer_userid, session_version = :session_version,"
    " session_started_at = :session_started_at, context = CAST(:context AS jsonb),"
    # The end of a session forgets what was said in it, but not whose customer this is.
    " scope_rows = COALESCE(NULLIF(CAST(:context AS jsonb) -> 'rows', '{}'), scope_rows),"
    " customer_wrote_at = :customer_wrote_at, sent_since_customer = :sent_since_customer,"
    " pending_message_id = :pending_message_id, burst_started_at = :burst_started_at,"
    " burst_due_at = :burst_due_at, due_at = :due_at, scene = :scene,"
    " owned_at = CASE WHEN owned_at IS NULL OR session_version <> :session_version"
    " THEN CAST(:now AS timestamptz) ELSE owned_at END,"
    # What happened in a session with people may be what somebody waited for. Else whoever has
    # asked for a look meanwhile keeps it.
    " watch_at = CASE WHEN :with_people THEN CAST(:now AS timestamptz) ELSE watch_at END,"
    " offered_to = CASE WHEN :with_people THEN offered_to ELSE '{}' END,"
    " alarmed_at = CASE WHEN :with_people THEN alarmed_at END WHERE id = :id"
)
_CLAIM = statement(
    # Whatever becomes of this claim, the session is not looked after again at once.
    "UPDATE conversations c SET lease_owner = :me, lease_until = :until, fence = fence + 1,"
    " watch_at = CASE WHEN due.watched THEN CAST(:watch_later AS timestamptz) ELSE c.watch_at END"
    " FROM (SELECT id, COALESCE(watch_at <= :now, false) AS watched, LEAST(due_at, watch_at) AS at"
    " FROM conversations WHERE (due_at <= :now OR watch_at <= :now)"
    # Whoever took the lease of a job under way, the job must end before this process has another.
    " AND NOT id = ANY(:busy)"
    # Its own claims that no job works on are left from an outage of the database.
    " AND (lease_owner IS NULL OR lease_until < :now OR lease_owner = :me)"
    " ORDER BY at LIMIT :limit FOR UPDATE SKIP LOCKED) AS due WHERE c.id = due.id"
    f" RETURNING {', '.join(f'c.{name.strip()}' for name in _COLUMNS.split(','))},"
    " CASE WHEN due.watched THEN c.watch_at END AS watch_at, due.at"
)
# Two lowest values, each the first of its index, rather than one of all rows that have either.
_UNCLAIMED = "NOT id = ANY(:busy) AND (lease_owner IS NULL OR lease_until < :now)"
_NEXT_DUE = statement(
    "SELECT LEAST("
    f"(SELECT min(due_at) FROM conversations WHERE due_at IS NOT NULL AND {_UNCLAIMED}),"
    f" (SELECT min(watch_at) FROM conversations WHERE watch_at IS NOT NULL AND {_UNCLAIMED}))"
)
_RENEW = statement(
    "UPDATE conversations SET lease_until = :until WHERE id = ANY(:ids) AND lease_owner = :me"
)
_HOLD = statement(f"{_SELECT} WHERE id = :id AND lease_owner = :me AND fence = :fence FOR UPDATE")
_RELEASE = statement(
    # Only columns of this row decide: a message that is stored at the same instant has set
    # burst_due_at under the row's lock, and is never slept over. While a part waits to be tried
    # again no turn can begin, so the burst waits with it instead of being claimed in vain.
    "UPDATE conversations SET lease_owner = NULL, lease_until = NULL,"
    " due_at = COALESCE(CAST(:send_due_at AS timestamptz), burst_due_at)"
    " WHERE id = :id AND lease_owner = :me AND fence = :fence RETURNING due_at"
)
_DELIVER = statement(
    # The release of _RELEASE without open parts, and the part's fate only if the claim held.
    "WITH held AS (UPDATE conversations SET lease_owner = NULL, lease_until = NULL,"
    " due_at = burst_due_at WHERE id = :id AND lease_owner = :me AND fence = :fence"
    " RETURNING due_at), settled AS (UPDATE outbox SET state = 'delivered', settled_at = :now,"
    " error_code = NULL, error_text = NULL, lease_owner = NULL, lease_until = NULL"
    " WHERE id = :part_id AND settled_at IS NULL AND EXISTS (SELECT FROM held))"
    " SELECT due_at FROM held"
)
_LOCK_ONE = statement(f"{_SELECT} WHERE id = :id FOR UPDATE")
_PAUSE = statement(
    "UPDATE conversations SET paused_by = :userid, paused_until = :until WHERE id = :id"
)
_WAKE = statement(
    # Not due_at: who gives the conversation back writes that anew.
    "UPDATE conversations SET watch_at = :now WHERE id = :id"
)
_WAKE_SERVED = statement(
    "UPDATE conversations SET watch_at = :now WHERE service_state = 3 AND servicer_userid = :userid"
)
_NICKNAMES = statement(
    "UPDATE conversations SET nickname = :nickname"
    " WHERE open_kfid = :open_kfid AND external_userid = :external_userid"
)
_NAME = statement(
    "SELECT nickname FROM conversations WHERE external_userid = :external_userid"
    " AND nickname IS NOT NULL ORDER BY customer_wrote_at DESC NULLS LAST, id DESC LIMIT 1"
)
_LOADS = statement(
    "SELECT servicer_userid, count(*) FROM conversations"
    # The platform ends a session after 48 hours without telling.
    " WHERE service_state = 3 AND servicer_userid IS NOT NULL AND session_started_at > :since"
    " GROUP BY servicer_userid"
)


def lock_conversations(
    connection: Connection, open_kfid: str, customers: Sequence[str], now: datetime
) -> dict[str, Conversation]:
    """Lock these customers' conversations, made where missing; return them by customer."""
    names = sorted(set(customers))
    if not names:
        return {}
    found = _lock(connection, open_kfid, names)
    missing = [name for name in names if name not in found]
    if missing:
        public = [secrets.token_urlsafe(16) for _ in missing]
        values = {"open_kfid": open_kfid, "customers": missing, "public": public, "now": now}
        connection.execute(_CREATE, values)
        found = _lock(connection, open_kfid, names)
    return found


def _lock(connection: Connection, open_kfid: str, names: list[str]) -> dict[str, Conversation]:
    rows = connection.execute(_LOCK, {"open_kfid": open_kfid, "customers": names})
    return {row.external_userid: Conversation(*row) for row in rows}


def get_conversation(connection: Connection, conversation_id: int) -> Conversation:
    """Return one conversation that must exist."""
    return Conversation(*connection.execute(_GET, {"id": conversation_id}).one())


def lock_conversation(connection: Connection, conversation_id: int) -> Conversation | None:
    """Lock one conversation for this transaction and return it, None if there is none."""
    row = connection.execute(_LOCK_ONE, {"id": conversation_id}).one_or_none()
    return Conversation(*row) if row else None


def look_up_conversation(connection: Connection, conversation_id: int) -> Conversation | None:
    """Return one conversation, or None if there is no such one."""
    row = connection.execute(_GET, {"id": conversation_id}).one_or_none()
    return Conversation(*row) if row else None


def find_conversation(connection: Connection, public_id: str) -> Conversation | None:
    """Return the conversation behind a page address, or None."""
    row = connection.execute(_GET_PUBLIC, {"public_id": public_id}).one_or_none()
    return Conversation(*row) if row else None


def save_conversation(connection: Connection, conversation: Conversation, now: datetime) -> None:
    """Write a conversation that this transaction has locked.

    A session that is with people is looked after next.
    """
    fields = (
        "id", "service_state", "state_certain", "servicer_userid", "session_version",
        "session_started_at", "customer_wrote_at", "sent_since_customer", "pending_message_id",
        "burst_started_at", "burst_due_at", "due_at", "scene",
    )  # fmt: skip
    values: dict[str, Any] = {field: getattr(conversation, field) for field in fields}
    with_people = conversation.service_state in _WITH_PEOPLE
    context = storable_json(conversation.context)
    values |= {"context": context, "now": now, "with_people": with_people}
    connection.execute(_SAVE, values)


def claim_due(
    connection: Connection,
    me: int,
    busy: Sequence[int],
    now: datetime,
    until: datetime,
    limit: int,
) -> list[Claim]:
    """Claim up to ``limit`` conversations that need work, the longest waiting first.

    ``busy`` are the conversations this process works on right now.
    """
    values = {
        "me": me, "busy": list(busy), "now": now, "until": until, "limit": limit,
        "watch_later": now + WATCH_AGAIN,
    }  # fmt: skip
    rows = sorted(connection.execute(_CLAIM, values), key=lambda row: (row.at, row.id))
    return [Claim(Conversation(*row[:-2]), me, row.watch_at) for row in rows]


def next_due_at(connection: Connection, busy: Sequence[int], now: datetime) -> datetime | None:
    """Return when the next unclaimed conversation that is not ``busy`` needs work, or None."""
    due_at: datetime | None = connection.scalar(_NEXT_DUE, {"busy": list(busy), "now": now})
    return due_at


def renew_claims(
    connection: Connection, me: int, conversation_ids: Sequence[int], until: datetime
) -> None:
    """Keep claims for longer; those lost meanwhile stay lost."""
    connection.execute(_RENEW, {"me": me, "ids": list(conversation_ids), "until": until})


def hold_claim(connection: Connection, claim: Claim) -> Conversation:
    """Lock the claimed conversation for this transaction and return it as it is now.

    Raises:
        LeaseLost: another process has it.
    """
    row = connection.execute(_HOLD, claim.key()).one_or_none()
    if row is None:
        raise LeaseLost(f"conversation {claim.conversation.id} went to another process")
    return Conversation(*row)


def release_claim(
    connection: Connection, claim: Claim, send_due_at: datetime | None
) -> datetime | None:
    """Give a conversation back; ``send_due_at`` is when its open parts are to be tried again.

    Returns when it needs work next, or None.
    """
    due_at: datetime | None = connection.scalar(
        _RELEASE, {**claim.key(), "send_due_at": send_due_at}
    )
    return due_at


def deliver_and_release(
    connection: Connection, claim: Claim, part_id: int, now: datetime
) -> datetime | None:
    """Settle the last open part as delivered and give its conversation back.

    Returns when it needs work next, or None.

    Raises:
        LeaseLost: another process has it.
    """
    values = {**claim.key(), "part_id": part_id, "now": now}
    row = connection.execute(_DELIVER, values).one_or_none()
    if row is None:
        raise LeaseLost(f"conversation {claim.conversation.id} went to another process")
    due_at: datetime | None = row.due_at
    return due_at


def pause_bot(
    connection: Connection, conversation_id: int, userid: str | None, until: datetime | None
) -> None:
    """Let the bot say nothing by itself until then, because ``userid`` replies; None ends it."""
    connection.execute(_PAUSE, {"id": conversation_id, "userid": userid, "until": until})


def wake_conversation(connection: Connection, conversation_id: int, now: datetime) -> None:
    """Have a worker look at a conversation that this transaction has changed."""
    connection.execute(_WAKE, {"id": conversation_id, "now": now})


def wake_sessions_of(connection: Connection, userid: str, now: datetime) -> int:
    """Have all sessions that ``userid`` serves looked after; return how many there are."""
    return connection.execute(_WAKE_SERVED, {"userid": userid, "now": now}).rowcount


def save_nickname(
    connection: Connection, open_kfid: str, external_userid: str, nickname: str
) -> None:
    """Remember what the customer is called."""
    values = {
        "open_kfid": open_kfid, "external_userid": external_userid,
        "nickname": storable_text(nickname),
    }  # fmt: skip
    connection.execute(_NICKNAMES, values)


def known_name(connection: Connection, external_userid: str) -> str | None:
    """Return what a customer is called in the talk they wrote in last, or None."""
    name: str | None = connection.scalar(_NAME, {"external_userid": external_userid})
    return name


def open_conversations(connection: Connection, since: datetime) -> dict[str, int]:
    """Return how many conversations, begun after ``since``, each servicer has open now."""
    return {row[0]: int(row[1]) for row in connection.execute(_LOADS, {"since": since})}
