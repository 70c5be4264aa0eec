"""Whom a message to staff goes to. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatbot.store.staff_messages import PARTY
from chatbot.wecom.kf import Servicer, ServicerDepartment


@dataclass(frozen=True, slots=True)
class Recipients:
    """Whom a message to staff goes to: members, and departments by number."""

    userids: Sequence[str] = ()
    departments: Sequence[int] = ()

    def receivers(self) -> list[str]:
        """Return each receiver once, as the queue of staff names them."""
        members = dict.fromkeys(userid.lower() for userid in self.userids)
        return [*members, *(f"{PARTY}{department}" for department in self.departments)]


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
