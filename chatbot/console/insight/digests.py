"""Tells who runs the desk what happened: each morning of the day, on Mondays of the week.

One process writes all digests of a period into the queue of staff, in one transaction with the
note that they were written: who dies meanwhile has told nobody, and nobody is told twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from chatbot.access.roles import Appointed, may
from chatbot.clock import Clock
from chatbot.console.insight.digest_text import DigestText
from chatbot.console.insight.reader import Asked, InsightReader
from chatbot.console.insight.wording import InsightWords
from chatbot.dialogue.snapshot import Snapshot
from chatbot.insight.periods import Period, period_of
from chatbot.store.database import Database
from chatbot.store.errors import StoreUnavailable
from chatbot.store.insight import count_state
from chatbot.store.insight_digests import claim_digest, is_told, note_told, viewers
from chatbot.store.staff_messages import NOTICE_RANK, insert_message
from chatbot.store.watch import read_desk_rules
from chatbot.wecom.messages import text_message

log = structlog.get_logger()

_LOOK_SECONDS = 20.0
#: What was not told by then is not told any more: figures of long ago are on the page.
_LATE = timedelta(hours=12)
#: What happened until the hour is counted first, but that is not waited for longer than this.
_PATIENCE = timedelta(minutes=30)
#: From this hour on there is no morning: the digest is not wanted.
NEVER = 24


@dataclass(frozen=True, slots=True)
class DigestTools:
    """What telling needs; ``base_url`` is where the page is."""

    database: Database
    snapshot: Callable[[], Snapshot]
    clock: Clock
    appointed: Appointed
    base_url: str


class Digests:
    """Looks whether it is time, and tells."""

    def __init__(self, tools: DigestTools) -> None:
        self._tools = tools
        self._reader = InsightReader(tools.snapshot)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                told = await self._tools.database.run(self.tell, self._tools.clock.now())
                if told:
                    log.info("digests_written", count=told)
            except StoreUnavailable as error:
                log.warning("digests_failed", error=str(error))
            await self._tools.clock.sleep(_LOOK_SECONDS)

    def tell(self, connection: Connection, now: datetime) -> int:
        """Write the digests that are due; return how many."""
        hour = read_desk_rules(connection).digest_hour
        local = now.astimezone(self._tools.snapshot().timezone)
        if hour >= NEVER:
            return 0
        due_at = local.replace(hour=hour, minute=0, second=0, microsecond=0)
        if not due_at <= local < due_at + _LATE:
            return 0
        open_ones = [each for each in _periods(local) if not is_told(connection, each)]
        counted_at = count_state(connection).counted_at
        is_counted = counted_at is not None and counted_at >= due_at
        if not open_ones or not (is_counted or local >= due_at + _PATIENCE):
            return 0
        return sum(self._tell_of(connection, each, now) for each in open_ones)

    def _tell_of(self, connection: Connection, period: Period, now: datetime) -> int:
        if not claim_digest(connection, period, now):
            return 0
        told, words = 0, InsightWords(self._tools.snapshot().texts)
        url = f"{self._tools.base_url}/console/insight?span={period.span}&day={period.start}"
        for viewer in viewers(connection, self._tools.appointed):
            if not may(viewer, "figures"):
                continue
            insight = self._reader.read(connection, viewer, Asked(period))
            if insight.is_empty:
                continue
            text = DigestText(insight, words).write(viewer, url)
            told += insert_message(
                connection, viewer.userid, "digest", NOTICE_RANK, text_message(text), now,
                due_at=now, expires_at=now + _LATE,
                key=f"insight:{period.span}:{period.start}:{viewer.userid}",
            )  # fmt: skip
        note_told(connection, period, told)
        return told


def _periods(local: datetime) -> Iterator[Period]:
    """Yield what there is to tell of on a morning: the week on Mondays, and the day before."""
    today = local.date()
    if today.weekday() == 0:
        yield period_of("week", today).before
    yield period_of("day", today).before
