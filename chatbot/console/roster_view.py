"""The roster as its page shows it: who works now, with how much, and what is wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.accounts.agent import Agent, Roster
from chatbot.accounts.desk_rules import DeskRules
from chatbot.clock import Clock
from chatbot.dialogue.snapshot import Snapshot
from chatbot.doctor.report import Finding
from chatbot.doctor.roster_checks import Ground, check_roster, match_roster, store_test
from chatbot.handoff.roster_changes import as_written
from chatbot.handoff.roster_edits import Reach
from chatbot.pipeline.sessions import WINDOW
from chatbot.store.accounts import list_accounts
from chatbot.store.agents import absences, read_roster
from chatbot.store.conversations import open_conversations
from chatbot.store.database import Database
from chatbot.store.watch import read_desk_rules
from chatbot.wecom.errors import WeComError
from chatbot.wecom.kf import KfApi, Servicer, ServicerStatus

#: A page does not wait longer for the platform.
_PATIENCE_SECONDS = 5.0
#: What the doctor finds of the roster as a whole, and of members by their names.
_OF_NOBODY = frozenset({"skill-nobody", "roster-gap"})
_OF_MEMBERS = frozenset({"skill-unasked", "store-unknown", "roster-stranger"})


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent as listed: ``state`` is "away", "on_duty" or "off_duty".

    ``receiving``: what WeCom says of them, None if it did not tell, or they serve no account.
    ``shifts`` are those of today and later.
    """

    agent: Agent
    state: str
    away_since: datetime | None
    load: int
    receiving: bool | None
    shifts: tuple[str, ...]
    may_change: bool

    @property
    def written(self) -> Mapping[str, tuple[str, ...]]:
        """Return the fields as people write them."""
        return as_written(self.agent)


@dataclass(frozen=True, slots=True)
class RosterView:
    """``others_away`` are gone and not in the roster; ``asked``: WeCom told who serves."""

    rows: Sequence[AgentRow]
    others_away: Mapping[str, datetime]
    findings: Sequence[Finding]
    rules: DeskRules
    asked: bool


@dataclass(frozen=True, slots=True)
class _Stored:
    roster: Roster
    away: Mapping[str, datetime]
    loads: Mapping[str, int]
    rules: DeskRules
    accounts: Sequence[str]


class RosterReader:
    """Reads the roster for its page."""

    def __init__(
        self, database: Database, kf: KfApi, snapshot: Callable[[], Snapshot], clock: Clock
    ) -> None:
        self._database = database
        self._kf = kf
        self._snapshot = snapshot
        self._clock = clock

    async def view(self, reach: Reach) -> RosterView:
        """Return what somebody of this reach sees."""
        stored = await self._database.run(self._read)
        statuses = await self._statuses(stored.accounts)
        roster = {name: agent for name, agent in stored.roster.items() if reach.sees(agent)}
        # Hours are gone through quarter by quarter: too long for the event loop.
        findings = await asyncio.to_thread(self._findings, stored.roster, roster, statuses)
        rows = [self._row(agent, stored, statuses or {}, reach) for agent in roster.values()]
        others = {name: since for name, since in stored.away.items() if name not in stored.roster}
        return RosterView(
            rows, others if reach.is_whole else {}, findings, stored.rules, statuses is not None
        )

    def _read(self, connection: Connection) -> _Stored:
        return _Stored(
            read_roster(connection),
            absences(connection),
            open_conversations(connection, self._clock.now() - WINDOW),
            read_desk_rules(connection),
            [account.open_kfid for account in list_accounts(connection)],
        )

    async def _statuses(self, accounts: Sequence[str]) -> Mapping[str, bool] | None:
        """Return who serves an account, and whether they receive; None if WeCom does not tell."""
        found: dict[str, bool] = {}
        if not accounts:
            return None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                lists = await asyncio.gather(*map(self._kf.servicers, accounts))
        except (WeComError, TimeoutError):
            return None
        for servicer in (each for servicers in lists for each in servicers):
            if isinstance(servicer, Servicer):
                receiving = servicer.status is ServicerStatus.RECEIVING
                userid = servicer.userid.lower()
                found[userid] = found.get(userid, False) or receiving
        return found

    def _findings(
        self, whole: Roster, seen: Roster, statuses: Mapping[str, bool] | None
    ) -> list[Finding]:
        """Return what the doctor would say; of single agents, only of those that are seen."""
        snapshot = self._snapshot()
        is_store = store_test(snapshot.rows.values(), snapshot.normaliser)
        ground = Ground(snapshot.intents.every, is_store, snapshot.accounts)
        local = self._clock.now().astimezone(snapshot.timezone)

        def found(roster: Roster) -> list[Finding]:
            named = match_roster(roster, list(statuses)).findings if statuses and roster else ()
            return [*check_roster(roster, ground, local).findings, *named]

        if len(seen) == len(whole):
            return found(whole)
        of_all = [each for each in found(whole) if each.id in _OF_NOBODY]
        return of_all + [each for each in found(seen) if each.id in _OF_MEMBERS]

    def _row(
        self, agent: Agent, stored: _Stored, statuses: Mapping[str, bool], reach: Reach
    ) -> AgentRow:
        snapshot = self._snapshot()
        local = self._clock.now().astimezone(snapshot.timezone)
        away = stored.away.get(agent.userid)
        on_duty = agent.is_on_duty(local, snapshot.accounts.calendar)
        state = "away" if away else "on_duty" if on_duty else "off_duty"
        today = local.date().isoformat()
        shifts = tuple(line for line in as_written(agent)["shifts"] if line[: len(today)] >= today)
        return AgentRow(
            agent, state, away, stored.loads.get(agent.userid, 0), statuses.get(agent.userid),
            shifts, reach.may_change(agent),
        )  # fmt: skip
