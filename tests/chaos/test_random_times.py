"""SIGKILL whenever it happens to come, while people at both ends go on."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.chaos.platform import SimulatedPlatform
from tests.chaos.play import is_long, play, ready

_SEEDS = range(1, 13 if is_long() else 2)
_ROUNDS = 12 if is_long() else 3
#: From the first claim of a new server to well after it has become quiet.
_LATEST_DEATH_SECONDS = 1.5


@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.timeout(900)
async def test_that_kills_at_random_times_lose_and_double_nothing(
    seed: int,
    platform: SimulatedPlatform,
    database_url: str,
    folder: Path,
    vectors_dir: Path,
) -> None:
    dice = random.Random(seed)
    port = platform.callback_port
    async with play(platform, database_url, folder, vectors_dir, seed=seed) as stage:
        await stage.weather.storm()
        for _ in range(_ROUNDS):
            server = stage.server(port)
            await stage.wave(seconds=0.5)
            await ready(server, port)
            writing = asyncio.create_task(stage.wave(seconds=1.0))
            await asyncio.sleep(dice.uniform(0, _LATEST_DEATH_SECONDS))
            server.kill()
            await writing
            await stage.weather.staff_end_sessions(most=3)
        survivor = stage.server(port)
        await ready(survivor, port)
        await stage.wave(seconds=0.5)
        evidence = await stage.verdict()
        assert evidence.staff, "no session came to a person: the storm was too short"
        survivor.stop()
