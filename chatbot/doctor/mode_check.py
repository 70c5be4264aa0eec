"""How far the bot of each account may go at this moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from chatbot.accounts.account import Account, Accounts
from chatbot.accounts.mode import Mode, ModeSetting
from chatbot.doctor.account_checks import key_place, titled
from chatbot.doctor.report import Finding, Verdict
from chatbot.doctor.words import finding, listed, say
from chatbot.knowledge.account_file import ACCOUNTS_FILE

#: The findings about modes in which the bot says nothing to customers.
_SILENT: Mapping[Mode, str] = MappingProxyType({"off": "mode_off", "assist": "mode_assist"})


@dataclass(frozen=True, slots=True)
class LiveModes:
    """What the database knows: names by open_kfid, and what ``chatbot mode`` put in force."""

    names: Mapping[str, str]
    switched: Mapping[str, ModeSetting]


def check_modes(accounts: Accounts, live: LiveModes, folder: Path) -> Verdict[int]:
    """Tell every account whose bot does not answer everybody, and hours that are never over."""
    findings: list[Finding] = []
    shown: list[str] = []
    for name, account in _everybody(accounts, live.names):
        setting = live.switched.get(account.open_kfid, account.mode)
        findings += _judge(name, account, setting, folder / ACCOUNTS_FILE)
        shown.append(f"{name} {setting.mode}")
    return Verdict(tuple(findings), listed(shown), len(shown))


def _everybody(accounts: Accounts, names: Mapping[str, str]) -> list[tuple[str, Account]]:
    """Return every account with its name; "all others" stands for those nobody has seen yet."""
    described = [(titled(each), each) for each in accounts.accounts]
    mine = {each.open_kfid for each in accounts.accounts}
    found = [(name, accounts.of(each)) for each, name in names.items() if each not in mine]
    everybody = [*described, *found]
    return everybody or [(say("other_accounts"), accounts.default)]


def _judge(name: str, account: Account, setting: ModeSetting, path: Path) -> Iterator[Finding]:
    command = account.key or account.open_kfid
    if silent := _SILENT.get(setting.mode):
        yield finding(silent, account=name, command=command)
        return
    if setting.percent < 100:
        yield finding("mode_partial", account=name, percent=setting.percent, command=command)
    if setting.mode == "after-hours" and not account.hours.rules:
        place = key_place(path, account, "mode")
        yield finding("hours_missing", at=place if place.line else None, account=name)
