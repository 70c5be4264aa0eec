"""Whom a message to staff goes to. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatbot.wecom.kf import Servicer, ServicerDepartment

#: Limits of one message (WeCom developer documentation, 发送应用消息).
_USERS_PER_MESSAGE = 1000
_PARTIES_PER_MESSAGE = 100


@dataclass(frozen=True, slots=True)
class Recipients:
    """Whom a message to staff goes to: members, and departments by number."""

    userids: Sequence[str] = ()
    departments: Sequence[int] = ()

    def targets(self) -> list[dict[str, str]]:
        """Return the receiver fields of as many messages as it takes, none for nobody."""
        users = [
            {"touser": "|".join(self.userids[start : start + _USERS_PER_MESSAGE])}
            for start in range(0, len(self.userids), _USERS_PER_MESSAGE)
        ]
        parties = [
            {"toparty": "|".join(map(str, self.departments[start : start + _PARTIES_PER_MESSAGE]))}
            for start in range(0, len(self.departments), _PARTIES_PER_MESSAGE)
        ]
        return users + parties


def card_recipients(
    assigned: str | None,
    servicers: Sequence[Servicer | ServicerDepartment],
    supervisors: Sequence[str],
    agents: Sequence[str] = (),
) -> Recipients:
    """Return who gets the card: the one who serves, else those who could, else the supervisors.

    Those who could are the named ``agents`` among the servicers, or all servicers without any.
    """
    if assigned:
        return Recipients((assigned,))
    named = [each.userid for each in servicers if isinstance(each, Servicer)]
    if chosen := [userid for userid in named if userid in agents]:
        return Recipients(tuple(dict.fromkeys(chosen)))
    members = dict.fromkeys(named)
    departments = [each.department_id for each in servicers if isinstance(each, ServicerDepartment)]
    if members or departments:
        return Recipients(tuple(members), tuple(departments))
    return Recipients(tuple(supervisors))
