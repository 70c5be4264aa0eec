"""Changes of customers' tags as units of work, to run inside the caller's transaction.

Each locks the customer, keeps the evidence, and says what WeCom is to be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.customers.tags import Cause, Gift, Groups, Standing, Tag, give, lapse, take_away
from chatbot.store.customers import (
    Relation,
    lock_customer,
    relation_over,
    relation_told,
    relations_of,
)
from chatbot.store.tag_writes import TagWrite, bring_in_step, writes_of
from chatbot.store.tags import (
    Evidence,
    TurnRef,
    customers_with_lapsed_tags,
    evidence_of,
    save_changes,
    standings_of,
)


@dataclass(frozen=True, slots=True)
class TagRecord:
    """A tag with everything about it: how it stands, why, and what WeCom has of it.

    ``in_wecom`` has a line for each member who follows, or followed, the customer; without a
    line the tag is a shadow that only we know.
    """

    standing: Standing
    evidence: tuple[Evidence, ...]
    in_wecom: tuple[TagWrite, ...]


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """What a page about one customer shows of their tags."""

    external_userid: str
    followers: tuple[Relation, ...]
    tags: tuple[TagRecord, ...]


def give_tags(
    connection: Connection,
    external_userid: str,
    gifts: Sequence[Gift],
    groups: Groups,
    now: datetime,
    turn: TurnRef | None = None,
) -> None:
    """Give tags, the strongest first, by the rules of `chatbot.customers.tags`."""
    if not gifts:
        return
    lock_customer(connection, external_userid, now)
    changes = give(standings_of(connection, external_userid), gifts, groups, now)
    save_changes(connection, external_userid, changes, now, turn)
    bring_in_step(connection, external_userid, now)


def remove_tag(
    connection: Connection,
    external_userid: str,
    tag: Tag,
    cause: Cause,
    groups: Groups,
    now: datetime,
    reason: str = "",
) -> bool:
    """Take a tag away for a person or an admin; return False if the customer has no such tag."""
    lock_customer(connection, external_userid, now)
    standing = standings_of(connection, external_userid).get(tag)
    if standing is None or standing.state != "given":
        return False
    change = take_away(standing, cause, groups, now, reason)
    save_changes(connection, external_userid, [change], now)
    bring_in_step(connection, external_userid, now)
    return True


def lapse_tags(connection: Connection, now: datetime, limit: int) -> int:
    """End the tags of up to ``limit`` customers whose lifetime is over; return how many customers.

    Customers are locked in order, as everywhere.
    """
    customers = customers_with_lapsed_tags(connection, now, limit)
    for external_userid in customers:
        lock_customer(connection, external_userid, now)
        standings = standings_of(connection, external_userid).values()
        over = [each for each in standings if each.lapses_at and each.lapses_at <= now]
        save_changes(connection, external_userid, [lapse(each, now) for each in over], now)
        bring_in_step(connection, external_userid, now)
    return len(customers)


def begin_relation(
    connection: Connection,
    external_userid: str,
    userid: str,
    channel: str,
    event_at: datetime,
    now: datetime,
) -> None:
    """Follow the news that a member and the customer are contacts: shadows become tags."""
    _relation_told(connection, external_userid, userid, True, channel, event_at, now)


def end_relation(
    connection: Connection, external_userid: str, userid: str, event_at: datetime, now: datetime
) -> None:
    """Follow the news that one deleted the other: the tags become shadows for that member."""
    _relation_told(connection, external_userid, userid, False, "", event_at, now)


def _relation_told(
    connection: Connection,
    external_userid: str,
    userid: str,
    active: bool,
    channel: str,
    event_at: datetime,
    now: datetime,
) -> None:
    lock_customer(connection, external_userid, now)
    relation_told(
        connection, external_userid, userid, active=active, channel=channel, event_at=event_at,
        now=now,
    )  # fmt: skip
    bring_in_step(connection, external_userid, now)


def relation_unknown(
    connection: Connection, external_userid: str, userid: str, now: datetime
) -> None:
    """Follow a refusal that says there is no such relation (any more)."""
    relation_over(connection, external_userid, userid, now)
    bring_in_step(connection, external_userid, now, make_due=False)


def customer_page(connection: Connection, external_userid: str) -> CustomerPage:
    """Return everything about a customer's tags, those that ended included."""
    evidence = evidence_of(connection, external_userid)
    writes = writes_of(connection, external_userid)
    standings = standings_of(connection, external_userid)
    return CustomerPage(
        external_userid,
        tuple(relations_of(connection, external_userid)),
        tuple(
            TagRecord(
                standing,
                tuple(line for line in evidence if line.tag == tag),
                tuple(write for write in writes if write.tag == tag),
            )
            for tag, standing in standings.items()
        ),
    )
