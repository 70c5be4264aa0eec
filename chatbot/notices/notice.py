"""A notice, and when and for whom it holds. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

#: In front of the reply, once a day for each customer, or in the place of answers.
Mode = Literal["prefix", "replace"]
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True, slots=True)
class Notice:
    """A text that holds from ``begins_at`` until just before ``ends_at`` (aware instants).

    ``stores`` are keys of rows of the brand's tables, ``accounts`` open_kfids, ``categories``
    those of entries, which include the ones below them; none means all.
    """

    id: int
    text: str
    mode: Mode
    begins_at: datetime
    ends_at: datetime
    stores: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def holds_at(self, now: datetime) -> bool:
        """Return whether it is in force at ``now``."""
        return self.begins_at <= now < self.ends_at

    def is_for_account(self, open_kfid: str) -> bool:
        """Return whether customers who write to this account are meant."""
        return not self.accounts or open_kfid in self.accounts

    def is_about(self, category: str) -> bool:
        """Return whether answers of this category are meant."""
        if not self.categories:
            return True
        return any(category == own or category.startswith(f"{own}/") for own in self.categories)

    def is_for_stores(self, keys: Collection[str], *, surely: bool) -> bool:
        """Return whether a customer of one of the stores ``keys`` is meant; none: nobody knows.

        Who may be a customer of several stores is meant if one of these is; ``surely``: if all are.
        """
        if not self.stores:
            return True
        meant = set(keys) & set(self.stores)
        return bool(keys) and (len(meant) == len(set(keys)) if surely else bool(meant))

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "text": self.text,
            "mode": self.mode,
            "from": self.begins_at.isoformat(),
            "until": self.ends_at.isoformat(),
            "stores": list(self.stores),
            "accounts": list(self.accounts),
            "categories": list(self.categories),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Notice:
        """Rebuild what ``to_json`` gave."""
        return cls(
            id=record["id"],
            text=record["text"],
            mode=record["mode"],
            begins_at=datetime.fromisoformat(record["from"]),
            ends_at=datetime.fromisoformat(record["until"]),
            stores=tuple(record["stores"]),
            accounts=tuple(record["accounts"]),
            categories=tuple(record["categories"]),
        )


@dataclass(frozen=True, slots=True)
class NewNotice:
    """What somebody wrote, with the same fields; it has no number yet."""

    text: str
    mode: Mode
    begins_at: datetime
    ends_at: datetime
    stores: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def numbered(self, number: int) -> Notice:
        """Return it as the notice with this number."""
        return Notice(
            number, self.text, self.mode, self.begins_at, self.ends_at, self.stores, self.accounts,
            self.categories,
        )  # fmt: skip


def in_force(notices: Iterable[Notice], now: datetime, open_kfid: str) -> tuple[Notice, ...]:
    """Return those that hold at ``now`` on an account, the one that began last first."""
    held = (each for each in notices if each.holds_at(now) and each.is_for_account(open_kfid))
    return tuple(sorted(held, key=lambda each: (each.begins_at, each.id), reverse=True))
