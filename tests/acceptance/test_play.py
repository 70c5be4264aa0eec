"""The whole play after one command, in the tabs of customer, agents and console."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import FrameLocator, Page, expect

from tests.browser import chromium

from .demo import Demo, Tabs, running_demo, stop, write

_SLOW = 20_000
_QUESTION = "我想带我的鹦鹉参加婚礼，你们能安排吗"


@pytest.fixture
async def demo(vectors_dir: Path) -> AsyncIterator[Demo]:
    async with running_demo(vectors_dir) as running:
        yield running


@pytest.fixture
async def tabs(demo: Demo) -> AsyncIterator[Tabs]:
    async with chromium() as browser:
        found = Tabs(browser, demo)
        yield found
    assert found.problems == []


async def _card(client: Page) -> None:
    """Open the app's chat, where the cards are."""
    await client.get_by_role("button", name=re.compile("客服助手")).click()


async def _beside(client: Page, name: str = "小林") -> FrameLocator:
    """Open the chat with a customer; return the page beside it."""
    await client.get_by_role("button", name=name).first.click()
    return client.frame_locator("#tools-frame iframe")


@pytest.mark.timeout(300)
async def test_that_the_whole_play_can_be_watched_in_two_tabs(demo: Demo, tabs: Tabs) -> None:
    phone, client = await tabs.phone(), await tabs.client("前台客服 阿珍")
    # The welcome menu answers with a tap.
    await phone.get_by_role("button", name="可以延迟退房吗？").click()
    await expect(phone.get_by_text("14:00")).to_be_visible(timeout=_SLOW)
    # What nobody wrote an entry for goes to a person, with a card.
    await write(phone, _QUESTION)
    await expect(phone.get_by_text("正在为您转接人工客服")).to_be_visible(timeout=_SLOW)
    await _card(client)
    await expect(client.get_by_text("机器人没有把握").first).to_be_visible(timeout=_SLOW)
    link = await client.locator('a[href*="/turns/"]').first.get_attribute("href")
    # The agent takes the next question from a draft beside the chat, with one tap.
    await write(phone, "西湖店有停车场吗？")
    beside = await _beside(client)
    draft = beside.locator("#drafts > li").filter(has_text="68 个车位")
    await expect(draft).to_be_visible(timeout=_SLOW)
    await draft.get_by_role("button", name="发送").click()
    await expect(phone.get_by_text("68 个车位")).to_be_visible(timeout=_SLOW)
    await write(client, "鹦鹉也可以来，我来帮您登记。")
    await expect(phone.get_by_text("鹦鹉也可以来")).to_be_visible()
    # The end asks how it was; then the bot is back.
    await client.get_by_role("button", name="结束会话").click()
    await phone.get_by_role("button", name="满意", exact=True).click(timeout=_SLOW)
    await expect(phone.get_by_text(re.compile("谢谢|感谢"))).to_be_visible(timeout=_SLOW)
    await write(phone, "西湖店早餐几点供应？")
    await expect(phone.get_by_text("10:30")).to_be_visible(timeout=_SLOW)
    # The card's page tells all of it.
    page = await tabs.open(str(link))
    for words in (_QUESTION, "鹦鹉也可以来", "满意"):
        await expect(page.get_by_text(words).first).to_be_visible()


@pytest.mark.timeout(300)
async def test_that_the_console_serves_a_customer_from_take_over_to_rating(
    demo: Demo, tabs: Tabs
) -> None:
    phone = await tabs.phone("王姐")
    await write(phone, "可以延迟退房吗？")
    await expect(phone.get_by_text("14:00")).to_be_visible(timeout=_SLOW)
    first, second = await tabs.console("阿珍"), await tabs.console("小周")
    for page in (first, second):
        await page.get_by_role("tab", name="全部").click()
        await page.get_by_role("option", name="王姐").click()
    # Before anybody takes over, an agent may speak through the bot's channel.
    await first.get_by_label("回复", exact=True).fill("我是阿珍，给您留到两点。")
    await expect(first.locator("#paused")).to_contain_text("机器人")
    await first.locator("#send").click()
    await expect(phone.get_by_text("给您留到两点")).to_be_visible(timeout=_SLOW)
    # Of two who take it, one has it and the other is told who.
    for page in (first, second):
        await page.locator("#act-take").click()
    for page in (first, second):
        await page.get_by_role("dialog").get_by_role("button", name="接待").click()
    won, lost = await _winner(first, second)
    await expect(lost.get_by_text(re.compile("阿珍|小周")).first).to_be_visible()
    await expect(lost.locator("#talk-head")).to_contain_text("接待")
    # With a person only the client sends: drafts and quick replies are for copying.
    await write(phone, "西湖店有停车场吗")
    draft = won.locator("#drafts button").filter(has_text="68 个车位")
    await draft.click(timeout=_SLOW)
    assert "68 个车位" in await won.get_by_label("回复", exact=True).input_value()
    await won.locator("#show-quick").click()
    await won.get_by_role("combobox", name="快捷回复").fill("yctf")
    await won.get_by_role("option").filter(has_text="可以延迟退房吗？").first.click()
    assert "14:00" in await won.get_by_label("回复", exact=True).input_value()
    await won.locator("#copy").click()
    await expect(won.get_by_text("已复制").first).to_be_visible()
    client = await tabs.client("前台客服 阿珍" if won is first else "售后客服 小周")
    await client.get_by_role("button", name="王姐").first.click()
    await write(client, "车位给您留好了。")
    await expect(won.locator("#lines").get_by_text("车位给您留好了。")).to_be_visible(timeout=_SLOW)
    # Over to the colleague, who ends it.
    await won.locator("#act-transfer").click()
    await won.get_by_role("dialog").get_by_role("button", name="转给 TA").click()
    await expect(lost.locator("#act-end")).to_be_visible(timeout=_SLOW)
    await lost.locator("#act-end").click()
    await lost.get_by_role("dialog").get_by_role("button", name="结束").click()
    await phone.get_by_role("button", name="一般", exact=True).click(timeout=_SLOW)
    await expect(lost.get_by_text("一般").first).to_be_visible(timeout=_SLOW)
    # The browser logs the race that was lost.
    tabs.problems[:] = [each for each in tabs.problems if "409" not in each]


async def _winner(first: Page, second: Page) -> tuple[Page, Page]:
    """Return the page that has the conversation, and the other one."""
    await expect(first.locator("#talk-head")).to_contain_text("人工接待", timeout=_SLOW)
    await expect(second.locator("#talk-head")).to_contain_text("人工接待", timeout=_SLOW)
    mine = await first.locator("#act-end").count()
    return (first, second) if mine else (second, first)


async def test_that_the_demo_stops_with_a_word(vectors_dir: Path) -> None:
    async with running_demo(vectors_dir) as demo:
        assert "演示已停止" in await stop(demo)
