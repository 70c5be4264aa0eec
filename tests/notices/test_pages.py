"""The pages of notices, in a real browser over a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.async_api import Page, expect

from chatbot.store.database import Database
from chatbot.store.notice_reach import asked_since
from tests.gaps.samples import Talks
from tests.login.house import House
from tests.login.screens import Screens, picture
from tests.notices.town import LAKE, WATER, WEST, post
from tests.pipeline.stage import AZHEN, LIANG, XIAOZHOU

_PATH = "/console/notices"
_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
_HOUR = timedelta(hours=1)


async def test_that_a_notice_is_looked_at_written_changed_and_ended(
    screens: Screens, stage: House
) -> None:
    talks = Talks(stage.database, stage.clock.now())
    talks.begin(_HOUR).answered("能洗澡吗", "bath")
    talks.begin(2 * _HOUR).answered("有健身房吗？", "gym")
    page = await screens.member(LIANG, _PATH)
    await expect(page.get_by_text("现在没有通知。")).to_be_visible()
    await page.get_by_role("link", name="写通知").click()
    await page.get_by_label("内容").fill(WATER)
    await page.get_by_label("设施", exact=True).check()
    await page.get_by_role("button", name="预览").click()
    await expect(page.locator(".bubble")).to_have_text(f"{WATER}\n\n24 小时有热水。")
    await expect(page.get_by_role("status")).to_contain_text("会告知 2 位客户，涉及 2 轮对话")
    await expect(page.get_by_label("设施", exact=True)).to_be_checked()
    await picture(page, "notice-new")
    await page.get_by_role("button", name="发出通知").click()
    await expect(page.get_by_role("status")).to_contain_text("通知已写下")
    now = page.get_by_role("region", name="正在生效")
    await expect(now).to_contain_text(WATER)
    await expect(now).to_contain_text("问到 设施")
    await picture(page, "notices")
    await now.get_by_role("link", name=WATER).click()
    await expect(page.get_by_text("位客户，涉及")).to_have_count(0)
    await page.get_by_role("link", name="算一算").click()
    await expect(page.get_by_role("status")).to_contain_text("会告知 2 位客户，涉及 2 轮对话")
    await page.get_by_label("内容").fill("今天停电。")
    await page.get_by_role("button", name="保存改动").click()
    await expect(page.get_by_role("status").first).to_contain_text("已保存")
    await expect(page.get_by_role("region", name="记录").get_by_role("listitem")).to_have_count(2)
    await picture(page, "notice")
    await page.get_by_role("button", name="现在结束").click()
    await expect(page.get_by_role("region", name="已结束")).to_contain_text("今天停电。")
    rows = stage.rows("SELECT action, target FROM audit_log ORDER BY id")
    acts = [row["action"] for row in rows if row["target"] == "notice 1"]
    assert acts == ["notice.add", "notice.change", "notice.end"]


def test_that_of_very_many_turns_the_newest_are_looked_at(database: Database) -> None:
    now = datetime(2026, 7, 1, 12, tzinfo=UTC)
    talks = Talks(database, now)
    for hours, faq_id in ((3, "gym"), (2, "bath"), (1, "bath")):
        talks.begin(hours * _HOUR).answered("？", faq_id)
    cut = database.run_sync(asked_since, now - 24 * _HOUR, now, 2)
    assert ([each.faq_id for each in cut.asked], cut.is_cut) == (["bath", "bath"], True)
    whole = database.run_sync(asked_since, now - 24 * _HOUR, now)
    assert (len(whole.asked), whole.is_cut) == (3, False)


async def test_that_what_is_wrong_is_said_at_the_field_and_nothing_is_lost(
    screens: Screens,
) -> None:
    page = await screens.member(LIANG, f"{_PATH}/new")
    await page.get_by_label("内容").fill("请打 {门店.电话号码}。")
    await page.get_by_label("代替下面勾选的分类的答案").check()
    await page.get_by_label(WEST, exact=True).check()
    await page.get_by_role("button", name="发出通知").click()
    await expect(page.get_by_role("alert")).to_contain_text("没有变量 {门店.电话号码}")
    await expect(page.get_by_role("alert")).to_contain_text("至少选一个分类")
    screens.take_note_of(400)
    text = page.get_by_label("内容")
    await expect(text).to_have_value("请打 {门店.电话号码}。")
    await expect(text).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_label(WEST, exact=True)).to_be_checked()
    await text.fill("请打 {门店.电话}。")
    await page.get_by_label("设施/热水").check()
    await page.get_by_role("button", name="预览").click()
    await expect(page.locator(".bubble")).to_have_text("请打 0571-1111。")


async def test_that_of_two_who_change_one_the_second_is_told(
    screens: Screens, stage: House
) -> None:
    post(stage)
    first = await screens.member(LIANG, f"{_PATH}/1")
    second = await first.context.new_page()
    await second.goto(stage.server + f"{_PATH}/1")
    await first.get_by_label("内容").fill("一")
    await first.get_by_role("button", name="保存改动").click()
    await expect(first.get_by_role("status").first).to_contain_text("已保存")
    await second.get_by_label("内容").fill("二")
    await second.get_by_role("button", name="保存改动").click()
    await expect(second.get_by_role("alert")).to_contain_text("刚才有人改过")
    await expect(second.get_by_label("内容")).to_have_value("二")
    (row,) = stage.rows("SELECT text FROM notices")
    assert row["text"] == "一"


async def test_that_who_is_limited_to_stores_writes_for_these_alone(
    screens: Screens, stage: House
) -> None:
    post(stage, "全部停水。")
    post(stage, "湖滨店停水。", stores=(LAKE,))
    page = await screens.member(XIAOZHOU, _PATH)
    await expect(page.get_by_text("全部停水。")).to_be_visible()
    await expect(page.get_by_text("湖滨店停水。")).to_have_count(0)
    await expect(page.get_by_role("button", name="现在结束")).to_have_count(0)
    assert await _status(page, stage, "2") == 404
    assert await _posted(page, stage, "1/end") == 403
    await page.get_by_role("link", name="写通知").click()
    await expect(page.get_by_label(LAKE, exact=True)).to_have_count(0)
    await page.get_by_label(WEST, exact=True).uncheck()
    await page.get_by_label("内容").fill("西湖店停水。")
    await page.get_by_role("button", name="发出通知").click()
    await expect(page.get_by_role("alert")).to_contain_text(f"您只负责 {WEST}")
    await page.get_by_label(WEST, exact=True).check()
    await page.get_by_role("button", name="发出通知").click()
    await expect(page.get_by_role("region", name="正在生效")).to_contain_text("西湖店停水。")
    await expect(page.get_by_role("button", name="现在结束")).to_have_count(1)
    screens.take_note_of(400)


async def test_that_an_agent_does_not_come_in_and_a_narrow_page_fits(
    screens: Screens, stage: House
) -> None:
    post(stage, stores=(WEST, LAKE), categories=("设施",))
    page = await screens.member(LIANG, _PATH, await screens.person(width=375, dark=True))
    for path in ("", "/1", "/new"):
        await page.goto(stage.server + _PATH + path)
        assert not await page.evaluate(_WIDE), path
        await picture(page, f"notices-narrow{path.replace('/', '-')}")
    agent = await screens.member(AZHEN, "/console/sessions")
    assert await _status(agent, stage, "") == 403


async def _status(page: Page, stage: House, path: str) -> int:
    answer = await page.request.get(f"{stage.server}{_PATH}/{path}".rstrip("/"))
    return answer.status


async def _posted(page: Page, stage: House, path: str) -> int:
    headers = {"Origin": stage.server}
    answer = await page.request.post(f"{stage.server}{_PATH}/{path}", headers=headers)
    return answer.status
