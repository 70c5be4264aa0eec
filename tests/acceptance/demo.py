"""A running demo, as `chatbot demo` starts it, and what a newcomer reads of it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page

from tests.browser import watch_problems
from tests.ports import quiet_port

ROOT = Path(__file__).parents[2]
_READY_SECONDS = 90  # the first start embeds the sample knowledge


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo and what it printed."""

    process: Process
    server: str
    platform: str
    printed: str

    def address(self, name: str) -> str:
        """Return an address that was printed behind a name."""
        (found,) = re.findall(rf"{name}\s+(http\S+)", self.printed)
        return str(found)


@asynccontextmanager
async def running_demo(data_dir: Path, **settings: str) -> AsyncIterator[Demo]:
    """Run the demo on a data folder, with ``settings`` in its environment."""
    ports = quiet_port(), quiet_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "chatbot", "demo", "--port", str(ports[0]),
        "--simulator-port", str(ports[1]),
        cwd=ROOT, stdout=PIPE, stderr=STDOUT, start_new_session=True,
        env={**os.environ, "CHATBOT_DATA_DIR": str(data_dir), **settings},
    )  # fmt: skip
    try:
        printed = await _until_ready(process)
        server, platform = (f"http://127.0.0.1:{port}" for port in ports)
        yield Demo(process, server, platform, printed)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()


async def _until_ready(process: Process) -> str:
    assert process.stdout is not None
    lines = ""
    async with asyncio.timeout(_READY_SECONDS):
        while "Ctrl-C" not in lines:
            line = await process.stdout.readline()
            assert line, f"the demo ended: {lines}"
            lines += line.decode()
    return lines


async def stop(demo: Demo) -> str:
    """Stop it with Ctrl-C; return what it printed since."""
    assert demo.process.stdout is not None
    demo.process.send_signal(signal.SIGINT)
    async with asyncio.timeout(30):
        rest = await demo.process.stdout.read()
        assert await demo.process.wait() == 0
    return rest.decode()


class Tabs:
    """Tabs of people, each with a browser of their own; what a page complains of is kept."""

    def __init__(self, browser: Browser, demo: Demo) -> None:
        self._browser = browser
        self._demo = demo
        self.problems: list[str] = []

    async def open(self, url: str, width: int = 1440, height: int = 860) -> Page:
        """Open an address as somebody new."""
        context = await self._browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN"
        )
        page = await context.new_page()
        watch_problems(page, (self._demo.server, self._demo.platform), self.problems)
        await page.goto(url)
        return page

    async def phone(self, name: str = "小林") -> Page:
        """Open a customer's phone."""
        return await self.open(self._demo.address(f"{name} 的手机"), 400)

    async def client(self, name: str) -> Page:
        """Open a member's WeCom client."""
        return await self.open(self._demo.address(name))

    async def console(self, name: str) -> Page:
        """Open the console as a member, by scanning the code."""
        page = await self.open(self._demo.address("客服工作台"))
        await page.get_by_role("link", name="用企业微信扫码登录").click()
        await page.get_by_role("link", name=name).click()
        return page


async def write(page: Page, text: str) -> None:
    """Write a message on a phone, or in a client."""
    await page.get_by_label("消息", exact=True).fill(text)
    await page.get_by_role("button", name="发送", exact=True).click()
