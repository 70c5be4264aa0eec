"""Which role and stores a member has, and what a role may do. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from chatbot.access.viewer import Role, Viewer

#: Every role, from the least to the most.
ROLES: tuple[Role, ...] = get_args(Role)

#: What somebody may want to do. ``desk``: serve conversations; ``roster``: change who serves, when
#: and by which rules; ``figures``: what happened and how content customers are, also as files;
#: ``staff_sessions``: see and end the sessions of agents; ``mode``: change how
#: far an account's bot may go; ``publish``: make knowledge live, or go back; ``force``: though
#: something pinned down breaks; ``gaps``: see what was asked in vain and close it;
#: ``knowledge``: see and edit what the bot knows;
#: ``sessions``: see and end everybody's; ``roles``: give and take roles; ``audit``: read who did
#: what.
Action = Literal[
    "desk", "roster", "figures", "staff_sessions", "mode", "publish", "force", "gaps", "knowledge",
    "sessions", "roles", "audit",
]  # fmt: skip

_LEAST: Mapping[Action, Role] = MappingProxyType(
    {
        "desk": "agent",
        "roster": "supervisor",
        "figures": "supervisor",
        "staff_sessions": "supervisor",
        "mode": "operations",
        "publish": "operations",
        "force": "admin",
        "gaps": "operations",
        "knowledge": "operations",
        "sessions": "admin",
        "roles": "admin",
        "audit": "admin",
    }
)


@dataclass(frozen=True, slots=True)
class Grant:
    """A role given to a member (``userid``, in lower case) or to a department, never to both.

    ``stores`` are rows of the brand's tables; none: no limit. Admins are never limited.
    """

    role: Role
    stores: tuple[str, ...] = ()
    userid: str | None = None
    department: int | None = None

    def concerns(self, member: Standing) -> bool:
        """Return whether the grant is the member's."""
        return self.userid == member.userid or self.department in member.departments


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a member: departments as the platform tells them, and whether they serve.

    ``serves``: in the roster, or a servicer (接待人员) of an account.
    """

    userid: str
    name: str
    departments: Collection[int] = ()
    serves: bool = False


@dataclass(frozen=True, slots=True)
class Appointed:
    """Members to whom the settings give a role, in lower case; never limited to stores."""

    admins: frozenset[str] = frozenset()
    supervisors: frozenset[str] = frozenset()

    @classmethod
    def by(cls, admins: Iterable[str], supervisors: Iterable[str]) -> Appointed:
        """Return the members of the two settings."""
        return cls(frozenset(map(str.lower, admins)), frozenset(map(str.lower, supervisors)))

    def grants(self) -> list[Grant]:
        """Return what the settings say as grants, the highest role first."""
        admins = [Grant("admin", userid=userid) for userid in sorted(self.admins)]
        return admins + [Grant("supervisor", userid=userid) for userid in sorted(self.supervisors)]


def viewer_for(
    member: Standing, grants: Iterable[Grant], appointed: Appointed = Appointed()
) -> Viewer | None:
    """Return the member in the highest role that is theirs, None without any.

    The stores are those of all grants of that role together, and one without stores lifts the
    limit. Who serves customers and was given nothing else is an agent of all stores; a grant
    counts instead, so that a limit holds for those who serve, too.
    """
    mine = [each for each in (*grants, *appointed.grants()) if each.concerns(member)]
    if not mine and not member.serves:
        return None
    role: Role = max((each.role for each in mine), key=ROLES.index, default="agent")
    return Viewer(member.userid, member.name, role, _scope(role, mine))


def _scope(role: Role, grants: Collection[Grant]) -> tuple[str, ...] | None:
    winning = [each.stores for each in grants if each.role == role]
    if role == "admin" or not winning or not all(winning):
        return None
    return tuple(sorted({store for stores in winning for store in stores}))


def may(viewer: Viewer, action: Action) -> bool:
    """Return whether the viewer's role allows the action."""
    return ROLES.index(viewer.role) >= ROLES.index(_LEAST[action])
