"""What a notice may name: stores, accounts, categories and variables. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from chatbot.accounts.account import Account, Accounts
from chatbot.answers.entries import Entry
from chatbot.facts.tables import Table
from chatbot.facts.variables import (
    ASSISTANT,
    ASSISTANT_NAMES,
    CUSTOMER,
    CUSTOMER_NAMES,
    Variable,
)


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """An account by its id, with the names that people call it by."""

    open_kfid: str
    key: str = ""
    name: str = ""

    @property
    def shown(self) -> str:
        """Return what people call it."""
        return self.name or self.key or self.open_kfid

    def is_called(self, name: str) -> bool:
        """Return whether ``name`` is one of its names."""
        return name in {self.open_kfid, self.key, self.name} - {""}


@dataclass(frozen=True, slots=True)
class Brand:
    """The brand as it is live. ``categories`` has those that only stand above others, too."""

    tables: tuple[Table, ...]
    accounts: tuple[NamedAccount, ...]
    categories: tuple[str, ...]
    variables: frozenset[str]
    timezone: ZoneInfo

    @classmethod
    def of(
        cls,
        entries: Iterable[Entry],
        tables: Iterable[Table],
        accounts: Accounts,
        known: Mapping[str, str],
        timezone: ZoneInfo,
    ) -> Brand:
        """Return the brand of a content; ``known`` has the platform's names of all accounts."""
        described = {each.open_kfid: each for each in accounts.accounts}
        ids = sorted({*described, *known} - {""})
        own = (described.get(each, Account()) for each in ids)
        named = (
            NamedAccount(open_kfid, account.key, account.name or known.get(open_kfid, ""))
            for open_kfid, account in zip(ids, own, strict=True)
        )
        variables = {*accounts.default.variables}.union(*(a.variables for a in accounts.accounts))
        return cls(
            tuple(tables), tuple(named), _with_those_above(each.category for each in entries),
            frozenset(variables), timezone,
        )  # fmt: skip

    def store(self, name: str) -> str | None:
        """Return the key of the row that is called so, None if none or several are."""
        found = {
            key
            for table in self.tables
            for key in table.rows
            if name == key or name in table.aliases(key)
        }
        return name if name in found else next(iter(found)) if len(found) == 1 else None

    def stores(self) -> Iterator[str]:
        """Yield the keys of all rows, in file order."""
        return (key for table in self.tables for key in table.rows)

    def account(self, name: str) -> NamedAccount | None:
        """Return the account that is called so."""
        return next((each for each in self.accounts if each.is_called(name)), None)

    def knows(self, variable: Variable) -> bool:
        """Return whether a variable may have a value."""
        if variable.group == CUSTOMER:
            return variable.name in CUSTOMER_NAMES
        if variable.group == ASSISTANT:
            return variable.name in ASSISTANT_NAMES or variable.name in self.variables
        tables = (each for each in self.tables if each.name == variable.group)
        return any(variable.name in each.columns for each in tables)


def _with_those_above(categories: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for category in filter(None, categories):
        parts = category.split("/")
        found |= {"/".join(parts[:count]): None for count in range(1, len(parts) + 1)}
    return tuple(sorted(found))
