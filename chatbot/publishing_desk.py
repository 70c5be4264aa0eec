"""What a person may do about the content that waits, and the content of before."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.bench import Bench
from chatbot.clock import Clock
from chatbot.curation.gate.report import GateReport
from chatbot.editing.registry import restored
from chatbot.errors import ChatbotError
from chatbot.gate import offer_examined
from chatbot.knowledge.content import Content
from chatbot.publishing import Publisher, offer_of
from chatbot.store.audit import audit
from chatbot.store.builds import forget_build, want_build
from chatbot.store.content_problems import RefusedFiles, read_problems
from chatbot.store.database import Database
from chatbot.store.edits import discard_edits
from chatbot.store.gate_reports import StoredReport, read_gate_report, save_gate_report
from chatbot.store.snapshots import (
    Basis,
    Offer,
    Offered,
    Origin,
    Past,
    Snapshot,
    candidate_snapshot,
    drop_candidate,
    history,
    live_basis,
    live_number,
    published_snapshot,
    still_waits,
)


class CandidateMoved(ChatbotError):
    """The candidate that was seen is not the one that waits, or something else went live."""

    def __init__(self) -> None:
        super().__init__("another candidate waits, or something else went live meanwhile")


class NotFit(ChatbotError):
    """Something pinned down would break, or the linter found errors; ``report`` says what."""

    def __init__(self, report: GateReport) -> None:
        counts = f"{len(report.broken)} pinned questions break, {len(report.errors)} errors"
        super().__init__(f"it may not go live: {counts}")
        self.report = report


class NoSnapshot(ChatbotError):
    """There is no snapshot of this number that was ever live."""

    def __init__(self, number: int) -> None:
        super().__init__(f"snapshot {number} was never live")


@dataclass(frozen=True, slots=True)
class Standing:
    """What is live, what waits and what it would change, what was before, and wrong files."""

    past: list[Past]
    candidate: Past | None
    report: StoredReport | None
    refused: RefusedFiles | None

    @property
    def live(self) -> Past | None:
        """Return what customers are answered from."""
        return next((each for each in self.past if each.state == "live"), None)


class PublishingDesk:
    """Publishes, discards and goes back, on record."""

    def __init__(self, database: Database, publisher: Publisher, clock: Clock) -> None:
        self._database = database
        self._publisher = publisher
        self._clock = clock

    async def standing(self, limit: int) -> Standing:
        """Return how things stand, with the newest ``limit`` snapshots."""
        return await self._database.run(_standing, limit)

    async def publish(self, seen: int, viewer: Viewer, *, force: bool) -> Offered:
        """Make the candidate ``seen`` live.

        It is held against what is live at this moment: that may be other content than when it was
        looked at.

        Raises:
            CandidateMoved: it does not wait any more.
            NotFit: it may not go live, and is not to be forced.
        """
        waiting = await self._database.run(candidate_snapshot)
        if waiting is None or waiting.number != seen:
            raise CandidateMoved
        live = await self._database.run(live_number)
        bench = self._publisher.bench
        content, basis = await self._prepared(waiting, bench)
        report = await self._publisher.examined(content, basis, bench)
        if not report.may_go_live and not force:
            await self._database.run(save_gate_report, seen, report.to_json(), self._clock.now())
            raise NotFit(report)
        await self._publisher.wait_until_built(content, seen)
        origin = Origin("publish", viewer.userid)
        return await self._database.run(
            self._make_live, seen, live, content, origin, basis, report, viewer
        )

    def _make_live(
        self, connection: Connection, seen: int, live: int | None, content: Content,
        origin: Origin, basis: Basis, report: GateReport, viewer: Viewer,
    ) -> Offered:  # fmt: skip
        if not still_waits(connection, seen) or not _is_by(connection, basis):
            raise CandidateMoved
        forced = not report.may_go_live
        offered = offer_examined(
            connection, offer_of(content, {}), origin, basis, report, self._clock.now(),
            publish=True, after=live, forced=forced,
        )  # fmt: skip
        if offered.overruled:
            raise CandidateMoved
        broken = [each.pinned.text for each in report.broken]
        errors = [each.text for each in report.errors]
        detail: Mapping[str, Any] = {"candidate": seen, "forced": broken + errors}
        audit(connection, viewer, "publish", str(offered.number), detail, self._clock.now())
        return offered

    async def roll_back(self, number: int, viewer: Viewer) -> Offered:
        """Make an earlier snapshot live again: its content, and what labels had said of it.

        Raises:
            NoSnapshot: it was never live.
            CandidateMoved: the server went over to another encoder meanwhile.
        """
        target = await self._database.run(published_snapshot, number)
        if target is None:
            raise NoSnapshot(number)
        origin = Origin("rollback", viewer.userid, number)
        await self._database.run(want_build, number, self._clock.now())
        try:
            publisher = self._publisher
            content = await asyncio.to_thread(publisher.contents.of, target)
            await publisher.prepare(content)
            basis = target.basis
            if basis.uncorrected != publisher.bench.basis:
                basis = await publisher.basis_of(content)
            await publisher.wait_until_built(content, number)
            offer = await asyncio.to_thread(offer_of, content, {})
            return await self._database.run(self._go_back, offer, origin, basis, viewer)
        finally:
            await self._database.run(forget_build, number, self._clock.now())

    def _go_back(
        self, connection: Connection, offer: Offer, origin: Origin, basis: Basis, viewer: Viewer
    ) -> Offered:
        now = self._clock.now()
        if not _is_by(connection, basis):
            raise CandidateMoved
        offered = offer_examined(connection, offer, origin, basis, None, now, publish=True)
        if offered.changed:
            audit(connection, viewer, "rollback", str(origin.source), {"as": offered.number}, now)
        return offered

    async def discard(self, seen: int, viewer: Viewer) -> None:
        """Let the candidate ``seen`` go, and with it what was edited on pages.

        What admins have saved in files stays there; what was edited is taken out of them again.

        Raises:
            CandidateMoved: it does not wait any more.
        """
        await self._database.run(self._discard, seen, viewer)

    def _discard(self, connection: Connection, seen: int, viewer: Viewer) -> None:
        if not drop_candidate(connection, seen):
            raise CandidateMoved
        now = self._clock.now()
        discard_edits(connection, seen, viewer.userid, now, restored)
        audit(connection, viewer, "discard", str(seen), {}, now)

    async def _prepared(self, snapshot: Snapshot, bench: Bench) -> tuple[Content, Basis]:
        content = await asyncio.to_thread(self._publisher.contents.of, snapshot)
        return content, await self._publisher.basis_of(content, bench)


def _is_by(connection: Connection, basis: Basis) -> bool:
    """Return whether what is live is decided with the encoder of ``basis``, as it was before."""
    live = live_basis(connection)
    return live is None or live.encoder == basis.encoder


def _standing(connection: Connection, limit: int) -> Standing:
    past = history(connection, limit)
    candidate = next((each for each in past if each.state == "candidate"), None)
    report = None if candidate is None else read_gate_report(connection, candidate.number)
    return Standing(
        [each for each in past if each.state != "candidate"], candidate, report,
        read_problems(connection),
    )  # fmt: skip
