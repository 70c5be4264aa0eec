"""Customer-service accounts: their cursors and who is pulling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.errors import LeaseLost


@dataclass(frozen=True, slots=True)
class KfAccount:
    """One customer-service account (客服账号) this server looks after."""

    open_kfid: str
    name: str
    pulled_at: datetime | None


@dataclass(frozen=True, slots=True)
class PullLease:
    """The right to pull one account; ``cursor`` is where the next page begins."""

    open_kfid: str
    owner: int
    fence: int
    cursor: str | None
    caught_up: bool


_UPSERT = statement(
    "INSERT INTO kf_accounts (open_kfid, name, managed) VALUES (:open_kfid, :name, true)"
    " ON CONFLICT (open_kfid) DO UPDATE SET name = EXCLUDED.name, managed = true"
)
_UNMANAGE = statement(
    "UPDATE kf_accounts SET managed = false WHERE managed AND NOT open_kfid = ANY(:kept)"
)
_LIST = statement(
    "SELECT open_kfid, name, pulled_at FROM kf_accounts WHERE managed ORDER BY open_kfid"
)
_NAME = statement("SELECT name FROM kf_accounts WHERE open_kfid = :open_kfid")
_LEASE = statement(
    "UPDATE kf_accounts SET lease_owner = :me, lease_until = :until, fence = fence + 1"
    " WHERE open_kfid = :open_kfid AND managed"
    # Its own lease is left from a pull that an outage of the database cut off.
    " AND (lease_owner IS NULL OR lease_until < :now OR lease_owner = :me)"
    " RETURNING fence, cursor, caught_up_at"
)
_ADVANCE = statement(
    "UPDATE kf_accounts SET cursor = :cursor, pulled_at = :now, lease_until = :until,"
    " caught_up_at = COALESCE(caught_up_at, :caught_up_at)"
    " WHERE open_kfid = :open_kfid AND lease_owner = :me AND fence = :fence"
    " AND cursor IS NOT DISTINCT FROM :previous"
)
_RELEASE = statement(
    "UPDATE kf_accounts SET lease_owner = NULL, lease_until = NULL"
    " WHERE open_kfid = :open_kfid AND lease_owner = :me AND fence = :fence"
)


def save_accounts(connection: Connection, accounts: dict[str, str]) -> None:
    """Make ``accounts`` (name by open_kfid) the ones that are looked after."""
    for open_kfid, name in sorted(accounts.items()):
        connection.execute(_UPSERT, {"open_kfid": open_kfid, "name": name})
    connection.execute(_UNMANAGE, {"kept": list(accounts)})


def list_accounts(connection: Connection) -> list[KfAccount]:
    """Return the accounts that are looked after."""
    return [KfAccount(*row) for row in connection.execute(_LIST)]


def account_name(connection: Connection, open_kfid: str) -> str:
    """Return what the account is called, or its id if that is not known."""
    return connection.scalar(_NAME, {"open_kfid": open_kfid}) or open_kfid


def lease_pull(
    connection: Connection, open_kfid: str, me: int, now: datetime, until: datetime
) -> PullLease | None:
    """Take the right to pull, or None while another process has it."""
    values = {"open_kfid": open_kfid, "me": me, "now": now, "until": until}
    row = connection.execute(_LEASE, values).one_or_none()
    if row is None:
        return None
    return PullLease(open_kfid, me, row.fence, row.cursor, row.caught_up_at is not None)


def advance_cursor(
    connection: Connection,
    lease: PullLease,
    cursor: str,
    *,
    complete: bool,
    now: datetime,
    until: datetime,
) -> None:
    """Move the cursor by compare-and-set, in the transaction that stores the page.

    Raises:
        LeaseLost: somebody else pulled meanwhile; the page must not be stored.
    """
    values = {
        "open_kfid": lease.open_kfid, "me": lease.owner, "fence": lease.fence,
        "previous": lease.cursor, "cursor": cursor, "now": now, "until": until,
        "caught_up_at": now if complete else None,
    }  # fmt: skip
    if connection.execute(_ADVANCE, values).rowcount != 1:
        raise LeaseLost(f"the pull of {lease.open_kfid} went to another process")


def release_pull(connection: Connection, lease: PullLease) -> None:
    """Give the right to pull back."""
    values = {"open_kfid": lease.open_kfid, "me": lease.owner, "fence": lease.fence}
    connection.execute(_RELEASE, values)
