"""The simulator as a process of its own."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import aiohttp
import pytest

from tests.ports import quiet_port


async def start(*arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "chatbot", "simulate", *arguments, stdout=PIPE, stderr=PIPE
    )


async def first_lines(process: Process, count: int) -> list[str]:
    assert process.stdout is not None
    async with asyncio.timeout(30):
        return [(await process.stdout.readline()).decode() for _ in range(count)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_that_it_says_where_it_is_and_stops_when_told(number: signal.Signals) -> None:
    port = quiet_port()
    process = await start("--port", str(port))
    lines = await first_lines(process, 8)
    address = f"http://127.0.0.1:{port}"
    assert address in lines[0]
    assert f"{address}/phone/wmDemoXiaolin" in lines[1]
    assert f"{address}/staff/azhen" in lines[3]
    # An open event stream must not hold up the stop.
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{address}/phone/wmDemoXiaolin/events") as stream,
    ):
        assert await stream.content.readline() == b"data: open\n"
        process.send_signal(number)
        async with asyncio.timeout(10):
            _, errors = await process.communicate()
    assert process.returncode == 0
    assert errors == b""


async def test_that_a_taken_port_is_one_clear_line() -> None:
    port = quiet_port()
    first = await start("--port", str(port))
    await first_lines(first, 1)
    second = await start("--port", str(port))
    _, errors = await second.communicate()
    first.terminate()
    await first.communicate()
    assert second.returncode == 2
    assert b"Traceback" not in errors
    assert str(port).encode() in errors


async def refusal(*arguments: str) -> str:
    """Return what the program says when it refuses to start."""
    process = await start(*arguments)
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert errors.count(b"\n") == 1
    return errors.decode()


async def test_that_a_wrong_file_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("port = 'x'")
    assert "port" in await refusal("--config", str(path))


async def test_that_a_wrong_callback_address_is_refused() -> None:
    assert "callback_url" in await refusal("--callback-url", "ftp://x")
