"""Customer-service accounts, the people who serve them, and the supervisors.

Sources: WeCom developer documentation, 微信客服/客服账号管理, 接待人员管理; 通讯录管理/读取成员.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

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


async def check_accounts(
    client: WeComClient, wanted: Sequence[str]
) -> Verdict[tuple[KfAccount, ...]]:
    """List the accounts; the fact is those that the bot will serve."""
    try:
        accounts = await client.kf.accounts()
    except WeComError as error:
        return Verdict((platform_finding(error, KF_ACCOUNTS),))
    if not accounts:
        return Verdict((finding("accounts_none"),))
    known = {account.open_kfid for account in accounts}
    served = [account for account in accounts if not wanted or account.open_kfid in wanted]
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
    usable = tuple(account for account in served if account.managed)
    summary = say("accounts", count=len(usable), names=_names(usable))
    return Verdict(tuple(findings), summary, usable or None)


def _names(accounts: Iterable[KfAccount]) -> str:
    return listed([f"{account.name} ({account.open_kfid})" for account in accounts])


async def check_servicers(
    client: WeComClient, accounts: Sequence[KfAccount]
) -> Verdict[tuple[str, ...]]:
    """Check who serves each account; the fact is the ids of all members who do."""
    findings: list[Finding] = []
    members: dict[str, None] = {}
    for account in accounts:
        try:
            staff = await client.kf.servicers(account.open_kfid)
        except WeComError as error:
            findings.append(platform_finding(error, KF_ACCOUNTS, subject=account.name))
            continue
        if found := judge_servicers(account, staff):
            findings.append(found)
        members.update(dict.fromkeys(one.userid for one in staff if isinstance(one, Servicer)))
    summary = say("servicers", count=len(members))
    return Verdict(tuple(findings), summary, tuple(members) or None)


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
