"""How a notice stands, whom it is for in words, and who may change it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal, get_args

from chatbot.notices.brand import Brand
from chatbot.notices.notice import Notice

Stand = Literal["now", "to_come", "past"]
STANDS: tuple[Stand, ...] = get_args(Stand)

_MOST_NAMED = 4


def stand_of(notice: Notice, now: datetime) -> Stand:
    """Return whether a notice holds, will hold, or does not hold any more."""
    if notice.ends_at <= max(now, notice.begins_at):
        return "past"
    return "now" if notice.begins_at <= now else "to_come"


def is_seen(notice: Notice, limit: Collection[str] | None) -> bool:
    """Return whether who is limited to stores sees a notice: theirs, and those for everybody."""
    return limit is None or not notice.stores or bool(set(notice.stores) & set(limit))


def is_own(notice: Notice, limit: Collection[str] | None) -> bool:
    """Return whether who is limited to stores may change a notice: it is for theirs alone."""
    return limit is None or (bool(notice.stores) and set(notice.stores) <= set(limit))


def in_words(notice: Notice, brand: Brand, words: Mapping[str, str]) -> str:
    """Return whom a notice is for."""
    names = {each.open_kfid: each.shown for each in brand.accounts}
    accounts = [names.get(each, each) for each in notice.accounts]
    parts = [
        _some(notice.stores, words["scope_stores"], words) if notice.stores else "",
        _some(accounts, words["scope_accounts"], words) if accounts else "",
        _some(notice.categories, words["scope_categories"], words) if notice.categories else "",
    ]
    return words["scope_gap"].join(filter(None, parts)) or words["scope_all"]


def _some(names: Collection[str], pattern: str, words: Mapping[str, str]) -> str:
    few = "、".join([*names][:_MOST_NAMED])
    if len(names) > _MOST_NAMED:
        few = words["scope_more"].format(names=few, count=len(names))
    return pattern.format(names=few)
