"""The roster of who serves customers, against the content and the servicers of WeCom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from chatbot.accounts.account import Account, Accounts
from chatbot.accounts.agent import Agent, Roster
from chatbot.doctor.account_checks import titled
from chatbot.doctor.report import Finding, Verdict
from chatbot.doctor.words import finding, listed, say
from chatbot.facts.rows import RowFinder
from chatbot.knowledge.content import Content
from chatbot.understanding.intents import Intent
from chatbot.understanding.normalise import Normaliser

#: Shifts are looked through this far ahead, in these steps.
_AHEAD = timedelta(days=7)
_STEP = timedelta(minutes=15)
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Ground:
    """What a roster is held against; ``is_store`` tells whether a row of a table is called so."""

    intents: Iterable[Intent]
    is_store: Callable[[str], bool]
    accounts: Accounts

    @classmethod
    def of(cls, content: Content) -> Ground:
        """Return what is written in files."""
        normaliser = Normaliser()
        finders = [RowFinder(table, normaliser) for table in content.tables]
        return cls(content.intents, store_test(finders, normaliser), content.accounts)


def store_test(finders: Iterable[RowFinder], normaliser: Normaliser) -> Callable[[str], bool]:
    """Return what tells whether a row of a table is called so."""
    found = list(finders)

    def is_store(name: str) -> bool:
        key = normaliser.key(name)
        return any(each.called_by_name(key) for each in found)

    return is_store


def check_roster(roster: Roster, ground: Ground, local: datetime) -> Verdict[Roster]:
    """Check skills, stores and hours; ``local`` is now, in the brand's time zone.

    The doctor and the page of the roster tell the same.
    """
    if not roster:
        return Verdict((), say("roster_none"), roster)
    findings = [*_skills(roster, ground), *_stores(roster, ground)]
    for account in (*ground.accounts.accounts, ground.accounts.default):
        findings += _gaps(account, ground.accounts, roster, local)
    return Verdict(tuple(findings), say("roster", count=len(roster)), roster)


def _skills(roster: Roster, ground: Ground) -> Iterator[Finding]:
    wanted: dict[str, list[str]] = {}
    for intent in ground.intents:
        if intent.handoff is not None and intent.handoff.skill:
            wanted.setdefault(intent.handoff.skill, []).append(intent.name)
    known: dict[str, list[str]] = {}
    for agent in roster.values():
        for skill in agent.skills:
            known.setdefault(skill, []).append(agent.userid)
    for skill, intents in wanted.items():
        if skill not in known:
            yield finding("skill_nobody", skill=skill, intents=listed(intents, _SHOWN))
    for skill, members in known.items():
        if skill not in wanted:
            yield finding("skill_unasked", skill=skill, members=listed(members, _SHOWN))


def _stores(roster: Roster, ground: Ground) -> Iterator[Finding]:
    for agent in roster.values():
        unknown = [store for store in agent.stores if not ground.is_store(store)]
        if unknown:
            yield finding("store_unknown", member=agent.userid, stores=listed(unknown, _SHOWN))


def _gaps(
    account: Account, accounts: Accounts, roster: Roster, local: datetime
) -> Iterator[Finding]:
    """Yield the account's first hours in which nobody of the roster works."""
    agents = _serving(account, roster)
    if not account.hours.rules or agents is None:
        return
    calendar = accounts.calendar
    start = local.replace(minute=0, second=0, microsecond=0)
    moments = (start + _STEP * step for step in range(_AHEAD // _STEP))

    def is_gap(moment: datetime) -> bool:
        return account.hours.is_open(moment, calendar) and not any(
            agent.is_on_duty(moment, calendar) for agent in agents
        )

    runs = (list(run) for gap, run in groupby(moments, is_gap) if gap)
    first = next(runs, None)
    if first is not None:
        name = titled(account) if account.open_kfid else say("other_accounts")
        begins, ends = first[0], first[-1] + _STEP
        yield finding(
            "roster_gap", account=name, begins=f"{begins:%m-%d %H:%M}", ends=f"{ends:%m-%d %H:%M}"
        )


def _serving(account: Account, roster: Roster) -> Sequence[Agent] | None:
    """Return the roster's part of who gets the account's handoffs, None if others do as well."""
    if not account.agents:
        return list(roster.values())
    known = [roster[userid] for userid in account.agents if userid in roster]
    return known if len(known) == len(account.agents) else None


def match_roster(roster: Roster, members: Sequence[str]) -> Verdict[int]:
    """Compare the roster with the ``members`` who serve an account in WeCom."""
    strangers = [userid for userid in roster if userid not in members]
    unlisted = [userid for userid in members if userid not in roster]
    findings: list[Finding] = []
    if strangers:
        findings.append(finding("roster_stranger", members=_named(strangers, roster)))
    if roster and unlisted:
        findings.append(finding("servicer_unlisted", members=listed(unlisted, _SHOWN)))
    return Verdict(tuple(findings), say("roster_match", count=len(roster) - len(strangers)), 0)


def _named(userids: Sequence[str], roster: Mapping[str, Agent]) -> str:
    return listed([f"{each} {roster[each].name}".rstrip() for each in userids], _SHOWN)
