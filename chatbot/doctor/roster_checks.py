"""The roster of who serves customers, against the content and the servicers of WeCom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from chatbot.accounts.account import Account, Accounts
from chatbot.accounts.agent import Agent, Roster
from chatbot.doctor.account_checks import titled
from chatbot.doctor.report import Finding, Verdict
from chatbot.doctor.words import finding, listed, say
from chatbot.facts.rows import RowFinder
from chatbot.knowledge.content import Content
from chatbot.understanding.normalise import Normaliser

#: Shifts are looked through this far ahead, in these steps.
_AHEAD = timedelta(days=7)
_STEP = timedelta(minutes=15)
_SHOWN = 5


def check_roster(roster: Roster, content: Content, local: datetime) -> Verdict[Roster]:
    """Check skills, stores and hours; ``local`` is now, in the brand's time zone."""
    if not roster:
        return Verdict((), say("roster_none"), roster)
    findings = [*_skills(roster, content), *_stores(roster, content)]
    for account in (*content.accounts.accounts, content.accounts.default):
        findings += _gaps(account, content.accounts, roster, local)
    return Verdict(tuple(findings), say("roster", count=len(roster)), roster)


def _skills(roster: Roster, content: Content) -> Iterator[Finding]:
    wanted: dict[str, list[str]] = {}
    for intent in content.intents:
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


def _stores(roster: Roster, content: Content) -> Iterator[Finding]:
    normaliser = Normaliser()
    finders = [RowFinder(table, normaliser) for table in content.tables]
    for agent in roster.values():
        unknown = [
            store
            for store in agent.stores
            if not any(each.called_by_name(normaliser.key(store)) for each in finders)
        ]
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
        works = any(agent.is_on_duty(moment, calendar) for agent in agents)
        return account.hours.is_open(moment, calendar) and not works

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
