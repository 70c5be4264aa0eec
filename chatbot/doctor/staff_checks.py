"""Customer-service accounts, the people who serve them, and the supervisors.

Sources: WeCom developer documentation, 微信客服/客服账号管理, 接待人员管理; 通讯录管理/读取成员.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chatbot.doctor.report import Finding, Verdict
from chatbot.doctor.words import finding, listed, platform_finding, say
from chatbot.wecom.app import AppApi, Member
from chatbot.wecom.client import WeComClient
from chatbot.wecom.errors import WeComError
from chatbot.wecom.kf import KfAccount, Servicer, ServicerDepartment, ServicerStatus

KF_ACCOUNTS = "CHATBOT_WECOM__KF_ACCOUNTS"
SUPERVISORS = "CHATBOT_SUPERVISORS"
_AT_ONCE = 5
#: No such member, and a member outside of the visible range (全局错误码).
_UNKNOWN = frozenset({60111, 40003, 46004})
_OUT_OF_RANGE = frozenset({60011, 60021, 60030, 50002})

Staff = Sequence[Servicer | ServicerDepartment]
Found = Member | WeComError


@dataclass(frozen=True, slots=True)
class AccountList:
    """The accounts WeCom tells of, and those among them that the settings want served."""

    every: tuple[KfAccount, ...]
    served: tuple[KfAccount, ...]

    @property
    def usable(self) -> tuple[KfAccount, ...]:
        """Return those that are managed by this app, too."""
        return tuple(account for account in self.served if account.managed)


@dataclass(frozen=True, slots=True)
class Staffing:
    """Who serves each account, by its id; an account whose staff is unknown is left out."""

    by_account: Mapping[str, Staff]

    @property
    def members(self) -> tuple[str, ...]:
        """Return the ids of all members who serve, once each."""
        everybody = (one for staff in self.by_account.values() for one in staff)
        named = (one.userid for one in everybody if isinstance(one, Servicer))
        return tuple(dict.fromkeys(named))


async def check_accounts(client: WeComClient, wanted: Sequence[str]) -> Verdict[AccountList]:
    """List the accounts; the fact is all of them, unless there is none."""
    try:
        accounts = await client.kf.accounts()
    except WeComError as error:
        return Verdict((platform_finding(error, KF_ACCOUNTS),))
    if not accounts:
        return Verdict((finding("accounts_none"),))
    known = {account.open_kfid for account in accounts}
    served = tuple(each for each in accounts if not wanted or each.open_kfid in wanted)
    findings = [
        finding("account_unknown", KF_ACCOUNTS, id=each, known=_names(accounts))
        for each in wanted
        if each not in known
    ]
    findings += [
        finding("account_unmanaged", name=account.name, id=account.open_kfid)
        for account in served
        if not account.managed
    ]
    listing = AccountList(tuple(accounts), served)
    summary = say("accounts", count=len(listing.usable), names=_names(listing.usable))
    return Verdict(tuple(findings), summary, listing)


def _names(accounts: Iterable[KfAccount]) -> str:
    return listed([f"{account.name} ({account.open_kfid})" for account in accounts])


async def check_servicers(client: WeComClient, accounts: Sequence[KfAccount]) -> Verdict[Staffing]:
    """Check who serves each account; the fact is their staff."""
    findings: list[Finding] = []
    known: dict[str, Staff] = {}
    for account in accounts:
        try:
            staff = await client.kf.servicers(account.open_kfid)
        except WeComError as error:
            findings.append(platform_finding(error, KF_ACCOUNTS, subject=account.name))
            continue
        if found := judge_servicers(account, staff):
            findings.append(found)
        known[account.open_kfid] = staff
    staffing = Staffing(known)
    summary = say("servicers", count=len(staffing.members))
    return Verdict(tuple(findings), summary, staffing)


def judge_servicers(account: KfAccount, staff: Staff) -> Finding | None:
    """Say what is wrong with an account's staff, if anything."""
    if not staff:
        return finding("servicers_none", name=account.name)
    members = [one for one in staff if isinstance(one, Servicer)]
    if not members:
        return finding("servicers_departments", name=account.name)
    if len(members) == len(staff) and not any(
        one.status is ServicerStatus.RECEIVING for one in members
    ):
        return finding("servicers_away", name=account.name, members=_userids(members))
    return None


def _userids(members: Iterable[Servicer]) -> str:
    return listed([member.userid for member in members])


async def check_servicer_range(
    client: WeComClient, servicers: Sequence[str], supervisors: Sequence[str]
) -> Verdict[int]:
    """Check that the app sees the servicers, for it cannot hand over to others (95014).

    Those who are supervisors as well are left to the check of the supervisors.
    """
    known = {userid.lower() for userid in supervisors}
    found = await _look_up(client.app, [each for each in servicers if each not in known])
    problems = (_judge_servicer(userid, result) for userid, result in found.items())
    summary = say("servicer_range", count=len(found))
    return Verdict(tuple(problem for problem in problems if problem), summary, len(found))


async def check_supervisors(client: WeComClient, supervisors: Sequence[str]) -> Verdict[int]:
    """Check that everybody who is told in need exists and can be reached by the app."""
    found = await _look_up(client.app, supervisors)
    problems = (_judge_supervisor(userid, result) for userid, result in found.items())
    summary = say("supervisors", names=listed(list(found)))
    return Verdict(tuple(problem for problem in problems if problem), summary, len(found))


def no_supervisors() -> Verdict[int]:
    """Say that nobody is told when nobody is free."""
    return Verdict((finding("supervisors_none", SUPERVISORS),))


def _judge_supervisor(userid: str, result: Found) -> Finding | None:
    if isinstance(result, Member):
        return None if result.active else finding("supervisor_inactive", SUPERVISORS, id=userid)
    if result.code in _UNKNOWN:
        return finding("supervisor_unknown", SUPERVISORS, id=userid)
    if result.code in _OUT_OF_RANGE:
        return finding("supervisor_out_of_range", SUPERVISORS, id=userid)
    return platform_finding(result, SUPERVISORS, subject=userid)


def _judge_servicer(userid: str, result: Found) -> Finding | None:
    if isinstance(result, Member):
        return None if result.active else finding("servicer_out_of_range", id=userid)
    if result.code in _UNKNOWN | _OUT_OF_RANGE:
        return finding("servicer_out_of_range", id=userid)
    return platform_finding(result, subject=userid)


async def _look_up(app: AppApi, userids: Iterable[str]) -> Mapping[str, Found]:
    """Return each member, or the error that stands in the way, a few at a time."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(userid: str) -> Found:
        async with gate:
            try:
                return await app.user(userid)
            except WeComError as error:
                return error

    names = list(dict.fromkeys(userids))
    return dict(zip(names, await asyncio.gather(*map(one, names)), strict=True))
