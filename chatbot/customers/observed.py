"""What the platform tells of a contact: who follows the customer, and which tags they carry.

A tag that we had written and that is gone was taken away by a person; one that we know nothing
of was put there by a person. Both are only concluded from rows that were settled before the
reading began: a call of ours under way explains any other difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from chatbot.customers.tags import Cause, Gift, Groups, Tag, give, take_away
from chatbot.store.customers import lock_customer, relations_read
from chatbot.store.tag_writes import TagWrite, bring_in_step, observe_write, writes_of
from chatbot.store.tags import save_changes, standings_of

#: Several machines share the rows, and their clocks are not quite the same.
_CLOCKS_DIFFER = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class SeenTag:
    """A tag of the enterprise on a customer."""

    tag_id: str
    tag: Tag


@dataclass(frozen=True, slots=True)
class SeenFollower:
    """A member who follows the customer, as read; ``channel`` is where the customer came from."""

    userid: str
    channel: str
    since: datetime
    tags: tuple[SeenTag, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """All followers of a customer as they were at ``read_at`` or a little later.

    If a tag is missing, the enterprise's list must have been read anew before this is taken over:
    a tag that was deleted for everybody says nothing about this customer.
    """

    external_userid: str
    followers: tuple[SeenFollower, ...]
    read_at: datetime

    @property
    def tag_ids(self) -> frozenset[str]:
        """Return the ids of all tags that were seen."""
        return frozenset(seen.tag_id for each in self.followers for seen in each.tags)

    def is_settled(self, write: TagWrite) -> bool:
        """Return whether a row was surely what it is when the reading began."""
        return write.changed_at < self.read_at - _CLOCKS_DIFFER


def written_ids(connection: Connection, external_userid: str) -> set[str]:
    """Return the ids of the tags that followers have as far as we know."""
    writes = writes_of(connection, external_userid, ["written"])
    return {each.tag_id for each in writes if each.goal == "present" and each.tag_id}


def observe_contact(
    connection: Connection,
    reading: Reading,
    groups: Groups,
    now: datetime,
    *,
    make_due: bool = True,
) -> None:
    """Take over what the platform tells of a contact."""
    customer = reading.external_userid
    lock_customer(connection, customer, now)
    seen = [(each.userid, each.channel, each.since) for each in reading.followers]
    relations_read(connection, customer, seen, reading.read_at, now)
    writes = writes_of(connection, customer)
    for follower in reading.followers:
        of_follower = [each for each in writes if each.userid == follower.userid]
        _observe_follower(connection, reading, follower, of_follower, groups, now)
    bring_in_step(connection, customer, now, make_due=make_due)


def _observe_follower(
    connection: Connection,
    reading: Reading,
    follower: SeenFollower,
    writes: Sequence[TagWrite],
    groups: Groups,
    now: datetime,
) -> None:
    for write in writes:
        seen = _find(write, follower.tags)
        if _was_removed(write, seen, reading):
            _removed(connection, reading, write, groups, now)
        elif seen and _was_written(write):
            observe_write(
                connection, reading.external_userid, write.userid, write.tag, seen.tag_id,
                goal="present", by_person=write.by_person or write.state == "refused", now=now,
            )  # fmt: skip
    explained = {seen.tag_id for write in writes if (seen := _explained(write, follower, reading))}
    for seen in follower.tags:
        if seen.tag_id not in explained:
            _added(connection, reading, follower.userid, seen, groups, now)


def _find(write: TagWrite, tags: Iterable[SeenTag]) -> SeenTag | None:
    """Return the tag of a write; by its id, because people may rename tags."""
    for seen in tags:
        if seen.tag_id == write.tag_id or (write.tag_id is None and seen.tag == write.tag):
            return seen
    return None


def _was_removed(write: TagWrite, seen: SeenTag | None, reading: Reading) -> bool:
    return (
        seen is None
        and write.goal == "present"
        and write.state == "written"
        and reading.is_settled(write)
    )


def _was_written(write: TagWrite) -> bool:
    """Return whether a tag that is there settles an open wish: an answer had been lost."""
    return write.goal == "present" and write.state in {"wanted", "refused"}


def _explained(write: TagWrite, follower: SeenFollower, reading: Reading) -> SeenTag | None:
    """Return the seen tag that this write accounts for; one we took off may come again."""
    came_again = write.goal == "absent" and write.state == "written"
    if came_again and reading.is_settled(write):
        return None
    return _find(write, follower.tags)


def _removed(
    connection: Connection, reading: Reading, write: TagWrite, groups: Groups, now: datetime
) -> None:
    customer = reading.external_userid
    standing = standings_of(connection, customer).get(write.tag)
    observe_write(
        connection, customer, write.userid, write.tag, write.tag_id, goal="absent",
        by_person=False, now=now,
    )  # fmt: skip
    if standing is None or standing.state != "given":
        return
    if not standing.ours and _others_have(connection, customer, write):
        return
    change = take_away(standing, Cause("person", write.userid), groups, now)
    save_changes(connection, customer, [change], now)


def _others_have(connection: Connection, customer: str, write: TagWrite) -> bool:
    return any(
        each.tag == write.tag and each.userid != write.userid and each.goal == "present"
        for each in writes_of(connection, customer, ["written"])
    )


def _added(
    connection: Connection,
    reading: Reading,
    userid: str,
    seen: SeenTag,
    groups: Groups,
    now: datetime,
) -> None:
    customer = reading.external_userid
    gift = Gift(seen.tag, Cause("person", userid))
    changes = give(standings_of(connection, customer), [gift], groups, now)
    save_changes(connection, customer, changes, now)
    observe_write(
        connection, customer, userid, seen.tag, seen.tag_id, goal="present", by_person=True,
        now=now,
    )  # fmt: skip
