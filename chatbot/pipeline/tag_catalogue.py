"""The enterprise's tags: their ids, and how missing ones are made, by one process at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from chatbot.clock import Clock
from chatbot.customers.tags import Tag
from chatbot.store.corp_tags import (
    CorpTag,
    add_known_tags,
    known_tags,
    lease_tag_list,
    release_tag_list,
    replace_known_tags,
)
from chatbot.store.database import Database
from chatbot.wecom.contacts import ContactsApi, TagGroup
from chatbot.wecom.errors import Refused, error_for_code

_LEASE = timedelta(seconds=60)
#: Longest that the list or one addition is waited for, well within the lease.
_CALL_SECONDS = 40.0
_WAIT_SECONDS = 0.1
_DUPLICATE = 40071
_DELETED = 40068


class TagCatalogue:
    """Knows tags by name. All calls may raise WeComError."""

    def __init__(
        self,
        database: Database,
        contacts: ContactsApi,
        clock: Clock,
        process_id: Callable[[], int],
    ) -> None:
        self._database = database
        self._contacts = contacts
        self._clock = clock
        self._process_id = process_id

    async def ids(self) -> dict[Tag, str]:
        """Return the ids of the enterprise's tags, read once and kept up to date by events."""
        known = await self._database.run(known_tags)
        if known is None:
            await self.refresh()
            known = await self._database.run(known_tags)
        return known or {}

    async def create(self, tag: Tag) -> str:
        """Make a tag, and its group if need be, unless somebody has; return its id."""
        async with self._one_at_a_time():
            if tag_id := await self._id_of(tag):
                return tag_id
            try:
                made = await self._contacts.add_tags(tag.group, [tag.name])
            except Refused as error:
                if error.code != _DUPLICATE:
                    raise
                await self._read_list()
                if tag_id := await self._id_of(tag):
                    return tag_id
                raise
            await self._database.run(add_known_tags, _tags_of(made, tag.group))
            if tag_id := await self._id_of(tag):
                return tag_id
            await self._read_list()  # the answer did not name it
        return (await self.ids())[tag]

    async def refresh(self) -> None:
        """Read the list anew: people changed it."""
        async with self._one_at_a_time():
            await self._read_list()

    async def _id_of(self, tag: Tag) -> str | None:
        return (await self._database.run(known_tags) or {}).get(tag)

    async def _read_list(self) -> None:
        groups = await self._contacts.tag_groups()
        tags = [each for group in groups for each in _tags_of(group, group.name)]
        deleted = str(error_for_code("externalcontact/mark_tag", _DELETED, ""))
        await self._database.run(replace_known_tags, tags, deleted, self._clock.now())

    @asynccontextmanager
    async def _one_at_a_time(self) -> AsyncIterator[None]:
        """Hold the enterprise's list, so that nobody makes a group twice."""
        me = self._process_id()
        while True:
            now = self._clock.now()
            if await self._database.run(lease_tag_list, me, now, now + _LEASE):
                break
            await asyncio.sleep(_WAIT_SECONDS)
        try:
            async with asyncio.timeout(_CALL_SECONDS):
                yield
        finally:
            await self._database.run(release_tag_list, me)


def _tags_of(group: TagGroup, name: str) -> list[CorpTag]:
    """Return the tags of a group; an answer that does not repeat its name has the one asked for."""
    return [CorpTag(each.tag_id, Tag(group.name or name, each.name)) for each in group.tags]
