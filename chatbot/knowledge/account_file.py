"""``accounts.toml``: what is particular about each customer-service account."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType

from chatbot.accounts.account import Account, Accounts
from chatbot.accounts.calendar import Calendar, days_between
from chatbot.accounts.hours import HoursError, OpeningHours
from chatbot.accounts.mode import MODES, Mode, ModeSetting
from chatbot.facts.variables import (
    ASSISTANT,
    ASSISTANT_NAMES,
    CUSTOMER,
    CUSTOMER_NAMES,
    stray_brace,
    variables_in,
)
from chatbot.knowledge.fields import Fields, caption_objection, written_day
from chatbot.knowledge.files import is_folder, is_there, read_text
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.toml_tree import read_toml
from chatbot.knowledge.tree import Mapping, NotReadable, Scalar

ACCOUNTS_FILE = "accounts.toml"

_SECTIONS = ("default", "accounts", "calendar")
_COMMON = (
    "assistant",
    "variables",
    "categories",
    "welcome",
    "menu_head",
    "menu",
    "hours",
    "agents",
    "mode",
    "percent",
    "rating",
)
_OWN = ("id", "name", *_COMMON)
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VARIABLE = re.compile(r"[^\s{}.:：]{1,64}")
#: A menu of the platform has ten lines, and one of them calls a person.
_MENU_LINES = 9
_LONGEST_DAYS = 366


def read_accounts(knowledge: Path, problems: Problems) -> Accounts:
    """Return the accounts of a knowledge folder; the defaults if it has no ``accounts.toml``."""
    path = knowledge / ACCOUNTS_FILE
    if not is_folder(knowledge) or not is_there(path):
        return Accounts()
    source = read_text(path, problems)
    if source is None:
        return Accounts()
    try:
        root = read_toml(source)
    except NotReadable as error:
        problems.add(path, error.line, "", error.text)
        return Accounts()
    sections = Fields(path, root, problems, _SECTIONS)
    common = sections.inner("default", _COMMON)
    default = _Section(common, Account()).read() if common else Account()
    own = sections.present("accounts")
    if own is not None and not isinstance(own, Mapping):
        sections.complain(own.line, "accounts", "要写成 [accounts.简称]，每个客服账号一节")
    accounts = _read_own(path, own, default, problems) if isinstance(own, Mapping) else ()
    days = sections.inner("calendar", ("holidays", "workdays"))
    return Accounts(default, accounts, _read_calendar(days) if days else Calendar())


def _read_own(
    path: Path, node: Mapping, default: Account, problems: Problems
) -> tuple[Account, ...]:
    accounts: list[Account] = []
    ids: dict[str, str] = {}
    for key, line, section in node.pairs:
        within = f"accounts.{key}"
        if not _KEY.fullmatch(key):
            text = "账号简称只能用英文字母、数字、下划线和短横线，最多 64 个"
            problems.add(path, line, within, text)
        if not isinstance(section, Mapping):
            problems.add(path, line, within, f"要写成一节 [{within}]，至少写明 id")
            continue
        fields = Fields(path, section, problems, _OWN, ("id",), f"{within}.")
        account = _Section(fields, replace(default, key=key)).read()
        if account.open_kfid in ids:
            text = f"{account.open_kfid} 已经写在 [accounts.{ids[account.open_kfid]}] 里"
            fields.complain(fields.line_of("id"), "id", text)
        if account.open_kfid:
            ids.setdefault(account.open_kfid, key)
        accounts.append(account)
    return tuple(accounts)


class _Section:
    """One section; a key that is not written has the value of ``base``."""

    def __init__(self, fields: Fields, base: Account) -> None:
        self._fields = fields
        self._base = base

    def read(self) -> Account:
        base = self._base
        account = replace(
            base,
            open_kfid=self._name("id", base.open_kfid),
            name=self._text("name", base.name),
            assistant=self._plain("assistant", base.assistant),
            variables=self._variables(),
            categories=self._texts("categories", base.categories),
            welcome=self._text("welcome", base.welcome),
            menu_head=self._text("menu_head", base.menu_head),
            menu=self._menu(),
            hours=self._hours(),
            # WeCom compares member ids without case, and answers in lower case.
            agents=tuple(map(str.lower, self._texts("agents", base.agents))),
            mode=ModeSetting(self._mode(), self._percent()),
            rating=self._rating(),
        )
        for key, words in (("welcome", account.welcome), ("menu_head", account.menu_head)):
            if self._fields.has(key):
                self._check_words(key, words, account.variables)
        return account

    def _complain(self, key: str, text: str) -> None:
        self._fields.complain(self._fields.line_of(key), key, text)

    def _name(self, key: str, otherwise: str) -> str:
        return (self._fields.name(key) or "") if self._fields.has(key) else otherwise

    def _text(self, key: str, otherwise: str) -> str:
        return (self._fields.text(key) or "") if self._fields.has(key) else otherwise

    def _plain(self, key: str, otherwise: str) -> str:
        return (self._fields.plain(key) or "") if self._fields.has(key) else otherwise

    def _texts(self, key: str, otherwise: tuple[str, ...]) -> tuple[str, ...]:
        return self._fields.texts(key) if self._fields.has(key) else otherwise

    def _variables(self) -> MappingProxyType[str, str]:
        """Return the variables, those of the defaults included."""
        found = dict(self._base.variables)
        node = self._fields.present("variables")
        if node is None:
            return MappingProxyType(found)
        if not isinstance(node, Mapping):
            self._complain("variables", '要写成 {名称 = "内容"}')
            return MappingProxyType(found)
        names = tuple(name for name, _, _ in node.pairs)
        inner = self._fields.inner("variables", names)
        for name in names:
            self._check_variable(name)
            found[name] = (inner and inner.plain(name)) or ""
        return MappingProxyType(found)

    def _check_variable(self, name: str) -> None:
        if name in ASSISTANT_NAMES:
            self._complain("variables", "{助手.名字} 用 assistant 来写，不要放进 variables")
        elif not _VARIABLE.fullmatch(name):
            self._complain("variables", f"“{name}”不能作变量名：不能有空格、花括号、点和冒号")

    def _check_words(self, key: str, words: str, variables: Collection[str]) -> None:
        """Refuse what has no value when the chat is opened: facts of tables among others."""
        known = {(CUSTOMER, name) for name in CUSTOMER_NAMES}
        known |= {(ASSISTANT, name) for name in (*ASSISTANT_NAMES, *variables)}
        unknown = [str(each) for each in variables_in(words) if each not in known]
        stray = stray_brace(words)
        if unknown or stray:
            usable = "、".join(f"{{{group}.{name}}}" for group, name in sorted(known))
            self._complain(key, f"{stray or unknown[0]} 在这里不能用；可以用 {usable}")

    def _menu(self) -> tuple[str, ...]:
        menu = self._texts("menu", self._base.menu)
        if len(menu) > _MENU_LINES:
            text = f"最多 {_MENU_LINES} 个问题（转人工另占一行），这里有 {len(menu)} 个"
            self._complain("menu", text)
        for line in menu if self._fields.has("menu") else ():
            if objection := caption_objection(line):
                self._complain("menu", f"“{line[:20]}”：{objection}")
        return menu

    def _hours(self) -> OpeningHours:
        if not self._fields.has("hours"):
            return self._base.hours
        try:
            return OpeningHours.parse(self._fields.texts("hours"))
        except HoursError as error:
            self._complain("hours", str(error))
            return OpeningHours()

    def _mode(self) -> Mode:
        if not self._fields.has("mode"):
            return self._base.mode.mode
        written = self._fields.text("mode")
        if written is None:
            return "full"
        mode = next((known for known in MODES if known == written), None)
        if mode is None:
            self._complain("mode", f"只能是 {'、'.join(MODES)} 之一，不能是“{written}”")
        return mode or "full"

    def _percent(self) -> int:
        node = self._fields.present("percent")
        if node is None:
            return self._base.mode.percent
        written = node.value if isinstance(node, Scalar) else ""
        is_number = isinstance(node, Scalar) and node.kind == "number"
        if is_number and re.fullmatch(r"\d{1,3}", written) and int(written) <= 100:
            return int(written)
        self._complain("percent", "要写 0 到 100 的整数，不加引号和百分号")
        return 100

    def _rating(self) -> bool:
        node = self._fields.present("rating")
        if node is None:
            return self._base.rating
        if isinstance(node, Scalar) and node.kind == "boolean":
            return node.value == "true"
        self._complain("rating", "要写 true（人工结束时请客户评价）或 false，不加引号")
        return self._base.rating


def _read_calendar(fields: Fields) -> Calendar:
    holidays, workdays = (frozenset(_days(fields, key)) for key in ("holidays", "workdays"))
    both = sorted(holidays & workdays)
    if both:
        text = f"{both[0].isoformat()} 既写成节假日又写成工作日，请去掉一个"
        fields.complain(fields.line_of("workdays"), "workdays", text)
    return Calendar(holidays, workdays)


def _days(fields: Fields, key: str) -> Iterable[date]:
    for written in fields.texts(key):
        days = _span(written)
        if days is None:
            text = (
                f"“{written}”不是日期；要写成 2027-01-01，连续几天写成 2027-01-01/2027-01-03"
                "（首尾都算，最多一年）"
            )
            fields.complain(fields.line_of(key), key, text)
        else:
            yield from days


def _span(written: str) -> Collection[date] | None:
    first, _, last = (part.strip() for part in written.partition("/"))
    try:
        days = days_between(written_day(first), written_day(last or first))
    except ValueError:
        return None
    return days if 1 <= len(days) <= _LONGEST_DAYS else None
