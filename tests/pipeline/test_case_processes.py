"""Reminders of cases while two processes share the work, and one of them is killed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from chatbot.cases.records import NewCase, create_case
from chatbot.store.database import Database
from tests.chaos.platform import SimulatedPlatform, Weather, running_platform
from tests.pipeline.stage import eventually
from tests.pipeline.test_member_processes import Town
from tests.ports import quiet_port

_CASES = 8
#: Each case has an owner of its own: to one person, one notice after the other waits minutes.
_OWNERS = tuple(f"owner{number:02}" for number in range(_CASES))
_DEATH_SECONDS = 60.0


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedPlatform]:
    """A simulator in a process of its own."""
    with running_platform(tmp_path_factory.mktemp("platform"), _OWNERS) as running:
        yield running


@pytest.fixture
def town(platform: SimulatedPlatform, database_url: str, tmp_path: Path, vectors_dir: Path) -> Town:
    return Town(platform, database_url, tmp_path, vectors_dir)


async def _is_due(database: Database, number: int) -> None:
    """Keep a case that is due this very moment."""
    now = datetime.now(UTC)
    new = NewCase(
        external_userid="wmFriend", title=f"第{number:03}件", owner=_OWNERS[number], due_at=now,
        kind="call",
    )  # fmt: skip
    await database.run(create_case, new, _OWNERS[number], now)


@pytest.mark.timeout(300)
async def test_that_each_case_is_told_once_though_a_process_dies_between_claiming_and_telling(
    platform: SimulatedPlatform, town: Town, database: Database
) -> None:
    port, other_port = platform.callback_port, quiet_port()
    async with aiohttp.ClientSession() as session:
        weather = Weather(session, platform, seed=1)
        await weather.clear()
        with (
            town.server(port) as survivor,
            town.server(other_port, "reminders-claimed", "1") as dying,
        ):
            await survivor.answers(f"http://127.0.0.1:{port}/healthz")
            await dying.answers(f"http://127.0.0.1:{other_port}/healthz")
            for number in range(_CASES - 1):  # whoever is faster has it
                await _is_due(database, number)
                await asyncio.sleep(0.7)
            if dying.returncode is None:  # it never was
                with survivor.paused():
                    await _is_due(database, _CASES - 1)
                    await dying.killed_itself(_DEATH_SECONDS)
            else:
                await _is_due(database, _CASES - 1)
            await dying.killed_itself(_DEATH_SECONDS)

            async def told() -> list[str]:
                entries = await weather.log("app_message")
                return [str(each["content"]["content"]) for each in entries]

            words = await eventually(told, lambda found: len(found) >= _CASES)
            await asyncio.sleep(1.5)
            words = await told()
            survivor.stop()
    numbers = Counter(line.partition("“")[2][:5] for line in words)
    assert numbers == Counter({f"第{number:03}件": 1 for number in range(_CASES)})
