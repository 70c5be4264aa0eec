"""A member who is logged in. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

#: From the least to the most: agents serve customers, supervisors look after agents, operations
#: people look after what reaches customers, admins may do everything.
Role = Literal["agent", "supervisor", "operations", "admin"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who acts: a member by ``userid`` (in lower case), in a role.

    ``stores`` limits what is seen to customers of these stores; None: no limit.
    """

    userid: str
    name: str
    role: Role
    stores: tuple[str, ...] | None = None

    def sees_store(self, stores: Collection[str]) -> bool:
        """Return whether a customer of ``stores`` is seen; one of no store is seen by all."""
        return self.stores is None or not stores or bool(set(stores) & set(self.stores))
