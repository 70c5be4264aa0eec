"""Who may tell WeCom of a customer's tags: one caller for a customer, five for the enterprise.

The platform runs at most five mark_tag calls of an enterprise at a time (WeCom developer
documentation, 客户联系/编辑客户企业标签, error 45033), so the five slots are shared by all
processes, and every claim holds one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.store.customers import ASK_AGAIN
from chatbot.store.database import statement
from chatbot.store.errors import LeaseLost
from chatbot.store.tag_writes import MUST_LOOK_UP, WANTED


@dataclass(frozen=True, slots=True)
class TagClaim:
    """The right to tell WeCom of one customer's tags; ``slot`` is one of the five.

    ``must_look_up``: who follows the customer is not known yet. ``attempts`` counts the claims
    before this one that ended with a failure.
    """

    external_userid: str
    owner: int
    fence: int
    due_at: datetime
    attempts: int
    must_look_up: bool
    slot: int
    slot_fence: int


_FREE = (
    "(x.lease_owner IS NULL OR x.lease_until < :now OR x.lease_owner = :me"
    " OR NOT EXISTS (SELECT FROM processes p WHERE p.id = x.lease_owner))"
)
_CLAIM_CUSTOMERS = statement(
    "UPDATE customers c SET lease_owner = :me, lease_until = :until, fence = fence + 1"
    " WHERE c.external_userid IN (SELECT x.external_userid FROM customers x"
    f" WHERE x.tagging_due_at <= :now AND {_FREE} AND NOT x.external_userid = ANY(:busy)"
    " ORDER BY x.tagging_due_at LIMIT :limit FOR UPDATE SKIP LOCKED)"
    f" RETURNING c.external_userid, fence, tagging_due_at, tagging_attempts, {MUST_LOOK_UP}"
)
_CLAIM_SLOTS = statement(
    "UPDATE tag_slots SET lease_owner = :me, lease_until = :until, fence = fence + 1"
    f" WHERE slot IN (SELECT x.slot FROM tag_slots x WHERE {_FREE}"
    " AND NOT x.slot = ANY(:busy_slots) ORDER BY x.slot LIMIT :limit FOR UPDATE SKIP LOCKED)"
    " RETURNING slot, fence"
)
_GIVE_BACK = statement(
    "UPDATE customers SET lease_owner = NULL, lease_until = NULL"
    " WHERE external_userid = ANY(:customers) AND lease_owner = :me"
)
_NEXT_DUE = statement(
    "SELECT min(x.tagging_due_at) FROM customers x WHERE x.tagging_due_at IS NOT NULL"
    f" AND {_FREE} AND NOT x.external_userid = ANY(:busy)"
)
_HOLD = statement(
    "UPDATE customers SET lease_until = :until"
    " WHERE external_userid = :customer AND lease_owner = :me AND fence = :fence"
)
_HOLD_SLOT = statement(
    "UPDATE tag_slots SET lease_until = :until"
    " WHERE slot = :slot AND lease_owner = :me AND fence = :slot_fence"
)
_RELEASE = statement(
    # News that came during the claim moved the due time; they do not wait for a retry.
    "UPDATE customers c SET lease_owner = NULL, lease_until = NULL, tagging_attempts = :attempts,"
    " tagging_due_at = CASE WHEN tagging_due_at IS DISTINCT FROM :due_at THEN tagging_due_at"
    f" ELSE COALESCE(CAST(:retry_at AS timestamptz), CASE WHEN {WANTED} THEN :now END) END"
    " WHERE external_userid = :customer"
)
_RELEASE_SLOT = statement(
    "UPDATE tag_slots SET lease_owner = NULL, lease_until = NULL"
    " WHERE slot = :slot AND lease_owner = :me AND fence = :slot_fence"
)


def claim_tagging(
    connection: Connection,
    me: int,
    held: Sequence[TagClaim],
    now: datetime,
    until: datetime,
    limit: int,
) -> tuple[list[TagClaim], datetime | None]:
    """Claim customers WeCom should hear of, each with a slot; say when the next is due.

    ``held`` are the claims this process works on. None as the next due time also when slots,
    not customers, are short.
    """
    values = {
        "me": me, "now": now, "until": until, "asked_before": now - ASK_AGAIN,
        "busy": [claim.external_userid for claim in held],
        "busy_slots": [claim.slot for claim in held],
    }  # fmt: skip
    customers = connection.execute(_CLAIM_CUSTOMERS, {**values, "limit": limit}).all()
    if not customers:
        return [], connection.scalar(_NEXT_DUE, values)
    slots = connection.execute(_CLAIM_SLOTS, {**values, "limit": len(customers)}).all()
    if unserved := [row.external_userid for row in customers[len(slots) :]]:
        connection.execute(_GIVE_BACK, {"customers": unserved, "me": me})
    claims = [
        TagClaim(customer, me, fence, due_at, attempts, look_up, slot.slot, slot.fence)
        for (customer, fence, due_at, attempts, look_up), slot in zip(
            customers, slots, strict=False
        )
    ]
    return claims, None if unserved else now


def hold_tagging(connection: Connection, claim: TagClaim, until: datetime) -> None:
    """Keep a claim and its slot until then.

    Raises:
        LeaseLost: another process has one of them; nothing may be called or written.
    """
    values = {**_key(claim), "until": until}
    for hold in (_HOLD, _HOLD_SLOT):
        if connection.execute(hold, values).rowcount != 1:
            raise LeaseLost(f"the tags of {claim.external_userid} went to another process")


def release_tagging(
    connection: Connection,
    claim: TagClaim,
    retry_at: datetime | None,
    attempts: int,
    now: datetime,
) -> None:
    """Give a claim and its slot back; ``retry_at`` is when what failed is tried again.

    Raises:
        LeaseLost: another process has one of them.
    """
    hold_tagging(connection, claim, now)
    values = {
        **_key(claim), "retry_at": retry_at, "attempts": attempts, "due_at": claim.due_at,
        "now": now,
    }  # fmt: skip
    connection.execute(_RELEASE, values)
    connection.execute(_RELEASE_SLOT, values)


def _key(claim: TagClaim) -> dict[str, object]:
    return {
        "customer": claim.external_userid, "me": claim.owner, "fence": claim.fence,
        "slot": claim.slot, "slot_fence": claim.slot_fence,
    }  # fmt: skip
