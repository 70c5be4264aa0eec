"""Cases and one's own quick replies in a real browser: by mouse, by keyboard, narrow, and whole."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import Connection

from chatbot.dialogue.snapshot import Snapshot
from chatbot.store.case_proposals import NewProposal, propose_case
from chatbot.store.cases import StoredCase, insert_case
from tests.browser import chromium
from tests.console.scene import HOSTILE, afternoon
from tests.console.stage import Office
from tests.console.test_page import Screens, picture
from tests.login.screens import Screens as MemberScreens
from tests.pipeline.stage import AZHEN, Stage, eventually, play
from tests.store.desk_samples import add_message

_ZONE = ZoneInfo("Asia/Shanghai")
_KNOWLEDGE = """\
- {id: breakfast, question: 早餐几点供应？, similar: [早饭几点到几点], answer: 早餐七点到十点。}
- {id: late, question: 可以延迟退房吗？, answer: 会员可免费延迟至 14:00。}
"""


@pytest.fixture
async def screens(desk: Office, snapshot: Snapshot) -> AsyncIterator[Screens]:
    desk.do(afternoon, snapshot.tag_groups)
    async with chromium() as browser:
        screens = Screens(browser, desk)
        yield screens
    assert screens.problems == []


def _lin(connection: Connection) -> None:
    """Let azhen have promised something in 小林's conversation, and have things to do for him."""
    now = datetime.now(UTC)
    message = add_message(
        connection, 1, "我问一下婚礼的同事，三小时内答复您", now, servicer="azhen"
    )
    due_at = now + timedelta(hours=3)
    new = NewProposal(1, message, "azhen", "reply", "鹦鹉", "三小时内答复您", due_at)
    propose_case(connection, new, now)
    for title, owner, hours in (
        ("问工程部浴室漏水的赔偿", "azhen", -1.0), ("补开发票，抬头改成公司", "xiaozhou", 50.0),
    ):  # fmt: skip
        case = StoredCase(
            "wm-小林", 1, "handle", title, owner, now + timedelta(hours=hours), "liang",
            phone="138 0000 0000",
        )  # fmt: skip
        insert_case(connection, case, now - timedelta(hours=2))


@pytest.mark.parametrize(
    ("name", "size", "scheme"),
    [
        ("cases", (1440, 900), "light"),
        ("cases-dark", (1440, 900), "dark"),
        ("cases-narrow", (375, 740), "light"),
    ],
)
async def test_that_cases_are_drawn_for_every_size(
    screens: Screens, desk: Office, name: str, size: tuple[int, int], scheme: str
) -> None:
    desk.do(_lin)
    page = await screens.open(size=size, color_scheme=scheme)
    await expect(page.get_by_role("button", name="今天要做的 1")).to_be_visible()
    await picture(page, f"{name}-head")
    await page.get_by_role("button", name="今天要做的").click()
    today = page.get_by_role("dialog", name="今天要做的")
    await expect(today.get_by_text("问工程部浴室漏水的赔偿")).to_be_visible()
    await expect(today.get_by_text("已过时间", exact=True)).to_be_visible()
    await picture(page, f"{name}-today")
    await today.get_by_role("button", name="打开和 小林 的对话").first.click()
    await expect(today).to_be_hidden()
    promise = page.locator("#promises").get_by_text("您答应过：“三小时内答复您”")
    await expect(promise).to_be_visible()
    await picture(page, f"{name}-promise")
    await page.locator("#scroller").focus()
    await page.keyboard.press("c")
    form = page.get_by_role("form", name="记一件事")
    await expect(form.get_by_label("要做什么")).to_be_focused()
    await expect(form.get_by_label("谁来做").locator("option")).not_to_have_count(1)
    await picture(page, f"{name}-form")
    await page.keyboard.press("Escape")
    await expect(form).to_be_hidden()
    section = page.get_by_role("region", name="要做的事")
    await section.get_by_text("记录").first.click()
    await picture(page, f"{name}-panel")
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    nameless = await page.evaluate(
        """() => [...document.querySelectorAll("button, input, textarea, select, summary")]
            .filter((node) => !(node.getAttribute("aria-label") || node.textContent.trim()
                || node.labels?.length)).map((node) => node.outerHTML)"""
    )
    assert nameless == []


async def test_that_a_case_is_noted_changed_and_done_by_keyboard(
    screens: Screens, desk: Office
) -> None:
    page = await screens.open(path="#public-lin")
    await expect(page.get_by_role("button", name="记一件事")).to_be_visible()
    press = page.keyboard.press
    await press("c")
    await expect(page.get_by_label("要做什么")).to_have_value("有的，一个小笼子，它很安静")
    await expect(page.get_by_role("button", name="明天", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    await press("Control+a")
    await page.keyboard.type("问婚礼部能不能带鹦鹉")
    await press("Enter")
    await expect(page.get_by_text("已记下，到时间会提醒您。")).to_be_visible()
    section = page.get_by_role("region", name="要做的事")
    item = section.get_by_role("listitem").filter(has_text="问婚礼部能不能带鹦鹉")
    await expect(item.get_by_text("明天 18:00前")).to_be_visible()
    (link,) = desk.rows("SELECT message_id FROM case_links")
    assert link["message_id"] is not None
    # A colleague gets it; whoever looked at it before is told.
    other = await screens.open("liang", "#public-lin")
    theirs = other.get_by_role("region", name="要做的事")
    await expect(theirs.get_by_text("问婚礼部能不能带鹦鹉")).to_be_visible()
    await item.get_by_role("button", name="改、转交").click()
    await page.get_by_label("谁来做").select_option("xiaozhou")
    await page.get_by_role("button", name="保存", exact=True).first.click()
    await expect(item.get_by_text("小周", exact=True)).to_be_visible()
    await expect(theirs.get_by_text("小周", exact=True)).to_be_visible()  # the stream tells
    await theirs.get_by_role("button", name="完成").click()
    await expect(other.get_by_text("已完成。", exact=True)).to_be_visible()
    await expect(section.get_by_text("没有要做的事。")).to_be_visible()
    await expect(section.get_by_text("已关闭 1 件")).to_be_visible()
    (row,) = desk.rows("SELECT owner, state FROM cases")
    assert row == {"owner": "xiaozhou", "state": "done"}


async def test_that_a_stale_page_gets_the_new_state(screens: Screens, desk: Office) -> None:
    desk.do(_lin)
    page = await screens.open()
    await page.keyboard.press("d")
    today = page.get_by_role("dialog", name="今天要做的")
    await expect(today.get_by_text("问工程部浴室漏水的赔偿")).to_be_visible()
    await desk.post("/cases/1/change", "liang", version=1, title="问工程部的赔偿，客户在催")
    await today.get_by_role("button", name="改、转交").click()
    await expect(today.get_by_label("要做什么")).to_have_value("问工程部浴室漏水的赔偿")
    await page.keyboard.press("Escape")  # closes what is in front alone
    await expect(today.get_by_label("要做什么")).to_be_hidden()
    await today.get_by_role("button", name="完成").click()
    await expect(today.get_by_text("刚刚被改过，请看过现在的样子再改")).to_be_visible()
    await expect(today.get_by_text("问工程部的赔偿，客户在催")).to_be_visible()
    screens.forgive("409 (Conflict)")
    await today.get_by_role("button", name="完成").click()
    await expect(today.get_by_text("今天没有要做的了。")).to_be_visible()
    await expect(page.get_by_role("button", name="今天要做的 1")).to_be_hidden()


async def test_that_a_card_opens_the_form_and_hostile_words_stay_words(
    screens: Screens, desk: Office
) -> None:
    page = await screens.open(path="open/public-hostile?case")
    title = page.get_by_label("要做什么")
    await expect(title).to_be_focused()
    assert page.url.endswith("/console/#public-hostile")
    assert "＜script＞" in await title.input_value()
    assert "\u202e" not in await title.input_value()
    await page.keyboard.press("Enter")
    section = page.get_by_role("region", name="要做的事")
    await expect(section.get_by_text("＜script＞alert(1)")).to_be_visible()
    await section.get_by_text("记录").click()
    said = section.locator("blockquote")
    await expect(said).to_contain_text("<script>alert(1)</script>")
    await expect(said).to_contain_text("‹202E›倒过来")
    assert await section.locator("script, img").count() == 0
    assert len(HOSTILE) > 10_000
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    await picture(page, "cases-hostile")


async def test_that_ones_own_quick_replies_are_changed_ordered_and_deleted(
    screens: Screens, desk: Office
) -> None:
    for title, folder in (("欢迎", "售前"), ("催款", "售后")):
        body = {"title": title, "text": f"{title}的话", "folder": folder}
        await desk.post("/quick-replies", **body)
    page = await screens.open(path="#public-chen", size=(375, 740))
    await page.get_by_role("button", name="快捷回复").click()
    await page.get_by_role("button", name="管理我的").click()
    own = page.get_by_role("dialog", name="我的快捷回复")
    await expect(own.get_by_role("listitem")).to_have_count(2)
    await picture(page, "quick-narrow-own")
    await own.get_by_role("button", name="下移“欢迎”").click()
    await expect(own.get_by_role("listitem").first).to_contain_text("催款")
    await own.get_by_role("button", name="改“欢迎”").click()
    await own.get_by_label("内容").fill("您好，欢迎入住")
    await picture(page, "quick-narrow-form")
    await own.get_by_role("button", name="保存").click()
    await expect(own.get_by_text("您好，欢迎入住")).to_be_visible()
    await own.get_by_role("button", name="删除“催款”").click()
    await own.get_by_role("button", name="确定删除“催款”").click()
    await expect(own.get_by_role("listitem")).to_have_count(1)
    await own.get_by_role("button", name="关闭").first.click()
    await expect(page.get_by_label("回复", exact=True)).to_be_focused()
    (kept,) = (await desk.get("/quick-replies")).body["replies"]
    assert (kept["title"], kept["text"]) == ("欢迎", "您好，欢迎入住")
    assert (await desk.get("/quick-replies", "xiaozhou")).body["replies"] == []


@asynccontextmanager
async def _morning(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> AsyncIterator[tuple[Stage, Page]]:
    """Play the whole server at ten in the morning; azhen has a talk of the bot's open."""
    knowledge, intents = tmp_path / "knowledge", tmp_path / "intents"
    for folder in (knowledge, intents):
        folder.mkdir()
    (knowledge / "faq.yaml").write_text(_KNOWLEDGE, encoding="utf-8")
    ten = datetime.now(_ZONE).replace(hour=10, minute=0) + timedelta(days=1)
    clock = tmp_path / "clock"
    clock.write_text(str((ten - datetime.now(_ZONE)).total_seconds()))
    async with (
        play(
            database_url, vectors_dir, clock_file=clock, knowledge_dir=knowledge,
            intents_dir=intents,
        ) as stage,
        chromium() as browser,
    ):  # fmt: skip
        await stage.say("早餐几点供应？")
        await stage.delivered()
        await stage.settled()
        screens = MemberScreens(browser, stage)
        page = await screens.member(AZHEN, "/console/sessions")
        await page.goto(f"{stage.server}/console/")
        await page.get_by_role("tab", name="全部").click()
        await page.get_by_role("option").first.click()
        await expect(page.get_by_label("回复", exact=True)).to_be_visible()
        yield stage, page
        assert screens.problems == []


async def test_that_what_is_promised_in_a_reply_becomes_a_case_of_today_and_is_done(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    async with _morning(database_url, vectors_dir, tmp_path) as (stage, page):
        reply = page.get_by_label("回复", exact=True)
        await reply.fill("我去问下厨房，两小时内给您答复")
        await reply.press("Enter")
        promise = page.locator("#promises").get_by_text(
            re.compile(r"^您答应过：“两小时内给您答复”，今天 12:\d\d前$")
        )
        await expect(promise).to_be_visible()
        await page.get_by_role("button", name="记下", exact=True).click()
        await expect(promise).to_be_hidden()
        await page.get_by_role("button", name="今天要做的 1").click()
        today = page.get_by_role("dialog", name="今天要做的")
        await expect(today.get_by_text("早餐几点供应？")).to_be_visible()
        await today.get_by_role("button", name="完成").click()
        await expect(today.get_by_text("今天没有要做的了。")).to_be_visible()
        assert [row["state"] for row in stage.rows("SELECT state FROM cases")] == ["done"]


async def test_that_a_good_sentence_is_kept_found_by_its_initials_and_sent(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    async with _morning(database_url, vectors_dir, tmp_path) as (stage, page):
        reply = page.get_by_label("回复", exact=True)
        await reply.fill("您好，晚上退房的话押金两小时内退回。")
        await page.get_by_role("button", name="快捷回复").click()
        await picture(page, "quick-picker")
        await page.get_by_role("button", name="存为我的快捷回复").click()
        own = page.get_by_role("dialog", name="我的快捷回复")
        await own.get_by_label("标题").fill("晚上退房")
        await own.get_by_label("文件夹").fill("售后")
        await own.get_by_label("内容").press("Home")
        await own.get_by_label("插入变量…").select_option("{顾客.称呼}")
        await picture(page, "quick-form")
        await own.get_by_role("button", name="保存").click()
        await expect(own.get_by_text("晚上退房", exact=True)).to_be_visible()
        await picture(page, "quick-own")
        await page.keyboard.press("Escape")
        await reply.fill("")
        await reply.press("/")
        await page.keyboard.type("wstf")
        await expect(page.get_by_role("option", name="晚上退房")).to_be_visible()
        await page.keyboard.press("Enter")
        # The variable stands for the customer's name, as far as that is known.
        worded = re.compile("^[^{}]{1,10}您好，晚上退房的话押金两小时内退回。$")
        await expect(reply).to_have_value(worded)
        await reply.press("Enter")
        assert worded.match((await stage.delivered(count=2))[-1])

        async def uses() -> list[tuple[str, int]]:
            rows = stage.rows("SELECT item, times FROM quick_reply_uses")
            return [(row["item"], row["times"]) for row in rows]

        assert await eventually(uses, bool) == [("own:1", 1)]
