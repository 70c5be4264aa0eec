"""Sessions of people who are logged in. Of the secret in their browser only a hash is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection

from chatbot.access.roles import Standing
from chatbot.access.viewer import Role
from chatbot.store.database import statement
from chatbot.store.messages import storable_text

#: Without a request for so long a session is over; with requests it lasts so long at most.
IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
_SEEN_EVERY = timedelta(minutes=1)
#: Ended sessions are shown to nobody, but kept for a while to look something up.
_KEPT = timedelta(days=90)
_LONGEST_AGENT = 400

EndReason = Literal["logout", "ended", "replaced", "left"]


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to begin. ``link_role`` is set where a one-time link let somebody in."""

    token_hash: bytes
    userid: str
    name: str
    user_agent: str
    address: str
    link_role: Role | None = None


@dataclass(frozen=True, slots=True)
class LoginSession:
    """An open session, and what is known of the member whose it is."""

    id: int
    member: Standing
    link_role: Role | None
    user_agent: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


_BEGIN = statement(
    "INSERT INTO login_sessions (token_hash, userid, name, link_role, user_agent, address,"
    " created_at, last_seen_at, expires_at) VALUES (:token_hash, :userid, :name, :link_role,"
    " :user_agent, :address, :now, :now, :expires_at) RETURNING id"
)
_SELECT = (
    "SELECT s.id, s.userid, COALESCE(m.name, s.name) AS name, s.link_role, s.user_agent,"
    " s.address, s.created_at, s.last_seen_at, s.expires_at, m.departments,"
    " COALESCE(m.servicer, false) OR EXISTS (SELECT FROM agents a WHERE a.userid = s.userid)"
    " AS serves FROM login_sessions s LEFT JOIN known_members m ON m.userid = s.userid"
    " WHERE s.ended_at IS NULL AND s.expires_at > :now"
)
_FIND = statement(f"{_SELECT} AND s.token_hash = :token_hash")
_GET = statement(f"{_SELECT} AND s.id = :id")
_LIST = statement(f"{_SELECT} ORDER BY s.last_seen_at DESC, s.id DESC")
_SEEN = statement(
    "UPDATE login_sessions SET last_seen_at = :now, expires_at = :expires_at, address = :address"
    " WHERE id = :id AND ended_at IS NULL"
)
_ENDING = "UPDATE login_sessions SET ended_at = :now, ended_by = :by, end_reason = :reason"
_OPEN = "ended_at IS NULL AND expires_at > :now"
_END = statement(f"{_ENDING} WHERE id = :id AND {_OPEN}")
_END_ALL = statement(f"{_ENDING} WHERE userid = :userid AND id <> :but AND {_OPEN}")
_END_TOKEN = statement(f"{_ENDING} WHERE token_hash = :token_hash AND {_OPEN}")
_CHECK_SOON = statement("UPDATE known_members SET check_at = :now WHERE userid = :userid")
_FORGET = statement("DELETE FROM login_sessions WHERE COALESCE(ended_at, expires_at) < :before")
_DUE = statement(
    "UPDATE known_members SET check_at = :again WHERE userid IN (SELECT m.userid"
    " FROM known_members m WHERE m.check_at <= :now AND EXISTS (SELECT FROM login_sessions s"
    " WHERE s.userid = m.userid AND s.ended_at IS NULL AND s.expires_at > :now)"
    " ORDER BY m.check_at LIMIT :limit FOR UPDATE SKIP LOCKED) RETURNING userid"
)


def begin_session(connection: Connection, new: NewSession, now: datetime) -> int:
    """Begin a session and return its number.

    One by a link belongs to nobody in particular, so it is not made longer by use.
    """
    values = {
        "token_hash": new.token_hash, "userid": new.userid, "name": storable_text(new.name),
        "link_role": new.link_role, "address": new.address,
        "user_agent": storable_text(new.user_agent)[:_LONGEST_AGENT], "now": now,
        "expires_at": now + IDLE,
    }  # fmt: skip
    return int(connection.execute(_BEGIN, values).scalar_one())


def open_session(
    connection: Connection, token_hash: bytes, address: str, now: datetime
) -> LoginSession | None:
    """Return the open session of a secret, None if it is over; at most once a minute note its use.

    ``address`` is where it is used from now.
    """
    row = connection.execute(_FIND, {"token_hash": token_hash, "now": now}).one_or_none()
    if row is None:
        return None
    session = _session(row)
    if now - session.last_seen_at < _SEEN_EVERY:
        return session
    expires_at = session.expires_at
    if session.link_role is None:
        expires_at = min(now + IDLE, session.created_at + LONGEST)
    values = {"id": session.id, "now": now, "expires_at": expires_at, "address": address}
    connection.execute(_SEEN, values)
    return replace(session, last_seen_at=now, expires_at=expires_at, address=address)


def get_session(connection: Connection, session_id: int, now: datetime) -> LoginSession | None:
    """Return an open session by its number."""
    row = connection.execute(_GET, {"id": session_id, "now": now}).one_or_none()
    return None if row is None else _session(row)


def list_sessions(connection: Connection, now: datetime) -> list[LoginSession]:
    """Return all open sessions, those used last first."""
    return [_session(row) for row in connection.execute(_LIST, {"now": now})]


def end_session(
    connection: Connection, session_id: int, by: str, reason: EndReason, now: datetime
) -> bool:
    """End a session; False if it was over."""
    values = {"id": session_id, "by": by, "reason": reason, "now": now}
    return connection.execute(_END, values).rowcount == 1


def end_sessions_of(
    connection: Connection, userid: str, by: str, reason: EndReason, now: datetime, but: int = 0
) -> int:
    """End every session of somebody, except the one with the number ``but``; return how many."""
    values = {"userid": userid, "by": by, "reason": reason, "now": now, "but": but}
    return connection.execute(_END_ALL, values).rowcount


def replace_session(connection: Connection, token_hash: bytes, by: str, now: datetime) -> None:
    """End what a browser was logged in as, because it logs in anew."""
    values = {"token_hash": token_hash, "by": by, "reason": "replaced", "now": now}
    connection.execute(_END_TOKEN, values)


def members_to_check(
    connection: Connection, now: datetime, again: datetime, limit: int
) -> list[str]:
    """Take members with an open session whom the platform should be asked about.

    Nobody else takes them until ``again``, when they are due once more if nothing came of it.
    """
    values = {"now": now, "again": again, "limit": limit}
    return list(connection.scalars(_DUE, values))


def check_soon(connection: Connection, userid: str, now: datetime) -> None:
    """Let the platform be asked about a member at the next look: something changed."""
    connection.execute(_CHECK_SOON, {"userid": userid, "now": now})


def forget_sessions(connection: Connection, now: datetime) -> None:
    """Delete sessions that have been over for a long time."""
    connection.execute(_FORGET, {"before": now - _KEPT})


def _session(row: Any) -> LoginSession:
    member = Standing(row.userid, row.name, tuple(row.departments or ()), bool(row.serves))
    return LoginSession(
        row.id, member, row.link_role, row.user_agent, row.address, row.created_at,
        row.last_seen_at, row.expires_at,
    )  # fmt: skip
