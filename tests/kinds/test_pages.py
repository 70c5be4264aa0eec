"""The pages of intents, words and tables, in a real browser on a whole server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, expect

from chatbot.access.roles import Grant
from chatbot.editing.desk import EditDesk
from chatbot.editing.kinds import Subject
from chatbot.editing.tables import record_of_lines
from chatbot.store.grants import save_grant
from tests.browser import chromium
from tests.kinds.brand import BASIS, write_files
from tests.login.screens import Screens, picture
from tests.pipeline.stage import LIANG, XIAOZHOU, Stage, eventually, play

_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@dataclass(frozen=True)
class House:
    stage: Stage
    screens: Screens
    home: Path

    async def admin(self, path: str) -> Page:
        return await self.screens.member(LIANG, path)

    async def colleague(self, path: str) -> Page:
        grant = Grant("operations", userid=XIAOZHOU)
        self.stage.database.run_sync(save_grant, grant, self.stage.clock.now(), "test")
        return await self.screens.member(XIAOZHOU, path)

    @property
    def desk(self) -> EditDesk:
        return EditDesk(self.stage.database, self.stage.clock, lambda: BASIS)

    async def in_file(self, path: str, text: str) -> str:
        """Wait until the machine that watches has written something into a file."""

        async def read() -> str:
            file = self.home / path
            return file.read_text("utf-8") if file.exists() else ""

        return await eventually(read, lambda said: text in said)


@asynccontextmanager
async def _house(database_url: str, vectors_dir: Path, home: Path) -> AsyncIterator[House]:
    folders = write_files(home)
    async with (
        play(
            database_url, vectors_dir, knowledge_dir=folders.knowledge,
            intents_dir=folders.intents, knowledge_watch=True, admins=(LIANG,),
        ) as stage,
        chromium() as browser,
    ):  # fmt: skip
        screens = Screens(browser, stage)
        yield House(stage, screens, home)
        assert screens.problems == []


@pytest.fixture
async def house(database_url: str, vectors_dir: Path, tmp_path: Path) -> AsyncIterator[House]:
    async with _house(database_url, vectors_dir, tmp_path / "brand") as found:
        yield found


async def _fits(page: Page, name: str) -> None:
    """A phone's width is enough, by day and by night."""
    await page.set_viewport_size({"width": 375, "height": 700})
    assert not await page.evaluate(_WIDE)
    await page.emulate_media(color_scheme="dark")
    await picture(page, f"{name}-narrow-dark")
    await page.emulate_media(color_scheme="light")
    await page.set_viewport_size({"width": 1100, "height": 860})


async def test_that_an_intent_is_tried_saved_written_and_undone(house: House) -> None:
    page = await house.admin("/console/intents")
    await expect(page.get_by_role("row", name="投诉")).to_contain_text("转人工（售后）")
    await picture(page, "intents")
    await _fits(page, "intents")
    await page.get_by_role("link", name="投诉", exact=True).click()
    examples = page.get_by_label("例句", exact=True)
    await expect(examples).to_have_value("我要投诉\n你们服务太差了")
    await examples.fill("我要投诉\n你们服务太差了\n房间里有蟑螂")
    await page.get_by_label("关键词", exact=True).fill("投诉\n/蟑螂|老鼠/")
    await page.get_by_label("客户说").fill("屋里爬出一只蟑螂\n几点吃早餐\n我要投诉")
    await page.get_by_role("button", name="试", exact=True).click()
    row = page.get_by_role("row", name="屋里爬出一只蟑螂")
    await expect(row.get_by_role("cell").nth(1)).to_contain_text("没有意图")
    await expect(row.get_by_role("cell").nth(2)).to_contain_text("投诉 1.00")
    await expect(row).to_contain_text("不同")
    await expect(page.get_by_role("row", name="几点吃早餐")).not_to_contain_text("不同")
    await picture(page, "intent-tried")
    await _fits(page, "intent")
    assert house.stage.rows("SELECT id FROM content_edits") == [], "nothing is saved by trying"
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    await page.get_by_text("还没有发布的改动").click()
    await expect(page.get_by_text("房间里有蟑螂").first).to_be_visible()
    said = await house.in_file("intents/01-投诉.yaml", "房间里有蟑螂")
    assert "# 投诉：先道歉，再转人工\n" in said
    await picture(page, "intent-saved")
    await page.get_by_role("button", name="撤销").first.click()
    await expect(page.get_by_role("status")).to_contain_text("已撤销")
    await expect(examples).to_have_value("我要投诉\n你们服务太差了")


async def test_that_a_wrong_form_says_its_line_and_keeps_what_was_typed(house: House) -> None:
    page = await house.admin("/console/intents/booking")
    flow = page.get_by_label("表单", exact=True)
    await expect(flow).to_have_value(
        "slots:\n  - {name: date, type: date, ask: 请问哪天入住？}\naction: {handoff: 预订}"
    )
    await flow.fill("slots:\n  - {name: date, type: data, ask: 哪天？}\naction: {handoff: 预订}")
    await page.get_by_label("回复", exact=True).fill("好的 {门店.泳池}")
    await page.get_by_role("button", name="保存").click()
    await expect(page.locator("#wrong-flow")).to_contain_text("第 2 行 slots.type：应为 date")
    await flow.fill("slots: [\naction: {handoff: 预订}")
    await page.get_by_role("button", name="保存").click()
    await expect(page.locator("#wrong-flow")).to_contain_text("行：")
    await expect(page.get_by_label("回复", exact=True)).to_have_value("好的 {门店.泳池}")
    await flow.fill("")
    await page.get_by_role("button", name="保存").click()
    await expect(page.locator("#wrong-reply")).to_contain_text("没有“泳池”")
    house.screens.take_note_of(400)
    await picture(page, "intent-wrong")


async def test_that_two_admins_of_one_intent_see_both_texts(house: House) -> None:
    mine = await house.admin("/console/intents/complaint")
    theirs = await house.colleague("/console/intents/complaint")
    await theirs.get_by_label("回复", exact=True).fill("抱歉，经理十分钟内联系您。")
    await theirs.get_by_label("标题", exact=True).fill("客户投诉")
    await theirs.get_by_role("button", name="保存").click()
    await expect(theirs.get_by_role("status")).to_contain_text("已保存")
    await mine.get_by_label("回复", exact=True).fill("对不起，我马上去问。")
    await mine.get_by_label("例句", exact=True).fill("我要投诉\n你们服务太差了\n我很生气")
    await mine.get_by_role("button", name="保存").click()
    await expect(mine.get_by_role("alert")).to_contain_text("别人改了同样的地方")
    house.screens.take_note_of(409)
    clash = mine.get_by_role("group", name="回复")
    await expect(clash).to_contain_text("抱歉，经理十分钟内联系您。")
    await expect(clash).to_contain_text("对不起，我马上去问。")
    await expect(mine.get_by_label("标题", exact=True)).to_have_value("客户投诉")
    await picture(mine, "intent-clash")
    await mine.get_by_label("用别人写的").check()
    await mine.get_by_role("button", name="保存").click()
    await expect(mine.get_by_role("status")).to_contain_text("已保存")
    await expect(mine.get_by_label("回复", exact=True)).to_have_value("抱歉，经理十分钟内联系您。")
    await expect(mine.get_by_label("例句", exact=True)).to_have_value(
        "我要投诉\n你们服务太差了\n我很生气"
    )


async def test_that_an_intent_is_made_and_retired(house: House) -> None:
    page = await house.admin("/console/intents")
    await page.get_by_role("link", name="新的意图").click()
    await page.get_by_label("名称").fill("lost")
    await page.get_by_label("例句", exact=True).fill("我把伞落在房间了\n我要投诉")
    await page.get_by_label("转给人").check()
    await page.get_by_role("button", name="试", exact=True).click()
    await expect(page.locator("#tried")).to_contain_text("例句“我要投诉”同时写在")
    await page.get_by_label("例句", exact=True).fill("我把伞落在房间了")
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    await house.in_file("intents/03-lost.yaml", "我把伞落在房间了")
    await page.get_by_role("button", name="去掉这个意图").click()
    await expect(page.get_by_text("现在没有这个意图")).to_be_visible()
    await house.in_file("intents/_retired/03-lost.yaml", "我把伞落在房间了")
    await picture(page, "intent-retired")


async def test_that_words_are_looked_at_before_they_are_saved(house: House) -> None:
    page = await house.admin("/console/words")
    await page.get_by_label("自己的词").fill("店小二\n钟点房\n云上食堂")
    await page.get_by_label("同义词", exact=True).fill("停车 = 泊车 = 泊位")
    await page.get_by_label("客户说").fill("云上食堂有泊位吗\n钟点坊多少钱")
    await page.get_by_role("button", name="试", exact=True).click()
    row = page.get_by_role("row", name="云上食堂有泊位吗")
    await expect(row.get_by_role("cell").nth(2)).to_contain_text("同义词：泊位 → 停车")
    await expect(row.get_by_role("cell").nth(2).get_by_text("云上食堂", exact=True)).to_be_visible()
    await expect(row).to_contain_text("不同")
    await expect(page.get_by_role("row", name="钟点坊多少钱")).to_contain_text(
        "改错字：钟点坊 → 钟点房"
    )
    await picture(page, "words")
    await _fits(page, "words")
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    said = await house.in_file("knowledge/_words.txt", "云上食堂")
    assert said == "# 品牌的词\n店小二\n\n# 房型\n钟点房\n云上食堂\n"
    await house.in_file("knowledge/_synonyms.txt", "停车 = 泊车 = 泊位")
    await page.get_by_label("同义词", exact=True).fill("停车 = 泊车\n车位 = 泊车")
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("alert")).to_contain_text("一个词只能属于一组同义词")
    house.screens.take_note_of(400)


async def test_that_a_table_is_edited_cell_by_cell(house: House) -> None:
    page = await house.admin("/console/tables")
    await expect(page.get_by_text("空格 1")).to_be_visible()
    await picture(page, "tables")
    await page.get_by_role("link", name="门店").click()
    await page.get_by_label("西湖店 的电话").fill("0571")
    await page.get_by_label("新的第 1 行的门店").fill("湖滨店")
    await page.get_by_label("新的第 1 行的早餐").fill("6:30, 周末 7:00")
    await page.get_by_label("加一列").fill("停车费")
    await picture(page, "table")
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    said = await house.in_file("knowledge/tables/门店.csv", "湖滨店")
    assert said == (
        '门店,城市,早餐,电话,停车费\n西湖店,杭州,"7:00 至 10:00",0571,\n外滩店,上海,8:00,021,\n'
        '湖滨店,,"6:30, 周末 7:00",,\n'
    )
    await expect(page.get_by_role("link", name="早餐几点供应？")).to_be_visible()
    await page.get_by_role("checkbox").nth(1).check()  # the column 早餐
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("alert")).to_contain_text("还在用 {门店.早餐}")
    house.screens.take_note_of(400)
    await _fits(page, "table")


async def test_that_two_admins_of_one_table_lose_nothing(house: House) -> None:
    mine = await house.admin("/console/tables/门店")
    theirs = await house.colleague("/console/tables/门店")
    await theirs.get_by_label("西湖店 的电话").fill("0571")
    await theirs.get_by_label("外滩店 的城市").fill("上海市")
    await theirs.get_by_role("button", name="保存").click()
    await expect(theirs.get_by_role("status")).to_contain_text("已保存")
    await mine.get_by_label("西湖店 的电话").fill("0572")
    await mine.get_by_label("外滩店 的早餐").fill("8:30")
    await mine.get_by_role("button", name="保存").click()
    await expect(mine.get_by_role("alert")).to_contain_text("别人改了同样的地方")
    house.screens.take_note_of(409)
    clash = mine.get_by_role("group", name="西湖店.电话")
    await expect(clash).to_contain_text("0571")
    await picture(mine, "table-clash")
    await mine.get_by_role("button", name="保存").click()
    await expect(mine.get_by_role("status")).to_contain_text("已保存")
    for cell, text in (
        ("西湖店 的电话", "0572"),
        ("外滩店 的城市", "上海市"),
        ("外滩店 的早餐", "8:30"),
    ):
        await expect(mine.get_by_label(cell)).to_have_value(text)


async def test_that_an_uploaded_file_is_shown_before_it_counts(
    house: House, tmp_path: Path
) -> None:
    file = tmp_path / "新.csv"
    file.write_bytes(
        "门店,城市,早餐,电话\n西湖店,杭州,7:30,0571\n外滩店,上海,8:00,021\n".encode("gb18030")
    )
    page = await house.admin("/console/tables/门店")
    await page.get_by_label("CSV 或 Excel 文件").set_input_files(file)
    await page.get_by_role("button", name="看会变什么").click()
    await expect(page.get_by_role("heading", name="“门店”会这样变")).to_be_visible()
    await expect(page.get_by_text("西湖店.早餐")).to_be_visible()
    await picture(page, "table-upload")
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    said = await house.in_file("knowledge/tables/门店.csv", "0571")
    assert said.startswith('门店,城市,早餐,电话\n西湖店,杭州,"7:30",0571\n')
    broken = tmp_path / "坏.csv"
    broken.write_text("门店,城市\n西湖店,杭州,多\n", "utf-8")
    await page.get_by_label("CSV 或 Excel 文件").set_input_files(broken)
    await page.get_by_role("button", name="看会变什么").click()
    await expect(page.get_by_role("alert")).to_contain_text("按列名应有 2 格")
    house.screens.take_note_of(400)


async def test_that_what_was_typed_stays_when_the_table_is_gone(house: House) -> None:
    desk, rooms = house.desk, Subject("table", "房型")
    record = record_of_lines([["房型", "面积"], ["大床房", "28"], ["双床房", "30"]])
    await desk.save(rooms, None, record, LIANG)
    page = await house.admin("/console/tables/房型")
    retired = await desk.save(rooms, record, None, XIAOZHOU)
    await page.get_by_label("双床房 的面积").fill("32")
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("alert")).to_contain_text("没有保存。您写的还在下面")
    house.screens.take_note_of(409)
    await expect(page.get_by_label("双床房 的面积")).to_have_value("32")
    await picture(page, "table-gone")
    assert retired.edit is not None
    await desk.undo(retired.edit, LIANG)
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    assert await desk.record(rooms) == {**record, "双床房.面积": "32"}


async def test_that_a_file_of_a_table_that_is_gone_makes_it_again(
    house: House, tmp_path: Path
) -> None:
    desk, rooms = house.desk, Subject("table", "房型")
    record = record_of_lines([["房型", "面积"], ["大床房", "28"]])
    await desk.save(rooms, None, record, LIANG)
    file = tmp_path / "房型.csv"
    file.write_text("房型,面积\n大床房,29\n", "utf-8")
    page = await house.admin("/console/tables/房型")
    await page.get_by_label("CSV 或 Excel 文件").set_input_files(file)
    await page.get_by_role("button", name="看会变什么").click()
    await expect(page.get_by_role("heading", name="“房型”会这样变")).to_be_visible()
    await desk.save(rooms, record, None, XIAOZHOU)
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("alert")).to_contain_text("重新建起来")
    house.screens.take_note_of(409)
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    assert await desk.record(rooms) == {**record, "大床房.面积": "29"}


async def test_that_a_table_of_two_megabytes_is_uploaded_and_retired(
    house: House, tmp_path: Path
) -> None:
    line = "有早餐、停车场和健身房，离地铁站五分钟" * 4
    rows = [f"店{number},{line},{line}" for number in range(4300)]
    file = tmp_path / "大表.csv"
    file.write_text("\n".join(["店名,说明,英文", *rows, ""]), "utf-8")
    assert 1_900_000 < file.stat().st_size < 2 * 1024 * 1024
    page = await house.admin("/console/tables")
    await page.get_by_label("表格名").fill("大表")
    await page.get_by_label("CSV 或 Excel 文件").set_input_files(file)
    await page.get_by_role("button", name="看会变什么").click()
    await expect(page.get_by_role("heading", name="新的表格“大表”")).to_be_visible()
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="去掉这个表格").click()
    await expect(page.get_by_role("status")).to_contain_text("已去掉")
    file.write_bytes(file.read_bytes() * 2)
    await page.goto(page.url.rpartition("/")[0])
    await page.get_by_label("表格名").fill("大表")
    await page.get_by_label("CSV 或 Excel 文件").set_input_files(file)
    await page.get_by_role("button", name="看会变什么").click()
    await expect(page.get_by_role("alert")).to_contain_text("最多 2 MB")
    house.screens.take_note_of(413)


async def test_that_a_form_that_cannot_be_is_told_in_a_sentence(house: House) -> None:
    page = await house.admin("/console/tables/门店")
    origin = page.url.partition("/console")[0]
    home, headers = f"{origin}/console", {"Origin": origin}
    whole = '{"columns":["门店"],"rows":["西湖店"]}'
    for base, record in (("null", '{"columns":5}'), ('{"columns":["门店"],"rows":[1]}', whole)):
        form = {"do": "replace", "base": base, "record": record}
        answer = await page.request.post(page.url, form={**form}, headers=headers)
        assert answer.status == 400
        assert "收到的表格不完整" in await answer.text()
    file: FilePayload = {
        "name": "a.csv",
        "mimeType": "text/csv",
        "buffer": "店,城\n甲,乙\n".encode(),
    }
    answer = await page.request.post(
        f"{home}/new-table", multipart={"table": "很" * 300, "file": file}, headers=headers
    )
    assert answer.status == 400
    assert "最多 20 个字" in await answer.text()
    large = {"examples": "我要投诉" * 600_000, "words": "词" * 3_000_000}
    for path in ("intents/complaint", "new-intent", "words"):
        answer = await page.request.post(f"{home}/{path}", form={**large}, headers=headers)
        assert answer.status == 413
        assert "没有保存，请分几次填" in await answer.text()


async def test_that_who_is_limited_to_stores_only_looks(house: House) -> None:
    grant = Grant("operations", ("西湖店",), userid=XIAOZHOU)
    house.stage.database.run_sync(save_grant, grant, house.stage.clock.now(), "test")
    page = await house.screens.member(XIAOZHOU, "/console/intents/complaint")
    await expect(page.get_by_text("您只看得到这些门店：西湖店")).to_be_visible()
    assert await page.get_by_role("button", name="保存").count() == 0
    headers = {"Origin": page.url.partition("/console")[0]}
    form = {"do": "save", "base": "null"}
    answer = await page.request.post(page.url, form={**form}, headers=headers)
    assert answer.status == 403
