"""``accounts.toml`` against what WeCom says of the accounts and of those who serve them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from chatbot.accounts.account import Account, Accounts
from chatbot.doctor.account_checks import key_place
from chatbot.doctor.places import place_of
from chatbot.doctor.report import Finding, Verdict
from chatbot.doctor.staff_checks import KF_ACCOUNTS, AccountList, Staff, Staffing
from chatbot.doctor.words import finding, listed, say
from chatbot.knowledge.account_file import ACCOUNTS_FILE
from chatbot.wecom.kf import KfAccount, Servicer


def check_sections(
    accounts: Accounts, listing: AccountList, staffing: Staffing | None, folder: Path
) -> Verdict[int]:
    """Compare every section with the account whose id it names.

    An account that is not managed by API is told by the check of the accounts.

    ``staffing`` is None if nobody knows who serves; then nothing is said of agents.
    """
    path = folder / ACCOUNTS_FILE
    if not path.is_file():
        return Verdict(summary=say("account_file_none"))
    known = {each.open_kfid: each for each in listing.every}
    served = {each.open_kfid for each in listing.served}
    findings = [
        found
        for account in accounts.accounts
        if (found := _judge(account, known, served, path)) is not None
    ]
    findings += _without_section(accounts, listing.usable, path)
    if staffing is not None:
        findings += _agents(accounts, listing.usable, staffing.by_account, path)
    return Verdict(tuple(findings), say("sections", count=len(accounts.accounts)), len(known))


def _judge(
    account: Account, known: Mapping[str, KfAccount], served: Collection[str], path: Path
) -> Finding | None:
    found = known.get(account.open_kfid)
    at = key_place(path, account, "id")
    if found is None:
        names = listed([f"{each.name} ({each.open_kfid})" for each in known.values()])
        return finding("section_unknown", at=at, id=account.open_kfid, known=names)
    if account.open_kfid not in served:
        return finding("section_unserved", KF_ACCOUNTS, at=at, name=found.name)
    if account.name and account.name != found.name:
        at = key_place(path, account, "name")
        return finding("section_renamed", at=at, name=account.name, theirs=found.name)
    return None


def _without_section(
    accounts: Accounts, usable: Collection[KfAccount], path: Path
) -> Iterator[Finding]:
    described = {each.open_kfid for each in accounts.accounts}
    for account in usable:
        if account.open_kfid not in described and described:
            at = place_of(path, "default")
            yield finding("section_missing", at=at, name=account.name, id=account.open_kfid)


def _agents(
    accounts: Accounts,
    usable: Collection[KfAccount],
    staff: Mapping[str, Staff],
    path: Path,
) -> Iterator[Finding]:
    for found in usable:
        account = accounts.of(found.open_kfid)
        serving = staff.get(found.open_kfid)
        # Handovers go to members that are listed one by one: WeCom tells nobody of a department.
        members = {one.userid for one in serving or () if isinstance(one, Servicer)}
        strangers = [each for each in account.agents if each not in members]
        if strangers and serving is not None:
            at = key_place(path, account, "agents")
            name = account.name or found.name
            yield finding("agents_unknown", at=at, account=name, members=listed(strangers))
