"""Two servers on one database share the work, and one takes over what the other leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.forwarder import forwarding
from tests.chaos.platform import SimulatedPlatform
from tests.chaos.play import Play, is_long, play, ready
from tests.chaos.processes import Process
from tests.ports import quiet_port

_SEEDS = range(1, 9 if is_long() else 2)
_WAVES = 12 if is_long() else 4


@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.timeout(900)
async def test_that_two_processes_do_the_same_job_together(
    seed: int,
    platform: SimulatedPlatform,
    database_url: str,
    folder: Path,
    vectors_dir: Path,
) -> None:
    ports = [quiet_port(), quiet_port()]
    async with (
        forwarding(platform.callback_port, ports),
        play(platform, database_url, folder, vectors_dir, seed=seed) as stage,
    ):
        await stage.weather.storm()
        servers = [stage.server(port) for port in ports]
        await _all_ready(servers, ports)
        for _ in range(_WAVES):
            await stage.wave(seconds=0.6)
        evidence = await stage.verdict()
        turns = [_turns_of(stage, port) for port in ports]
        assert min(turns) > 0, f"one of them was idle: {turns}"
        assert sum(turns) >= len(evidence.turns)
        for server in servers:
            server.stop()


@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.timeout(900)
async def test_that_the_survivor_takes_over_from_a_killed_process(
    seed: int,
    platform: SimulatedPlatform,
    database_url: str,
    folder: Path,
    vectors_dir: Path,
) -> None:
    ports = [quiet_port(), quiet_port()]
    async with (
        forwarding(platform.callback_port, ports),
        play(platform, database_url, folder, vectors_dir, seed=seed) as stage,
    ):
        await stage.weather.storm()
        servers = [stage.server(port) for port in ports]
        await _all_ready(servers, ports)
        for number in range(_WAVES // 2):
            victim = number % 2
            await stage.wave(seconds=0.6)
            servers[victim].kill()
            await stage.wave(seconds=0.3)
            servers[victim] = stage.server(ports[victim])
            await stage.verdict()
            await ready(servers[victim], ports[victim])
        for server in servers:
            server.stop()


async def _all_ready(servers: list[Process], ports: list[int]) -> None:
    for server, port in zip(servers, ports, strict=True):
        await ready(server, port)


def _turns_of(stage: Play, port: int) -> int:
    """Return how many turns the server at ``port`` decided, from its own log."""
    lines = stage.log_file(port).read_text(encoding="utf-8").splitlines()
    return sum('"event": "turn_decided"' in line for line in lines)
