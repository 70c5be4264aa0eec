"""Choosing a file on the page, as an admin does."""

from __future__ import annotations

from playwright.async_api import Page


async def sent(page: Page, name: str, data: str | bytes) -> None:
    """Choose a file, and look at what it would change."""
    raw = data if isinstance(data, bytes) else data.encode()
    await page.get_by_label("选择文件").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": raw}
    )
    await page.get_by_role("button", name="先试一试").click()
