"""Works out what confidence is worth, in the background: so the page about it opens at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from chatbot.clock import Clock
from chatbot.curation.calibration_report import CalibrationReport, report_on
from chatbot.dialogue.service import Mind
from chatbot.errors import ChatbotError
from chatbot.learning import HEEDED, read_turns, see
from chatbot.matching.practice import practise
from chatbot.matching.vector_cache import VectorStore
from chatbot.store.calibrations import (
    Calibration,
    keep_calibration,
    newest_calibration,
    sources_since,
)
from chatbot.store.database import Database
from chatbot.store.snapshots import Basis, live_basis, live_number
from chatbot.store.turn_labels import newest_label
from chatbot.store.watch_lock import CalibratingLock

log = structlog.get_logger()

_LOOK_SECONDS = 60.0
#: A report with other labels is worth making after so long.
_STALE = timedelta(days=1)
#: Wordings that are left out: a few seconds' work.
_SAMPLE = 500


class Calibrating:
    """Reports on what is live, in one process at a time."""

    def __init__(
        self, database: Database, mind: Callable[[], Mind], vectors: VectorStore, clock: Clock
    ) -> None:
        self._database = database
        self._mind = mind
        self._vectors = vectors
        self._clock = clock
        self._lock = CalibratingLock(database)

    async def run(self) -> None:
        """Report until cancelled."""
        try:
            while True:
                try:
                    if await self._lock.hold():
                        await asyncio.to_thread(self.look)
                except ChatbotError as error:
                    log.warning("not_calibrated", error=str(error))
                except Exception:
                    log.exception("not_calibrated")
                await self._clock.sleep(_LOOK_SECONDS)
        finally:
            await self._lock.release()

    def look(self) -> bool:
        """Report on what is live if nobody has yet, on the calling thread; return whether.

        Raises:
            StoreUnavailable: the database cannot be reached.
            EncoderError: the encoder gives no vectors.
        """
        mind, now = self._mind(), self._clock.now()
        number = mind.dialogue.snapshot.number
        basis = self._database.run_sync(_to_report_on, number, now)
        if basis is None:
            return False
        told = self._database.run_sync(read_turns, now)
        seen = see(mind.dialogue, told.labels, mind.encoder, self._vectors, now)
        matcher = mind.dialogue.snapshot.ranker.matcher
        report = report_on(
            mind.dialogue,
            practise(matcher, min(len(matcher), _SAMPLE)) if matcher else (),
            stated_share=basis.out_of_scope_share,
            correction=basis.correction,
            seen=seen,
            bands=told.bands,
        )
        self._database.run_sync(keep_report, number, report, told.newest, now)
        log.info("calibrated", snapshot=number, labels=len(seen))
        return True


def keep_report(
    connection: Connection, snapshot: int, report: CalibrationReport, newest: int, now: datetime
) -> None:
    """Keep the report on a snapshot with the labels that there were."""
    sources = sources_since(connection, now - HEEDED)
    keep_calibration(connection, Calibration(snapshot, now, newest, sources, report.to_json()))


def _to_report_on(connection: Connection, number: int, now: datetime) -> Basis | None:
    """Return by what ``number`` is decided, if it is live and there is something new to tell."""
    if live_number(connection) != number:
        return None  # this process is about to get the new one
    known = newest_calibration(connection)
    if known is not None and known.snapshot == number:
        is_new = newest_label(connection) != known.newest and now - known.at >= _STALE
        return live_basis(connection) if is_new else None
    return live_basis(connection)
