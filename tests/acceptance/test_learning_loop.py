"""What a person answered once, the bot answers the next time, in other words."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Page, expect

from tests.browser import chromium

from .demo import ROOT, Demo, Tabs, running_demo, write

_SLOW = 30_000
_QUESTION = "我想带我的鹦鹉参加婚礼，你们能安排吗"
_REPLY = "婚礼可以带鹦鹉来，请提前两天告诉宴会部，我们准备鸟笼和安静的房间。"
_AGAIN = "婚礼那天想把家里的鹦鹉带过去，可以安排一下吗"


@pytest.fixture
async def demo(tmp_path: Path, vectors_dir: Path) -> AsyncIterator[Demo]:
    """A demo on a copy of the sample, whose time can be moved."""
    knowledge, clock = tmp_path / "knowledge", tmp_path / "clock"
    shutil.copytree(ROOT / "knowledge", knowledge)
    async with running_demo(
        vectors_dir, CHATBOT_KNOWLEDGE_DIR=str(knowledge), CHATBOT_TEST_CLOCK=str(clock)
    ) as running:
        yield running


@pytest.fixture
async def tabs(demo: Demo) -> AsyncIterator[Tabs]:
    async with chromium() as browser:
        found = Tabs(browser, demo)
        yield found
    assert found.problems == []


async def _later(demo: Demo, seconds: int) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{demo.platform}/control/clock", json={"advance": seconds}) as answer,
    ):
        assert answer.status == 200, await answer.text()


async def _admin(demo: Demo, tabs: Tabs) -> Page:
    """Come in by the link that was printed for the first admin."""
    page = await tabs.open(demo.address("以管理员登录一次"))
    await page.get_by_role("button", name="登录").click()
    return page


async def _until_there(page: Page, text: str) -> None:
    """Look again until a page says so: it is drawn on the server."""
    for _ in range(60):
        if await page.get_by_text(text).count():
            return
        await page.wait_for_timeout(1000)
        await page.reload()
    raise AssertionError(f"{text!r} never came: {await page.inner_text('main')}")


@pytest.mark.timeout(400)
async def test_that_an_unanswered_question_is_answered_the_next_time(
    demo: Demo, tabs: Tabs
) -> None:
    admin = await _admin(demo, tabs)
    phone, client = await tabs.phone(), await tabs.client("前台客服 阿珍")
    # Nobody wrote an entry for it: a person answers, and ends.
    await write(phone, _QUESTION)
    await expect(phone.get_by_text("正在为您转接人工客服")).to_be_visible(timeout=_SLOW)
    await client.get_by_role("button", name="小林").first.click(timeout=_SLOW)
    await write(client, _REPLY)
    await expect(phone.get_by_text("准备鸟笼")).to_be_visible(timeout=_SLOW)
    await client.get_by_role("button", name="结束会话").click()
    await expect(phone.get_by_role("button", name="满意", exact=True)).to_be_visible(timeout=_SLOW)
    await _later(demo, 40 * 60)
    # The admin finds it among what was asked in vain, with the person's words as a draft.
    await admin.goto(f"{demo.server}/console/gaps")
    await _until_there(admin, _QUESTION)
    await admin.get_by_role("link", name=_QUESTION).click()
    await admin.get_by_text("做成新条目", exact=True).first.click()
    assert "准备鸟笼" in await admin.get_by_label("答案").input_value()
    await admin.get_by_label("标准问题").fill("婚礼可以带鹦鹉吗？")
    await admin.get_by_label("相似问").fill(
        f"{_QUESTION}\n可以带鹦鹉来参加婚礼吗\n婚礼上能带宠物鸟吗"
    )
    await admin.get_by_role("button", name="做成新条目").click()
    await expect(admin.get_by_role("status")).to_contain_text("发布以后生效")
    # It waits until somebody has seen what it changes.
    await admin.goto(f"{demo.server}/console/publishing")
    await _until_there(admin, "条目：新增 1（婚礼可以带鹦鹉吗？）")
    other = await tabs.phone("王姐")
    await admin.get_by_role("button", name="发布", exact=True).click(timeout=_SLOW)
    await expect(admin.get_by_role("status")).to_contain_text("已发布", timeout=_SLOW)
    # Somebody else asks in other words.
    await admin.wait_for_timeout(2500)
    await write(other, _AGAIN)
    await expect(other.get_by_text(re.compile("准备鸟笼"))).to_be_visible(timeout=_SLOW)
