"""Orders in the customer's panel, in a real browser: they come when everything else is there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from chatbot.dialogue.snapshot import Snapshot
from tests.browser import chromium
from tests.console.order_system import ORDER, OrderSystem, order_system
from tests.console.scene import afternoon
from tests.console.stage import office
from tests.console.test_page import Screens, picture

_HOSTILE = {
    "number": "<img src=x onerror=alert(1)>",
    "title": "\u202e倒过来\u0007<script>alert(2)</script>",
    "status": "很长" * 120, "time": "昨天", "amount": "=1+1", "url": "javascript:alert(3)",
}  # fmt: skip


@pytest.fixture
async def orders() -> AsyncIterator[OrderSystem]:
    async with order_system() as system:
        yield system


@pytest.fixture
async def screens(
    database_url: str, snapshot: Snapshot, orders: OrderSystem
) -> AsyncIterator[Screens]:
    async with (
        office(database_url, snapshot, customer_data_url=orders.url) as desk,
        chromium() as browser,
    ):
        desk.do(afternoon, snapshot.tag_groups)
        screens = Screens(browser, desk)
        yield screens
        desk.database.dispose()
    assert screens.problems == []


async def test_that_the_panel_does_not_wait_for_orders(
    screens: Screens, orders: OrderSystem
) -> None:
    orders.open.clear()
    page = await screens.open(path="#public-lin")
    panel = page.get_by_role("complementary", name="客户资料")
    await expect(panel.get_by_text("过敏：花生")).to_be_visible()
    await expect(panel.get_by_text("正在查询…")).to_be_visible()
    orders.open.set()
    await expect(panel.get_by_text("湖景大床房 2 晚")).to_be_visible()
    await expect(panel.get_by_text("YQ-1 · 2026-05-01 15:00 · ¥1,276.00")).to_be_visible()
    await expect(panel.get_by_text("3280")).to_be_visible()
    link = panel.get_by_role("link", name="打开订单 YQ-1（orders.example.com）")
    await expect(link).to_have_text("orders.example.com ↗")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    # Drawn again for a change of something else, they stay.
    await panel.get_by_label("加标签").fill("会员等级:金卡")
    await page.keyboard.press("Enter")
    await expect(panel.get_by_text("会员等级:金卡")).to_be_visible()
    await expect(panel.get_by_text("湖景大床房 2 晚")).to_be_visible()
    assert len(orders.asked) == 1
    await panel.get_by_text("会员积分").scroll_into_view_if_needed()
    await picture(page, "orders")


async def test_that_a_failure_says_so_and_can_be_tried_again(
    screens: Screens, orders: OrderSystem
) -> None:
    orders.status = 503
    page = await screens.open(path="#public-lin", size=(375, 740))
    await page.get_by_role("button", name="客户资料").click()
    panel = page.get_by_role("complementary", name="客户资料")
    await expect(panel.get_by_text("订单系统现在没有应答")).to_be_visible()
    await picture(page, "orders-narrow-failed")
    orders.status = 200
    again = panel.get_by_role("button", name="再查一次")
    await again.focus()
    await page.keyboard.press("Enter")
    await expect(panel.get_by_text("湖景大床房 2 晚")).to_be_visible()
    await picture(page, "orders-narrow")


async def test_that_hostile_values_do_no_harm(screens: Screens, orders: OrderSystem) -> None:
    orders.body = {"orders": [_HOSTILE, ORDER] * 30, "facts": [{"name": "<b>", "value": "<i>"}]}
    page = await screens.open(path="#public-lin", color_scheme="dark")
    panel = page.get_by_role("complementary", name="客户资料")
    await expect(panel.get_by_text("‹202E›倒过来␇<script>").first).to_be_visible()
    await expect(panel.get_by_text("另有 40 个订单没有列出")).to_be_visible()
    assert await panel.locator("img, script").count() == 0
    assert await panel.get_by_role("link").count() == 10
    await panel.get_by_text("<i>").scroll_into_view_if_needed()
    await picture(page, "orders-hostile-dark")
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


async def test_that_without_an_order_system_nothing_is_said_of_orders(
    database_url: str, snapshot: Snapshot
) -> None:
    async with office(database_url, snapshot) as desk, chromium() as browser:
        desk.do(afternoon, snapshot.tag_groups)
        page = await Screens(browser, desk).open(path="#public-lin")
        panel = page.get_by_role("complementary", name="客户资料")
        await expect(panel.get_by_text("过敏：花生")).to_be_visible()
        await expect(panel.get_by_text("订单与资料")).to_be_hidden()
        desk.database.dispose()
