"""What WeCom is to be told of customers' tags: one state for each customer, follower and tag.

``wanted`` until the platform has taken it, then ``written``; ``refused`` with the reason;
``shadow`` while the member does not follow the customer. `chatbot.store.tag_claims` says who may
tell WeCom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from chatbot.customers.tags import Tag
from chatbot.store.customers import ASK_AGAIN
from chatbot.store.database import statement
from chatbot.store.messages import storable_text

WriteState = Literal["wanted", "written", "refused", "shadow"]
Goal = Literal["present", "absent"]


@dataclass(frozen=True, slots=True)
class TagWrite:
    """What one member is to have, or has, on one customer.

    ``by_person``: people put it there, so it is not ours to take off. ``recreated``: the tag had
    been deleted in WeCom, and was made again once.
    """

    userid: str
    tag: Tag
    goal: Goal
    state: WriteState
    by_person: bool
    tag_id: str | None
    recreated: bool
    error_code: int | None
    error_text: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one write; ``state`` "wanted" means it is to be tried again."""

    write: TagWrite
    state: WriteState
    tag_id: str | None = None
    recreated: bool = False
    error_code: int | None = None
    error_text: str | None = None


# Bringing the rows in step with tags and relations

_ACTIVE = (
    "EXISTS (SELECT FROM contact_relations r WHERE r.external_userid = w.external_userid"
    " AND r.userid = w.userid AND r.active)"
)
_HAS_TAG = (
    "EXISTS (SELECT FROM customer_tags t WHERE t.external_userid = w.external_userid"
    " AND t.tag_group = w.tag_group AND t.name = w.name AND t.state = 'given')"
)
_OURS = (
    "EXISTS (SELECT FROM customer_tags t WHERE t.external_userid = w.external_userid"
    " AND t.tag_group = w.tag_group AND t.name = w.name AND t.state = 'given' AND t.ours)"
)
# With a relation WeCom drops its tags: nothing is left to take off, or of what people put there.
_FORGET = statement(
    "DELETE FROM tag_writes w WHERE w.external_userid = :customer"
    f" AND NOT {_ACTIVE} AND (w.goal = 'absent' OR NOT {_OURS})"
)
_OVERSHADOW = statement(
    "UPDATE tag_writes w SET state = 'shadow', tag_id = NULL, by_person = false,"
    " error_code = NULL, error_text = NULL, changed_at = :now"
    f" WHERE w.external_userid = :customer AND w.state <> 'shadow' AND NOT {_ACTIVE}"
)
_DROP_REFUSED = statement(
    "DELETE FROM tag_writes w WHERE w.external_userid = :customer"
    f" AND w.state = 'refused' AND w.goal = 'present' AND NOT {_HAS_TAG}"
)
_WANT = statement(
    "INSERT INTO tag_writes AS w (external_userid, userid, tag_group, name, goal, state,"
    " changed_at) SELECT t.external_userid, r.userid, t.tag_group, t.name, 'present', 'wanted',"
    " :now FROM customer_tags t JOIN contact_relations r USING (external_userid)"
    " WHERE t.external_userid = :customer AND t.state = 'given' AND t.ours AND r.active"
    " ON CONFLICT (external_userid, userid, tag_group, name) DO UPDATE SET goal = 'present',"
    " state = 'wanted', recreated = false, error_code = NULL, error_text = NULL,"
    " changed_at = EXCLUDED.changed_at WHERE w.goal = 'absent' OR w.state = 'shadow'"
)
_TAKE_OFF = statement(
    "UPDATE tag_writes w SET goal = 'absent', state = 'wanted', error_code = NULL,"
    " error_text = NULL, changed_at = :now WHERE w.external_userid = :customer"
    " AND w.goal = 'present' AND NOT w.by_person AND w.state IN ('written', 'wanted')"
    f" AND NOT {_HAS_TAG}"
)
_IS_CONTACT = statement(
    "SELECT EXISTS (SELECT FROM contact_relations WHERE external_userid = :customer)"
)
_STEPS = (_FORGET, _OVERSHADOW, _DROP_REFUSED, _WANT, _TAKE_OFF)
#: Asking who follows a customer waits until there is a tag to write.
MUST_LOOK_UP = (
    "(EXISTS (SELECT FROM customer_tags t WHERE t.external_userid = c.external_userid"
    " AND t.state = 'given' AND t.ours)"
    " AND (c.looked_up_at IS NULL OR (c.looked_up_at <= :asked_before"
    " AND NOT EXISTS (SELECT FROM contact_relations r"
    " WHERE r.external_userid = c.external_userid AND r.active))))"
)
WANTED = (
    "EXISTS (SELECT FROM tag_writes w"
    " WHERE w.external_userid = c.external_userid AND w.state = 'wanted')"
)
_MAKE_DUE = statement(
    "UPDATE customers c SET tagging_due_at = :now, tagging_attempts = 0"
    f" WHERE c.external_userid = :customer AND ({WANTED} OR {MUST_LOOK_UP})"
)

_COLUMNS = (
    "userid, tag_group, name, goal, state, by_person, tag_id, recreated, error_code, error_text,"
    " changed_at"
)
_LIST = statement(
    f"SELECT {_COLUMNS} FROM tag_writes WHERE external_userid = :customer"
    " AND state = ANY(:states) ORDER BY userid, goal, tag_group, name"
)
_SETTLE = statement(
    # What is wanted may have turned around during the call; then the new wish stands.
    "UPDATE tag_writes SET state = :state, tag_id = COALESCE(:tag_id, tag_id),"
    " recreated = :recreated, error_code = :error_code, error_text = :error_text,"
    " changed_at = :now WHERE external_userid = :customer AND userid = :userid"
    " AND tag_group = :tag_group AND name = :name AND goal = :goal AND state = 'wanted'"
)
_OBSERVE = statement(
    "INSERT INTO tag_writes (external_userid, userid, tag_group, name, goal, state, by_person,"
    " tag_id, changed_at) VALUES (:customer, :userid, :tag_group, :name, :goal, 'written',"
    " :by_person, :tag_id, :now)"
    " ON CONFLICT (external_userid, userid, tag_group, name) DO UPDATE SET goal = EXCLUDED.goal,"
    " state = 'written', by_person = EXCLUDED.by_person, tag_id = EXCLUDED.tag_id,"
    " error_code = NULL, error_text = NULL, changed_at = EXCLUDED.changed_at"
)
_COUNT_WANTED = statement("SELECT count(*) FROM tag_writes WHERE state = 'wanted'")
_ALL_STATES: tuple[WriteState, ...] = ("wanted", "written", "refused", "shadow")


def bring_in_step(
    connection: Connection, external_userid: str, now: datetime, *, make_due: bool = True
) -> None:
    """Want what the customer's tags and followers ask for; the customer must be locked.

    ``make_due`` calls for somebody to tell WeCom, which whoever is doing so does not need.
    """
    values = {"customer": external_userid, "now": now}
    # Most customers never become contacts, and a turn waits for this.
    if connection.scalar(_IS_CONTACT, values):
        for step in _STEPS:
            connection.execute(step, values)
    if make_due:
        connection.execute(_MAKE_DUE, {**values, "asked_before": now - ASK_AGAIN})


def writes_of(
    connection: Connection, external_userid: str, states: Sequence[WriteState] = _ALL_STATES
) -> list[TagWrite]:
    """Return a customer's writes in these states, those of each follower together."""
    rows = connection.execute(_LIST, {"customer": external_userid, "states": list(states)})
    return [TagWrite(userid, Tag(group, name), *rest) for userid, group, name, *rest in rows]


def settle_writes(
    connection: Connection, external_userid: str, settled: Sequence[Settled], now: datetime
) -> None:
    """Record what became of writes; the claim must be held in this transaction."""
    for each in settled:
        values = {
            "customer": external_userid, "userid": each.write.userid,
            "tag_group": each.write.tag.group, "name": each.write.tag.name,
            "goal": each.write.goal, "state": each.state, "tag_id": each.tag_id,
            "recreated": each.state == "wanted" and (each.recreated or each.write.recreated),
            "error_code": each.error_code, "now": now,
            "error_text": None if each.error_text is None else storable_text(each.error_text),
        }  # fmt: skip
        connection.execute(_SETTLE, values)


def observe_write(
    connection: Connection,
    external_userid: str,
    userid: str,
    tag: Tag,
    tag_id: str | None,
    *,
    goal: Goal,
    by_person: bool,
    now: datetime,
) -> None:
    """Record what a member has in WeCom as the platform tells it; the customer must be locked."""
    values = {
        "customer": external_userid, "userid": userid, "tag_group": tag.group, "name": tag.name,
        "goal": goal, "by_person": by_person, "tag_id": tag_id, "now": now,
    }  # fmt: skip
    connection.execute(_OBSERVE, values)


def count_wanted(connection: Connection) -> int:
    """Return how many tags wait to be written, over all customers."""
    return int(connection.scalar(_COUNT_WANTED) or 0)
