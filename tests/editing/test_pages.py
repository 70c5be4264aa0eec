"""Editing in a real browser on a whole server, from the list to the answer on a phone."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from chatbot.access.roles import Grant
from chatbot.knowledge.content import Content
from chatbot.store.grants import save_grant
from chatbot.store.snapshots import live_snapshot
from tests.browser import chromium
from tests.editing.brand import YAML, waiting
from tests.login.screens import Screens, picture
from tests.pipeline.stage import LIANG, XIAOZHOU, Json, Stage, eventually, play

_PATH = "/console/entries"
_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
_PATIENCE = 30.0
MORE = """\
- {id: pets, question: 可以带宠物吗？, answer: 抱歉，不接待宠物。, category: 住店/规定, owner: 前厅}
- {id: map, question: 酒店在哪里？, answer: 在湖边。, auto: agents-only, review: 2020-01-01}
- {id: past, question: 国庆有活动吗？, answer: 有。, valid: {until: 2020-10-07}}
"""
#: What no page would have made, and files may say.
RICH = (
    """\
- id: rich
  question: "退房\\n几点？"
  similar: ["几点\\n退房", 退房时间]
  answer:
"""
    + "".join(
        f"""\
  - when: {{tags: ["等级:金卡"], language: zh}}
    messages:
    - {{type: menu, head: "头一行\\n头二行 {number}", items: ["早\\n餐", 停车], tail: "尾\\n行"}}
    - {{type: link, title: "标\\n题", desc: "说\\n明", url: "https://a.cn/x", image: _media/a.png}}
"""
        for number in range(21)
    )
    + """\
  - messages: 十二点。
"""
)
#: One pixel, red.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    (folder / "tables").mkdir(parents=True)
    (folder / "faq.yaml").write_text(YAML, "utf-8")
    (folder / "more.yaml").write_text(MORE, "utf-8")
    (folder / "tables" / "门店.csv").write_text("门店,早餐时间\n西湖店,7:00 至 9:30\n", "utf-8")
    return folder


@pytest.fixture
async def stage(database_url: str, vectors_dir: Path, folder: Path) -> AsyncIterator[Stage]:
    """A whole server: 梁主管 is an admin, 小周 of operations; what is saved in files goes live."""
    settings: Json = {"knowledge_dir": folder, "knowledge_watch": True, "publish": "auto"}
    async with play(database_url, vectors_dir, admins=("Liang",), **settings) as found:
        grant = Grant("operations", userid="xiaozhou")
        await found.database.run(save_grant, grant, found.clock.now(), "test")
        yield found


@pytest.fixture
async def screens(stage: Stage) -> AsyncIterator[Screens]:
    async with chromium() as browser:
        screens = Screens(browser, stage)
        yield screens
    assert screens.problems == []


async def _file(path: Path, text: str) -> None:
    def source() -> str:
        return path.read_text("utf-8") if path.exists() else ""

    async def read() -> str:
        return await asyncio.to_thread(source)

    await eventually(read, lambda found: text in found, _PATIENCE)


async def _save(page: Page) -> None:
    await page.get_by_role("button", name="保存", exact=True).click()


async def test_that_an_entry_is_found_edited_published_and_said(
    screens: Screens, stage: Stage, folder: Path
) -> None:
    page = await screens.member(LIANG, _PATH)
    await expect(page.get_by_text("找到 5 条，共 5 条。")).to_be_visible()
    await picture(page, "entries")
    await page.get_by_label("找", exact=True).fill("早饭时间")
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="早餐几点供应？").click()
    answer = page.get_by_label("内容").first
    await answer.fill("早餐 {门店.早餐时间} 供应，{顾客.称呼}请到二楼。")
    await expect(page.locator("#preview")).to_contain_text(
        "早餐 7:00 至 9:30 供应，林女士请到二楼。"
    )
    await picture(page, "entry")
    await answer.fill("早餐每天 6:30 至 10:00 供应，在二楼。")
    await _save(page)
    await expect(page.get_by_role("status")).to_contain_text("已保存为候选")
    await expect(page.get_by_role("region", name="历史")).to_contain_text("liang")
    await expect(page.locator(".diff ins").first).to_be_visible()
    await _file(folder / "faq.yaml", "6:30")
    await picture(page, "entry-saved")
    await page.get_by_role("link", name="有候选等待发布").click()
    await expect(page.get_by_text("网页编辑（liang）")).to_be_visible()
    await page.get_by_role("button", name="发布", exact=True).click()
    await expect(page.get_by_role("status")).to_contain_text("已发布")

    async def said() -> bool:
        await stage.say("早餐几点供应？")
        return "6:30" in (await stage.delivered())[-1]

    await eventually(said, bool, _PATIENCE)
    assert "# 早餐由餐厅维护" in (folder / "faq.yaml").read_text("utf-8")


async def test_that_what_an_admin_does_not_touch_stays_as_the_file_has_it(
    screens: Screens, stage: Stage, folder: Path
) -> None:
    (folder / "_media").mkdir()
    (folder / "_media" / "a.png").write_bytes(PNG)
    (folder / "rich.yaml").write_text(RICH, "utf-8")

    async def content() -> Content:
        live = await stage.database.run(live_snapshot)
        assert live is not None
        return Content.from_json(live.content)

    await eventually(content, lambda found: len(found.entries) == 6, _PATIENCE)
    page = await screens.member(LIANG, f"{_PATH}/rich")
    await page.locator("details.fields > summary").first.click()
    await page.get_by_label("负责人").fill("前厅")
    await _save(page)
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    (before,) = (each for each in (await content()).entries if each.id == "rich")
    (after,) = (each for each in waiting(stage.database).entries if each.id == "rich")
    assert after == replace(before, owner="前厅")
    assert len(after.answer) == 22


async def test_that_a_form_that_nobody_could_have_filled_in_is_refused(
    screens: Screens, stage: Stage
) -> None:
    page = await screens.member(LIANG, f"{_PATH}/parking")
    sent = await page.request.post(
        f"{stage.server}{_PATH}/parking",
        form={"do": "save", "base": "[" * 100_000},
        headers={"Origin": stage.server},
    )
    assert sent.status == 400


async def test_that_the_second_of_two_admins_sees_both_texts_and_loses_nothing(
    screens: Screens, stage: Stage
) -> None:
    first = await screens.member(LIANG, f"{_PATH}/breakfast")
    second = await screens.member(XIAOZHOU, f"{_PATH}/breakfast")
    await first.get_by_label("内容").first.fill("梁主管写的答案。")
    await _save(first)
    await expect(first.get_by_role("status")).to_contain_text("已保存")
    await second.get_by_label("内容").first.fill("小周写的答案。")
    await second.get_by_label("相似问").fill("几点吃早餐\n早饭时间\n早餐到几点")
    await _save(second)
    await expect(second.get_by_role("alert")).to_contain_text("别人改了同样的地方")
    clash = second.get_by_role("region", name="两个人改了同样的地方")
    await expect(clash).to_contain_text("梁主管写的答案。")
    await expect(clash).to_contain_text("小周写的答案。")
    await picture(second, "entry-clash")
    await clash.get_by_label("用我写的").check()
    await second.get_by_label("内容").first.fill("小周和梁主管一起写的答案。")
    await _save(second)
    await expect(second.get_by_role("status")).to_contain_text("已保存")
    entry = next(each for each in waiting(stage.database).entries if each.id == "breakfast")
    assert "早餐到几点" in entry.similar
    history = second.get_by_role("region", name="历史").locator("li.card")
    await expect(history).to_have_count(2)
    await expect(history.nth(0)).to_contain_text("xiaozhou")
    # Undoing the older one meets the newer one.
    await history.nth(1).get_by_role("button", name="撤销").click()
    await expect(second.get_by_role("alert")).to_contain_text("又被人改过")
    await history.nth(0).get_by_role("button", name="撤销").click()
    await expect(second.get_by_role("status")).to_contain_text("已撤销")
    entry = next(each for each in waiting(stage.database).entries if each.id == "breakfast")
    assert "早餐到几点" not in entry.similar
    screens.take_note_of(409)


async def test_that_every_kind_of_message_is_made_with_its_picture_and_for_whom_it_is(
    screens: Screens, stage: Stage, folder: Path
) -> None:
    page = await screens.member(LIANG, "/console/new-entry")
    await page.get_by_label("问题", exact=True).fill("怎么去酒店？")
    await page.get_by_label("内容").first.fill("坐 2 号线。")
    await page.get_by_role("button", name="＋ 图片").click()
    chooser = page.locator("input[type=file]").first
    await chooser.set_input_files({"name": "路线 图.png", "mimeType": "image/png", "buffer": PNG})
    await expect(page.locator("#preview img.shown")).to_be_visible()
    await page.get_by_role("button", name="＋ 链接").click()
    link = page.get_by_role("group", name="链接")
    await link.get_by_label("标题").fill("地图")
    await link.get_by_label("网址").fill("地图.cn")
    chooser = link.locator("input[type=file]")
    await chooser.set_input_files({"name": "b.png", "mimeType": "image/png", "buffer": PNG})
    await page.get_by_role("button", name="给一部分客户不同的回答").click()
    await page.get_by_label("有这些标签").fill("等级:金卡")
    special = page.get_by_role("region", name="对符合条件的客户")
    await special.get_by_label("内容").first.fill("我们派车接您。")
    await expect(page.locator("#preview")).to_contain_text("对 等级:金卡")
    await _save(page)
    await expect(page.get_by_role("alert")).to_contain_text("http://")
    await picture(page, "entry-wrong")
    others = page.get_by_role("region", name="对其他客户")
    await expect(others.locator("[aria-invalid]")).to_have_count(1)
    await others.get_by_role("group", name="链接").get_by_label("网址").fill("https://map.cn/x")
    await _save(page)
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    made = next(each for each in waiting(stage.database).entries if each.question == "怎么去酒店？")
    assert [each.type for each in made.answer[1].messages] == ["text", "image", "link"]
    assert made.answer[0].when is not None
    await _file(folder / "客户问题.yaml", "怎么去酒店")
    kept = sorted((folder / "_media").iterdir())
    assert [each.read_bytes() for each in kept] == [PNG, PNG]
    await page.set_viewport_size({"width": 375, "height": 700})
    assert not await page.evaluate(_WIDE)
    await picture(page, "entry-narrow")
    screens.take_note_of(400)


async def test_that_a_file_that_was_changed_meanwhile_is_shown_beside_the_edit(
    screens: Screens, stage: Stage, folder: Path
) -> None:
    file = folder / "faq.yaml"
    page = await screens.member(LIANG, f"{_PATH}/parking")
    # A mistake in the file keeps it from being read, and edits wait until it is put right.
    file.write_text(YAML + "- 写错了", "utf-8")
    await page.get_by_label("内容").first.fill("网页写的。")
    await _save(page)
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    file.write_text(YAML.replace("有，住店客人免费停车。", "文件写的。"), "utf-8")

    async def conflict() -> bool:
        await page.reload()
        return await page.get_by_role("heading", name="改动还没有写进知识文件").is_visible()

    await eventually(conflict, bool, _PATIENCE)
    section = page.get_by_role("region", name="改动还没有写进知识文件")
    await expect(section).to_contain_text("网页写的。")
    await expect(section).to_contain_text("文件写的。")
    await picture(page, "entry-conflict")
    await section.get_by_role("button", name="用网页上的").click()
    await expect(page.get_by_role("status")).to_contain_text("已按您的决定")
    await _file(file, "网页写的。")


async def test_that_an_entry_is_retired_brought_back_and_the_list_tells_states(
    screens: Screens, stage: Stage
) -> None:
    page = await screens.member(XIAOZHOU, f"{_PATH}/pets")
    await page.get_by_text("停用这个条目").click()
    await page.get_by_role("button", name="停用", exact=True).click()
    await expect(page.get_by_role("status")).to_contain_text("已停用")
    await page.goto(f"{stage.server}{_PATH}?state=retired")
    await expect(page.locator("ol.entries > li")).to_have_count(1)
    await page.get_by_role("link", name="可以带宠物吗？").click()
    await expect(page.get_by_text("这个条目已经停用")).to_be_visible()
    await page.get_by_role("button", name="撤销").click()
    await expect(page.get_by_role("status")).to_contain_text("已撤销")
    for query, question in (
        ("state=expired", "国庆有活动吗？"), ("state=agents-only", "酒店在哪里？"),
        ("state=review", "酒店在哪里？"), ("owner=前厅", "可以带宠物吗？"),
        ("category=住店", "可以带宠物吗？"), ("q=停车+免费", "有停车场吗？"),
        ("q=停车场在哪里&by=meaning", "有停车场吗？"),
    ):  # fmt: skip
        await page.goto(f"{stage.server}{_PATH}?{query}")
        await expect(page.locator("ol.entries > li").first).to_contain_text(question)
    await page.goto(f"{stage.server}{_PATH}?without=en")
    await expect(page.get_by_text("找到 5 条")).to_be_visible()
    await page.set_viewport_size({"width": 375, "height": 700})
    assert not await page.evaluate(_WIDE)
    await picture(page, "entries-narrow")


async def test_that_those_of_one_store_look_and_do_not_touch(
    screens: Screens, stage: Stage
) -> None:
    grant = Grant("operations", ("西湖店",), userid="xiaozhou")
    await stage.database.run(save_grant, grant, stage.clock.now(), "test")
    stage.rows("DELETE FROM access_grants WHERE stores = '{}' RETURNING 1")
    page = await screens.member(XIAOZHOU, f"{_PATH}/parking")
    await expect(page.get_by_text("可以看，不能改")).to_be_visible()
    await expect(page.get_by_role("button", name="保存", exact=True)).to_have_count(0)


async def _nothing(route: Route) -> None:
    await route.fulfill(body="", content_type="text/javascript")


async def test_that_the_form_works_without_scripts(screens: Screens, stage: Stage) -> None:
    page = await screens.member(LIANG, f"{_PATH}/parking")
    await page.context.route("**/*.js", _nothing)
    await page.reload()
    await page.get_by_role("button", name="＋ 菜单").click()
    await page.get_by_label("菜单上面的话").fill("还想问：")
    await page.get_by_label("菜单的每一行").fill("早餐几点\n怎么退房")
    await page.get_by_role("button", name="更新预览").click()
    await expect(page.locator("#preview .menu li")).to_have_text(["早餐几点", "怎么退房"])
    await page.get_by_role("button", name="上移").click()
    await _save(page)
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    entry = next(each for each in waiting(stage.database).entries if each.id == "parking")
    assert [each.type for each in entry.messages] == ["menu", "text"]
