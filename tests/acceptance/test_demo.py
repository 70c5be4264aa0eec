"""The demo as a newcomer meets it: one command, then a browser."""

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

import aiohttp
import pytest
from playwright.async_api import Page, expect

from tests.browser import chromium, watch_problems
from tests.pipeline.stage import free_port

_ROOT = Path(__file__).parents[2]
_READY_SECONDS = 90  # the first start embeds the sample knowledge


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo and what it printed."""

    process: Process
    server: str
    platform: str
    printed: str


@asynccontextmanager
async def running_demo(data_dir: Path) -> AsyncIterator[Demo]:
    ports = free_port(), free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "chatbot", "demo", "--port", str(ports[0]),
        "--simulator-port", str(ports[1]),
        cwd=_ROOT, stdout=PIPE, stderr=STDOUT, start_new_session=True,
        env={**os.environ, "CHATBOT_DATA_DIR": str(data_dir)},
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


async def _stop(demo: Demo) -> str:
    assert demo.process.stdout is not None
    demo.process.send_signal(signal.SIGINT)
    async with asyncio.timeout(30):
        rest = await demo.process.stdout.read()
        assert await demo.process.wait() == 0
    return rest.decode()


async def _write(page: Page, text: str) -> None:
    await page.get_by_label("消息", exact=True).fill(text)
    await page.get_by_role("button", name="发送").click()


async def test_that_the_whole_play_can_be_watched_in_two_tabs(vectors_dir: Path) -> None:
    problems: list[str] = []
    async with running_demo(vectors_dir) as demo, chromium() as browser:

        async def opened(url: str, width: int = 1100) -> Page:
            page = await browser.new_page(viewport={"width": width, "height": 860})
            watch_problems(page, (demo.server, demo.platform), problems)
            await page.goto(url)
            return page

        (phone_url,) = re.findall(r"小林 的手机\s+(\S+)", demo.printed)
        (staff_url,) = re.findall(r"前台客服 阿珍\s+(\S+)", demo.printed)
        phone, staff = await opened(phone_url, 400), await opened(staff_url)
        # The welcome menu answers with a tap.
        await phone.get_by_role("button", name="可以延迟退房吗？").click()
        await expect(phone.get_by_text("14:00")).to_be_visible(timeout=15_000)
        # What nobody wrote an entry for goes to a person, with a card.
        question = "我想带我的鹦鹉参加婚礼，你们能安排吗"
        await _write(phone, question)
        await expect(phone.get_by_text("正在为您转接人工客服")).to_be_visible(timeout=15_000)
        await staff.get_by_text("客服助手").first.click()
        await expect(staff.get_by_text("机器人没有把握")).to_be_visible(timeout=15_000)
        link = staff.locator('a[href*="/turns/"]').first
        page = await opened(str(await link.get_attribute("href")))
        await expect(page.get_by_text(question)).to_be_visible()
        await expect(page.get_by_text("人工接待中")).to_be_visible()
        # The person answers and ends; then the bot is back.
        await staff.get_by_text("小林").first.click()
        await _write(staff, "可以安排，我来帮您登记。")
        await expect(phone.get_by_text("可以安排，我来帮您登记。")).to_be_visible()
        await staff.get_by_role("button", name="结束").click()
        await expect(phone.get_by_text("本次人工服务已结束")).to_be_visible(timeout=15_000)
        await _write(phone, "西湖店早餐几点供应？")
        await expect(phone.get_by_text("10:30")).to_be_visible(timeout=15_000)
        assert problems == []
        assert "演示已停止" in await _stop(demo)


async def test_that_the_demo_starts_again_on_the_same_folder_and_stops_cleanly(
    vectors_dir: Path,
) -> None:
    for _ in range(2):
        async with running_demo(vectors_dir) as demo, aiohttp.ClientSession() as session:
            async with session.get(f"{demo.server}/readyz") as answer:
                assert answer.status == 200, await answer.text()
            rest = await _stop(demo)
            assert "Traceback" not in rest


async def test_that_a_port_in_use_is_one_clear_line(vectors_dir: Path) -> None:
    async with running_demo(vectors_dir) as demo:
        port = demo.server.rpartition(":")[2]
        second = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "chatbot", "demo", "--port", port,
            "--simulator-port", str(free_port()),
            cwd=_ROOT, stdout=PIPE, stderr=PIPE,
            env={**os.environ, "CHATBOT_DATA_DIR": str(vectors_dir / "other")},
        )  # fmt: skip
        _, errors = await second.communicate()
        assert second.returncode == 2
        assert "Traceback" not in errors.decode()
        assert port in errors.decode().splitlines()[-1]


@pytest.mark.parametrize("arguments", [["serve"], ["demo", "--port", "x"], ["nonsense"]])
async def test_that_wrong_use_is_told_and_ends_with_code_2(
    arguments: list[str], tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "chatbot", *arguments, cwd=tmp_path, stdout=PIPE, stderr=PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert "Traceback" not in errors.decode()
