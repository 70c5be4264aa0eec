"""Browsers in front of the console, each with cookies of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType

from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser import watch_problems
from tests.pipeline.stage import AZHEN, LIANG, XIAOZHOU, Stage

#: Set to a folder to keep pictures of the pages.
PICTURES = os.environ.get("CHATBOT_TEST_PICTURES", "")
#: What the client's own browser says of itself.
CLIENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/116.0.0.0 Safari/537.36 wxwork/4.1.30 (MicroMessenger/6.2) WindowsWechat"
)
_NAMES: Mapping[str, str] = MappingProxyType({AZHEN: "阿珍", XIAOZHOU: "小周", LIANG: "梁主管"})


class Screens:
    """Opens browsers and fails the test if a page logs an error or asks another host."""

    def __init__(self, browser: Browser, stage: Stage) -> None:
        self._browser = browser
        self._stage = stage
        self.problems: list[str] = []

    async def person(
        self, *, agent: str | None = None, width: int = 1100, dark: bool = False
    ) -> Page:
        """Give somebody a browser of their own, that calls itself ``agent``."""
        context: BrowserContext = await self._browser.new_context(
            viewport={"width": width, "height": 860}, locale="zh-CN", user_agent=agent,
            color_scheme="dark" if dark else "light",
        )  # fmt: skip
        page = await context.new_page()
        watch_problems(page, (self._stage.server, self._stage.platform), self.problems)
        return page

    async def member(self, userid: str, path: str = "/console/", page: Page | None = None) -> Page:
        """Log a member in by scanning, from the page that they want to see."""
        page = page or await self.person()
        await page.goto(self._stage.server + path)
        await scan(page, userid)
        return page

    def take_note_of(self, status: int) -> None:
        """Accept that pages were refused: the browser logs such an answer as an error."""
        expected = f"status of {status}"
        assert any(expected in problem for problem in self.problems), self.problems
        self.problems = [problem for problem in self.problems if expected not in problem]


async def scan(page: Page, userid: str) -> None:
    """Scan the code with a member's phone."""
    await page.get_by_role("link", name="用企业微信扫码登录").click()
    await page.get_by_role("link", name=_NAMES[userid]).click()
    await expect(page.get_by_text("退出登录")).to_be_visible()


async def picture(page: Page, name: str) -> None:
    """Keep a picture of the page if somebody wants to look at it."""
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)
