"""Runs the simulator as a process of its own."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from urllib.parse import quote

from aiohttp import web

from chatbot.errors import UserError
from chatbot.simulator.config import SimulatorConfig
from chatbot.simulator.refusals import texts
from chatbot.simulator.server import create_app

_STOP_SECONDS = 3.0


async def run(
    config: SimulatorConfig, say: Callable[[str], None], *, until_input_ends: bool = False
) -> None:
    """Serve until SIGINT or SIGTERM; ``say`` gets the lines that a person reads.

    ``until_input_ends``: also stop when standard input is closed, as it is when the process at
    its other end dies, however suddenly.

    Raises UserError if the address is taken.
    """
    runner = web.AppRunner(create_app(config), access_log=None, shutdown_timeout=_STOP_SECONDS)
    await runner.setup()
    try:
        port = await _listen(runner, config)
        for line in describe(config, f"http://{config.host}:{port}"):
            say(line)
        await _stop_signal(until_input_ends)
        say(texts()["console"]["stopping"])
    finally:
        await runner.cleanup()


def describe(config: SimulatorConfig, address: str) -> list[str]:
    """Return the lines that tell where everything is."""
    words = texts()["console"]
    lines = [words["running"].format(address=address)]
    lines += [
        words["phone"].format(
            name=customer.nickname, url=f"{address}/phone/{quote(customer.external_userid)}"
        )
        for customer in config.customers
    ]
    lines += [
        words["staff"].format(name=member.name, url=f"{address}/staff/{quote(member.userid)}")
        for member in config.members
    ]
    lines.append(words["api"].format(address=address))
    if config.app.sidebar_url:
        lines.append(words["sidebar"].format(url=config.app.sidebar_url))
    callback_url = config.app.callback_url
    lines.append(words["callback" if callback_url else "no_callback"].format(url=callback_url))
    return lines


async def _listen(runner: web.AppRunner, config: SimulatorConfig) -> int:
    try:
        await web.TCPSite(runner, config.host, config.port).start()
    except OSError as error:
        raise UserError(
            f"cannot listen on {config.host}:{config.port} ({error.strerror}); "
            "choose another --port"
        ) from None
    return int(runner.addresses[0][1])


async def _stop_signal(until_input_ends: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if until_input_ends:
        loop.add_reader(sys.stdin.fileno(), stop.set)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
