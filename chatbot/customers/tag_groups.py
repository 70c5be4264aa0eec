"""Tag groups as the admins describe them in ``intents/_tags.yaml``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

#: The group that holds a customer's lifecycle stage; it is exclusive, described or not.
STAGES = "阶段"


@dataclass(frozen=True, slots=True)
class TagGroup:
    """A group of tags.

    Of an ``exclusive`` group a customer has one tag at a time. A tag lapses ``lifetime`` after it
    was last given; None means never.
    """

    name: str
    title: str
    exclusive: bool = False
    lifetime: timedelta | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON; the lifetime is in days."""
        days = None if self.lifetime is None else self.lifetime.days
        return {
            "name": self.name, "title": self.title, "exclusive": self.exclusive,
            "lifetime_days": days,
        }  # fmt: skip

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> TagGroup:
        """Rebuild what ``to_json`` gave."""
        days = record["lifetime_days"]
        return cls(
            name=record["name"],
            title=record["title"],
            exclusive=record["exclusive"],
            lifetime=None if days is None else timedelta(days=days),
        )


def groups_by_name(groups: Iterable[TagGroup]) -> dict[str, TagGroup]:
    """Return the groups by name, the one of the lifecycle stages among them."""
    named = {group.name: group for group in groups}
    stages = named.get(STAGES, TagGroup(STAGES, STAGES))
    return {**named, STAGES: replace(stages, exclusive=True)}


def group_or_plain(groups: Mapping[str, TagGroup], name: str) -> TagGroup:
    """Return the group of that name; one that nobody described is not exclusive and lasts."""
    return groups.get(name) or TagGroup(name, name)


def stage_of(tags: Iterable[str]) -> str:
    """Return the lifecycle stage that a customer's tags (``group:name``) tell, "" without one."""
    return next((each.partition(":")[2] for each in tags if is_stage(each)), "")


def is_stage(tag: str) -> bool:
    """Return whether a tag (``group:name``) is a lifecycle stage."""
    return tag.startswith(f"{STAGES}:")
