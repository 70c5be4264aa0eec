"""From the admins' files to a numbered snapshot, and from a snapshot to a dialogue."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from chatbot.bench import Bench
from chatbot.clock import Clock
from chatbot.content_metrics import ContentMetrics
from chatbot.curation.gate.report import GateReport
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.service import Mind
from chatbot.errors import ContentError
from chatbot.gate import MANY_WORDINGS, examine_content, offer_examined, wordings_of
from chatbot.judging_turn import JudgingTurn
from chatbot.knowledge.content import Content, Reading, read_content
from chatbot.knowledge.problems import ContentErrors, Problem
from chatbot.learning import decided_by, is_worth_learning, learn_from_turns
from chatbot.preparing import Preparer
from chatbot.store.accepted_changes import accepted_change_waits
from chatbot.store.content_problems import clear_problems, save_problems
from chatbot.store.database import Database
from chatbot.store.gate_reports import save_gate_report, unexamined_candidate
from chatbot.store.snapshots import (
    Basis,
    Cause,
    Offer,
    Offered,
    Origin,
    Snapshot,
    candidate_snapshot,
    live_snapshot,
    offer_snapshot,
    restate_live,
    waiting_number,
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ContentFolders:
    """Where the admins' files are, and whether a change goes live by itself.

    ``hosts`` are those that webhooks in the files may reach.
    """

    knowledge: Path
    intents: Path
    watch: bool
    publish: bool
    hosts: tuple[str, ...] = ()


def offer_of(content: Content, pictures: Mapping[str, bytes]) -> Offer:
    """Return content as it is stored; ``pictures`` are new ones, by their SHA-256."""
    return Offer(
        digest=content.digest,
        content=content.to_json(),
        entries=len(content.entries),
        intents=len(content.intents),
        media=pictures,
    )


class Publisher(Preparer):
    """Reads, checks and offers files, and builds the dialogue of snapshots.

    What is to go live is built first: so it is embedded once, by one process, before all others
    ask for it, and content that cannot be built never goes live.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        folders: ContentFolders,
        bench: Bench,
        metrics: ContentMetrics,
    ) -> None:
        super().__init__(database, clock, bench)
        self._folders = folders
        self._metrics = metrics
        # What decides here, for holding other content against it.
        self._live: Dialogue | None = None
        self._live_encoder = ""
        self._refused: tuple[Problem, ...] = ()
        self._turn = JudgingTurn(database)
        # The candidate that this process has looked at, whether to build it.
        self._ahead: int | None = None

    async def offer_files(self, cause: Cause, *, publish: bool, after: int | None = None) -> None:
        """Publish the files, or let them wait as a candidate.

        They wait as well if other content than snapshot ``after`` went live meanwhile. What takes
        long to build waits while it is judged, so that all other processes build it meanwhile.

        Raises:
            ContentError: they are wrong; what is live stays.
        """
        reading = await asyncio.to_thread(self._read)
        content, basis = reading.content, self._bench.basis
        # Asked after reading: what was accepted on a page is noted before it is written.
        if cause == "watch" and await self._database.run(accepted_change_waits):
            publish = False
        offer = await asyncio.to_thread(offer_of, content, reading.pictures)
        origin = Origin(cause, socket.gethostname())
        async with AsyncExitStack() as stack:
            if publish and cause != "first" and wordings_of(content.entries) > MANY_WORDINGS:
                await stack.enter_async_context(self._turn.taken())
                await self._database.run(
                    offer_snapshot, offer, origin, basis, self._clock.now(), publish=False
                )
            await self._offer(content, offer, origin, publish=publish, after=after)

    async def _offer(
        self, content: Content, offer: Offer, origin: Origin, *, publish: bool, after: int | None
    ) -> None:
        bench = self._bench
        basis, report = bench.basis, None
        if publish:
            basis = await self.basis_of(content, bench)
            report = await self.examined(content, basis, bench)
        refused = report is not None and not report.may_go_live
        if report is not None and refused:
            log.warning(
                "content_not_fit", questions=[each.pinned.text for each in report.broken],
                errors=[each.text for each in report.errors],
            )  # fmt: skip
        # At the very first start there is nothing better to answer from.
        held_back = refused and origin.cause != "first"
        offered = await self._database.run(
            offer_examined, offer, origin, basis, report, self._clock.now(),
            publish=publish and not held_back, after=after,
        )  # fmt: skip
        await self._accepted()
        if offered.changed and publish and not (held_back or offered.overruled):
            log.info("content_published", snapshot=offered.number, entries=len(content.entries))
        elif offered.changed or await self._database.run(waiting_number) == offered.number:
            advice = "chatbot knowledge publish --candidate makes it live"
            log.warning("content_waits", snapshot=offered.number, advice=advice)

    async def examined(
        self, content: Content, basis: Basis, bench: Bench | None = None
    ) -> GateReport:
        """Return what would change if ``content``, decided by ``basis``, went live.

        Raises:
            StoreUnavailable: the database cannot be reached.
            EncoderError: the encoder gives no vectors.
        """
        bench = bench or self._bench
        dialogue = await self.prepare(content, bench)
        live = self._live if self._live_encoder == bench.basis.encoder else None
        report = await asyncio.to_thread(
            lambda: examine_content(
                self._database, bench, live, decided_by(dialogue, basis), content,
                self._clock.now(), self.interruptible(None),
            )
        )  # fmt: skip
        asked, broken = sum(report.asked.values()), len(report.broken)
        log.info(
            "content_examined", live=report.live, asked=asked, changed=report.changed, broken=broken
        )
        return report

    async def examine_candidate(self) -> None:
        """Say what the waiting candidate would change, unless that is known."""
        if await self._database.run(unexamined_candidate) is None:
            return
        async with self._turn.taken():
            # Who had the turn may have made it live.
            waiting = await self._database.run(unexamined_candidate)
            if waiting is None:
                return
            content = await asyncio.to_thread(Content.from_json, waiting.content)
            bench = self._bench
            report = await self.examined(content, await self.basis_of(content, bench), bench)
            await self._database.run(
                save_gate_report, waiting.number, report.to_json(), self._clock.now()
            )

    async def build_ahead(self) -> None:
        """Build the candidate that waits if that takes long, so that it can go live at once."""
        number = await self._database.run(waiting_number)
        if number in {None, self._ahead}:
            return
        waiting = await self._database.run(candidate_snapshot)
        if waiting is None or waiting.number != number:
            return
        content = await asyncio.to_thread(Content.from_json, waiting.content)
        if wordings_of(content.entries) > MANY_WORDINGS:
            await self.prepare(content)
        self._ahead = number

    def _read(self) -> Reading:
        folders = self._folders
        return read_content(folders.knowledge, folders.intents, folders.hosts)

    async def refuse(self, error: ContentError, live: int) -> None:
        """Note that the files are wrong and ``live`` stays; the same problems are told once."""
        problems = problems_of(error, self._folders.knowledge)
        if problems == self._refused:
            return
        log.error("content_refused", kept_snapshot=live, problem=str(error))
        watcher = f"{socket.gethostname()}:{self._folders.knowledge.absolute()}"
        records = [problem.to_json() for problem in problems]
        await self._database.run(save_problems, watcher, records, self._clock.now())
        self._metrics.problems(len(problems))
        self._refused = problems

    async def _accepted(self) -> None:
        await self._database.run(clear_problems)
        self._metrics.problems(0)
        self._refused = ()

    async def restate(self, snapshot: Snapshot, bench: Bench | None = None) -> Offered:
        """Give live content a new number if this process decides or stores it another way.

        It decides by ``bench``, the one in force unless given.
        """
        bench = bench or self._bench
        content = await asyncio.to_thread(Content.from_json, snapshot.content)
        basis = snapshot.basis
        if basis.uncorrected != bench.basis:
            basis = await self.basis_of(content, bench)
        return await self._restate(snapshot, content, basis)

    async def learn(self) -> None:
        """Let the live snapshot know what labels say, if there are many that it does not know."""
        if not await self._database.run(is_worth_learning):
            return
        live = await self._database.run(live_snapshot)
        if live is None or live.basis.uncorrected != self._bench.basis:
            return  # what it is decided by is about to change
        content = await asyncio.to_thread(Content.from_json, live.content)
        dialogue = await self.prepare(content)
        correction = await asyncio.to_thread(
            learn_from_turns, self._database, self._bench, dialogue, self._clock.now(),
            self.interruptible(None),
        )  # fmt: skip
        await self._restate(live, content, replace(live.basis, correction=correction))

    async def _restate(self, snapshot: Snapshot, content: Content, basis: Basis) -> Offered:
        offered = await self._database.run(
            restate_live, snapshot, offer_of(content, {}), basis, self._clock.now()
        )
        if offered.changed:
            log.info("content_restated", former=snapshot.number, snapshot=offered.number)
        return offered

    def in_force(self, mind: Mind) -> None:
        """Record that this process decides by ``mind`` from now on."""
        self._live, self._live_encoder = mind.dialogue, mind.encoder.fingerprint
        self._metrics.in_force(mind.dialogue.snapshot.number)


def problems_of(error: ContentError, folder: Path) -> tuple[Problem, ...]:
    """Return all problems that an error stands for; at least one."""
    if isinstance(error, ContentErrors):
        return error.problems
    return (Problem(folder, 0, "", str(error)),)
