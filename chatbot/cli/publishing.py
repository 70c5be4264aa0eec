"""What commands need to publish from the shell, whether a server is running or not."""

from __future__ import annotations

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
from chatbot.errors import UserError
from chatbot.knowledge.content import Content
from chatbot.learning import basis_for
from chatbot.publishing import offer_of
from chatbot.settings import Settings
from chatbot.store.database import Database
from chatbot.store.encoders import switch_under_way
from chatbot.store.snapshots import (
    Basis,
    Cause,
    Offer,
    Offered,
    Origin,
    Snapshot,
    live_basis,
    offer_snapshot,
)


@dataclass(frozen=True, slots=True)
class Desk:
    """A person at the shell, with the database open."""

    database: Database
    clock: Clock
    bench: Bench

    def content_of(self, snapshot: Snapshot) -> Content:
        """Return a stored snapshot's content; raise ContentError for a newer release's."""
        return Content.from_json(snapshot.content)

    def publish(
        self, content: Content, pictures: Mapping[str, bytes], back_to: int | None = None
    ) -> Offered:
        """Make content live, on record as a rollback to ``back_to`` if that is given.

        ``pictures`` are those that may not be stored yet, by their SHA-256. The content is built
        first, so that every process finds the vectors when it switches.

        Raises:
            UserError: what is live is decided with another encoder, and no server is on its way to
                this one.
        """
        self.database.run_sync(self._refuse_other_encoder)
        with progress("计算新问法的向量", None) as advance:
            dialogue = self.bench.build(content, 0, progress=advance)
            now = self.clock.now()
            basis = basis_for(self.database, self.bench, dialogue, now, advance)
        cause: Cause = "publish" if back_to is None else "rollback"
        origin = Origin(cause, actor(), back_to)
        return self.database.run_sync(self._offer, offer_of(content, pictures), origin, basis, now)

    def refuse_other_ways(self, live: Basis) -> None:
        """Raise UserError if a process that is set as this one decides otherwise than ``live``."""
        if live.uncorrected != self.bench.basis:
            raise UserError("线上的编码器、设置或程序版本与这里的不同；在运行服务的环境里校准。")

    def _offer(
        self, connection: Connection, offer: Offer, origin: Origin, basis: Basis, now: datetime
    ) -> Offered:
        # A server may have switched while the content was built.
        self._refuse_other_encoder(connection)
        return offer_snapshot(connection, offer, origin, basis, now, publish=True)

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
