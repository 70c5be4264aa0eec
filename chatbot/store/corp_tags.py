"""The enterprise's tags as WeCom last told: the ids that writing tags needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.customers.tags import Tag
from chatbot.store.database import statement

#: Refusals that a change of the enterprise's tags may have mended (too many, taken names,
#: another app's tags); 40068, a deleted tag, only if the tag is there again.
_MENDABLE = [301002, 81011, 40126, 40071, 40072]
_DELETED = 40068


@dataclass(frozen=True, slots=True)
class CorpTag:
    """A tag of the enterprise with its id."""

    tag_id: str
    tag: Tag


_LEASE = statement(
    "UPDATE corp_tag_list SET lease_owner = :me, lease_until = :until"
    " WHERE lease_owner IS NULL OR lease_until < :now"
    " OR NOT EXISTS (SELECT FROM processes p WHERE p.id = lease_owner) RETURNING one"
)
_RELEASE = statement(
    "UPDATE corp_tag_list SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = :me"
)
_LISTED = statement("SELECT refreshed_at IS NOT NULL FROM corp_tag_list")
_REFRESHED = statement("UPDATE corp_tag_list SET refreshed_at = :now")
_ALL = statement("SELECT tag_id, tag_group, name FROM corp_tags ORDER BY position, tag_id")
_CLEAR = statement("DELETE FROM corp_tags")
_ADD = statement(
    "INSERT INTO corp_tags (tag_id, tag_group, name, position)"
    " VALUES (:tag_id, :tag_group, :name, :position) ON CONFLICT (tag_id)"
    " DO UPDATE SET tag_group = EXCLUDED.tag_group, name = EXCLUDED.name"
)
_LAST = statement("SELECT COALESCE(max(position), 0) FROM corp_tags")
_TOUCHED = statement(
    # In order and before their writes, as everybody locks them.
    "SELECT c.external_userid FROM customers c WHERE EXISTS (SELECT FROM tag_writes w"
    " WHERE w.external_userid = c.external_userid AND (w.state = 'refused' OR (w.state = 'written'"
    " AND w.goal = 'present' AND w.tag_id = ANY(:gone)))) ORDER BY c.external_userid FOR UPDATE"
)
_LOST = statement(
    "UPDATE tag_writes SET state = 'refused', error_code = :deleted, error_text = :text,"
    " tag_id = NULL, changed_at = :now"
    " WHERE state = 'written' AND goal = 'present' AND tag_id = ANY(:gone)"
)
_REVIVE = statement(
    "WITH again AS (UPDATE tag_writes w SET state = 'wanted', recreated = false,"
    " error_code = NULL, error_text = NULL, changed_at = :now WHERE w.state = 'refused'"
    " AND (w.error_code = ANY(:mendable) OR (w.error_code = :deleted AND EXISTS (SELECT"
    " FROM corp_tags t WHERE t.tag_group = w.tag_group AND t.name = w.name)))"
    " RETURNING w.external_userid)"
    " UPDATE customers SET tagging_due_at = :now, tagging_attempts = 0"
    " WHERE external_userid IN (SELECT external_userid FROM again)"
)


def lease_tag_list(connection: Connection, me: int, now: datetime, until: datetime) -> bool:
    """Take the right to list or add tags; False while somebody else has it."""
    values = {"me": me, "now": now, "until": until}
    return connection.execute(_LEASE, values).one_or_none() is not None


def release_tag_list(connection: Connection, me: int) -> None:
    """Give the right back."""
    connection.execute(_RELEASE, {"me": me})


def known_tags(connection: Connection) -> dict[Tag, str] | None:
    """Return the ids by tag, or None if the list was never read.

    WeCom may have a name twice; the first in the admins' order counts.
    """
    if not connection.scalar(_LISTED):
        return None
    found: dict[Tag, str] = {}
    for tag_id, group, name in connection.execute(_ALL):
        found.setdefault(Tag(group, name), tag_id)
    return found


def add_known_tags(connection: Connection, tags: Sequence[CorpTag]) -> None:
    """Remember tags that were just made here."""
    last = int(connection.scalar(_LAST) or 0)
    for position, each in enumerate(tags, last + 1):
        connection.execute(_ADD, _values(each, position))


def replace_known_tags(
    connection: Connection, tags: Sequence[CorpTag], deleted_text: str, now: datetime
) -> bool:
    """Store the list as WeCom tells it; return whether others had changed it.

    After a change, what was refused for the sake of the list is wanted again, and what was
    written with a tag that is gone is refused, with ``deleted_text``: an admin deleted the tag,
    so it is not made again behind their back.
    """
    before = {CorpTag(tag_id, Tag(*rest)) for tag_id, *rest in connection.execute(_ALL)}
    connection.execute(_CLEAR)
    for position, each in enumerate(tags, 1):
        connection.execute(_ADD, _values(each, position))
    connection.execute(_REFRESHED, {"now": now})
    if before == set(tags):
        return False
    gone = {each.tag_id for each in before} - {each.tag_id for each in tags}
    values = {
        "gone": sorted(gone), "deleted": _DELETED, "text": deleted_text, "mendable": _MENDABLE,
        "now": now,
    }  # fmt: skip
    connection.execute(_TOUCHED, values)
    connection.execute(_LOST, values)
    connection.execute(_REVIVE, values)
    return True


def _values(each: CorpTag, position: int) -> dict[str, object]:
    return {
        "tag_id": each.tag_id, "tag_group": each.tag.group, "name": each.tag.name,
        "position": position,
    }  # fmt: skip
