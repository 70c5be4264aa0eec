"""Reads a contact from the platform, ready to be taken over."""

from __future__ import annotations

from datetime import datetime

from chatbot.clock import Clock
from chatbot.customers.observed import Reading, SeenFollower, SeenTag, written_ids
from chatbot.customers.tags import Tag
from chatbot.pipeline.tag_catalogue import TagCatalogue
from chatbot.store.database import Database
from chatbot.wecom.contacts import ContactsApi, Follower
from chatbot.wecom.errors import Refused

#: No member has this customer as a contact, or the id is of another kind.
_NO_CONTACT = frozenset({84061, 40096})


class ContactReader:
    """Asks who follows a customer, and with which tags."""

    def __init__(
        self, database: Database, contacts: ContactsApi, catalogue: TagCatalogue, clock: Clock
    ) -> None:
        self._database = database
        self._contacts = contacts
        self._catalogue = catalogue
        self._clock = clock

    async def read(self, external_userid: str) -> Reading:
        """Return a customer's followers, none if they are nobody's contact; raise WeComError."""
        read_at = self._clock.now()
        followers = await self._followers(external_userid)
        seen = tuple(_seen(follower, read_at) for follower in followers)
        reading = Reading(external_userid, seen, read_at)
        written = await self._database.run(written_ids, external_userid)
        if written - reading.tag_ids:
            await self._catalogue.refresh()
        return reading

    async def _followers(self, external_userid: str) -> tuple[Follower, ...]:
        try:
            return (await self._contacts.contact(external_userid)).followers
        except Refused as error:
            if error.code in _NO_CONTACT:
                return ()
            raise


def _seen(follower: Follower, read_at: datetime) -> SeenFollower:
    tags = tuple(SeenTag(each.tag_id, Tag(each.group_name, each.name)) for each in follower.tags)
    return SeenFollower(follower.userid, follower.state, follower.created_at or read_at, tags)
