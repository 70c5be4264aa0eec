"""SIGKILL at every named step of the pipeline, in a storm; afterwards nothing is lost or double."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.child import STEPS
from tests.chaos.platform import SimulatedPlatform
from tests.chaos.play import is_long, play, ready

#: The how-many-th time each server of a play dies at the step.
_COUNTS = (1, 2, 4, 7, 12) if is_long() else (3,)
#: Pages are few: one pull may bring a whole wave.
_COUNTS_OF_PAGES = (1, 2, 3) if is_long() else (2,)
#: Cases are in no storm; who dies telling of them has a play of their own, test_case_processes.
_STEPS = tuple(
    step for step in STEPS if step != "reminders-claimed" and not step.startswith("insight")
)
_SEEDS = range(1, 6 if is_long() else 2)
_DEATH_SECONDS = 60.0


@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.parametrize("step", _STEPS)
@pytest.mark.timeout(900)
async def test_that_a_kill_at_this_step_loses_and_doubles_nothing(
    step: str,
    seed: int,
    platform: SimulatedPlatform,
    database_url: str,
    folder: Path,
    vectors_dir: Path,
) -> None:
    port = platform.callback_port
    async with play(platform, database_url, folder, vectors_dir, seed=seed) as stage:
        await stage.weather.storm()
        for count in _COUNTS_OF_PAGES if step.startswith("page") else _COUNTS:
            server = stage.server(port, [step, str(count)])
            await stage.wave(seconds=0.7)
            await server.killed_itself(_DEATH_SECONDS)
        survivor = stage.server(port)
        await stage.wave(seconds=0.5)
        await ready(survivor, port)
        await stage.verdict()
        survivor.stop()
