"""A real browser for pages: Debian's Chromium, or Chrome where that is what there is."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = ("--no-sandbox", "--disable-background-networking")

# How soon a page says something is for benchmarks: here it is that it does.
expect.set_options(timeout=20_000)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run a headless browser; without one the test fails, because it would prove nothing."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.fail("no Chromium found: install one (Debian: apt-get install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        yield browser
        # A page that is cut off while it loads leaves half-read files behind in our own server.
        for page in [page for context in browser.contexts for page in context.pages]:
            await page.wait_for_load_state()
        await browser.close()


def watch_problems(page: Page, allowed_hosts: tuple[str, ...], problems: list[str]) -> None:
    """Note script errors, console errors and requests to foreign hosts."""
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda message: problems.append(message.text) if message.type == "error" else None,
    )
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("data:", *allowed_hosts))
            else problems.append(f"foreign request: {request.url}")
        ),
    )
