"""Importing and exporting on a page, in a real browser over a real database."""

from __future__ import annotations

import asyncio
import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from openpyxl import load_workbook
from playwright.async_api import Page, expect

from chatbot.access.roles import Grant
from chatbot.exchange.mark import Mark, read_mark
from chatbot.knowledge.content import load_content
from chatbot.store.grants import save_grant
from chatbot.store.imports import exported_content, keep_exported
from chatbot.store.snapshots import snapshot_numbered
from tests.editing.brand import Brand, beside, waiting
from tests.exchange.messy import MESSY_CSV, broken_book
from tests.importing.sending import sent
from tests.login.house import House
from tests.login.screens import Screens, picture
from tests.pipeline.stage import LIANG, XIAOZHOU

_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
_CSV = (
    "编号,问题,答案\n"
    "breakfast,早餐几点供应？,早餐每天 6:30 至 10:00 供应。\n"
    "pool,有游泳池吗？,有，在二楼。\n"
    "1.2E+11,有健身房吗？,有。\n"
    "parking,有停车场吗？\n"
)


async def _downloaded(page: Page, name: str, which: int = 0) -> bytes:
    async with page.expect_download() as waited:
        await page.get_by_role("link", name=name, exact=True).nth(which).click()
    path = await (await waited.value).path()
    return path.read_bytes()


async def test_that_a_file_is_tried_row_by_row_and_applied_as_one_candidate(
    screens: Screens, known: Brand, tmp_path: Path
) -> None:
    page = await screens.member(LIANG, "/console/importing")
    await picture(page, "importing")
    await sent(page, "改.csv", _CSV)
    await expect(page.get_by_role("heading", level=1)).to_have_text("导入 改.csv")
    items = page.locator("ol.imported > li")
    await expect(items).to_have_count(4)
    await expect(items.nth(0)).to_contain_text("被 Excel 缩短了")
    await expect(items.nth(1)).to_contain_text("缺少这一项")
    await expect(items.nth(2)).to_contain_text("早餐每天 6:30 至 10:00 供应。")
    await expect(items.nth(3)).to_contain_text("有游泳池吗？")
    await picture(page, "importing-trial")
    refused = await _downloaded(page, "下载被拒绝的行")
    assert "1.2E+11" in refused.decode("utf-8-sig")
    assert known.rows("SELECT 1 FROM content_edits") == []
    await page.get_by_role("button", name="应用：2 条").click()
    await expect(page.get_by_role("status")).to_have_text("已应用。")
    entries = {each.id: each for each in waiting(known.database).entries}
    assert "6:30" in str(entries["breakfast"].answer)
    assert entries["breakfast"].similar == ("几点吃早餐", "早饭时间"), "what was not said stays"
    assert entries["pool"].question == "有游泳池吗？"
    assert len(known.rows("SELECT DISTINCT candidate FROM content_edits")) == 1
    (row,) = known.rows("SELECT action, detail FROM audit_log WHERE action = 'import_apply'")
    assert row["detail"]["file"] == "改.csv"
    await known.write()
    assert {"breakfast", "pool"} <= {
        each.id for each in load_content(known.folders.knowledge, None).entries
    }
    again = await page.context.request.post(
        page.url.partition("?")[0] + "/apply", headers={"Origin": page.url.partition("/console")[0]}
    )
    assert "已应用，成为候选的快照" in await again.text()
    assert len(known.rows("SELECT 1 FROM content_edits")) == 2, "once"


async def test_that_what_others_changed_is_shown_side_by_side_and_a_person_decides(
    screens: Screens, known: Brand, tmp_path: Path
) -> None:
    page = await screens.member(LIANG, "/console/importing")
    raw = await _downloaded(page, ".csv")
    (tmp_path / "a.csv").write_bytes(raw)
    assert read_mark(tmp_path / "a.csv") == Mark(1)
    await known.edit("parking", answer="有，每天 20 元。")
    await sent(page, "a.csv", raw.decode("utf-8-sig").replace("免费停车", "停车半价"))
    item = page.locator("ol.imported > li")
    await expect(item).to_have_count(1)
    for side in ("免费停车", "每天 20 元", "停车半价"):
        await expect(item).to_contain_text(side)
    await expect(page.get_by_text("没有要写的")).to_be_visible()
    await picture(page, "importing-conflict")
    await page.get_by_label("冲突的").select_option("都用文件的")
    await page.get_by_role("button", name="按这样再试").click()
    await page.get_by_role("button", name="应用：1 条").click()
    await expect(page.get_by_role("status")).to_have_text("已应用。")
    entries = {each.id: each for each in waiting(known.database).entries}
    assert "停车半价" in str(entries["parking"].answer)


async def test_that_a_file_of_a_candidate_that_has_gone_undoes_nobody(
    screens: Screens, known: Brand, tmp_path: Path
) -> None:
    saved = await known.edit("parking", answer="有，每天 10 元。")
    page = await screens.member(LIANG, "/console/importing")
    raw = await _downloaded(page, ".csv", which=1)
    (tmp_path / "a.csv").write_bytes(raw)
    assert read_mark(tmp_path / "a.csv") == Mark(saved.number)
    await known.edit("parking", answer="有，每天 20 元。")
    await known.edit("breakfast", answer="7:00 开始。")
    said = raw.decode("utf-8-sig")
    await sent(page, "a.csv", said.replace("每天 10 元", "每天 15 元"))
    item = page.locator("ol.imported > li")
    await expect(item).to_have_count(1)
    for side in ("每天 10 元", "每天 20 元", "每天 15 元"):
        await expect(item).to_contain_text(side)
    await expect(page.get_by_text("没有要写的")).to_be_visible()


def test_that_an_exported_candidate_is_kept_for_ninety_days(known: Brand) -> None:
    database, now = known.database, datetime(2026, 1, 1, tzinfo=UTC)
    saved = asyncio.run(known.edit("parking", answer="有，每天 10 元。"))
    candidate = database.run_sync(snapshot_numbered, saved.number)
    assert candidate is not None
    assert database.run_sync(exported_content, saved.number) is None
    assert database.run_sync(keep_exported, saved.number, now)
    asyncio.run(beside(known).edit("parking", answer="没有。"))
    for days, content in ((90, candidate.content), (91, None)):
        assert database.run_sync(keep_exported, 1, now + timedelta(days=days)), "it is live"
        assert database.run_sync(exported_content, saved.number) == content
    assert not database.run_sync(keep_exported, saved.number, now)


async def test_that_messy_files_give_what_can_be_read_and_name_all_the_rest(
    screens: Screens, known: Brand, tmp_path: Path
) -> None:
    page = await screens.member(LIANG, "/console/importing")
    await page.get_by_label("认不出的列都当作相似问").check()
    await sent(page, "WPS 存的.csv", MESSY_CSV.encode("gb18030"))
    counts = page.get_by_label("一共")
    await expect(counts).to_have_text(re.compile(r"拒绝\s*5\s+新增\s*3"))
    await page.get_by_role("button", name="应用：3 条").click()
    await expect(page.get_by_role("status")).to_have_text("已应用。")
    broken_book(tmp_path / "book.xlsx")
    await page.goto(page.url.partition("/console")[0] + "/console/importing")
    await sent(page, "合并的格子.xlsx", (tmp_path / "book.xlsx").read_bytes())
    await expect(counts).to_have_text(re.compile(r"拒绝\s*20\s+新增\s*11"))
    await expect(page.locator("ol.imported > li", has_text="拒绝")).to_have_count(20)
    refused = load_workbook(io.BytesIO(await _downloaded(page, "下载被拒绝的行"))).worksheets[0]
    assert refused.max_row == 21, "the headings, and each row with its reason"
    await page.get_by_role("button", name="应用：11 条").click()
    await expect(page.get_by_role("status")).to_have_text("已应用。")
    entries = {each.id: each for each in waiting(known.database).entries}
    assert entries["m1"].similar == ("早饭几点", "早餐", "能吃早饭不")
    assert [entries[f"ok{n}"].category for n in (0, 2, 9)] == ["甲"] * 3, "merged downwards"


async def test_that_files_that_cannot_be_read_are_one_sentence_each(screens: Screens) -> None:
    page = await screens.member(LIANG, "/console/importing")
    for name, data, told in (
        ("a.doc", b"x", "这里不读 .doc 文件，只读 .yaml"),
        ("a.csv", "甲,乙\n1,2\n".encode(), "文件读不出来，什么也没有改"),
        ("大.csv", b"0" * (20 * 1024 * 1024 + 1), "文件超过 20 MB"),
    ):
        await page.goto(page.url.partition("/console")[0] + "/console/importing")
        await sent(page, name, data)
        await expect(page.get_by_role("alert")).to_contain_text(told)
    # The browser may still be sending, or tell of the answer later.
    screens.problems.clear()


async def test_that_templates_can_be_downloaded_and_change_nothing_when_they_come_back(
    screens: Screens, known: Brand
) -> None:
    page = await screens.member(LIANG, "/console/importing")
    section = page.get_by_role("region", name="模板")
    for suffix in (".xlsx", ".csv", ".yaml", ".md"):
        async with page.expect_download() as waited:
            await section.get_by_role("link", name=suffix, exact=True).click()
        raw = (await (await waited.value).path()).read_bytes()
        if suffix == ".xlsx":
            assert load_workbook(io.BytesIO(raw)).sheetnames == ["知识", "示例"]
        await sent(page, f"模板{suffix}", raw)
        await expect(page.get_by_text("没有要写的")).to_be_visible()
        await page.get_by_role("link", name="‹ 导入导出").click()


async def test_that_the_pages_fit_a_phone_and_limited_people_only_download(
    screens: Screens, stage: House, known: Brand
) -> None:
    page = await screens.person(width=375)
    await screens.member(LIANG, "/console/importing", page)
    assert not await page.evaluate(_WIDE)
    await picture(page, "importing-narrow")
    await sent(page, "改.csv", _CSV)
    await expect(page.locator("ol.imported > li")).to_have_count(4)
    assert not await page.evaluate(_WIDE)
    await picture(page, "importing-trial-narrow")
    limited = Grant("operations", ("云栖西湖店",), userid=XIAOZHOU)
    await known.database.run(save_grant, limited, stage.clock.now(), "test")
    other = await screens.member(XIAOZHOU, "/console/importing")
    await expect(other.get_by_text("您只负责 云栖西湖店，这里只能下载")).to_be_visible()
    await expect(other.get_by_label("选择文件")).to_have_count(0)
    answer = await other.context.request.post(
        f"{stage.server}/console/importing", headers={"Origin": stage.server},
        multipart={"file": {"name": "a.csv", "mimeType": "text/csv", "buffer": _CSV.encode()}},
    )  # fmt: skip
    assert answer.status == 403
