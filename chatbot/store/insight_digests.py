"""Which digests were told, and who may be told one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import Connection

from chatbot.access.roles import Appointed, Standing, viewer_for
from chatbot.access.viewer import Viewer
from chatbot.insight.periods import Period
from chatbot.store.database import statement
from chatbot.store.grants import list_grants

_CLAIM = statement(
    "INSERT INTO insight_digests (span, first_day, told_at, told) VALUES (:span, :first_day, :now,"
    " 0) ON CONFLICT DO NOTHING"
)
_TOLD = statement(
    "UPDATE insight_digests SET told = :told WHERE span = :span AND first_day = :first_day"
)
_IS_TOLD = statement(
    "SELECT EXISTS (SELECT FROM insight_digests WHERE span = :span AND first_day = :first_day)"
)
_MEMBERS = statement(
    "SELECT userid, name, departments FROM known_members"
    " WHERE userid = ANY(:userids) OR departments && CAST(:departments AS bigint[])"
)


def is_told(connection: Connection, period: Period) -> bool:
    """Return whether somebody has told, or tells, of a period."""
    values = {"span": period.span, "first_day": period.start}
    return bool(connection.scalar(_IS_TOLD, values))


def claim_digest(connection: Connection, period: Period, now: datetime) -> bool:
    """Note that this transaction tells of a period; False if another one does, or has."""
    values: dict[str, date | str | datetime] = {
        "span": period.span, "first_day": period.start, "now": now,
    }  # fmt: skip
    return connection.execute(_CLAIM, values).rowcount == 1


def note_told(connection: Connection, period: Period, told: int) -> None:
    """Note how many members were told."""
    connection.execute(_TOLD, {"span": period.span, "first_day": period.start, "told": told})


def viewers(connection: Connection, appointed: Appointed) -> list[Viewer]:
    """Return everybody to whom the settings or a grant give a role, in that role.

    Of a department those are known who have logged in before.
    """
    grants = [each.grant for each in list_grants(connection)]
    userids = {each.userid for each in (*grants, *appointed.grants()) if each.userid is not None}
    departments = [each.department for each in grants if each.department is not None]
    members = _standings(connection, userids, departments)
    found = (viewer_for(each, grants, appointed) for each in members)
    return [viewer for viewer in found if viewer is not None]


def _standings(
    connection: Connection, userids: Collection[str], departments: Collection[int]
) -> list[Standing]:
    values = {"userids": list(userids), "departments": list(departments)}
    known = {
        row.userid: Standing(row.userid, row.name, tuple(row.departments))
        for row in connection.execute(_MEMBERS, values)
    }
    strangers = {userid: Standing(userid, "") for userid in userids if userid not in known}
    return sorted({**known, **strangers}.values(), key=lambda each: each.userid)
