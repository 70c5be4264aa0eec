"""The page of suggested similar questions, in a real browser with the real encoder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from operator import attrgetter
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from chatbot.access.roles import Grant
from chatbot.clock import Clock
from chatbot.console.admin_pages import AdminWriter
from chatbot.console.reception import Reception
from chatbot.console.workshop.desk import WorkshopActs
from chatbot.console.workshop.pages import WorkshopPages
from chatbot.dialogue.service import DialogueService
from chatbot.editing.desk import EditDesk
from chatbot.editing.kinds import Subject
from chatbot.knowledge.content import Content
from chatbot.matching.vector_cache import VectorCache
from chatbot.store.database import Database
from chatbot.store.edits import edits_are_held
from chatbot.store.grants import save_grant
from chatbot.store.snapshots import candidate_snapshot, live_snapshot
from chatbot.suggestions import Suggestions
from chatbot.wecom.client import WeComClient
from tests.editing.brand import BASIS, publish_files
from tests.gaps.samples import Talks
from tests.login.house import House, house
from tests.login.screens import Screens, picture
from tests.pipeline.stage import LIANG, XIAOZHOU
from tests.small_brand import ENTRIES

_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
_DAY = timedelta(days=1)
#: Rather about parking, leaving late, and breakfast, but not surely.
ASKED = {"车放你们酒店要花钱吗": 4, "下午三点再走行不行": 3, "七点之前能吃上早餐不": 2}


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (tmp_path / "intents").mkdir()
    (folder / "faq.yaml").write_text(ENTRIES, encoding="utf-8")
    return folder


@pytest.fixture
async def stage(
    database: Database, tmp_path: Path, knowledge: Path, service: DialogueService, vectors_dir: Path
) -> AsyncIterator[House]:
    running: list[asyncio.Task[None]] = []

    def pages(tools: Reception, _: WeComClient, clock: Clock) -> list[web.AbstractRouteDef]:
        suggestions = Suggestions(database, lambda: service.mind, VectorCache(vectors_dir), clock)
        running.append(asyncio.create_task(suggestions.run()))
        writer = AdminWriter(tools.gate, "workshop", "workshop", attrgetter("workshop_words"))
        acts = WorkshopActs(database, EditDesk(database, clock, lambda: BASIS), clock)
        return WorkshopPages(
            writer, database, suggestions, acts, lambda: service.dialogue.snapshot, clock
        ).routes()

    publish_files(database, knowledge)
    async with house(database, tmp_path, more=pages, admins=("Liang",)) as found:
        talks = Talks(database, found.clock.now())
        for words, times in ASKED.items():
            for _ in range(times):
                talks.begin(_DAY).turn(words, "clarify", "clarify", confidence=0.6)
        yield found
        for task in running:
            task.cancel()


async def _open(screens: Screens, page: Page | None = None) -> Page:
    page = await screens.member(LIANG, "/console/workshop", page)
    await expect(page.get_by_role("article")).to_be_visible(timeout=30_000)
    return page


def _similar(stage: House) -> dict[str, tuple[str, ...]]:
    """Return the similar questions of the candidate, or of what is live if none waits."""
    stands = stage.database.run_sync(candidate_snapshot) or stage.database.run_sync(live_snapshot)
    assert stands is not None
    return {each.id: each.similar for each in Content.from_json(stands.content).entries}


async def test_that_suggestions_are_accepted_edited_and_rejected_by_a_key(
    screens: Screens, stage: House
) -> None:
    before = _similar(stage)
    page = await _open(screens)
    suggestion = page.locator("#suggestion")
    await expect(page.get_by_text("收下之前约直接答上")).to_be_visible()
    await picture(page, "workshop")
    first = await suggestion.inner_text()
    await page.keyboard.press("1")
    await expect(page.get_by_role("status")).to_contain_text("收下了，等待发布")
    assert any(first in similar for similar in _similar(stage).values())
    assert stage.database.run_sync(edits_are_held), "it does not go live by itself"
    await page.keyboard.press("u")
    await expect(page.get_by_role("status")).to_contain_text("撤回了")
    assert _similar(stage) == before
    assert not stage.database.run_sync(edits_are_held)
    await expect(suggestion).to_have_text(first)
    await page.keyboard.press("2")
    await page.keyboard.press("End")
    await page.keyboard.type("呢")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("收下了")
    assert any(f"{first}呢" in similar for similar in _similar(stage).values())
    second = await suggestion.inner_text()
    assert second != first
    await page.keyboard.press("3")
    await expect(page.get_by_role("status")).to_contain_text("不再为这一条推荐")
    await expect(page.get_by_text("第 1/1 条")).to_be_visible()
    rows = stage.rows("SELECT action FROM audit_log WHERE action LIKE 'workshop%' ORDER BY id")
    assert [each["action"] for each in rows] == [
        "workshop_accept", "workshop_undo", "workshop_accept", "workshop_reject",
    ]  # fmt: skip


async def test_that_what_cannot_be_taken_is_told_and_stays(screens: Screens, stage: House) -> None:
    before = _similar(stage)
    page = await _open(screens)
    await page.get_by_label("写成相似问").fill("可以延迟退房吗")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("已经是条目“late”")
    screens.take_note_of(409)
    await expect(page.get_by_label("写成相似问")).to_have_value("可以延迟退房吗")
    assert _similar(stage) == before


async def test_that_taking_back_leaves_what_others_have_added_since(
    screens: Screens, stage: House
) -> None:
    page = await _open(screens)
    first = await page.locator("#suggestion").inner_text()
    await page.keyboard.press("1")
    await expect(page.get_by_role("status")).to_contain_text("收下了")
    (faq_id,) = [each for each, similar in _similar(stage).items() if first in similar]
    desk, subject = EditDesk(stage.database, stage.clock, lambda: BASIS), Subject("entry", faq_id)
    record = await desk.record(subject)
    assert record is not None
    others = {**record, "similar": [*record["similar"], "别人加的"]}
    await desk.save(subject, record, others, "wei")
    await page.keyboard.press("u")
    await expect(page.get_by_role("status")).to_contain_text("撤回了")
    assert "别人加的" in _similar(stage)[faq_id]
    assert first not in _similar(stage)[faq_id]


async def test_that_the_page_fits_a_phone_in_the_dark(screens: Screens) -> None:
    page = await _open(screens, await screens.person(width=375, dark=True))
    assert not await page.evaluate(_WIDE)
    await picture(page, "workshop-narrow")


async def test_that_who_is_limited_to_stores_accepts_nothing(
    screens: Screens, stage: House
) -> None:
    limited = Grant("operations", ("云栖西湖店",), userid=XIAOZHOU)
    await stage.database.run(save_grant, limited, stage.clock.now(), "test")
    page = await screens.member(XIAOZHOU, "/console/workshop")
    await expect(page.get_by_text("您只负责 云栖西湖店")).to_be_visible()
    answer = await page.context.request.post(
        f"{stage.server}/console/workshop/accept", headers={"Origin": stage.server},
        form={"faq_id": "late", "text": "三点走行吗", "suggested": "三点走行吗"},
    )  # fmt: skip
    assert answer.status == 403
