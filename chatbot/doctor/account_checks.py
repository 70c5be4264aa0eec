"""``accounts.toml`` by itself: menus that lead nowhere, scopes without entries, unknown years."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from chatbot.accounts.account import Account, Accounts
from chatbot.doctor.places import place_of
from chatbot.doctor.questions import Questions
from chatbot.doctor.report import Finding, Place, Verdict
from chatbot.doctor.words import finding, listed, say
from chatbot.knowledge.account_file import ACCOUNTS_FILE
from chatbot.knowledge.content import Content

#: The notice of the next year's holidays comes in November; by then somebody should know.
_AHEAD = timedelta(days=90)


def check_account_file(content: Content, folder: Path, today: date) -> Verdict[Accounts]:
    """Check what the sections say against the entries and the calendar."""
    path = folder / ACCOUNTS_FILE
    accounts = content.accounts
    if not path.is_file():
        return Verdict(summary=say("account_file_none"), fact=accounts)
    findings = [*_years(accounts, path, today)]
    if content.entries:
        questions = Questions(content, today)
        findings += [*_menus(accounts, path, questions), *_scopes(accounts, path, questions)]
    summary = say("account_file", count=len(accounts.accounts))
    return Verdict(tuple(findings), summary, accounts)


def key_place(path: Path, account: Account, key: str) -> Place:
    """Return where the value of an account's key is written: in its section or the default."""
    own = place_of(path, "accounts", account.key, key)
    return own if own.line else place_of(path, "default", key)


def titled(account: Account) -> str:
    """Return what people call an account."""
    return account.name or account.key or say("other_accounts")


def _years(accounts: Accounts, path: Path, today: date) -> Iterator[Finding]:
    everybody = (accounts.default, *accounts.accounts)
    if not any(each.hours.depends_on_calendar for each in everybody):
        return
    for year in sorted({today.year, (today + _AHEAD).year}):
        if not accounts.calendar.knows(year):
            yield finding("calendar_unknown", at=place_of(path, "calendar"), year=year)


def _menus(accounts: Accounts, path: Path, questions: Questions) -> Iterator[Finding]:
    """Yield each line once, with all accounts in which it leads nowhere."""
    lost: dict[tuple[Place, str], list[str]] = {}
    for account in _with_own(accounts, "menu"):
        for line in account.menu:
            if not questions.lead_somewhere(line, account):
                place = key_place(path, account, "menu")
                lost.setdefault((place, line), []).append(titled(account))
    for (place, line), names in lost.items():
        yield finding("menu_line_lost", at=place, line=line, accounts=listed(names))


def _scopes(accounts: Accounts, path: Path, questions: Questions) -> Iterator[Finding]:
    for account in _with_own(accounts, "categories"):
        if not questions.entries_of(account):
            place = key_place(path, account, "categories")
            yield finding("account_without_entries", at=place, account=titled(account))


def _with_own(accounts: Accounts, key: str) -> Iterator[Account]:
    """Yield the accounts, and the default one unless a section has the same value from it."""
    yield from accounts.accounts
    shared = getattr(accounts.default, key)
    if shared and not any(getattr(each, key) == shared for each in accounts.accounts):
        yield accounts.default
