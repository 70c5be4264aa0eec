"""Replies to colleagues while processes are killed, and while two of them share the work."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import Connection, text

from chatbot.store.database import Database
from tests.chaos.forwarder import forwarding
from tests.chaos.platform import SimulatedPlatform, Weather, running_platform, server_environment
from tests.chaos.processes import Process
from tests.pipeline.stage import AZHEN, Json, eventually
from tests.pipeline.test_members import House
from tests.ports import quiet_port

_DEATH_SECONDS = 60.0
_SURVIVED_SECONDS = 60.0
_MEMBERS = (AZHEN, "xiaozhou", "liang")
_LINES = 6


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedPlatform]:
    """A simulator in a process of its own."""
    with running_platform(tmp_path_factory.mktemp("platform")) as running:
        yield running


class Town:
    """Servers of one database, that come and go."""

    def __init__(
        self, platform: SimulatedPlatform, database_url: str, folder: Path, data_dir: Path
    ) -> None:
        House(folder, database_url, data_dir)
        self._platform = platform
        self._database_url = database_url
        self._folder = folder
        self._data_dir = data_dir

    def server(self, port: int, *arguments: str) -> Process:
        """Start a server; with arguments it dies at a step."""
        environment = server_environment(
            self._platform, port, self._database_url, self._data_dir, self._folder / "intents"
        )
        environment["CHATBOT_KNOWLEDGE_DIR"] = str(self._folder / "knowledge")
        environment["CHATBOT_OUTBOUND_HOSTS"] = "127.0.0.1:1"
        environment["CHATBOT_WEBHOOK_SECRET"] = "secret-of-a-test"
        log = self._folder / f"server-{port}.log"
        return Process(["tests.chaos.child", *arguments], environment, log, self._folder)


@pytest.fixture
def town(platform: SimulatedPlatform, database_url: str, tmp_path: Path, vectors_dir: Path) -> Town:
    return Town(platform, database_url, tmp_path, vectors_dir)


async def _write(weather: Weather, userid: str, words: str) -> None:
    body = {"userid": userid, "content": words, "callback": {"copies": 3, "shuffle": True}}
    await weather.control("app_messages", body)


async def _all_settled(database: Database) -> None:
    async def open_work() -> int:
        return await database.run(_open_work)

    await eventually(open_work, lambda found: found == 0, _SURVIVED_SECONDS)


def _open_work(connection: Connection) -> int:
    sql = (
        "SELECT (SELECT count(*) FROM app_events WHERE state = 'waiting')"
        " + (SELECT count(*) FROM staff_messages WHERE settled_at IS NULL)"
    )
    return int(connection.scalar(text(sql)) or 0)


def _states(connection: Connection) -> list[str]:
    return list(connection.scalars(text("SELECT state FROM staff_messages ORDER BY id")))


async def _seen(weather: Weather, userid: str) -> list[Json]:
    return [each for each in await weather.log("app_message") if userid in each["users"]]


@pytest.mark.parametrize(
    ("step", "count"),
    [
        ("decided", 1),
        ("turn-committed", 1),
        ("part-sent", 1),
        ("part-sent", 2),  # the picture: its repeat must carry the same media id
        ("part-settled", 1),
    ],
)
@pytest.mark.timeout(300)
async def test_that_a_kill_at_this_step_loses_and_doubles_nothing(
    step: str, count: int, platform: SimulatedPlatform, town: Town, database_url: str
) -> None:
    port = platform.callback_port
    async with aiohttp.ClientSession() as session:
        weather = Weather(session, platform, seed=1)
        await weather.clear()
        with town.server(port, step, str(count)) as victim:
            await victim.answers(f"http://127.0.0.1:{port}/healthz")
            await _write(weather, AZHEN, "员工食堂怎么走？")
            await victim.killed_itself(_DEATH_SECONDS)
        database = Database(database_url, threads=1)
        with town.server(port) as survivor:
            await survivor.answers(f"http://127.0.0.1:{port}/healthz")
            await _all_settled(database)
            types = [entry["msgtype"] for entry in await _seen(weather, AZHEN)]
            survivor.stop()
        assert types == ["text", "image", "textcard", "text"]
        assert database.run_sync(_states) == ["delivered"] * 4
        database.dispose()


@pytest.mark.timeout(300)
async def test_that_two_processes_answer_each_member_in_order_and_once(
    platform: SimulatedPlatform, town: Town, database_url: str
) -> None:
    ports = [quiet_port(), quiet_port()]
    async with (
        forwarding(platform.callback_port, ports),
        aiohttp.ClientSession() as session,
    ):
        weather = Weather(session, platform, seed=1)
        await weather.clear()
        database = Database(database_url, threads=1)
        with ExitStack() as stack:
            servers = [stack.enter_context(town.server(port)) for port in ports]
            for server, port in zip(servers, ports, strict=True):
                await server.answers(f"http://127.0.0.1:{port}/healthz")
            await weather.fault("message/send", "drop_after", 0.2)
            for number in range(_LINES):
                line = ("怎么开发票？", "1")[number % 2]
                await asyncio.gather(*(_write(weather, each, line) for each in _MEMBERS))
                await asyncio.sleep(0.3)
            await _all_settled(database)
            for userid in _MEMBERS:
                said = [entry["content"]["content"] for entry in await _seen(weather, userid)]
                assert len(said) == _LINES, userid
                assert said == _in_order(database, userid)
            for server in servers:
                server.stop()
        database.dispose()


def _in_order(database: Database, userid: str) -> list[str]:
    sql = (
        "SELECT message->'text'->>'content' FROM staff_messages WHERE userid = :userid ORDER BY id"
    )

    def read(connection: Connection) -> list[str]:
        return list(connection.scalars(text(sql), {"userid": userid}))

    return database.run_sync(read)
