"""The page of reviews, in a real browser over a real database."""

from __future__ import annotations

from playwright.async_api import expect

from tests.login.house import House
from tests.login.screens import Screens, picture
from tests.pipeline.stage import LIANG, XIAOZHOU

_PATH = "/console/reviews"
_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


async def test_that_what_is_due_is_listed_by_owner_and_found_right(
    screens: Screens, stage: House
) -> None:
    await screens.member(XIAOZHOU, "/console/sessions")  # whoever has logged in is known
    page = await screens.member(LIANG, _PATH)
    items = page.locator("ol.reviews > li")
    await expect(items).to_have_count(4)
    await expect(items.nth(0)).to_contain_text("已过 9 天")
    await expect(items.nth(0)).to_contain_text("负责人 小周")
    await expect(page.get_by_label("怎么开发票？")).to_contain_text("负责人“老王”不在名册里")
    await picture(page, "reviews")
    await page.get_by_label("负责人").select_option("xiaozhou")
    await page.get_by_role("button", name="只看").click()
    await expect(items).to_have_count(1)
    await items.get_by_label("下次复核").fill("2000-01-01")
    await items.locator("form").evaluate("form => form.noValidate = true")
    await items.get_by_role("button", name="仍然正确").click()
    await expect(page.get_by_role("alert")).to_contain_text("要在今天之后")
    screens.take_note_of(409)
    due = page.get_by_label("早餐几点供应？")
    await due.get_by_role("button", name="仍然正确").click()
    await expect(page.get_by_role("status")).to_contain_text("等待发布的候选")
    await expect(page.get_by_label("早餐几点供应？")).to_have_count(0)
    edits = stage.rows("SELECT key, actor FROM content_edits")
    assert edits == [{"key": "breakfast", "actor": "liang"}]
    (act,) = stage.rows("SELECT target FROM audit_log WHERE action = 'entry.reviewed'")
    assert act["target"] == "breakfast"
    await page.get_by_role("link", name="没有人负责").click()
    await expect(items).to_have_count(2)


async def test_that_of_two_who_look_one_over_the_second_is_told(
    screens: Screens, stage: House
) -> None:
    first = await screens.member(LIANG, _PATH)
    second = await first.context.new_page()
    await second.goto(stage.server + _PATH)
    for page in (first, second):
        due = page.get_by_label("早餐几点供应？")
        await due.get_by_role("button", name="仍然正确").click()
    await expect(first.get_by_role("status")).to_contain_text("已记下")
    await expect(second.get_by_role("alert")).to_contain_text("刚才有人复核或改过")


async def test_that_an_owner_who_is_an_agent_sees_their_own_alone(
    screens: Screens, stage: House
) -> None:
    page = await screens.member(XIAOZHOU, _PATH, await screens.person(width=375, dark=True))
    items = page.locator("ol.reviews > li")
    await expect(items).to_have_count(2)
    assert not await page.evaluate(_WIDE)
    await picture(page, "reviews-narrow")
    await items.nth(0).get_by_role("button", name="仍然正确").click()
    await expect(page.get_by_role("status")).to_contain_text("已记下")
    form: dict[str, str | float | bool] = {"entry": "nobody", "seen": "", "until": "2030-01-01"}
    headers = {"Origin": stage.server}
    answer = await page.request.post(f"{stage.server}{_PATH}/right", form=form, headers=headers)
    assert answer.status == 403
