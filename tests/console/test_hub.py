"""The live list: nothing is lost over processes and broken streams, slow readers are let go."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Connection, text

from chatbot.console.desk_hub import FLOOR_SECONDS, DeskHub
from chatbot.console.desk_rows import Desk, Entry
from chatbot.dialogue.snapshot import Snapshot
from chatbot.store.errors import StoreUnavailable
from tests.console.stage import COOKIE, Office, eventually, office
from tests.store.desk_samples import add_conversation, add_message


def entry(name: str, **shown: Any) -> Entry:
    return Entry(1, name, {"id": name, **shown}, {})


class Reading:
    """What the hub reads, as the test says."""

    def __init__(self, *entries: Entry) -> None:
        self.entries = list(entries)
        self.reads = 0
        self.broken = False

    async def __call__(self) -> Desk:
        self.reads += 1
        if self.broken:
            raise StoreUnavailable("gone")
        return Desk({each.public_id: each for each in self.entries}, 0)


@asynccontextmanager
async def running(reading: Reading) -> AsyncIterator[DeskHub]:
    hub = DeskHub(reading)
    task = asyncio.create_task(hub.run())
    try:
        yield hub
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_that_a_page_is_told_all_first_and_then_only_what_differs() -> None:
    reading = Reading(entry("a"), entry("b"))
    async with running(reading) as hub:
        with hub.follow(lambda _: True) as page:
            first = await hub.next_change(page, 5)
            assert first is not None
            assert (first.whole, [each.public_id for each in first.entries]) == (True, ["a", "b"])
            reading.entries = [entry("a", waits=True), entry("c")]
            hub.wake()
            second = await hub.next_change(page, 5)
            assert second is not None
            assert [each.public_id for each in second.entries] == ["a", "c"]
            assert (second.whole, second.gone) == (False, ("b",))


async def test_that_a_lost_wake_is_made_good_by_the_floor() -> None:
    reading = Reading(entry("a"))
    async with running(reading) as hub:
        with hub.follow(lambda _: True) as page:
            await hub.next_change(page, 5)
            reading.entries.append(entry("b"))
            changed = await hub.next_change(page, FLOOR_SECONDS * 4)
            assert changed is not None
            assert [each.public_id for each in changed.entries] == ["b"]


async def test_that_a_page_that_slept_is_told_the_difference_to_what_it_knew() -> None:
    reading = Reading(entry("a"), entry("b"))
    async with running(reading) as hub:
        with hub.follow(lambda _: True) as page, hub.follow(lambda _: True) as other:
            await hub.next_change(page, 5)
            for number in range(3):
                reading.entries = [entry("a", number=number)]
                hub.wake()
                while (changed := await hub.next_change(other, 5)) is not None:
                    if [each.shown.get("number") for each in changed.entries] == [number]:
                        break
            changed = await hub.next_change(page, 5)
            assert changed is not None
            assert [each.shown["number"] for each in changed.entries] == [2]
            assert changed.gone == ("b",)


async def test_that_each_sees_only_what_is_theirs() -> None:
    reading = Reading(entry("a", store="x"), entry("b", store="y"))
    async with running(reading) as hub:
        with hub.follow(lambda each: each.shown["store"] == "x") as page:
            first = await hub.next_change(page, 5)
            assert first is not None
            assert [each.public_id for each in first.entries] == ["a"]
            reading.entries = [entry("a", store="y"), entry("b", store="y")]
            hub.wake()
            second = await hub.next_change(page, 5)
            assert second is not None
            assert (second.entries, second.gone) == ((), ("a",))


async def test_that_an_outage_is_told_and_ends() -> None:
    reading = Reading(entry("a"))
    async with running(reading) as hub:
        with hub.follow(lambda _: True) as page:
            await hub.next_change(page, 5)
            reading.broken = True

            async def fresh() -> bool:
                hub.wake()
                changed = await hub.next_change(page, 0.01)
                return changed is not None and changed.fresh

            await eventually(fresh, lambda found: not found)
            reading.broken = False
            await eventually(fresh, bool)


async def test_that_nothing_is_read_while_nobody_looks_and_anew_when_somebody_comes() -> None:
    reading = Reading(entry("a"))
    async with running(reading) as hub:
        hub.wake()
        await asyncio.sleep(0.05)
        assert reading.reads == 0
        for name in ("b", "c"):
            reading.entries = [entry(name)]
            with hub.follow(lambda _: True) as page:
                first = await hub.next_change(page, 5)
                assert first is not None
                assert [each.public_id for each in first.entries] == [name]


async def test_that_closing_ends_every_stream() -> None:
    async with running(Reading(entry("a"))) as hub:
        with hub.follow(lambda _: True) as page:
            await hub.next_change(page, 5)
            waiting = asyncio.create_task(hub.next_change(page, 60))
            await asyncio.sleep(0)
            hub.close()
            assert await waiting is None


# Over the wire


class Stream:
    """A page's stream, read event by event into what the page would show."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.rows: dict[str, Any] = {}
        self.wholes = 0

    async def until(self, enough: Any, seconds: float = 20.0) -> None:
        """Read until what is shown is enough."""
        async with asyncio.timeout(seconds):
            while not enough(self.rows):
                line = await self._answer.content.readline()
                assert line, "the stream has ended"
                if line.startswith(b"data: "):
                    self.take(json.loads(line[6:]))

    def take(self, change: Any) -> None:
        """Take a change over, as the page does."""
        if change["whole"]:
            self.wholes += 1
            self.rows = {}
        self.rows.update({row["id"]: row for row in change["rows"]})
        for gone in change["gone"]:
            self.rows.pop(gone, None)


@asynccontextmanager
async def following(desk: Office, viewer: str = "azhen") -> AsyncIterator[Stream]:
    headers = {"Cookie": f"{COOKIE}={viewer}"}
    timeout = aiohttp.ClientTimeout(total=None)
    url = f"{desk.address}/console/api/stream"
    async with desk.session.get(url, headers=headers, timeout=timeout) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        yield Stream(answer)


def write(connection: Connection, number: int, words: str) -> None:
    add_message(connection, number, words, datetime.now(UTC))


def recent() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=30)


async def test_that_what_one_process_stores_shows_in_the_consoles_of_all(
    desk: Office, database_url: str, snapshot: Snapshot
) -> None:
    number = desk.do(add_conversation, "小林", 3, servicer="azhen", at=recent())
    async with office(database_url, snapshot, platform=desk.platform) as second:
        async with following(desk) as here, following(second) as there:
            for page in (here, there):
                await page.until(lambda rows: len(rows) == 1)
            # A process learns of the others with its next look around.
            await asyncio.sleep(0.5)
            desk.do(write, number, "有人吗")
            for page in (here, there):
                await page.until(
                    lambda rows: (
                        [row["last"] and row["last"]["text"] for row in rows.values()] == ["有人吗"]
                    )
                )
        second.database.dispose()


async def test_that_a_dropped_stream_begins_again_with_everything(desk: Office) -> None:
    number = desk.do(add_conversation, "小林", 3, servicer="azhen", at=recent())
    async with following(desk) as page:
        await page.until(lambda rows: len(rows) == 1)
    desk.do(write, number, "断线的时候说的")
    desk.do(add_conversation, "王姐", 2, at=recent())
    async with following(desk) as page:
        await page.until(lambda rows: len(rows) == 2)
        assert page.wholes == 1
        texts = {row["name"]: (row["last"] or {}).get("text") for row in page.rows.values()}
        assert texts["小林"] == "断线的时候说的"


async def test_that_a_viewer_of_one_store_is_streamed_only_its_customers(desk: Office) -> None:
    def fill(connection: Connection) -> None:
        for name, store in (("甲", "云栖酒店西湖店"), ("乙", "云栖酒店滨江店"), ("丙", None)):
            number = add_conversation(connection, name, 2, at=recent())
            rows = json.dumps({"门店": store} if store else {})
            connection.execute(
                text("UPDATE conversations SET scope_rows = CAST(:r AS jsonb) WHERE id = :n"),
                {"r": rows, "n": number},
            )

    desk.do(fill)
    async with following(desk, "xihu") as limited, following(desk) as unlimited:
        await unlimited.until(lambda rows: len(rows) == 3)
        await limited.until(bool)
        assert {row["name"] for row in limited.rows.values()} == {"甲", "丙"}


async def test_that_beats_come_while_nothing_happens(database_url: str, snapshot: Snapshot) -> None:
    async with office(database_url, snapshot, beat=0.1) as desk:
        async with following(desk) as page:
            events = 0
            async with asyncio.timeout(20):
                while events < 4:
                    line = await page._answer.content.readline()
                    events += line.startswith(b"data: ")
        desk.database.dispose()


async def test_that_a_reader_who_does_not_read_is_let_go(
    database_url: str, snapshot: Snapshot
) -> None:
    async with office(database_url, snapshot, beat=0.01, slow=0.5) as desk:
        name = "很长的名字" * 15

        def fill(connection: Connection) -> None:
            for number in range(600):
                add_conversation(connection, f"{name}{number}", 2, at=recent())

        desk.do(fill)
        host, _, port = desk.address.removeprefix("http://").partition(":")
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(reader, (host, int(port)))
        head = f"GET /console/api/stream HTTP/1.1\r\nHost: {host}\r\nCookie: {COOKIE}=azhen\r\n\r\n"
        await loop.sock_sendall(reader, head.encode())

        async def is_gone() -> bool:
            # Every row changes again and again, so that what is unread grows.
            desk.do(
                lambda connection: connection.execute(
                    text("UPDATE conversations SET session_version = session_version + 1")
                )
            )
            await asyncio.sleep(0.2)
            try:
                await loop.sock_sendall(reader, b"x")
            except (BrokenPipeError, ConnectionResetError):
                return True
            return False

        await eventually(is_gone, bool, 60)
        reader.close()
        async with following(desk) as page:  # the others are served as before
            await page.until(lambda rows: len(rows) == 600)
        desk.database.dispose()


async def test_that_the_server_stops_while_pages_follow(
    database_url: str, snapshot: Snapshot
) -> None:
    async with AsyncExitStack() as pages, asyncio.timeout(30):
        async with office(database_url, snapshot) as desk:
            page = await pages.enter_async_context(following(desk))
            await page.until(lambda _: page.wholes == 1)
            desk.database.dispose()
        with pytest.raises((AssertionError, aiohttp.ClientError)):
            await page.until(lambda rows: False)
