"""Roles given to members and departments, and what the platform says of members."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.access.roles import Grant
from chatbot.store.database import statement
from chatbot.store.messages import storable_text


@dataclass(frozen=True, slots=True)
class GivenRole:
    """A grant as it stands in the list; ``name`` is the member's, "" if it is not known."""

    id: int
    grant: Grant
    name: str
    granted_at: datetime
    granted_by: str


@dataclass(frozen=True, slots=True)
class KnownMember:
    """What the platform said of a member; ``servicer``: serves a customer-service account."""

    userid: str
    name: str
    departments: tuple[int, ...]
    servicer: bool


_COLUMNS = "g.role, g.stores, g.userid, g.department"
_LIST = statement(
    f"SELECT g.id, {_COLUMNS}, COALESCE(m.name, '') AS name, g.granted_at, g.granted_by"
    " FROM access_grants g LEFT JOIN known_members m ON m.userid = g.userid"
    " ORDER BY array_position(ARRAY['admin', 'operations', 'supervisor', 'agent'], g.role),"
    " g.department NULLS FIRST, g.userid"
)
_OF = statement(
    f"SELECT {_COLUMNS} FROM access_grants g"
    " WHERE g.userid = :userid OR g.department = ANY(:departments)"
)
_FIND = statement(f"SELECT {_COLUMNS} FROM access_grants g WHERE g.id = :id")
_SAVE = (
    "INSERT INTO access_grants (userid, department, role, stores, granted_at, granted_by)"
    " VALUES (:userid, :department, :role, :stores, :now, :granted_by) ON CONFLICT ({key})"
    " DO UPDATE SET role = EXCLUDED.role, stores = EXCLUDED.stores,"
    " granted_at = EXCLUDED.granted_at, granted_by = EXCLUDED.granted_by"
)
_SAVE_MEMBER = statement(_SAVE.format(key="userid"))
_SAVE_DEPARTMENT = statement(_SAVE.format(key="department"))
_REMOVE = statement("DELETE FROM access_grants WHERE userid = :userid OR department = :department")
_LOCK = statement("LOCK TABLE access_grants IN SHARE ROW EXCLUSIVE MODE")
_ADMINS = statement("SELECT count(*) FROM access_grants WHERE role = 'admin'")
_KNOW = statement(
    "INSERT INTO known_members (userid, name, departments, servicer, check_at)"
    " VALUES (:userid, :name, :departments, :servicer, :check_at) ON CONFLICT (userid)"
    " DO UPDATE SET name = EXCLUDED.name, departments = EXCLUDED.departments,"
    " servicer = EXCLUDED.servicer, check_at = EXCLUDED.check_at"
)


def list_grants(connection: Connection) -> list[GivenRole]:
    """Return every grant, the highest roles first, members before departments."""
    return [
        GivenRole(row.id, _grant(row), row.name, row.granted_at, row.granted_by)
        for row in connection.execute(_LIST)
    ]


def grants_of(connection: Connection, userid: str, departments: Collection[int]) -> list[Grant]:
    """Return the grants of a member and of the member's departments."""
    values = {"userid": userid, "departments": list(departments)}
    return [_grant(row) for row in connection.execute(_OF, values)]


def find_grant(connection: Connection, grant_id: int) -> Grant | None:
    """Return a grant, None if it was taken back meanwhile."""
    row = connection.execute(_FIND, {"id": grant_id}).one_or_none()
    return None if row is None else _grant(row)


def save_grant(connection: Connection, grant: Grant, now: datetime, granted_by: str) -> None:
    """Give a role, in the place of the one that the member or the department had."""
    values = {
        "userid": grant.userid, "department": grant.department, "role": grant.role,
        "stores": list(map(storable_text, grant.stores)), "now": now, "granted_by": granted_by,
    }  # fmt: skip
    connection.execute(_SAVE_DEPARTMENT if grant.userid is None else _SAVE_MEMBER, values)


def remove_grant(connection: Connection, grant: Grant) -> bool:
    """Take back what the grant's member or department has; False if it was nothing."""
    values = {"userid": grant.userid, "department": grant.department}
    return connection.execute(_REMOVE, values).rowcount > 0


def lock_grants(connection: Connection) -> None:
    """Let nobody else change the grants until this transaction ends; reading goes on."""
    connection.execute(_LOCK)


def count_admins(connection: Connection) -> int:
    """Return how many grants make somebody an admin."""
    return int(connection.scalar(_ADMINS) or 0)


def know_member(connection: Connection, member: KnownMember, check_at: datetime) -> None:
    """Remember what the platform said of a member until it is asked again at ``check_at``."""
    values = {
        "userid": member.userid, "name": storable_text(member.name),
        "departments": list(member.departments), "servicer": member.servicer,
        "check_at": check_at,
    }  # fmt: skip
    connection.execute(_KNOW, values)


def _grant(row: object) -> Grant:
    role, stores, userid, department = (
        getattr(row, name) for name in ("role", "stores", "userid", "department")
    )
    return Grant(role, tuple(stores), userid, department)
