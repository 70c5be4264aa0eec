"""Members in their WeCom client, with our page beside the chat; the whole server behind it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Frame, Page, expect

from tests.browser import watch_problems
from tests.pipeline.stage import KF, LIN, Stage, eventually

#: Set to a folder to keep pictures of the pages.
PICTURES = os.environ.get("CHATBOT_TEST_PICTURES", "")
_NAMES = {LIN: "小林"}


class Beside:
    """Opens clients and phones; a page that logs an error or asks another host fails the test."""

    def __init__(self, browser: Browser, stage: Stage) -> None:
        self._browser = browser
        self._stage = stage
        self.problems: list[str] = []

    async def page(self, path: str, width: int = 1440, **more: Any) -> Page:
        """Open a page of the simulator."""
        context = await self._browser.new_context(
            viewport={"width": width, "height": 900}, locale="zh-CN", **more
        )
        page = await context.new_page()
        watch_problems(page, (self._stage.server, self._stage.platform), self.problems)
        await page.goto(self._stage.platform + path)
        return page

    async def phone(self) -> Page:
        """Open the customer's phone."""
        return await self.page(f"/phone/{LIN}?kf={KF}", 400)

    async def client(self, userid: str, width: int = 1440, **more: Any) -> tuple[Page, Frame]:
        """Open a member's client at the chat with the customer, and our page beside it."""
        page = await self.page(f"/staff/{userid}", width, **more)
        await page.get_by_role("button", name=_NAMES[LIN]).first.click()
        if width < 1100:
            await page.get_by_role("button", name="工具栏", exact=True).click()
        return page, await sidebar_of(page)

    async def alone(self, userid: str) -> Page:
        """Open our page as a member outside of any chat: they are logged in all the same."""
        return await self.page(f"/staff/{userid}/sidebar", 420)

    def forgive(self, words: str) -> None:
        """Forget what the browser itself logs of a call that the test lets fail."""
        assert any(words in each for each in self.problems), self.problems
        self.problems = [each for each in self.problems if words not in each]


async def sidebar_of(page: Page) -> Frame:
    """Return our page within a client's, once it shows a customer or says why not."""

    async def look() -> Frame | None:
        found = [each for each in page.frames if "/sidebar/" in each.url]
        for frame in found:
            if await frame.locator("#main, #trouble").locator("visible=true").count():
                return frame
        return None

    frame = await eventually(look, lambda found: found is not None)
    assert frame is not None
    return frame


async def call(page: Page, path: str, body: dict[str, Any] | None = None) -> tuple[int, str]:
    """Call below ``/sidebar/api`` as the page does; return the status and the text."""
    status, words = await page.evaluate(
        "([path, body]) => fetch(`api/${path}`, body ? {method: 'POST', body: JSON.stringify(body),"
        " headers: {'Content-Type': 'application/json'}} : {})"
        ".then(async (answer) => [answer.status, await answer.text()])",
        [path, body],
    )
    return int(status), str(words)


async def picture(page: Page, name: str) -> None:
    """Keep a picture of the page if somebody wants to look at it."""
    if PICTURES:
        await page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))


async def gone_out(stage: Stage, count: int = 1) -> list[dict[str, Any]]:
    """Return what staff have sent, once there is as much."""

    async def look() -> list[dict[str, Any]]:
        return [each for each in await stage.log("delivered") if each.get("via") == "staff"]

    return await eventually(look, lambda found: len(found) >= count)


__all__ = ["Beside", "call", "expect", "gone_out", "picture", "sidebar_of"]
