"""What the platform tells of contacts: new ones, ended ones, and what people changed.

Source: WeCom developer documentation, 客户联系/事件通知.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection

from chatbot.clock import Clock
from chatbot.customers.observed import observe_contact
from chatbot.customers.records import begin_relation, end_relation
from chatbot.customers.tags import Groups
from chatbot.pipeline.app_events import Handled
from chatbot.pipeline.contact_reading import ContactReader
from chatbot.pipeline.tag_catalogue import TagCatalogue
from chatbot.store.events import StoredEvent
from chatbot.wecom.fields import text

_BEGINS = frozenset({"add_external_contact", "add_half_external_contact"})
_ENDS = frozenset({"del_external_contact", "del_follow_user"})
_EDITED = "edit_external_contact"


class ContactEvents:
    """The handler of events of the kind ``contact``."""

    def __init__(
        self,
        catalogue: TagCatalogue,
        reader: ContactReader,
        groups: Callable[[], Groups],
        clock: Clock,
        on_tags: Callable[[], None],
    ) -> None:
        self._catalogue = catalogue
        self._reader = reader
        self._groups = groups
        self._clock = clock
        self._on_tags = on_tags

    async def handle(self, event: StoredEvent) -> Handled | None:
        """Return what the event changes, None if nothing; raise WeComError."""
        name = text(event.fields, "Event").lower()
        if name == "change_external_tag":
            await self._catalogue.refresh()
            return Handled(_changes_nothing, self._on_tags)
        customer = text(event.fields, "ExternalUserID")
        userid = text(event.fields, "UserID").lower()
        if name != "change_external_contact" or not customer or not userid:
            return None
        return await self._contact_changed(event, customer, userid)

    async def _contact_changed(
        self, event: StoredEvent, customer: str, userid: str
    ) -> Handled | None:
        change, now = text(event.fields, "ChangeType").lower(), self._clock.now()
        if change in _BEGINS:
            channel = text(event.fields, "State")
            return self._handled(
                lambda connection: begin_relation(
                    connection, customer, userid, channel, event.created_at, now
                )
            )
        if change in _ENDS:
            return self._handled(
                lambda connection: end_relation(connection, customer, userid, event.created_at, now)
            )
        if change == _EDITED:
            reading = await self._reader.read(customer)
            return self._handled(
                partial(
                    observe_contact, reading=reading, groups=self._groups(), now=self._clock.now()
                )
            )
        return None

    def _handled(self, effects: Callable[[Connection], None]) -> Handled:
        return Handled(effects, self._on_tags)


def _changes_nothing(_connection: Connection) -> None:
    """Follow an event whose effects are stored already."""
