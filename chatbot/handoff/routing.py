"""Who takes over a conversation. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chatbot.accounts.agent import Agent, Roster
from chatbot.accounts.calendar import Calendar
from chatbot.wecom.kf import Servicer, ServicerDepartment, ServicerStatus

#: Why somebody comes before others, in the order in which it counts.
Reason = Literal["adviser", "store", "skill", "served-last"]

URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a conversation asks of who takes it over.

    ``advisers`` are the members who have the customer as a contact, ``stores`` the rows of tables
    that were spoken of, ``served_last`` is who wrote to the customer last.
    """

    skill: str | None = None
    priority: str = "normal"
    stores: frozenset[str] = frozenset()
    advisers: frozenset[str] = frozenset()
    served_last: str | None = None

    @property
    def is_urgent(self) -> bool:
        """Return whether neither hours nor a full desk keep anybody from taking it."""
        return self.priority == URGENT


@dataclass(frozen=True, slots=True)
class Desk:
    """Who could serve an account at a moment, an aware one in the brand's time zone.

    ``servicers`` are the platform's; only ``named`` ones get handoffs if any are. ``loads`` says
    how many conversations each has open, ``absent`` who has handed over and gone.
    """

    servicers: Sequence[Servicer | ServicerDepartment]
    roster: Roster
    loads: Mapping[str, int]
    local: datetime
    calendar: Calendar
    named: Sequence[str] = ()
    absent: Collection[str] = ()

    def receiving(self) -> list[Agent]:
        """Return who receives customers in their client, in the platform's order."""
        return [agent for agent in self._present() if not self.named or agent.userid in self.named]

    def serves(self, userid: str | None) -> bool:
        """Return whether somebody, named or not, receives customers and is on duty."""
        return any(
            agent.userid == userid and agent.is_on_duty(self.local, self.calendar)
            for agent in self._present()
        )

    def _present(self) -> list[Agent]:
        return [
            self.roster.get(each.userid) or Agent(each.userid)
            for each in self.servicers
            if isinstance(each, Servicer)
            and each.status is ServicerStatus.RECEIVING
            and each.userid not in self.absent
        ]

    def load(self, agent: Agent) -> int:
        """Return how many conversations somebody has open."""
        return self.loads.get(agent.userid, 0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who can take over, and why they come where they come."""

    userid: str
    reasons: tuple[Reason, ...] = ()


def candidates(wanted: Wanted, desk: Desk) -> list[Candidate]:
    """Return who can take over now, the best first; nobody if it has to wait in the pool.

    The personal adviser comes before somebody of the customer's store, then who has the skill,
    then who served the customer last, then who has the fewest conversations open; equal ones keep
    the platform's order. Nobody gets one out of hours or beyond their capacity, but for what is
    urgent: then who works and has room only comes first.
    """
    ready = desk.receiving()
    if not wanted.is_urgent:
        ready = [agent for agent in ready if _is_free(agent, desk)]

    def place(agent: Agent) -> tuple[bool, tuple[bool, ...], int]:
        reasons = _reasons(agent, wanted)
        missing = tuple(reason not in reasons for reason in _ORDER)
        return not _is_free(agent, desk), missing, desk.load(agent)

    return [Candidate(agent.userid, _reasons(agent, wanted)) for agent in sorted(ready, key=place)]


_ORDER: tuple[Reason, ...] = ("adviser", "store", "skill", "served-last")


def _is_free(agent: Agent, desk: Desk) -> bool:
    return agent.is_on_duty(desk.local, desk.calendar) and agent.has_room(desk.load(agent))


def _reasons(agent: Agent, wanted: Wanted) -> tuple[Reason, ...]:
    holds: Mapping[Reason, bool] = {
        "adviser": agent.userid in wanted.advisers,
        "store": not wanted.stores.isdisjoint(agent.stores),
        "skill": wanted.skill is not None and wanted.skill in agent.skills,
        "served-last": agent.userid == wanted.served_last,
    }
    return tuple(reason for reason in _ORDER if holds[reason])
