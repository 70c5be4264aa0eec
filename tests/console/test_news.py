"""Who changes something rings, and every process's desk hears it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from chatbot.clock import SystemClock
from chatbot.pipeline.desk_news import DeskNews
from chatbot.pipeline.tasks import TaskGroup
from chatbot.store.database import Database
from chatbot.store.presence import Presence
from tests.api.caller import write_content
from tests.pipeline.stage import eventually, play


class Heard:
    """Counts what a process hears."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


@asynccontextmanager
async def process(database: Database) -> AsyncIterator[tuple[DeskNews, Heard]]:
    """Run what a process needs to ring and to hear."""
    presence, tasks, heard = Presence(database, SystemClock()), TaskGroup(), Heard()
    news = DeskNews(presence)
    news.listen(heard)

    async def reap() -> None:
        while True:
            await presence.reap()
            await asyncio.sleep(0.1)

    for name, work in (
        ("presence", presence.keep), ("announcements", presence.send_announcements), ("reap", reap)
    ):  # fmt: skip
        tasks.keep_running(name, work)
    await presence.registered()
    try:
        yield news, heard
    finally:
        await tasks.stop()


async def test_that_a_ring_is_heard_here_at_once_and_elsewhere_soon(database: Database) -> None:
    async with process(database) as (news, here), process(database) as (_, there):
        await asyncio.sleep(0.3)  # until both know of each other
        before = here.times, there.times
        for _ in range(50):
            news.ring()
        assert here.times == before[0] + 50

        async def heard() -> int:
            return there.times

        # The first of many is told, and that there were more; not each of them.
        await eventually(heard, lambda times: times >= before[1] + 2)
        await asyncio.sleep(1.2)
        assert there.times == before[1] + 2


async def test_that_the_pipeline_rings_for_all_that_a_desk_shows(
    database_url: str, database: Database, tmp_path: Path, vectors_dir: Path
) -> None:
    folders = write_content(tmp_path)
    async with (
        play(
            database_url, vectors_dir, knowledge_dir=folders["knowledge_dir"],
            intents_dir=folders["intents_dir"],
        ) as stage,
        process(database) as (_, heard),
    ):  # fmt: skip
        await asyncio.sleep(1.2)  # until the server knows of this process

        async def times() -> int:
            return heard.times

        for words in ("早餐几点供应？", "转人工"):
            before = heard.times
            await stage.say(words)
            await stage.settled()
            await _more_than(times, before)
        await stage.in_state(3)
        await stage.settled()
        before = heard.times
        _, servicer = await stage.state()
        await stage.staff(servicer, "end")
        await _more_than(times, before)


async def _more_than(times: Callable[[], Awaitable[int]], before: int) -> None:
    await eventually(times, lambda found: found > before)
