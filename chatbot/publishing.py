"""From the admins' files to a numbered snapshot, and from a snapshot to a dialogue."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy import Connection

from chatbot.bench import Bench
from chatbot.clock import Clock
from chatbot.content_metrics import ContentMetrics
from chatbot.curation.gate.report import GateReport
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.service import Mind
from chatbot.editing.content import in_order_of
from chatbot.editing.writing_back import WriteBack
from chatbot.errors import ContentError
from chatbot.gate import examine_content, offer_examined
from chatbot.judging_turn import JudgingTurn
from chatbot.knowledge.content import Content, EntryTexts, Reading, read_content
from chatbot.knowledge.problems import ContentErrors, Problem
from chatbot.learning import decided_by, is_worth_learning, learn_from_turns
from chatbot.preparing import Preparer
from chatbot.readiness import is_large, wait_until_built
from chatbot.store.builds import wanted_build
from chatbot.store.content_problems import clear_problems, save_problems
from chatbot.store.database import Database
from chatbot.store.edits import EditsSeen, edits_are_held, edits_seen
from chatbot.store.gate_reports import save_gate_report, unexamined_candidate
from chatbot.store.snapshots import (
    Basis,
    Cause,
    EditsCame,
    Offer,
    Offered,
    Origin,
    Snapshot,
    candidate_snapshot,
    live_number,
    live_snapshot,
    offer_snapshot,
    restate_live,
    snapshot_numbered,
    still_waits,
    waiting_number,
)
from chatbot.workshop import Folders

log = structlog.get_logger()

_WRITE_AGAIN_SECONDS = 30.0


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


def offer_of(
    content: Content, pictures: Mapping[str, bytes], written: EntryTexts | None = None
) -> Offer:
    """Return content as it is stored; ``pictures`` are new ones, by their SHA-256.

    ``written`` remembers the entries, for who offers again after one of them has changed.
    """
    text = content.to_json(written)
    return Offer(
        digest=content.digest,
        content=text,
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
        files = Folders(folders.knowledge, folders.intents, folders.hosts)
        self._write_back = WriteBack(database, clock, files)
        #: Files that cannot be written, or are wrong, are not read again each second.
        self._write_after = 0.0
        # What decides here, for holding other content against it.
        self._live: Dialogue | None = None
        self._live_encoder = ""
        self._refused: tuple[Problem, ...] = ()
        self._turn = JudgingTurn(database)
        # The snapshot that this process has looked at, whether to build it; what was built then.
        self._ahead: tuple[int, str | None] | None = None

    async def offer_files(self, cause: Cause, *, publish: bool, after: int | None = None) -> None:
        """Publish the files, or let them wait as a candidate.

        They wait as well if other content than snapshot ``after`` went live meanwhile. What takes
        long to build waits while it is judged, so that all other processes build it meanwhile.
        What was edited on pages and could not be written into the files goes with them.

        Raises:
            ContentError: they are wrong; what is live stays.
            EditsCame: somebody edited on a page meanwhile, and nothing was offered.
        """
        reading, seen = await asyncio.to_thread(self._read)
        content, basis = reading.content, self._bench.basis
        # What was edited on a page is for a person to publish.
        if cause == "watch" and await self._database.run(edits_are_held):
            publish = False
        offer = await asyncio.to_thread(offer_of, content, reading.pictures)
        self.contents.note(offer.digest, content)
        origin = Origin(cause, socket.gethostname())
        queued = None
        async with AsyncExitStack() as stack:
            if publish and cause != "first" and is_large(content):
                await stack.enter_async_context(self._turn.taken())
                waits = await self._database.run(
                    offer_snapshot,
                    offer,
                    origin,
                    basis,
                    self._clock.now(),
                    publish=False,
                    seen=seen,
                )
                queued = None if waits.number == after else waits.number
            await self._offer(
                content, offer, origin, publish=publish, after=after, seen=seen, queued=queued
            )

    async def _offer(
        self, content: Content, offer: Offer, origin: Origin, *, publish: bool, after: int | None,
        seen: EditsSeen, queued: int | None,
    ) -> None:  # fmt: skip
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
        if queued is not None and not held_back:
            await self.wait_until_built(content, queued)
        offered = await self._database.run(
            _offer_queued, queued, offer, origin, basis, report, self._clock.now(),
            publish=publish and not held_back, after=after, seen=seen,
        )  # fmt: skip
        await self._accepted()
        if offered is None:
            log.info("content_let_go", snapshot=queued)
            return
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
                self._database, bench, live, decided_by(dialogue, basis), self.contents,
                content,
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
            content = await asyncio.to_thread(self.contents.of, waiting)
            bench = self._bench
            report = await self.examined(content, await self.basis_of(content, bench), bench)
            await self._database.run(
                save_gate_report, waiting.number, report.to_json(), self._clock.now()
            )

    async def build_ahead(self, live: int) -> None:
        """Build what is about to go live after ``live`` if that takes long, so that it can at once.

        Nothing is built while something else is live already: this process has to get there first.
        """
        number = await self._database.run(wanted_build, live, self._clock.now())
        if number is None or (number, self.built) == self._ahead:
            return
        wanted = await self._database.run(snapshot_numbered, number)
        if wanted is None:
            return
        content = await asyncio.to_thread(self.contents.of, wanted)
        if is_large(content):
            await self.prepare(content)
        self._ahead = number, self.built

    async def wait_until_built(self, content: Content, number: int) -> None:
        """Wait until all processes have built what is about to go live, if that takes long."""
        await wait_until_built(self._database, self._clock, content, number)

    def _read(self) -> tuple[Reading, EditsSeen]:
        folders = self._folders
        reading = read_content(folders.knowledge, folders.intents, folders.hosts)
        merged, seen = self._write_back.with_unwritten(reading)
        return replace(merged, content=self._arranged(merged.content)), seen

    def _arranged(self, content: Content) -> Content:
        """Return the content as it is live, or waits, if only the order of entries differs.

        A new entry of a page stands last there, and in the files where its category does.
        """
        for read in (live_snapshot, candidate_snapshot):
            stands = self._database.run_sync(read)
            if stands is None or stands.entries != len(content.entries):
                continue
            arranged = in_order_of(content, self.contents.of(stands))
            if arranged.digest == stands.digest:
                return arranged
        return content

    async def write_edits(self, *, again: bool, begins: bool) -> Mapping[Path, bytes | None]:
        """Write what was edited on pages into the files; return those that changed.

        ``again``: also what was in conflict; ``begins``: also what only another folder holds.

        Raises:
            ContentError: the files are wrong, or were saved at this moment.
        """
        if begins:
            await asyncio.to_thread(self._write_back.begin)
        now = asyncio.get_running_loop().time()
        if not again and now < self._write_after:
            return {}
        try:
            written = await asyncio.to_thread(partial(self._write_back.write, again=again))
        except ContentError:
            self._write_after = now + _WRITE_AGAIN_SECONDS
            raise
        if written and self._refused:
            await self._accepted()
        return written

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
        content = await asyncio.to_thread(self.contents.of, snapshot)
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
        content = await asyncio.to_thread(self.contents.of, live)
        dialogue = await self.prepare(content)
        correction = await asyncio.to_thread(
            learn_from_turns, self._database, self._bench, dialogue, self._clock.now(),
            self.interruptible(None),
        )  # fmt: skip
        await self._restate(live, content, replace(live.basis, correction=correction))

    async def _restate(self, snapshot: Snapshot, content: Content, basis: Basis) -> Offered:
        offer = await asyncio.to_thread(offer_of, content, {})
        offered = await self._database.run(restate_live, snapshot, offer, basis, self._clock.now())
        if offered.changed:
            log.info("content_restated", former=snapshot.number, snapshot=offered.number)
        return offered

    def in_force(self, mind: Mind) -> None:
        """Record that this process decides by ``mind`` from now on."""
        self._live, self._live_encoder = mind.dialogue, mind.encoder.fingerprint
        self._metrics.in_force(mind.dialogue.snapshot.number)


def _offer_queued(
    connection: Connection, queued: int | None, offer: Offer, origin: Origin, basis: Basis,
    report: GateReport | None, now: datetime, *, publish: bool, after: int | None, seen: EditsSeen,
) -> Offered | None:  # fmt: skip
    """Do what ``offer_examined`` does, if the candidate ``queued`` is still there to be judged.

    If somebody has let it go, nothing is offered: None. If other content went live in its place,
    the offer waits.
    """
    if queued is not None and not still_waits(connection, queued):
        if edits_seen(connection) != seen:
            raise EditsCame
        if live_number(connection) == after:
            return None
        publish = False
    return offer_examined(
        connection, offer, origin, basis, report, now, publish=publish, after=after, seen=seen
    )


def problems_of(error: ContentError, folder: Path) -> tuple[Problem, ...]:
    """Return all problems that an error stands for; at least one."""
    if isinstance(error, ContentErrors):
        return error.problems
    return (Problem(folder, 0, "", str(error)),)
