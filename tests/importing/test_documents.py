"""A Word document on the page: its questions are proposed as gaps, in a real browser."""

from __future__ import annotations

from playwright.async_api import Page, expect

from chatbot.access.roles import Grant
from chatbot.store.gaps import gap_groups
from chatbot.store.grants import save_grant
from tests.editing.brand import Brand
from tests.exchange.docx_samples import document, paragraph
from tests.importing.sending import sent
from tests.login.house import House
from tests.login.screens import Screens, picture
from tests.pipeline.stage import LIANG, XIAOZHOU

_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def _manual(pool: str = "在二楼，找王经理，电话 13812345678。") -> bytes:
    return document(
        paragraph("设施", "1"), paragraph("有游泳池吗", "2"), paragraph(pool),
        paragraph("有健身房吗", "2"), paragraph("有，24 小时开放。"),
        paragraph("找王经理 13912345678 的地图", "2"),
    )  # fmt: skip


async def _proposed(page: Page, count: int) -> None:
    await page.get_by_role("button", name=f"收进没答上的问题：{count} 个").click()
    await expect(page.get_by_role("status")).to_have_text("已收进没答上的问题。")


async def test_that_a_document_is_tried_and_its_questions_proposed_once(
    screens: Screens, known: Brand
) -> None:
    page = await screens.member(LIANG, "/console/importing")
    await sent(page, "手册.docx", _manual())
    await expect(page.get_by_role("heading", level=1)).to_have_text("导入 手册.docx")
    items = page.locator("ol.imported > li")
    await expect(items).to_have_count(2)
    await expect(items.nth(0)).to_contain_text("设施 › 有游泳池吗")
    await expect(items.nth(0)).to_contain_text("在二楼，找[姓名]经理，电话 [手机号]。")
    notes = page.locator("details")
    await notes.click()
    await expect(notes).to_contain_text("的地图")
    await expect(notes).to_contain_text("[手机号]")
    await expect(page.get_by_text("13912345678")).to_have_count(0)
    await picture(page, "importing-document")
    assert known.database.run_sync(gap_groups) == []
    await _proposed(page, 2)
    await expect(page.get_by_text("已经收进过 2")).to_be_visible()
    await expect(page.get_by_role("link", name="去处理")).to_be_visible()
    groups = {each.title: each for each in known.database.run_sync(gap_groups)}
    assert groups["有游泳池吗"].draft == "在二楼，找[姓名]经理，电话 [手机号]。"
    (row,) = known.rows("SELECT detail FROM audit_log WHERE action = 'import_document'")
    assert row["detail"] == {"file": "手册.docx", "new": 2}
    await page.goto(page.url.replace("/document", ""))
    assert "/document" in page.url, "whoever comes by the other address"
    await page.goto(f"{page.url.split('/importing')[0]}/importing")
    await sent(page, "手册.docx", _manual("在三楼。"))
    await _proposed(page, 1)
    groups = {each.title: each for each in known.database.run_sync(gap_groups)}
    assert groups["有游泳池吗"].draft == "在三楼。"


async def test_that_what_is_no_document_is_said_in_a_sentence(screens: Screens) -> None:
    page = await screens.member(LIANG, "/console/importing")
    await page.set_viewport_size({"width": 375, "height": 800})
    await sent(page, "坏的.docx", b"not a document")
    await expect(page.get_by_role("alert")).to_contain_text("不是正确的 .docx 文件")
    assert not await page.evaluate(_WIDE)
    await page.goto(f"{page.url.split('/importing')[0]}/importing")
    await sent(page, "空的.docx", document(paragraph("没有标题的一段话。")))
    await expect(page.get_by_text("没有找到问题")).to_be_visible()
    assert await page.get_by_role("button", name="收进没答上的问题").count() == 0


async def test_that_a_document_is_read_only_for_who_looks_after_a_few_stores(
    screens: Screens, known: Brand, stage: House
) -> None:
    page = await screens.member(LIANG, "/console/importing")
    await sent(page, "手册.docx", _manual())
    await expect(page.locator("ol.imported > li")).to_have_count(2)
    number = int(page.url.split("/importing/")[1].split("/")[0])
    limited = Grant("operations", ("云栖西湖店",), userid=XIAOZHOU)
    await known.database.run(save_grant, limited, stage.clock.now(), "test")
    other = await screens.member(XIAOZHOU, f"/console/importing/{number}/document")
    await expect(other.locator("ol.imported > li")).to_have_count(2)
    assert await other.get_by_role("button", name="收进没答上的问题").count() == 0
    answer = await other.request.post(other.url, headers={"Origin": other.url.split("/console")[0]})
    assert answer.status == 403
    assert known.database.run_sync(gap_groups) == []
