"""The database dies and comes back; WeCom is out of reach for a while; work resumes by itself."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.chaos.database_server import MortalCluster, mortal_cluster
from tests.chaos.evidence import rows
from tests.chaos.forwarder import forwarding
from tests.chaos.platform import SimulatedPlatform
from tests.chaos.play import Play, is_long, play, ready
from tests.pipeline.stage import KF, Json
from tests.ports import quiet_port

_SEEDS = range(1, 7 if is_long() else 2)
_ROUNDS = 6 if is_long() else 2
#: Less than the leases of the pipeline last: nothing may have to wait for one to run out.
_RESUME_SECONDS = 45.0


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.timeout(900)
async def test_that_work_resumes_after_a_crash_of_the_database(
    seed: int, processes: int, platform: SimulatedPlatform, folder: Path, vectors_dir: Path
) -> None:
    ports = [quiet_port() for _ in range(processes)]
    with mortal_cluster() as cluster:
        async with (
            forwarding(platform.callback_port, ports),
            play(platform, cluster.url, folder, vectors_dir, seed=seed) as stage,
        ):
            servers = [stage.server(port) for port in ports]
            for server, port in zip(servers, ports, strict=True):
                await ready(server, port)
            await stage.weather.storm()
            for number in range(_ROUNDS):
                await _crash_under_load(stage, cluster, number)
            await stage.weather.lift_faults()
            await stage.verdict(_RESUME_SECONDS)
            await _all_accepted_are_stored(stage)
            for server in servers:
                server.stop()


async def _crash_under_load(stage: Play, cluster: MortalCluster, number: int) -> None:
    writing = asyncio.create_task(stage.wave(seconds=1.0))
    await stage.weather.member_writes(f"第{number}次之前")
    await asyncio.sleep(0.6)
    await asyncio.to_thread(cluster.crash)
    await writing
    (doorbell,) = await stage.weather.callback(doorbell=KF)
    assert doorbell == {"outcome": "ok", "status": 200, "attempts": 1}
    (refused,) = await stage.weather.callback(fields=_app_message(f"lost-{number}"))
    assert (refused["outcome"], refused["status"]) == ("status", 503)
    await stage.weather.member_writes(f"第{number}次当中")
    await asyncio.to_thread(cluster.start)


def _app_message(msgid: str) -> Json:
    return {
        "ToUserName": "corp", "FromUserName": "liang", "CreateTime": int(time.time()),
        "MsgType": "text", "Content": "在吗", "MsgId": msgid, "AgentID": 1000002,
    }  # fmt: skip


async def _all_accepted_are_stored(stage: Play) -> None:
    """What was answered with 200 is there once; what was answered with 503 may be repeated."""
    accepted = {
        str(entry["fields"]["MsgId"])
        for entry in await stage.weather.log("callback")
        if "MsgId" in entry["fields"] and entry["outcome"] == "ok"
    }
    stored = [row["msgid"] for row in rows(stage.database, _APP_MESSAGES)]
    assert len(stored) == len(set(stored))
    assert accepted
    assert accepted <= set(stored)


_APP_MESSAGES = "SELECT fields->>'MsgId' AS msgid FROM app_events WHERE kind = 'message'"


@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.timeout(900)
async def test_that_work_resumes_when_the_platform_is_back(
    seed: int,
    platform: SimulatedPlatform,
    database_url: str,
    folder: Path,
    vectors_dir: Path,
) -> None:
    port = platform.callback_port
    async with play(platform, database_url, folder, vectors_dir, seed=seed) as stage:
        server = stage.server(port)
        await ready(server, port)
        for _ in range(_ROUNDS):
            writing = asyncio.create_task(stage.wave(seconds=1.0))
            await asyncio.sleep(0.4)
            await stage.weather.fault("*", "drop_before")
            await writing
            await stage.wave(seconds=0.5)
            await asyncio.sleep(1.5)
            await stage.weather.lift_faults()
            await stage.verdict(_RESUME_SECONDS)
        server.stop()
