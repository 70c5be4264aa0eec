"""A notice is told once a day: when processes race, and when they are killed between two steps."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import Connection, text

from chatbot.notices.notice import NewNotice
from chatbot.pipeline.checkpoints import Step
from chatbot.store.database import Database
from chatbot.store.notices import insert_notice, note_tellings, told_on
from tests.chaos.platform import SimulatedPlatform, Weather, running_platform, server_environment
from tests.chaos.processes import Process
from tests.notices.town import WATER, Town, asked, known, post
from tests.pipeline.stage import KF, LIN, eventually

_HOUR = timedelta(hours=1)
_SECONDS = 60.0


def _water(database: Database) -> int:
    now = datetime.now(UTC)
    new = NewNotice(WATER, "prefix", now - _HOUR, now + 30 * _HOUR)
    return database.run_sync(insert_notice, new, "test", now)


async def test_that_of_two_transactions_that_tell_it_one_does(database: Database) -> None:
    notice, now = _water(database), datetime.now(UTC)
    both = threading.Barrier(2)

    def tell(connection: Connection) -> bool:
        both.wait()
        return note_tellings(connection, LIN, now.date(), [notice], now)

    told = await asyncio.gather(database.run(tell), database.run(tell))
    assert sorted(told) == [False, True]
    assert database.run_sync(told_on, LIN, now.date(), [notice]) == {notice}
    assert not database.run_sync(told_on, LIN, now.date() + timedelta(days=1), [notice])


async def test_that_a_turn_is_decided_anew_if_another_account_has_told_it_meanwhile(
    town: Town, database: Database
) -> None:
    waiting: list[int] = []

    def told_elsewhere(step: Step) -> None:
        if step == "decided" and waiting:
            now = datetime.now(UTC)
            day = (now + 8 * _HOUR).date()
            numbers = [waiting.pop()]
            database.run_sync(note_tellings, LIN, day, numbers, now)

    async with town.play(told_elsewhere) as stage:
        waiting.append(post(stage))
        await known(stage)
        assert await asked(stage, "早餐几点供应？", LIN) == ["早餐七点到十点。"]
        assert len(stage.rows("SELECT id FROM turns")) == 1


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedPlatform]:
    """A simulator in a process of its own."""
    with running_platform(tmp_path_factory.mktemp("platform")) as running:
        yield running


@pytest.mark.parametrize("step", ["decided", "turn-committed", "part-sent"])
@pytest.mark.timeout(300)
async def test_that_a_kill_at_this_step_tells_it_once(
    step: str, platform: SimulatedPlatform, town: Town, database: Database, vectors_dir: Path
) -> None:
    _water(database)
    environment = server_environment(
        platform, platform.callback_port, database.url.replace("+psycopg", ""), vectors_dir,
        town.folder / "intents",
    )  # fmt: skip
    environment["CHATBOT_KNOWLEDGE_DIR"] = str(town.folder / "knowledge")
    url = f"http://127.0.0.1:{platform.callback_port}/healthz"

    def server(*arguments: str) -> Process:
        module = ["tests.chaos.child", *arguments]
        return Process(module, environment, town.folder / "server.log", town.folder)

    async with aiohttp.ClientSession() as session:
        weather = Weather(session, platform, seed=1)
        await weather.clear()
        with server(step, "1") as victim:
            await victim.answers(url)
            await _says(weather, "早餐几点供应？")
            await victim.killed_itself(_SECONDS)
        with server() as survivor:
            await survivor.answers(url)
            await _heard(weather, 1)
            await _settled(database)
            await _says(weather, "有健身房吗？")
            words = await _heard(weather, 2)
            survivor.stop()
    assert words == [f"{WATER}\n\n早餐七点到十点。", "健身房在三楼。"]


async def _says(weather: Weather, words: str) -> None:
    body = {"customer": LIN, "open_kfid": KF, "text": {"content": words}}
    await weather.control("messages", body)


async def _heard(weather: Weather, count: int) -> list[str]:
    async def delivered() -> list[str]:
        return [str(each["content"]["content"]) for each in await weather.log("delivered")]

    return await eventually(delivered, lambda found: len(found) >= count, _SECONDS)


async def _settled(database: Database) -> None:
    sql = text("SELECT count(*) FROM outbox WHERE settled_at IS NULL")

    async def left() -> int:
        return await database.run(lambda connection: int(connection.scalar(sql) or 0))

    await eventually(left, lambda found: found == 0, _SECONDS)
