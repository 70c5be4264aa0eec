"""Access tokens and tickets shared by all processes, each fetched by one of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from chatbot.store.database import statement


@dataclass(frozen=True, slots=True)
class SharedToken:
    """A token or ticket and when it should be renewed; the text is kept out of every repr."""

    text: str = field(repr=False)
    renew_at: datetime


_LOCK = statement(
    "INSERT INTO access_tokens (key) VALUES (:key) ON CONFLICT (key) DO UPDATE SET key = :key"
    " RETURNING token, renew_at, lease_owner, lease_until"
)
_LEASE = statement(
    "UPDATE access_tokens SET lease_owner = :me, lease_until = :until WHERE key = :key"
)
_SAVE = statement(
    "UPDATE access_tokens SET token = :token, renew_at = :renew_at,"
    " lease_owner = NULL, lease_until = NULL WHERE key = :key AND lease_owner = :me"
)
_RELEASE = statement(
    "UPDATE access_tokens SET lease_owner = NULL, lease_until = NULL"
    " WHERE key = :key AND lease_owner = :me"
)


def token_or_lease(
    connection: Connection, key: str, me: int, rejected: str | None, now: datetime, until: datetime
) -> SharedToken | bool:
    """Return the shared token; or True if the caller is to fetch it; or False: ask again soon."""
    row = connection.execute(_LOCK, {"key": key}).one()
    if row.token is not None and row.renew_at > now and row.token != rejected:
        return SharedToken(row.token, row.renew_at)
    if row.lease_owner is not None and row.lease_until > now:
        return False
    connection.execute(_LEASE, {"key": key, "me": me, "until": until})
    return True


def save_token(connection: Connection, key: str, me: int, token: SharedToken) -> None:
    """Share a token that was fetched under a lease, and end the lease."""
    values = {"key": key, "me": me, "token": token.text, "renew_at": token.renew_at}
    connection.execute(_SAVE, values)


def release_token(connection: Connection, key: str, me: int) -> None:
    """End a lease without a token."""
    connection.execute(_RELEASE, {"key": key, "me": me})
