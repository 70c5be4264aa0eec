"""People: members of the enterprise and WeChat customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chatbot.simulator.config import CustomerConfig, MemberConfig

ACTIVE = 1


@dataclass(slots=True)
class Customer:
    """A WeChat user, known to the enterprise by ``external_userid``."""

    external_userid: str
    nickname: str
    gender: int = 0
    unionid: str = ""
    avatar: str = ""


class Directory:
    """Looks people up; member ids compare without regard to case."""

    def __init__(
        self, members: Iterable[MemberConfig], customers: Iterable[CustomerConfig]
    ) -> None:
        self.members = {member.userid.lower(): member for member in members}
        self.customers = {c.external_userid: Customer(**c.model_dump()) for c in customers}

    def member(self, userid: str) -> MemberConfig | None:
        """Return the member, or None."""
        return self.members.get(userid.lower())

    def change_member(self, userid: str, changes: Mapping[str, Any] | None) -> None:
        """Change a member's fields, or with None let the member leave the enterprise."""
        if changes is None:
            del self.members[userid.lower()]
            return
        values = {**self.members[userid.lower()].model_dump(), **changes}
        self.members[userid.lower()] = MemberConfig.model_validate(values)

    def visible(self, userid: str) -> MemberConfig | None:
        """Return the member if the app may see and reach them."""
        member = self.member(userid)
        return member if member and member.visible and member.status == ACTIVE else None

    def customer(self, external_userid: str) -> Customer | None:
        """Return the customer, or None."""
        return self.customers.get(external_userid)
