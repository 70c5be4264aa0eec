"""What commands need to publish from the shell, whether a server is running or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from chatbot.bench import Bench, open_bench
from chatbot.cli.actor import actor
from chatbot.cli.database import opened
from chatbot.cli.opening import progress
from chatbot.clock import Clock, make_clock
from chatbot.knowledge.content import Content
from chatbot.learning import basis_for
from chatbot.publishing import offer_of
from chatbot.settings import Settings
from chatbot.store.database import Database
from chatbot.store.snapshots import Cause, Offered, Origin, Snapshot, offer_snapshot


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
        """
        with progress("计算新问法的向量", None) as advance:
            dialogue = self.bench.build(content, 0, progress=advance)
            now = self.clock.now()
            basis = basis_for(self.database, self.bench, dialogue, now, advance)
        cause: Cause = "publish" if back_to is None else "rollback"
        return self.database.run_sync(
            offer_snapshot, offer_of(content, pictures), Origin(cause, actor(), back_to),
            basis, now, publish=True,
        )  # fmt: skip


@contextmanager
def at_desk(settings: Settings) -> Iterator[Desk]:
    """Open what publishing needs."""
    with opened(settings) as database:
        clock = make_clock(settings.test_clock)
        yield Desk(database, clock, open_bench(settings, database, clock))
