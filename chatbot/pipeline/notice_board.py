"""The notices in force, as this process knows them: in memory, and never old."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from chatbot.clock import Clock
from chatbot.notices.notice import Notice, in_force
from chatbot.pipeline.waiting import wait_for
from chatbot.store.database import Database
from chatbot.store.errors import StoreUnavailable
from chatbot.store.notices import NOTICES_TOPIC, live_notices, told_on
from chatbot.store.presence import Presence

log = structlog.get_logger()

#: The floor under announcements, which may be lost.
_POLL_SECONDS = 2.0
#: Notices that ended so long ago are still known, for decisions about a time of then.
_REMEMBERED = timedelta(days=31)


class NoticeBoard:
    """Answers from memory, so that a notice holds whether or not the database can be reached.

    Notices begin and end by the clock; what somebody writes is announced to all processes.
    """

    def __init__(
        self,
        database: Database,
        presence: Presence,
        clock: Clock,
        timezone: ZoneInfo,
        on_change: Callable[[int], None] = lambda _: None,
    ) -> None:
        """``on_change`` is told now and then how many notices are in force."""
        self._database = database
        self._clock = clock
        self._timezone = timezone
        self._on_change = on_change
        self._changed = asyncio.Event()
        self._known: tuple[Notice, ...] = ()
        presence.on(NOTICES_TOPIC, self._changed.set)

    async def read(self) -> None:
        """Look at what is written."""
        since = self._clock.now() - _REMEMBERED
        known = tuple(await self._database.run(live_notices, since))
        if known != self._known:
            log.info("notices_changed", known=len(known))
        self._known = known

    async def follow(self) -> None:
        """Keep up with what is written, until cancelled."""
        while True:
            try:
                await self.read()
            except StoreUnavailable as error:
                log.warning("notices_not_read", kept=len(self._known), error=str(error))
            now = self._clock.now()
            self._on_change(sum(each.holds_at(now) for each in self._known))
            await wait_for(self._changed, self._clock, _POLL_SECONDS)

    def in_force(self, now: datetime, open_kfid: str) -> tuple[Notice, ...]:
        """Return what holds at ``now`` on an account, the one that began last first."""
        return in_force(self._known, now, open_kfid)

    async def unread(self, now: datetime, open_kfid: str, customer: str) -> tuple[Notice, ...]:
        """Return what holds, without what stands in front and the customer has read today.

        Raises:
            StoreUnavailable: it cannot be looked up.
        """
        held = self.in_force(now, open_kfid)
        if all(each.mode == "replace" for each in held):
            return held
        return await self._database.run(self.unread_now, now, open_kfid, customer)

    def unread_now(
        self, connection: Connection, now: datetime, open_kfid: str, customer: str
    ) -> tuple[Notice, ...]:
        """Do what `unread` does, inside a transaction."""
        held = self.in_force(now, open_kfid)
        told = told_on(connection, customer, self.day_of(now), [each.id for each in held])
        return tuple(each for each in held if each.id not in told)

    def day_of(self, now: datetime) -> date:
        """Return the brand's day: a notice is told once on each."""
        return now.astimezone(self._timezone).date()
