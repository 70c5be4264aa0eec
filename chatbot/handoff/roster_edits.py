"""Changing the roster and the rules of the desk: who may, on what they have seen, on record.

The page and ``chatbot agents import`` both come here. Everything runs in one transaction of the
caller's, in which nobody else changes the roster.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.accounts.agent import Agent, Roster
from chatbot.accounts.desk_rules import DeskRules
from chatbot.errors import ChatbotError
from chatbot.handoff.roster_changes import Changed, RosterChanges, as_written, roster_changes
from chatbot.knowledge.agent_file import RosterFile
from chatbot.store import agents as store
from chatbot.store.audit import audit
from chatbot.store.watch import read_desk_rules, save_desk_rules

Who = Viewer | str


class RosterMoved(ChatbotError):
    """What is to be changed is no longer as it was seen; nothing was changed."""


class OutOfReach(ChatbotError):
    """The change concerns others than the stores of who makes it; nothing was changed."""

    def __init__(self, userids: Iterable[str] = ()) -> None:
        """``userids`` are the agents it concerns; none: the rules, which hold for every store."""
        self.userids = tuple(userids)
        super().__init__("、".join(self.userids))


class Reach:
    """Which agents somebody may see and change.

    Who is limited to stores changes those who serve these stores and no other; agents without a
    store, who serve all of them, they see alone.
    """

    def __init__(
        self, stores: Iterable[str] | None = None, row_of: Callable[[str], str | None] | None = None
    ) -> None:
        """``row_of`` tells the row of the tables that a store's name means."""
        self._row_of = row_of or (lambda _: None)
        self._stores = None if stores is None else frozenset(map(self._row, stores))

    @property
    def is_whole(self) -> bool:
        """Return whether it is everybody, and the rules."""
        return self._stores is None

    def sees(self, agent: Agent) -> bool:
        """Return whether the agent is one to be seen."""
        if self._stores is None or not agent.stores:
            return True
        return not self._stores.isdisjoint(map(self._row, agent.stores))

    def may_change(self, agent: Agent) -> bool:
        """Return whether the agent is one to be changed."""
        if self._stores is None:
            return True
        return bool(agent.stores) and self._stores.issuperset(map(self._row, agent.stores))

    def insist(self, agents: Iterable[Agent]) -> None:
        """Raise OutOfReach that names those of ``agents`` who may not be changed."""
        others = [agent.userid for agent in agents if not self.may_change(agent)]
        if others:
            raise OutOfReach(others)

    def _row(self, store: str) -> str:
        return self._row_of(store) or store


EVERYBODY = Reach()


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import does. ``version`` is of the roster and the rules that it was planned on.

    ``removed`` are those who are not written and go, ``kept`` those who stay; ``rules`` what
    becomes of each rule that changes: (key, before, after).
    """

    changes: RosterChanges
    removed: tuple[Agent, ...]
    kept: tuple[Agent, ...]
    rules: tuple[tuple[str, int | str, int | str], ...]
    version: str

    @property
    def is_empty(self) -> bool:
        """Return whether nothing changes."""
        return not (self.changes.new or self.changes.changed or self.removed or self.rules)


def version_of(agent: Agent | None) -> str:
    """Return a text that is another one as soon as anything about the agent is; None: no agent."""
    return "" if agent is None else _digest(as_written(agent))


def version_of_rules(rules: DeskRules) -> str:
    """Return a text that is another one as soon as a rule is."""
    return _digest(rules.to_json())


def put_agent(
    connection: Connection, agent: Agent, seen: str, reach: Reach, who: Who, now: datetime
) -> None:
    """Put an agent into the roster, as a new one (``seen`` is empty) or in the place of that seen.

    Raises:
        RosterMoved: the roster says something else of them than what was seen.
        OutOfReach: they are, or would be, of other stores.
    """
    before = _seen(connection, agent.userid, seen)
    reach.insist([agent] if before is None else [before, agent])
    store.save_agents(connection, [agent], now, _name(who))
    if before is None:
        audit(connection, who, "roster_add", agent.userid, _told(agent), now)
    elif before != agent:
        fields = Changed(before, agent).fields
        written = as_written(agent)
        detail = {name: "；".join(written[name]) for name in fields}
        audit(connection, who, "roster_change", agent.userid, detail, now)


def drop_agent(
    connection: Connection, userid: str, seen: str, reach: Reach, who: Who, now: datetime
) -> None:
    """Take an agent out of the roster; raise RosterMoved or OutOfReach."""
    before = _seen(connection, userid, seen)
    if before is None:
        raise RosterMoved
    reach.insist([before])
    store.remove_agents(connection, [userid])
    audit(connection, who, "roster_remove", userid, _told(before), now)


def put_rules(
    connection: Connection, rules: DeskRules, seen: str, reach: Reach, who: Who, now: datetime
) -> None:
    """Put the rules of the desk in force; raise RosterMoved or OutOfReach."""
    store.lock_roster(connection)
    before = read_desk_rules(connection)
    if version_of_rules(before) != seen:
        raise RosterMoved
    _put_rules(connection, before, rules, reach, who, now)


def plan_import(connection: Connection, wanted: RosterFile, reach: Reach, *, replace: bool) -> Plan:
    """Return what importing a file does now; nothing is changed.

    Raises:
        OutOfReach: it concerns others than the stores of who imports it.
    """
    return _plan(store.read_roster(connection), read_desk_rules(connection), wanted, reach, replace)


def apply_import(
    connection: Connection,
    wanted: RosterFile,
    reach: Reach,
    who: Who,
    now: datetime,
    *,
    replace: bool,
    seen: str | None = None,
) -> Plan:
    """Import a file; ``seen`` is the version of the plan that was shown, if one was.

    Raises:
        RosterMoved: the roster or the rules are others than the plan was made on.
        OutOfReach: it concerns others than the stores of who imports it.
    """
    store.lock_roster(connection)
    before = read_desk_rules(connection)
    plan = _plan(store.read_roster(connection), before, wanted, reach, replace)
    if seen is not None and seen != plan.version:
        raise RosterMoved
    put = [*plan.changes.new, *(each.after for each in plan.changes.changed)]
    store.save_agents(connection, put, now, _name(who))
    store.remove_agents(connection, [agent.userid for agent in plan.removed])
    if put or plan.removed:
        audit(connection, who, "roster_import", "", _counted(plan), now)
    if wanted.rules is not None:
        _put_rules(connection, before, wanted.rules, reach, who, now)
    return plan


def _plan(
    roster: Roster, rules: DeskRules, wanted: RosterFile, reach: Reach, replace: bool
) -> Plan:
    changes = roster_changes(roster, wanted.agents)
    gone = [agent for agent in changes.unmentioned if replace and reach.may_change(agent)]
    kept = [agent for agent in changes.unmentioned if agent not in gone and reach.sees(agent)]
    reach.insist(changes.new)
    reach.insist(agent for each in changes.changed for agent in (each.before, each.after))
    changed = _changed_rules(rules, wanted.rules or rules)
    if changed and not reach.is_whole:
        raise OutOfReach
    version = _digest([[as_written(each) for each in roster.values()], rules.to_json()])
    return Plan(changes, tuple(gone), tuple(kept), changed, version)


def _put_rules(
    connection: Connection,
    before: DeskRules,
    rules: DeskRules,
    reach: Reach,
    who: Who,
    now: datetime,
) -> None:
    changed = _changed_rules(before, rules)
    if not changed:
        return
    if not reach.is_whole:
        raise OutOfReach
    save_desk_rules(connection, rules, now, _name(who))
    detail = {key: f"{former} → {new}" for key, former, new in changed}
    audit(connection, who, "desk_rules", "", detail, now)


def _changed_rules(
    before: DeskRules, after: DeskRules
) -> tuple[tuple[str, int | str, int | str], ...]:
    former = before.to_json()
    return tuple(
        (key, former[key], value) for key, value in after.to_json().items() if former[key] != value
    )


def _seen(connection: Connection, userid: str, seen: str) -> Agent | None:
    """Return what the roster says of a member; raise RosterMoved if that is not what was seen."""
    store.lock_roster(connection)
    agent = store.read_roster(connection).get(userid)
    if version_of(agent) != seen:
        raise RosterMoved
    return agent


def _told(agent: Agent) -> Mapping[str, str]:
    return {name: "；".join(lines) for name, lines in as_written(agent).items() if lines}


def _counted(plan: Plan) -> Mapping[str, list[str]]:
    groups = {
        "new": [agent.userid for agent in plan.changes.new],
        "changed": [each.after.userid for each in plan.changes.changed],
        "removed": [agent.userid for agent in plan.removed],
    }
    return {name: userids for name, userids in groups.items() if userids}


def _name(who: Who) -> str:
    return who if isinstance(who, str) else who.userid


def _digest(value: object) -> str:
    written = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()
