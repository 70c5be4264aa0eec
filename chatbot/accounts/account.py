"""One customer-service account, and all of them together with the calendar they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from chatbot.accounts.calendar import Calendar
from chatbot.accounts.hours import OpeningHours
from chatbot.accounts.mode import ModeSetting

_DECEMBER = 12
_ALWAYS = OpeningHours()
_EVERYTHING = ModeSetting()


@dataclass(frozen=True, slots=True)
class Account:
    """What is particular about one account; empty values mean "as for everybody".

    ``key`` is its short name in files and commands, empty for an account without an own section.
    ``categories`` are the entries it may answer from, none for all. ``welcome`` and ``menu_head``
    replace shipped texts. ``menu`` holds questions of entries. ``hours`` are those of its staff,
    none for always. ``agents`` are the member ids that get its handoffs, none for its servicers.
    ``rating``: customers are asked how a person's service was.
    """

    key: str = ""
    open_kfid: str = ""
    name: str = ""
    assistant: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    welcome: str = ""
    menu_head: str = ""
    menu: tuple[str, ...] = ()
    hours: OpeningHours = _ALWAYS
    agents: tuple[str, ...] = ()
    mode: ModeSetting = _EVERYTHING
    rating: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON; everything is written, so that equal accounts give equal JSON."""
        return {
            "key": self.key,
            "open_kfid": self.open_kfid,
            "name": self.name,
            "assistant": self.assistant,
            "variables": dict(self.variables),
            "categories": list(self.categories),
            "welcome": self.welcome,
            "menu_head": self.menu_head,
            "menu": list(self.menu),
            "hours": self.hours.to_json(),
            "agents": list(self.agents),
            "mode": self.mode.mode,
            "percent": self.mode.percent,
            "rating": self.rating,
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Account:
        """Rebuild what ``to_json`` gave."""
        return cls(
            key=record["key"],
            open_kfid=record["open_kfid"],
            name=record["name"],
            assistant=record["assistant"],
            variables=dict(record["variables"]),
            categories=tuple(record["categories"]),
            welcome=record["welcome"],
            menu_head=record["menu_head"],
            menu=tuple(record["menu"]),
            hours=OpeningHours.from_json(record["hours"]),
            agents=tuple(record["agents"]),
            mode=ModeSetting(record["mode"], record["percent"]),
            rating=record.get("rating", True),  # a snapshot may be older than this choice
        )


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts with a section of their own, what holds for all others, and the calendar."""

    default: Account = Account()
    accounts: tuple[Account, ...] = ()
    calendar: Calendar = field(default_factory=Calendar)

    def of(self, open_kfid: str) -> Account:
        """Return the account's description; the default one, with this id, if it has none."""
        found = next((each for each in self.accounts if each.open_kfid == open_kfid), None)
        if found is not None:
            return found
        return replace(self.default, open_kfid=open_kfid) if open_kfid else self.default

    def named(self, key: str) -> Account | None:
        """Return the account with this short name."""
        return next((each for each in self.accounts if each.key == key), None)

    def keys(self) -> Iterable[str]:
        """Return the short names in file order."""
        return (each.key for each in self.accounts)

    def is_open(self, open_kfid: str, now: datetime, timezone: ZoneInfo) -> bool:
        """Return whether staff of the account are there at ``now`` (any aware instant)."""
        return self.of(open_kfid).hours.is_open(now.astimezone(timezone), self.calendar)

    def next_opening(self, open_kfid: str, now: datetime, timezone: ZoneInfo) -> datetime | None:
        """Return when staff are there next, in ``timezone``.

        None if they are there now, or will not be within a year.
        """
        return self.of(open_kfid).hours.next_opening(now.astimezone(timezone), self.calendar)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON; equal values give equal JSON."""
        return {
            "default": self.default.to_json(),
            "accounts": [each.to_json() for each in self.accounts],
            "calendar": self.calendar.to_json(),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Accounts:
        """Rebuild what ``to_json`` gave."""
        return cls(
            default=Account.from_json(record["default"]),
            accounts=tuple(map(Account.from_json, record["accounts"])),
            calendar=Calendar.from_json(record["calendar"]),
        )
