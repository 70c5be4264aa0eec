"""The main pages as people see them, at work."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Frame, Page, expect

from tests.browser import chromium

from .demo import Tabs, running_demo, write

#: Set to a folder to keep pictures of the pages.
PICTURES = os.environ.get("CHATBOT_TEST_PICTURES", "")
_SLOW = 20_000
#: What a page shows where a value or a caption is missing.
_HOLES = re.compile(r"undefined|\bnull\b|NaN|\[object|\{\w+\}|\bTODO\b|lorem", re.IGNORECASE)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


async def _shot(page: Page, name: str, folder: Path) -> None:
    """Draw a page, and look for what is missing, sticks out or has no words."""
    await page.screenshot(path=str(folder / f"{name}.png"))
    for frame in page.frames:
        await _check(frame, name)


async def _check(frame: Frame, name: str) -> None:
    words = await frame.inner_text("body")
    assert _CHINESE.search(words), name
    assert not _HOLES.search(words), (name, _HOLES.findall(words))
    assert await frame.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    stuck = await frame.evaluate(
        "[...document.querySelectorAll('button')].filter((node) => node.checkVisibility()"
        " && node.scrollWidth > node.clientWidth + 1).map((node) => node.outerHTML)"
    )
    assert stuck == [], name


@pytest.mark.timeout(300)
async def test_that_the_main_pages_are_whole(vectors_dir: Path, tmp_path: Path) -> None:
    folder = Path(PICTURES or tmp_path)
    async with running_demo(vectors_dir) as demo, chromium() as browser:
        tabs = Tabs(browser, demo)
        phone, client = await tabs.phone(), await tabs.client("前台客服 阿珍")
        await phone.get_by_role("button", name="可以延迟退房吗？").click()
        await expect(phone.get_by_text("14:00")).to_be_visible(timeout=_SLOW)
        await write(phone, "我想带我的鹦鹉参加婚礼，你们能安排吗")
        await expect(phone.get_by_text("正在为您转接人工客服")).to_be_visible(timeout=_SLOW)
        await write(phone, "西湖店有停车场吗？")
        await client.get_by_role("button", name=re.compile("客服助手")).click()
        await expect(client.get_by_text("机器人没有把握").first).to_be_visible(timeout=_SLOW)
        link = await client.locator('a[href*="/turns/"]').first.get_attribute("href")
        await _shot(phone, "phone", folder)
        await _shot(client, "card", folder)
        await client.get_by_role("button", name="小林").first.click()
        beside = client.frame_locator("#tools-frame iframe")
        await expect(beside.locator("#drafts")).to_contain_text("68 个车位", timeout=_SLOW)
        await _shot(client, "sidebar", folder)
        console = await tabs.console("阿珍")
        await console.get_by_role("option", name="小林").click()
        await expect(console.locator("#drafts")).to_contain_text("68 个车位", timeout=_SLOW)
        # The newest line is in sight, whatever took its room below.
        newest = console.locator("#lines").get_by_text("西湖店有停车场吗？")
        await expect(newest).to_be_in_viewport()
        await _shot(console, "console", folder)
        await _shot(await tabs.open(str(link)), "conversation", folder)
        assert tabs.problems == []
