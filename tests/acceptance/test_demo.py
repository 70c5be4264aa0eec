"""The demo as a newcomer meets it: one command, then a browser."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import expect

from tests.browser import chromium, watch_problems
from tests.pipeline.stage import KF, LIN
from tests.ports import quiet_port

from .demo import ROOT, running_demo, stop


async def test_that_the_printed_link_lets_the_first_admin_in_once(vectors_dir: Path) -> None:
    problems: list[str] = []
    async with running_demo(vectors_dir) as demo, chromium() as browser:
        (link,) = re.findall(r"以管理员登录一次\s+(\S+)", demo.printed)
        page = await (await browser.new_context(locale="zh-CN")).new_page()
        watch_problems(page, (demo.server,), problems)
        await page.goto(link)
        await page.get_by_role("button", name="登录").click()
        await expect(page.get_by_role("heading", name="客服工作台")).to_be_visible()
        # The simulator plays the brand's order system, too.
        said = {"customer": LIN, "open_kfid": KF, "text": {"content": "早餐几点供应？"}}
        async with aiohttp.ClientSession() as session:
            await session.post(f"{demo.platform}/control/messages", json=said)
        await page.get_by_role("tab", name="全部").click()
        await page.locator("#rows > li").first.click()
        await expect(page.get_by_text("西湖店 湖景大床房 2 晚")).to_be_visible(timeout=15_000)
        await page.get_by_role("link", name="一次性链接").click()
        await page.get_by_role("link", name="角色").click()
        await expect(page.get_by_role("heading", name="给一个角色")).to_be_visible()
        assert problems == []
        again = await (await browser.new_context(locale="zh-CN")).new_page()
        await again.goto(link)
        await expect(again.get_by_text("已经用过")).to_be_visible()
        # A member logs in on the simulator's page; 阿珍 serves customers and so is an agent.
        await again.goto(f"{demo.server}/console/")
        await again.get_by_role("link", name="用企业微信扫码登录").click()
        await again.get_by_role("link", name="阿珍").click()
        await expect(again.get_by_role("link", name="阿珍")).to_be_visible()
        await expect(again.get_by_role("button", name="下班交接")).to_be_visible()


async def test_that_the_demo_starts_again_on_the_same_folder_and_stops_cleanly(
    vectors_dir: Path,
) -> None:
    for _ in range(2):
        async with running_demo(vectors_dir) as demo, aiohttp.ClientSession() as session:
            async with session.get(f"{demo.server}/readyz") as answer:
                assert answer.status == 200, await answer.text()
            rest = await stop(demo)
            assert "Traceback" not in rest


async def test_that_a_port_in_use_is_one_clear_line(vectors_dir: Path) -> None:
    async with running_demo(vectors_dir) as demo:
        port = demo.server.rpartition(":")[2]
        second = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "chatbot", "demo", "--port", port,
            "--simulator-port", str(quiet_port()),
            cwd=ROOT, stdout=PIPE, stderr=PIPE,
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
