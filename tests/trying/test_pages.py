"""Trying a message out, and a turn explained and replayed, in a real browser on a whole server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect

from chatbot.access.roles import Grant
from chatbot.store.grants import save_grant
from tests.browser import chromium
from tests.login.screens import Screens, picture
from tests.pipeline.stage import LIANG, XIAOZHOU, Stage, eventually, play

_FAQ = """\
- id: late
  question: 可以延迟退房吗？
  similar: [能晚点退房吗, 退房能拖到下午吗]
  answer: {answer}
- id: food
  question: 早餐几点供应？
  similar: [早饭几点, 早餐时间]
  answer: 六点半到十点。
"""
Server = AbstractAsyncContextManager[tuple[Stage, Screens]]
_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "faq.yaml").write_text(_FAQ.format(answer="可以到 14:00。"), "utf-8")
    return folder


@asynccontextmanager
async def opened(
    database_url: str, vectors_dir: Path, folder: Path
) -> AsyncIterator[tuple[Stage, Screens]]:
    """Run a whole server and a browser."""
    async with (
        play(
            database_url, vectors_dir, knowledge_dir=folder, knowledge_watch=True, admins=(LIANG,)
        ) as stage,
        chromium() as browser,
    ):
        screens = Screens(browser, stage)
        yield stage, screens
        assert screens.problems == []


@pytest.fixture
def server(database_url: str, vectors_dir: Path, folder: Path) -> Server:
    return opened(database_url, vectors_dir, folder)


async def test_that_a_message_is_tried_with_reasons_and_another_target(server: Server) -> None:
    async with server as (stage, screens):
        page = await screens.member(LIANG, "/console/try")
        await page.get_by_label("客户说").fill("能晚点退房吗")
        await page.get_by_label("如果目标正确率是").fill("0.80")
        await page.get_by_role("button", name="问", exact=True).click()
        await expect(page.get_by_text("可以到 14:00。")).to_be_visible()
        await expect(page.get_by_role("status")).to_contain_text("直接回答，置信度 0.9900")
        await expect(page.get_by_text("与一个问法写法相同")).to_be_visible()
        await expect(page.get_by_text("如果目标正确率是 0.80：直接回答")).to_be_visible()
        await expect(page.get_by_role("row", name="可以延迟退房吗？ late")).to_be_visible()
        await picture(page, "try")
        assert stage.rows("SELECT id FROM turns") == [], "nothing is recorded"
        await page.get_by_label("如果目标正确率是").fill("两成")
        await page.get_by_role("button", name="问", exact=True).click()
        await expect(page.get_by_role("alert")).to_contain_text("大于 0.5、小于 1")
        screens.take_note_of(400)
        await page.set_viewport_size({"width": 375, "height": 700})
        assert not await page.evaluate(_WIDE)


async def test_that_a_turn_opens_to_its_reasons_and_replays_by_then_and_by_now(
    server: Server, folder: Path
) -> None:
    async with server as (stage, screens):
        await stage.say("能晚点退房吗")
        await stage.settled()
        (folder / "faq.yaml").write_text(_FAQ.format(answer="现在不可以了。"), "utf-8")

        async def live() -> int:
            return int(stage.rows("SELECT max(number) AS n FROM snapshots")[0]["n"])

        await eventually(live, lambda number: number == 2)
        page = await screens.member(LIANG, "/console/sessions")
        await page.goto(f"{stage.server}/console/")
        await page.get_by_role("tab", name="全部").click()
        await page.get_by_role("option").first.click()
        await page.get_by_role("link", name="依据").click()
        await expect(page.get_by_text("与一个问法写法相同")).to_be_visible()
        await page.get_by_role("link", name="用当时的快照重放").click()
        await expect(page.get_by_role("status")).to_have_text("与当时逐字相同。")
        await picture(page, "try-turn")

        async def differs() -> str:
            await page.get_by_role("link", name="用现在的快照重放").click()
            return await page.get_by_role("status").inner_text()

        await eventually(differs, lambda said: said == "与当时不同：")
        await expect(page.get_by_text("现在不可以了。")).to_be_visible()


async def test_that_who_may_publish_opens_turns_that_there_are(server: Server) -> None:
    async with server as (stage, screens):
        await stage.say("能晚点退房吗")
        await stage.settled()
        stage.database.run_sync(
            save_grant, Grant("operations", userid=XIAOZHOU), stage.clock.now(), "test"
        )
        (turn,) = stage.rows("SELECT id, conversation_id FROM turns")
        path = f"/console/try/turns/{turn['id']}"
        page = await screens.member(XIAOZHOU, path)
        await expect(page.get_by_role("heading", name="第 1 轮")).to_be_visible()
        answer = await page.goto(f"{stage.server}/console/try/turns/{turn['id'] + 1}")
        assert answer is not None
        assert answer.status == 404
        screens.take_note_of(404)
