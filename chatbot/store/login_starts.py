"""The ways into a session: logins under way, one-time links, and how often may be knocked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Literal

from sqlalchemy import Connection

from chatbot.access.viewer import Role
from chatbot.store.database import statement

#: How long a login under way, and a one-time link, can be used.
PENDING = timedelta(minutes=10)

Kind = Literal["start", "return", "link"]
_WINDOW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Limit:
    """How often something may be tried in ten minutes: from one address, and by everybody."""

    address: int
    everybody: int


#: A whole office may begin its day behind one address; a one-time link is seldom needed at all.
LIMITS: Mapping[Kind, Limit] = MappingProxyType(
    {"start": Limit(300, 3000), "return": Limit(300, 3000), "link": Limit(20, 200)}
)


@dataclass(frozen=True, slots=True)
class LoginLink:
    """A one-time link that was used just now."""

    id: int
    role: Role
    created_by: str


_BEGIN = statement(
    "INSERT INTO login_states (state_hash, browser_hash, target, expires_at)"
    " VALUES (:state_hash, :browser_hash, :target, :expires_at)"
)
_TAKE = statement(
    "DELETE FROM login_states WHERE state_hash = :state_hash AND browser_hash = :browser_hash"
    " AND expires_at > :now RETURNING target"
)
_MAKE_LINK = statement(
    "INSERT INTO login_links (token_hash, role, created_at, created_by, expires_at)"
    " VALUES (:token_hash, :role, :now, :created_by, :expires_at)"
)
_IS_USABLE = "token_hash = :token_hash AND used_at IS NULL AND expires_at > :now"
_HAS_LINK = statement(f"SELECT EXISTS (SELECT FROM login_links WHERE {_IS_USABLE})")
_USE_LINK = statement(
    f"UPDATE login_links SET used_at = :now WHERE {_IS_USABLE} RETURNING id, role, created_by"
)
_COUNT = statement(
    "INSERT INTO login_attempts (kind, address, began_at, tries)"
    " VALUES (:kind, :address, :began_at, 1), (:kind, '', :began_at, 1)"
    " ON CONFLICT (kind, address, began_at) DO UPDATE SET tries = login_attempts.tries + 1"
    " RETURNING address, tries"
)
_FORGET = (
    statement("DELETE FROM login_states WHERE expires_at < :before"),
    statement("DELETE FROM login_links WHERE expires_at < :before"),
    statement("DELETE FROM login_attempts WHERE began_at < :before"),
)
_UNKNOWN_ADDRESS = "?"


def begin_login(
    connection: Connection, state_hash: bytes, browser_hash: bytes, target: str, now: datetime
) -> None:
    """Remember a login that a browser has begun, and the path it wants to get to."""
    values = {
        "state_hash": state_hash, "browser_hash": browser_hash, "target": target,
        "expires_at": now + PENDING,
    }  # fmt: skip
    connection.execute(_BEGIN, values)


def take_login(
    connection: Connection, state_hash: bytes, browser_hash: bytes, now: datetime
) -> str | None:
    """End a login under way and return its path; None if this browser began no such login."""
    values = {"state_hash": state_hash, "browser_hash": browser_hash, "now": now}
    target: str | None = connection.scalar(_TAKE, values)
    return target


def make_link(
    connection: Connection, token_hash: bytes, role: Role, created_by: str, now: datetime
) -> None:
    """Make a one-time link."""
    values = {
        "token_hash": token_hash, "role": role, "created_by": created_by, "now": now,
        "expires_at": now + PENDING,
    }  # fmt: skip
    connection.execute(_MAKE_LINK, values)


def is_usable_link(connection: Connection, token_hash: bytes, now: datetime) -> bool:
    """Return whether a link can still be used, without using it."""
    return bool(connection.scalar(_HAS_LINK, {"token_hash": token_hash, "now": now}))


def use_link(connection: Connection, token_hash: bytes, now: datetime) -> LoginLink | None:
    """Use a link up; None if it is unknown, used or too old. Of two at once one gets it."""
    row = connection.execute(_USE_LINK, {"token_hash": token_hash, "now": now}).one_or_none()
    return None if row is None else LoginLink(row.id, row.role, row.created_by)


def count_attempt(
    connection: Connection, kind: Kind, address: str, now: datetime
) -> timedelta | None:
    """Count one attempt; return how long to wait if that was one too many, else None."""
    seconds = int(_WINDOW.total_seconds())
    began_at = datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)
    values = {"kind": kind, "address": address or _UNKNOWN_ADDRESS, "began_at": began_at}
    limit = LIMITS[kind]
    too_many = any(
        row.tries > (limit.address if row.address else limit.everybody)
        for row in connection.execute(_COUNT, values)
    )
    return began_at + _WINDOW - now if too_many else None


def forget_starts(connection: Connection, now: datetime) -> None:
    """Delete what nobody can use any more."""
    for forget in _FORGET:
        connection.execute(forget, {"before": now - _WINDOW})
