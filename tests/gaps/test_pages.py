"""The pages of gaps, in a real browser over a real database with the real encoder."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from chatbot.access.roles import Grant
from chatbot.dialogue.service import Mind
from chatbot.matching.vector_cache import VectorCache
from chatbot.pipeline.gaps import GapKeeper
from chatbot.pipeline.insight_counting import Counting
from chatbot.store.edits import edits_are_held
from chatbot.store.gap_acts import decide_gap
from chatbot.store.gaps import gap_groups
from chatbot.store.grants import save_grant
from tests.editing.brand import waiting
from tests.gaps.conftest import kept
from tests.gaps.samples import Talks
from tests.login.house import House
from tests.login.screens import Screens, picture
from tests.pipeline.stage import LIANG, XIAOZHOU

_DAY = timedelta(days=1)
POOL, INVOICE = "有游泳池吗", "可以开发票吗"
_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def month(stage: House, mind: Mind, vectors_dir: Path) -> GapKeeper:
    """Some talks of the last days, taken in."""
    talks = Talks(stage.database, stage.clock.now())
    for ago in (1, 2, 9):
        talks.handed_over(POOL, ago * _DAY, ["有的，在二楼，电话 13812345678", "七点开门"], 6)
    talks.handed_over("酒店有没有游泳池", 3 * _DAY, ["游泳池在二楼，七点到二十二点"], 2)
    for ago in (1, 4):
        talks.begin(ago * _DAY).asked_back("车停在你们那里要不要钱")
    talks.handed_over(INVOICE, 2 * _DAY, ["可以的，退房时在前台开"], 3)
    keeper = GapKeeper(stage.database, lambda: mind, VectorCache(vectors_dir), stage.clock)
    kept(keeper)
    return keeper


def _group(stage: House, title: str) -> int:
    groups = stage.database.run_sync(gap_groups)
    (found,) = (each.id for each in groups if each.title == title)
    return found


@pytest.mark.usefixtures("month")
async def test_that_the_list_has_the_dearest_first_and_finds_by_words_and_kind(
    screens: Screens,
) -> None:
    page = await screens.member(LIANG, "/console/gaps")
    items = page.locator("ol.gaps > li")
    await expect(items).to_have_count(3)
    await expect(items.nth(0)).to_contain_text(POOL)
    await expect(items.nth(0)).to_contain_text("19 分钟")
    await expect(items.nth(0)).to_contain_text("4 次")
    await expect(items.nth(1)).to_contain_text("有停车场吗？")
    trend = items.nth(0).get_by_role("img", name="最近 8 周每周的次数：0、0、0、0、0、0、1、3")
    await expect(trend).to_be_visible()
    await picture(page, "gaps")
    await page.get_by_label("类型").select_option("反问没选")
    await page.get_by_role("button", name="找", exact=True).click()
    await expect(items).to_have_count(1)
    await page.goto(page.url.replace("kind=unchosen", "kind="))
    await page.get_by_label("找问题").fill("发票")
    await page.keyboard.press("Enter")
    await expect(items).to_have_count(1)
    await expect(items).to_contain_text(INVOICE)


async def test_that_a_gap_is_closed_by_a_new_entry_from_what_people_replied(
    screens: Screens, stage: House, month: GapKeeper, mind: Mind
) -> None:
    page = await screens.member(LIANG, "/console/gaps")
    await page.get_by_role("link", name=POOL, exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(POOL)
    await page.get_by_text("做成新条目", exact=True).first.click()
    answer = page.get_by_label("答案")
    draft = await answer.input_value()
    assert "二楼" in draft
    assert "13812345678" not in await page.content()
    await picture(page, "gap")
    await answer.fill("有的，在二楼，电话[手机号]")
    await page.get_by_role("button", name="做成新条目").click()
    await expect(page.get_by_role("alert")).to_contain_text("还有抹掉的内容（[手机号]）")
    screens.take_note_of(400)
    await page.get_by_label("答案").fill("有的，游泳池在二楼，7:00 至 22:00 开放。")
    await page.get_by_role("button", name="做成新条目").click()
    await expect(page.get_by_role("status")).to_contain_text("等待发布的候选")
    await expect(page.get_by_role("region", name="已做成新条目")).to_contain_text("还没有上线")
    entries = {each.id: each for each in waiting(stage.database).entries}
    made = entries[f"gap-{_group(stage, POOL)}"]
    assert made.question == POOL
    assert made.similar == ("酒店有没有游泳池",)
    assert stage.database.run_sync(edits_are_held), "it does not go live by itself"
    (row,) = stage.rows("SELECT who, action FROM audit_log WHERE action LIKE 'gap%'")
    assert (row["who"], row["action"]) == ("liang", "gap_new_entry")
    await page.goto(stage.server + "/console/gaps?state=closed")
    await expect(page.locator("ol.gaps > li")).to_have_count(1)


async def test_that_what_closing_saved_is_shown(
    screens: Screens, stage: House, month: GapKeeper
) -> None:
    group, then = _group(stage, POOL), stage.clock.now() - timedelta(hours=12)
    decided = stage.database.run_sync(
        decide_gap, group, "new_entry", "pool", 5.0, "liang", then, {}
    )
    assert decided
    talks = Talks(stage.database, stage.clock.now())
    for hours in (2, 5):
        talks.begin(timedelta(hours=hours)).answered("你们有游泳池吗", "pool")
    talks.handed_over(POOL, timedelta(hours=3))
    kept(month)
    page = await screens.member(LIANG, f"/console/gaps/{group}")
    await expect(page.get_by_text("处理以后直接答上 2 次，省下 10 分钟")).to_be_visible()
    await expect(page.get_by_text("处理以后仍有 1 次没答上")).to_be_visible()


@pytest.mark.usefixtures("month")
async def test_that_questions_become_similar_ones_of_the_nearest_entry(
    screens: Screens, stage: House
) -> None:
    page = await screens.member(LIANG, f"/console/gaps/{_group(stage, '车停在你们那里要不要钱')}")
    await expect(page.get_by_label("条目的编号或问题")).to_have_value("parking")
    await page.get_by_role("button", name="加为相似问").click()
    await expect(page.get_by_role("status")).to_contain_text("等待发布的候选")
    entries = {each.id: each for each in waiting(stage.database).entries}
    assert "车停在你们那里要不要钱" in entries["parking"].similar
    await page.get_by_role("button", name="重新打开").click()
    await expect(page.get_by_role("status")).to_contain_text("已重新打开")
    await page.get_by_label("条目的编号或问题").fill("没有的条目")
    await page.get_by_role("button", name="加为相似问").click()
    await expect(page.get_by_role("alert")).to_contain_text("没有条目“没有的条目”")
    screens.take_note_of(400)


@pytest.mark.usefixtures("month")
async def test_that_groups_are_put_right_by_the_keyboard(screens: Screens, stage: House) -> None:
    page = await screens.member(LIANG, f"/console/gaps/{_group(stage, POOL)}")
    await page.get_by_label("酒店有没有游泳池").focus()
    await page.keyboard.press("Space")
    await page.get_by_role("button", name="移动勾选的问法").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("已移动")
    await expect(page.get_by_role("checkbox")).to_have_count(1)
    await expect(page.get_by_label("酒店有没有游泳池")).to_be_visible()
    await expect(page.get_by_role("region", name="记录")).to_contain_text("拆分")
    await page.goto(f"{stage.server}/console/gaps/{_group(stage, POOL)}")
    await expect(page.get_by_label("酒店有没有游泳池")).to_have_count(0)
    target = _group(stage, INVOICE)
    await page.get_by_label("放到").select_option(str(target))
    await page.get_by_role("button", name="整组并入").click()
    await expect(page.get_by_role("status")).to_contain_text("已并入这一组")
    assert page.url.endswith(f"/gaps/{target}?done=merge")
    await expect(page.get_by_label(POOL, exact=True)).to_be_visible()
    await page.get_by_text("不归我们", exact=True).click()
    await page.get_by_role("button", name="标记为不归我们").click()
    await expect(page.get_by_role("status")).to_contain_text("已标记")


@pytest.mark.usefixtures("month")
async def test_that_the_pages_fit_a_phone(screens: Screens, stage: House) -> None:
    page = await screens.person(width=375)
    await screens.member(LIANG, "/console/gaps", page)
    assert not await page.evaluate(_WIDE)
    await picture(page, "gaps-narrow")
    await page.goto(f"{stage.server}/console/gaps/{_group(stage, POOL)}")
    assert not await page.evaluate(_WIDE)
    await picture(page, "gap-narrow")


@pytest.mark.usefixtures("month")
async def test_that_supervisors_may_not_look_and_limited_people_only_look(
    screens: Screens, stage: House, mind: Mind
) -> None:
    now = stage.clock.now()
    await stage.database.run(save_grant, Grant("supervisor", userid=XIAOZHOU), now, "test")
    page = await screens.member(XIAOZHOU, "/console/gaps")
    await expect(page.get_by_role("alert")).to_contain_text("您的角色是“主管”")
    screens.take_note_of(403)
    limited = Grant("operations", ("云栖西湖店",), userid=XIAOZHOU)
    await stage.database.run(save_grant, limited, now, "test")
    Counting(stage.database, lambda: mind.dialogue.snapshot, stage.clock).count_all(stage.database)
    group = _group(stage, POOL)
    await page.goto(f"{stage.server}/console/gaps/{group}")
    await expect(page.get_by_text("您只负责 云栖西湖店，这里只能看")).to_be_visible()
    await expect(page.get_by_role("button", name="做成新条目")).to_have_count(0)
    answer = await page.context.request.post(
        f"{stage.server}/console/gaps/{group}/not-ours", headers={"Origin": stage.server}
    )
    assert answer.status == 400
    assert "只能看" in await answer.text()
