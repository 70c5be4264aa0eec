"""What reading a roster back would change. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from chatbot.accounts.agent import Agent, Roster
from chatbot.accounts.hours import span_in_words


@dataclass(frozen=True, slots=True)
class Changed:
    """An agent who is in the roster already, and which fields are different."""

    before: Agent
    after: Agent

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the names of the fields that change, in the order of the class."""
        return tuple(
            each.name
            for each in fields(Agent)
            if getattr(self.before, each.name) != getattr(self.after, each.name)
        )


@dataclass(frozen=True, slots=True)
class RosterChanges:
    """Who comes, who changes, who stays as they are, and who is not written in the file."""

    new: tuple[Agent, ...]
    changed: tuple[Changed, ...]
    same: tuple[Agent, ...]
    unmentioned: tuple[Agent, ...]


def roster_changes(before: Roster, after: Iterable[Agent]) -> RosterChanges:
    """Return what it means to put ``after`` into the roster ``before``."""
    wanted = {agent.userid: agent for agent in after}
    known = [(before[userid], agent) for userid, agent in wanted.items() if userid in before]
    return RosterChanges(
        new=tuple(agent for userid, agent in wanted.items() if userid not in before),
        changed=tuple(Changed(old, new) for old, new in known if old != new),
        same=tuple(new for old, new in known if old == new),
        unmentioned=tuple(agent for userid, agent in before.items() if userid not in wanted),
    )


def as_written(agent: Agent) -> Mapping[str, tuple[str, ...]]:
    """Return the fields of an agent but the id, each as the lines that people write."""
    return {
        "name": (agent.name,) if agent.name else (),
        "skills": agent.skills,
        "stores": agent.stores,
        "hours": tuple(agent.hours.to_json()),
        "shifts": tuple(
            f"{day} {','.join(map(span_in_words, spans)) or '休息'}"
            for day, spans in sorted(agent.shifts.items())
        ),
        "capacity": () if agent.capacity is None else (str(agent.capacity),),
    }
