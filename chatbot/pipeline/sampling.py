"""Draws the sample of a week's direct answers when the week is over: once over all processes.

The week and all that was drawn are written in one transaction that only the first one can make, so
who dies meanwhile has drawn nothing, and nobody draws a second time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from chatbot.clock import Clock
from chatbot.curation.sample.drawing import draw
from chatbot.dialogue.snapshot import Snapshot
from chatbot.insight.periods import period_of
from chatbot.pipeline.payload_words import payload_words
from chatbot.store.database import Database
from chatbot.store.errors import StoreUnavailable
from chatbot.store.samples import (
    NewItem,
    SaidAnswer,
    StratumSize,
    answers_between,
    claim_week,
    is_drawn,
    put_items,
    said_by_turns,
)
from chatbot.texts import Texts

log = structlog.get_logger()

_LOOK_SECONDS = 60.0
#: What began before midnight has been answered by then.
_SETTLED = timedelta(hours=1)


class Sampling:
    """Looks whether a week is over, and draws."""

    def __init__(
        self, database: Database, snapshot: Callable[[], Snapshot], clock: Clock, target: float
    ) -> None:
        """``target`` is the promised share of right direct answers."""
        self._database = database
        self._snapshot = snapshot
        self._clock = clock
        self._target = target

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                drawn = await self._database.run(self.draw, self._clock.now())
                if drawn:
                    log.info("sample_drawn", answers=drawn)
            except StoreUnavailable as error:
                log.warning("sample_not_drawn", error=str(error))
            except Exception:
                log.exception("sample_not_drawn")
            await self._clock.sleep(_LOOK_SECONDS)

    def draw(self, connection: Connection, now: datetime) -> int:
        """Draw the sample of the last week if it has none; return how many answers are in it."""
        snapshot = self._snapshot()
        week = period_of("week", (now - _SETTLED).astimezone(snapshot.timezone).date()).before
        if is_drawn(connection, week.start):
            return 0
        answers = answers_between(connection, *week.moments(snapshot.timezone))
        sample = draw(week.start, answers)
        strata = [StratumSize(each.band, each.often, size) for each, size in sample.strata]
        if not answers or not claim_week(connection, week.start, self._target, strata, now):
            return 0
        said = said_by_turns(connection, [turn for turn, _ in sample.drawn])
        items = [
            NewItem(turn, stratum, _in_words(said[turn], snapshot.texts))
            for turn, stratum in sample.drawn
        ]
        put_items(connection, week.start, items)
        return len(items)


def _in_words(said: SaidAnswer, texts: Texts) -> str:
    """Return what the customer read; where nothing was sent, what was to be."""
    sent = [payload_words(each, texts) for each in said.sent]
    if not sent:
        sent = [str(each.get("text") or each.get("title") or "") for each in said.reply]
    return "\n".join(filter(None, sent))
