"""The page of the sample, in a real browser over a real database."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from chatbot.access.roles import Grant
from chatbot.dialogue.service import Mind
from chatbot.store.grants import save_grant
from chatbot.store.samples import Week, sample_weeks
from tests.login.house import House
from tests.login.screens import Screens, picture
from tests.pipeline.stage import LIANG, XIAOZHOU
from tests.sampling.conftest import a_week_of_answers, drawn

_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def week(stage: House, mind: Mind) -> Week:
    a_week_of_answers(stage.database, stage.clock.now(), 45)
    assert drawn(stage.database, mind, stage.clock) == 40
    return _week(stage)


def _week(stage: House) -> Week:
    (found,) = stage.database.run_sync(sample_weeks, 9)
    return found


async def _press(page: Page, key: str, looked: int) -> None:
    await page.keyboard.press(key)
    await expect(page.get_by_text(f"看过 {looked}/40")).to_be_visible()


@pytest.mark.usefixtures("week")
async def test_that_a_whole_sample_is_judged_by_the_keyboard(
    screens: Screens, stage: House
) -> None:
    page = await screens.member(LIANG, "/console/sample")
    await expect(page.get_by_role("article")).to_contain_text("个回答")
    await _press(page, "1", 1)
    await expect(page.get_by_role("status")).to_contain_text("记下了：对")
    await _press(page, "2", 2)
    await _press(page, "0", 3)
    await page.keyboard.press("3")
    await expect(page.get_by_role("heading", name="应该是哪一条")).to_be_visible()
    await expect(page.get_by_role("button", name="可以带宠物入住吗？")).to_be_visible()
    await picture(page, "sample-choose")
    await page.keyboard.press("/")
    await page.keyboard.type("退房")
    await page.keyboard.press("Enter")
    await expect(page.locator(".choices button").first).to_contain_text("可以延迟退房吗？")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="不对")).to_be_visible()
    await page.keyboard.press("3")
    await expect(page.get_by_role("button", name="可以带宠物入住吗？")).to_be_visible()
    await _press(page, "1", 4)
    await expect(page.get_by_role("status")).to_contain_text("应该是另一条")
    await _press(page, "u", 3)
    await expect(page.get_by_role("status")).to_contain_text("撤回了")
    for looked in range(4, 41):
        await _press(page, "1", looked)
    await expect(page.get_by_text("这一周都看过了")).to_be_visible()
    judged = _week(stage).judged
    assert (sum(each.right for each in judged), sum(each.wrong for each in judged)) == (38, 1)
    await expect(page.get_by_role("img", name="抽查：直接回答里答对的占多少")).to_be_visible()
    await expect(page.get_by_role("table")).to_contain_text("95%")
    await picture(page, "sample-done")


@pytest.mark.usefixtures("week")
async def test_that_two_judges_begin_apart_and_who_was_later_is_told(
    screens: Screens, stage: House
) -> None:
    now = stage.clock.now()
    await stage.database.run(save_grant, Grant("operations", userid=XIAOZHOU), now, "test")
    page = await screens.member(LIANG, "/console/sample")
    other = await screens.member(XIAOZHOU, "/console/sample")
    question = page.locator("#question")
    assert await question.inner_text() != await other.locator("#question").inner_text()
    place = await page.locator("article form").first.get_attribute("action")
    await other.goto(f"{stage.server}/console/sample?item={(place or '').rsplit('/', 1)[1]}")
    await expect(other.locator("#question")).to_have_text(await question.inner_text())
    await page.keyboard.press("1")
    await expect(page.get_by_text("看过 1/40")).to_be_visible()
    await other.keyboard.press("2")
    await expect(other.get_by_role("status")).to_contain_text("同事刚才判的不一样")


@pytest.mark.usefixtures("week")
async def test_that_the_page_fits_a_phone_in_the_dark(screens: Screens) -> None:
    page = await screens.person(width=375, dark=True)
    await screens.member(LIANG, "/console/sample", page)
    await _press(page, "1", 1)
    assert not await page.evaluate(_WIDE)
    await picture(page, "sample-narrow")


@pytest.mark.usefixtures("week")
async def test_that_who_is_limited_to_stores_sees_no_sample(screens: Screens, stage: House) -> None:
    now = stage.clock.now()
    await stage.database.run(save_grant, Grant("supervisor", userid=XIAOZHOU), now, "test")
    page = await screens.member(XIAOZHOU, "/console/sample")
    await expect(page.get_by_role("alert")).to_contain_text("您的角色是“主管”")
    screens.take_note_of(403)
    limited = Grant("operations", ("云栖西湖店",), userid=XIAOZHOU)
    await stage.database.run(save_grant, limited, now, "test")
    await page.goto(f"{stage.server}/console/sample")
    await expect(page.get_by_text("您只负责 云栖西湖店")).to_be_visible()
    await expect(page.get_by_role("article")).to_have_count(0)
