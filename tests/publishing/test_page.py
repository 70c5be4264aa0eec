"""Publishing, discarding and going back, in a real browser over a real machine's content."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from chatbot.access.roles import Grant
from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.console.admin_pages import AdminWriter
from chatbot.console.publishing.pages import PublishingPages
from chatbot.console.reception import Reception
from chatbot.publishing_desk import CandidateMoved, PublishingDesk
from chatbot.store.audit import audit_page
from chatbot.store.database import Database
from chatbot.store.gate_reports import read_gate_report
from chatbot.store.grants import save_grant
from chatbot.store.snapshots import Origin, Snapshot, candidate_snapshot
from chatbot.wecom.client import WeComClient
from tests.browser import chromium
from tests.login.house import House, house
from tests.login.screens import Screens, picture
from tests.pipeline.machines import Machine, all_at, machine
from tests.pipeline.stage import AZHEN, LIANG, XIAOZHOU, eventually

_PATH = "/console/publishing"
_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
_PINNED = "- {text: 早餐几点供应, faq_id: food}\n"


@pytest.fixture
async def one(database: Database, tmp_path: Path, vectors_dir: Path) -> AsyncIterator[Machine]:
    """A machine on which a saved file waits for a person."""
    home = tmp_path / "one"
    async with machine(database, home, data_dir=vectors_dir, publish="review") as found:
        yield found


@pytest.fixture
async def stage(one: Machine, database: Database, tmp_path: Path) -> AsyncIterator[House]:
    def pages(tools: Reception, _wecom: WeComClient, clock: Clock) -> list[web.AbstractRouteDef]:
        words = attrgetter("publish_words")
        writer = AdminWriter(tools.gate, "publishing", "publishing", words)
        desk = PublishingDesk(database, one.follower.publisher, clock)
        return PublishingPages(writer, desk).routes()

    async with house(
        database, tmp_path, more=pages, admins=("Liang",), supervisors=("azhen",)
    ) as found:
        grant = Grant("operations", userid="xiaozhou")
        await database.run(save_grant, grant, found.clock.now(), "test")
        yield found


@pytest.fixture
async def screens(stage: House) -> AsyncIterator[Screens]:
    async with chromium() as browser:
        screens = Screens(browser, stage)
        yield screens
    assert screens.problems == []


async def _examined(database: Database) -> int:
    """Wait until it is known what the candidate would change; return its number."""

    async def number() -> int | None:
        candidate = await database.run(candidate_snapshot)
        if candidate is None or await database.run(read_gate_report, candidate.number) is None:
            return None
        return candidate.number

    found = await eventually(number, lambda each: each is not None)
    assert found is not None
    return found


async def test_that_a_candidate_is_looked_at_published_and_taken_back(
    one: Machine, screens: Screens, database: Database
) -> None:
    page = await screens.member(XIAOZHOU, _PATH)
    await expect(page.get_by_text("没有。知识文件与线上一样。")).to_be_visible()
    one.save("可以，免费。")
    candidate = await _examined(database)
    await page.reload()
    await expect(page.get_by_text("条目：新增 1（可以借婴儿床吗？）")).to_be_visible()
    await expect(page.get_by_role("row", name="可以借婴儿床吗？")).to_contain_text("回答")
    await picture(page, "publishing-candidate")
    await page.get_by_role("button", name="发布", exact=True).click()
    await expect(page.get_by_role("status")).to_contain_text("已发布")
    await all_at(candidate + 1, one)
    await page.get_by_role("button", name="退回到快照 1", exact=True).click()
    await expect(page.get_by_role("heading", name="退回到快照 1")).to_be_visible()
    await page.get_by_role("button", name="退回到这一份").click()
    await expect(page.get_by_role("status")).to_contain_text("已退回")
    await all_at(candidate + 2, one)
    done = [(each.who, each.action) for each in await database.run(audit_page, 10, None, None)]
    assert done[:2] == [("xiaozhou", "rollback"), ("xiaozhou", "publish")]
    await page.set_viewport_size({"width": 375, "height": 700})
    assert not await page.evaluate(_WIDE)
    await picture(page, "publishing-narrow")


async def test_that_what_breaks_a_pinned_question_is_published_by_an_admin_alone(
    one: Machine, screens: Screens, database: Database
) -> None:
    (one.folder / "_tests.yaml").write_text(_PINNED, "utf-8")
    candidate = await _examined(database)
    page = await screens.member(XIAOZHOU, _PATH)
    await expect(page.get_by_role("alert")).to_contain_text("“早餐几点供应”应为“food”")
    await expect(page.get_by_text("只有管理员可以仍然发布")).to_be_visible()
    assert await page.get_by_role("button", name="仍要发布").count() == 0
    await picture(page, "publishing-broken")
    admin = await screens.member(LIANG, _PATH)
    await admin.get_by_role("button", name="仍要发布").click()
    await expect(admin.get_by_role("status")).to_contain_text("已发布")
    report = await database.run(read_gate_report, candidate + 1)
    assert report is not None
    assert report.forced_by == "liang"
    # What the first one saw is gone.
    await page.get_by_role("button", name="不要这个候选").click()
    await expect(page.get_by_role("alert").first).to_contain_text("已经换了或发布了")
    screens.take_note_of(409)


async def test_that_a_discarded_candidate_is_gone_and_files_are_as_they_were(
    one: Machine, screens: Screens, database: Database
) -> None:
    one.save("可以，免费。")
    await _examined(database)
    page = await screens.member(XIAOZHOU, _PATH)
    await page.get_by_role("button", name="不要这个候选").click()
    await expect(page.get_by_role("status")).to_contain_text("候选已经去掉")
    assert await database.run(candidate_snapshot) is None
    assert "免费" in (one.folder / "cot.yaml").read_text("utf-8")


async def test_that_who_is_limited_to_stores_only_looks(
    one: Machine, screens: Screens, database: Database
) -> None:
    grant = Grant("operations", ("云栖西湖店",), userid="xiaozhou")
    await database.run(save_grant, grant, datetime.now(UTC), "test")
    one.save("可以，免费。")
    await _examined(database)
    page = await screens.member(XIAOZHOU, _PATH)
    await expect(page.get_by_text("您只负责 云栖西湖店")).to_be_visible()
    assert await page.get_by_role("button", name="发布", exact=True).count() == 0
    answer = await page.request.post(
        page.url + "/publish",
        form={"number": "2"},
        headers={"Origin": page.url.split("/console")[0]},
    )
    assert answer.status == 403


async def test_that_a_candidate_that_is_replaced_while_it_is_looked_at_stays_unpublished(
    one: Machine, stage: House, database: Database
) -> None:
    one.save("可以，免费。")
    seen = await _examined(database)
    desk = PublishingDesk(database, one.follower.publisher, stage.clock)
    viewer = Viewer("liang", "梁主管", "admin")
    content, basis = await desk._prepared(await _waiting(database), one.follower.publisher.bench)
    one.save("不可以。")

    async def number() -> int:
        return (await _waiting(database)).number

    await eventually(number, lambda found: found > seen)
    report = await one.follower.publisher.examined(content, basis)
    with pytest.raises(CandidateMoved):
        await database.run(
            desk._make_live, seen, 1, content, Origin("publish", "liang"), basis, report, viewer
        )
    assert (await _waiting(database)).number > seen


async def _waiting(database: Database) -> Snapshot:
    candidate = await database.run(candidate_snapshot)
    assert candidate is not None
    return candidate


async def test_that_who_may_not_publish_does_not_come_in(screens: Screens, stage: House) -> None:
    page: Page = await screens.member(AZHEN, "/console/sessions")
    answer = await page.goto(stage.server + _PATH)
    assert answer is not None
    assert answer.status == 403
    screens.take_note_of(403)
