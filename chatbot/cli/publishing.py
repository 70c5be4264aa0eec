"""What commands need to publish from the shell, whether a server is running or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import click

from chatbot.cli.actor import actor
from chatbot.cli.database import opened
from chatbot.clock import Clock, make_clock
from chatbot.knowledge.content import Content
from chatbot.matching.encoder import make_encoder
from chatbot.publishing import DialogueBuilder, basis_of, builder_of, offer_of
from chatbot.settings import Settings
from chatbot.store.database import Database
from chatbot.store.snapshots import Basis, Cause, Offered, Origin, Snapshot, offer_snapshot


@dataclass(frozen=True, slots=True)
class Desk:
    """A person at the shell, with the database open."""

    database: Database
    clock: Clock
    basis: Basis
    build: DialogueBuilder

    def content_of(self, snapshot: Snapshot) -> Content:
        """Return a stored snapshot's content; raise ContentError for a newer release's."""
        return Content.from_json(snapshot.content)

    def publish(
        self, content: Content, pictures: Mapping[str, bytes], back_to: int | None = None
    ) -> Offered:
        """Make content live, on record as a rollback to ``back_to`` if that is given.

        ``pictures`` are those that may not be stored yet, by their SHA-256. The content is built
        first, so that every process finds the vectors when it switches.
        """
        self.build(content, 0)
        cause: Cause = "publish" if back_to is None else "rollback"
        return self.database.run_sync(
            offer_snapshot, offer_of(content, pictures), Origin(cause, actor(), back_to),
            self.basis, self.clock.now(), publish=True,
        )  # fmt: skip


@contextmanager
def at_desk(settings: Settings) -> Iterator[Desk]:
    """Open what publishing needs."""
    with opened(settings) as database:
        clock, encoder = make_clock(settings.test_clock), make_encoder(settings.encoder)
        build = builder_of(settings, encoder, database, clock, _show_progress)
        yield Desk(database, clock, basis_of(settings, encoder), build)


def _show_progress(done: int, total: int) -> None:
    click.echo(f"正在计算新问法的向量：{done}/{total}", err=True)
