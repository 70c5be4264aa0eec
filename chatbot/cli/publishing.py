"""What commands need to publish from the shell, whether a server is running or not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.bench import Bench, open_bench
from chatbot.cli.actor import actor
from chatbot.cli.database import opened
from chatbot.cli.opening import progress
from chatbot.clock import Clock, make_clock
from chatbot.contents import Contents
from chatbot.curation.gate.report import GateReport
from chatbot.dialogue.dialogue import Dialogue
from chatbot.editing.writing_back import WriteBack
from chatbot.errors import UserError
from chatbot.gate import examine_content, offer_examined
from chatbot.knowledge.content import Content, Reading
from chatbot.learning import basis_for, decided_by
from chatbot.matching.vector_cache import Progress
from chatbot.publishing import offer_of
from chatbot.readiness import is_large, wait_until_built
from chatbot.replay import mind_of_then
from chatbot.settings import Settings
from chatbot.store.builds import forget_build, want_build
from chatbot.store.database import Database
from chatbot.store.edits import EditsSeen
from chatbot.store.encoders import switch_under_way
from chatbot.store.presence import processes_alive
from chatbot.store.snapshots import (
    Basis,
    EditsCame,
    Offer,
    Offered,
    Origin,
    Snapshot,
    live_basis,
    live_number,
    live_snapshot,
    offer_snapshot,
    still_waits,
)
from chatbot.workshop import Folders

_CANDIDATE_MOVED = (
    "候选已经不是刚才比较的那一份了（又保存了文件，或有人发布、丢掉了它），没有发布；"
    "再运行一次，看看新的会变什么。"
)
_LIVE_MOVED = (
    "比较的时候线上换了别的内容（有人发布或退回了），没有发布；再运行一次，看看和现在线上的差别。"
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Content that may go live: its dialogue, what that decides by, and since when."""

    content: Content
    dialogue: Dialogue
    basis: Basis
    now: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person looked at before publishing: what was live, and the candidate if it is one.

    ``edits`` are those of pages that the content was read with, None if that does not matter.
    """

    live: int | None
    candidate: int | None = None
    edits: EditsSeen | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """A person at the shell, with the database open."""

    database: Database
    clock: Clock
    bench: Bench

    def content_of(self, snapshot: Snapshot) -> Content:
        """Return a stored snapshot's content; raise ContentError for a newer release's."""
        return Content.from_json(snapshot.content)

    def prepare(self, content: Content) -> Prepared:
        """Build ``content`` as it would go live.

        So every process finds the vectors when it switches.

        Raises:
            UserError: what is live is decided with another encoder, and no server is on its way to
                this one.
        """
        self.database.run_sync(self._refuse_other_encoder)
        with progress("计算新问法的向量", None) as advance:
            dialogue = self.bench.build(content, 0, progress=advance)
            now = self.clock.now()
            basis = basis_for(self.database, self.bench, dialogue, now, advance)
        return Prepared(content, decided_by(dialogue, basis), basis, now)

    def examine(self, prepared: Prepared) -> GateReport:
        """Return what would change if what was prepared went live."""
        with progress("与线上的内容比较", None) as advance:
            live = self._live_dialogue(prepared.dialogue, advance)
            return examine_content(
                self.database, self.bench, live, prepared.dialogue, Contents(), prepared.content,
                prepared.now, advance,
            )  # fmt: skip

    def _live_dialogue(self, beside: Dialogue, advance: Progress) -> Dialogue | None:
        snapshot = self.database.run_sync(live_snapshot)
        if snapshot is None or snapshot.basis.encoder != self.bench.basis.encoder:
            return None
        return mind_of_then(self.bench, snapshot, advance, beside).dialogue

    def publish(
        self,
        prepared: Prepared,
        pictures: Mapping[str, bytes],
        *,
        report: GateReport | None = None,
        seen: Seen | None = None,
    ) -> Offered:
        """Make what was prepared live, when every process has built it if that takes long.

        ``pictures`` are those that may not be stored yet, by their SHA-256. ``report`` is kept
        with the snapshot; what it says may break is then on record as the actor's will.

        Raises:
            UserError: as ``prepare``; or what was ``seen`` is not what waits or is live any more,
                or somebody edited on a page meanwhile.
        """
        origin = Origin("publish", actor())
        offer = offer_of(prepared.content, pictures)
        try:
            if is_large(prepared.content):
                seen = self._let_all_build(offer, origin, prepared, seen)
            return self.database.run_sync(
                self._offer, offer, origin, prepared.basis, report, prepared.now, seen
            )
        except EditsCame:
            raise UserError(
                "有人刚在网页上改了内容，没有发布；请再看一遍会变什么，再发布。"
            ) from None

    def _let_all_build(
        self, offer: Offer, origin: Origin, prepared: Prepared, seen: Seen | None
    ) -> Seen | None:
        """Let what is to go live wait as the candidate, which all processes build; return it."""
        if seen is None or seen.candidate is None:
            edits = seen.edits if seen else None
            queued = self.database.run_sync(
                offer_snapshot, offer, origin, prepared.basis, prepared.now,
                publish=False, seen=edits,
            )  # fmt: skip
            if not queued.changed and queued.number == self.database.run_sync(live_number):
                return seen
            seen = Seen(seen.live if seen else None, queued.number)
        assert seen.candidate is not None  # noqa: S101 - given, or just made
        self._wait(prepared.content, seen.candidate)
        return seen

    def _wait(self, content: Content, number: int) -> bool:
        """Wait for the servers that run; return whether all of them are ready."""
        with progress("等各个服务建好", None):
            return asyncio.run(wait_until_built(self.database, self.clock, content, number))

    def roll_back(self, target: Snapshot) -> Offered:
        """Make an earlier snapshot live again: its content, and what labels had said of it.

        Where servers run that take long to build it, it is live when all of them have. If they do
        not get ready, or it was decided another way, it is built here: what cannot be built never
        goes live.

        Raises:
            UserError: as ``prepare``.
        """
        self.database.run_sync(self._refuse_other_encoder)
        self.database.run_sync(want_build, target.number, self.clock.now())
        try:
            content, basis = self.content_of(target), target.basis
            decided_otherwise = basis.uncorrected != self.bench.basis
            servers_build_it = is_large(content) and self.database.run_sync(processes_alive) > 0
            if decided_otherwise or not servers_build_it:
                prepared = self.prepare(content)
                basis = prepared.basis if decided_otherwise else basis
            if servers_build_it and not self._wait(content, target.number):
                self.prepare(content)
            offer, origin = offer_of(content, {}), Origin("rollback", actor(), target.number)
            return self.database.run_sync(
                self._offer, offer, origin, basis, None, self.clock.now(), None
            )
        finally:
            self.database.run_sync(forget_build, target.number, self.clock.now())

    def refuse_without_edits(self, reading: Reading, folders: Folders) -> None:
        """Raise UserError if the files lack what was edited on pages: publishing would undo it."""
        keys = WriteBack(self.database, self.clock, folders).lacking(reading)
        if not keys:
            return
        raise UserError(
            f"网页上改过的内容还没有写进这些文件（{'、'.join(keys)}），发布文件夹会丢掉它。请等看着文件夹的机器"
            "写好（网页上说明了写不进去的原因），或用 --candidate 发布候选。"
        )

    def refuse_other_ways(self, live: Basis) -> None:
        """Raise UserError if a process that is set as this one decides otherwise than ``live``."""
        if live.uncorrected != self.bench.basis:
            raise UserError("线上的编码器、设置或程序版本与这里的不同；在运行服务的环境里校准。")

    def _offer(
        self, connection: Connection, offer: Offer, origin: Origin, basis: Basis,
        report: GateReport | None, now: datetime, seen: Seen | None,
    ) -> Offered:  # fmt: skip
        # A server may have switched while the content was built.
        self._refuse_other_encoder(connection)
        waits_for = seen.candidate if seen else None
        if waits_for is not None and not still_waits(connection, waits_for):
            raise UserError(_CANDIDATE_MOVED)
        forced = report is not None and not report.may_go_live
        offered = offer_examined(
            connection, offer, origin, basis, report, now,
            publish=True, after=seen.live if seen else None, forced=forced,
            # Whatever is edited makes another candidate; only the writing of edits does not.
            seen=seen.edits if seen and waits_for is None else None,
        )  # fmt: skip
        if offered.overruled:
            raise UserError(_LIVE_MOVED)
        return offered

    def _refuse_other_encoder(self, connection: Connection) -> None:
        """Raise UserError if no server could decide with the encoder of this process.

        A server decides with its own whatever a snapshot says: one number would stand for two
        ways to decide. The first publish is free to choose, and a server that is on its way to
        another encoder knows both.
        """
        live, ours = live_basis(connection), self.bench.basis.encoder
        if live is None or live.encoder == ours:
            return
        switch = switch_under_way(connection)
        if switch is None or switch.fingerprint != ours:
            raise UserError(
                f"这里的编码器（{ours}）不是线上的（{live.encoder}）：请在运行服务的环境里发布或退回；"
                "要换编码器，改好服务的 CHATBOT_ENCODER 再重启，它自己会换。"
            )


@contextmanager
def at_desk(settings: Settings) -> Iterator[Desk]:
    """Open what publishing needs."""
    with opened(settings) as database:
        clock = make_clock(settings.test_clock)
        yield Desk(database, clock, open_bench(settings, database, clock))
