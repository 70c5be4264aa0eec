"""Customer tags of the enterprise (企业客户标签)."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from chatbot.simulator.config import TagGroupConfig
from chatbot.simulator.errors import PlatformError
from chatbot.simulator.params import Json

NO_RIGHT = 81011
CONSOLE = None  # the owner of what people made in the console


@dataclass(slots=True)
class Tag:
    """One tag; ``owner`` is the agent id of the app that made it."""

    id: str
    name: str
    created_at: int
    order: int
    owner: int | None


@dataclass(slots=True)
class TagGroup:
    """A group of tags; one without tags disappears."""

    id: str
    name: str
    created_at: int
    order: int
    owner: int | None
    tags: list[Tag] = field(default_factory=list)

    def describe(self, tags: Iterable[Tag] | None = None) -> Json:
        """Return the group, with the given tags only if any are given."""
        return {
            "group_id": self.id,
            "group_name": self.name,
            "create_time": self.created_at,
            "order": self.order,
            "deleted": False,
            "tag": [_describe(tag) for tag in (self.tags if tags is None else tags)],
        }


class TagBook:
    """All tag groups of the enterprise."""

    def __init__(self, groups: Iterable[TagGroupConfig], now: int) -> None:
        self._groups: dict[str, TagGroup] = {}
        self._orders = itertools.count(1)
        for group in groups:
            self.add(group.name, list(group.tags), CONSOLE, now)

    def groups(self) -> list[TagGroup]:
        """Return all groups."""
        return list(self._groups.values())

    def find(self, tag_id: str) -> tuple[TagGroup, Tag] | None:
        """Return a tag and its group, or None."""
        return next(((g, t) for g, t in self._pairs() if t.id == tag_id), None)

    def group(self, group_id: str) -> TagGroup | None:
        """Return a group, or None."""
        return self._groups.get(group_id)

    def group_named(self, name: str) -> TagGroup | None:
        """Return the group with this name, or None."""
        return next((group for group in self._groups.values() if group.name == name), None)

    def add(
        self,
        group_name: str,
        names: list[str],
        owner: int | None,
        now: int,
        *,
        group: TagGroup | None = None,
    ) -> tuple[TagGroup, list[Tag]]:
        """Add tags to a group, making it if need be; raise 40071 for a name that it has.

        Equal names in one call are one tag. Returns the group and the tags that are new.
        """
        group = group or self.group_named(group_name)
        taken = {tag.name for tag in group.tags} if group else set()
        wanted = list(dict.fromkeys(names))
        if taken.intersection(wanted):
            raise PlatformError(40071, "the group has a tag of this name")
        if group is None:
            group = TagGroup(_new_id(), group_name, now, next(self._orders), owner)
            self._groups[group.id] = group
        tags = [Tag(_new_id(), name, now, next(self._orders), owner) for name in wanted]
        group.tags.extend(tags)
        return group, tags

    def remove(self, tag_id: str) -> TagGroup | None:
        """Delete a tag; return its group, or None if the tag is unknown."""
        found = self.find(tag_id)
        if found is None:
            return None
        group, tag = found
        group.tags.remove(tag)
        if not group.tags:
            del self._groups[group.id]
        return group

    def _pairs(self) -> Iterator[tuple[TagGroup, Tag]]:
        for group in self._groups.values():
            for tag in group.tags:
                yield group, tag


def _describe(tag: Tag) -> Json:
    return {
        "id": tag.id,
        "name": tag.name,
        "create_time": tag.created_at,
        "order": tag.order,
        "deleted": False,
    }


def _new_id() -> str:
    return f"et{secrets.token_urlsafe(20)}"
