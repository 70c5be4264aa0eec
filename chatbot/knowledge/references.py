"""What content files refer to in other files, checked when everything is read."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from chatbot.accounts.account import Account, Accounts
from chatbot.customers.tag_groups import TagGroup
from chatbot.facts.tables import Table
from chatbot.facts.variables import (
    ASSISTANT,
    ASSISTANT_NAMES,
    CUSTOMER,
    CUSTOMER_NAMES,
    Variable,
    variables_in,
)
from chatbot.knowledge.account_file import ACCOUNTS_FILE
from chatbot.knowledge.fields import Fields
from chatbot.knowledge.places import Place
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.table_files import TABLES_FOLDER
from chatbot.knowledge.tag_files import tag_objection


class References:
    """Collects variables, tags and names of accounts while files are read."""

    def __init__(self) -> None:
        self._variables: list[tuple[Place, Variable, bool]] = []
        self._accounts: list[tuple[Place, str]] = []
        self._tags: list[tuple[Place, str]] = []
        self._entries: list[tuple[Place, str]] = []

    def add_text(self, place: Place, text: str, *, always: bool = False) -> None:
        """Note the variables of ``text``.

        ``always``: the text is said whatever is known, so each needs a value in every account,
        and a column of a table will not do.
        """
        self._variables += ((place, each, always) for each in variables_in(text))

    def add_account(self, place: Place, name: str) -> None:
        """Note the short name of an account."""
        self._accounts.append((place, name))

    def add_tag(self, place: Place, tag: str) -> None:
        """Note a tag that is given."""
        self._tags.append((place, tag))

    def add_entry(self, place: Place, faq_id: str) -> None:
        """Note the id of an entry."""
        self._entries.append((place, faq_id))

    def check_entries(self, faq_ids: Collection[str], problems: Problems) -> None:
        """Warn of every entry that there is not: agents do without its draft.

        Not if a file has a problem: what it holds may not have been read.
        """
        if problems.found:
            return
        for place, faq_id in self._entries:
            if faq_id not in faq_ids:
                text = f"没有编号为“{faq_id}”的知识条目，客服看不到这条草稿"
                problems.warn(place.path, place.line, place.key, text)

    def check_tags(self, groups: Collection[TagGroup], problems: Problems) -> None:
        """Note a problem for every tag that ``groups`` or the platform do not allow."""
        for place, tag in self._tags:
            text = tag_objection(tag, groups)
            if text:
                problems.add(place.path, place.line, place.key, text)

    def check(self, tables: Iterable[Table], accounts: Accounts, problems: Problems) -> None:
        """Note a problem for everything that does not exist.

        What may be in a file that has a problem itself is not looked for.
        """
        known = _Known.of(tables, accounts, problems)
        for place, variable, always in self._variables:
            text = known.objection(variable, always=always)
            if text:
                problems.add(place.path, place.line, place.key, text)
        for place, name in self._accounts:
            if name not in known.accounts and ASSISTANT not in known.open:
                text = f"accounts.toml 里没有账号“{name}”；{_listed('有', known.accounts)}"
                problems.add(place.path, place.line, place.key, text)


def read_tags(fields: Fields, references: References) -> tuple[str, ...]:
    """Return the tags at the key ``tags``, noted for the check of their groups."""
    tags = fields.tags("tags")
    place = Place(fields.path, fields.line_of("tags"), fields.full_key("tags"))
    for tag in tags:
        references.add_tag(place, tag)
    return tags


@dataclass(frozen=True, slots=True)
class _Known:
    tables: Mapping[str, Table]
    accounts: tuple[str, ...]
    anywhere: frozenset[str]
    everywhere: frozenset[str]
    #: Groups of variables whose file could not be read.
    open: frozenset[str]

    @classmethod
    def of(cls, tables: Iterable[Table], accounts: Accounts, problems: Problems) -> _Known:
        names = [frozenset((*ASSISTANT_NAMES, *each.variables)) for each in _all(accounts)]
        return cls(
            tables={table.name: table for table in tables},
            accounts=tuple(accounts.keys()),
            anywhere=frozenset().union(*names),
            everywhere=names[0].intersection(*names),
            open=frozenset(_unread_groups(problems)),
        )

    def objection(self, variable: Variable, *, always: bool) -> str | None:
        """Return why ``variable`` can never have a value, or not always; None if it can."""
        group, name = variable
        if group in self.open:
            return None
        if group == CUSTOMER:
            return _unless(name in CUSTOMER_NAMES, variable, CUSTOMER, CUSTOMER_NAMES)
        if group == ASSISTANT:
            names = self.everywhere if always else self.anywhere
            return _unless(name in names, variable, ASSISTANT, sorted(names))
        if always:
            return f"{variable} 不能用在这里：这句话只能用 {CUSTOMER} 和 {ASSISTANT} 的变量"
        table = self.tables.get(group)
        if table is None:
            groups = (CUSTOMER, ASSISTANT, *self.tables)
            return f"{variable}：没有名为“{group}”的表格；{_listed('可以用', groups)}"
        return _unless(name in table.columns, variable, f"表格“{group}”", table.columns)


def _unread_groups(problems: Problems) -> Iterator[str]:
    for problem in problems.found:
        if problem.path.parent.name == TABLES_FOLDER:
            yield unicodedata.normalize("NFC", problem.path.stem)
        elif problem.path.name == ACCOUNTS_FILE:
            yield ASSISTANT


def _unless(is_known: bool, variable: Variable, group: str, names: Collection[str]) -> str | None:
    if is_known:
        return None
    return f"{variable}：{group} 没有“{variable.name}”；{_listed('有', names)}"


def _listed(lead: str, names: Collection[str]) -> str:
    return f"{lead}：{'、'.join(names)}" if names else "一个也没有"


def _all(accounts: Accounts) -> Iterator[Account]:
    yield accounts.default
    yield from accounts.accounts
