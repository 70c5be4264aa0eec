"""The desk in a real browser: live, by keyboard alone, narrow, unharmed by what customers write."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import Connection, text

from chatbot.dialogue.snapshot import Snapshot
from tests.browser import chromium, watch_problems
from tests.console.scene import afternoon, ago, hand_over
from tests.console.stage import COOKIE, Office
from tests.store.desk_samples import add_conversation, add_message

#: Set to a folder to keep pictures of the pages.
PICTURES = os.environ.get("CHATBOT_TEST_PICTURES", "")


class Screens:
    """Opens the desk for members; a page that logs an error fails the test."""

    def __init__(self, browser: Browser, desk: Office) -> None:
        self._browser = browser
        self._desk = desk
        self.problems: list[str] = []

    def forgive(self, words: str) -> None:
        """Forget what the browser itself logs of a call that the test lets fail."""
        self.problems = [each for each in self.problems if words not in each]

    async def open(
        self,
        viewer: str = "azhen",
        path: str = "",
        size: tuple[int, int] = (1440, 860),
        **more: Any,
    ) -> Page:
        width, height = size
        context = await self._browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", **more
        )
        await context.add_cookies([{"name": COOKIE, "value": viewer, "url": self._desk.address}])
        page = await context.new_page()
        watch_problems(page, (self._desk.address,), self.problems)
        await page.goto(f"{self._desk.address}/console/{path}")
        await expect(page.get_by_text("实时更新中")).to_be_attached()
        return page


@pytest.fixture
async def screens(desk: Office, snapshot: Snapshot) -> AsyncIterator[Screens]:
    desk.do(afternoon, snapshot.tag_groups)
    async with chromium() as browser:
        screens = Screens(browser, desk)
        yield screens
    assert screens.problems == []


async def picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))


@pytest.mark.parametrize(
    ("name", "size", "scheme"),
    [
        ("desk", (1440, 860), "light"),
        ("desk-dark", (1440, 860), "dark"),
        ("desk-middle", (1000, 760), "light"),
        ("desk-narrow", (375, 740), "light"),
    ],
)
async def test_that_the_desk_is_drawn_for_every_size(
    screens: Screens, name: str, size: tuple[int, int], scheme: str
) -> None:
    page = await screens.open(size=size, color_scheme=scheme)
    await expect(page.get_by_role("option", name="小林")).to_be_visible()
    await picture(page, f"{name}-mine")
    await page.get_by_role("tab", name="等人接").click()
    await expect(page.get_by_role("option").first).to_contain_text("李先生")
    await picture(page, f"{name}-waiting")
    await page.get_by_role("tab", name="全部").click()
    await page.get_by_role("option", name="陈同学").click()
    await expect(page.get_by_text("有，住店客人免费停车。").last).to_be_visible()
    await page.get_by_label("回复", exact=True).focus()
    await expect(page.get_by_text("机器人已暂停")).to_be_visible()
    await picture(page, f"{name}-bot")
    await page.goto(f"{page.url.partition('#')[0]}#public-lin")
    await expect(page.get_by_text("它很安静").last).to_be_visible()
    await picture(page, f"{name}-talk")
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


async def test_that_everything_has_a_name_and_is_reached_with_tab(screens: Screens) -> None:
    page = await screens.open(path="#public-lin")
    await expect(page.get_by_text("它很安静").last).to_be_visible()
    await expect(page.get_by_role("button", name="保存")).to_be_visible()
    nameless = await page.evaluate(
        """() => [...document.querySelectorAll("button, input, textarea, select, a, summary,"
        + "[role=option], [role=tab], audio, dialog[open]")].filter((node) =>
            !(node.getAttribute("aria-label") || node.textContent.trim() || node.labels?.length))
            .map((node) => node.outerHTML)"""
    )
    assert nameless == []
    await page.get_by_role("heading", level=1).click()
    reached: list[str] = []
    for _ in range(60):
        await page.keyboard.press("Tab")
        reached.append(
            await page.evaluate(
                """() => { const node = document.activeElement;
                const name = node.id || node.getAttribute("aria-label") || node.textContent;
                return `${name} ${getComputedStyle(node).outlineStyle}`; }"""
            )
        )
        if reached[-1].startswith("note-new"):
            break
    names = [each.rpartition(" ")[0] for each in reached]
    wanted = "search tab-mine row-public-lin act-transfer act-end scroller 对 错 应是… reply"
    for name in f"{wanted} show-quick copy tag-new note-new".split():
        assert name in names, (name, names)
    assert all(each.rpartition(" ")[2] != "none" for each in reached), reached


async def test_that_the_main_path_needs_no_mouse(screens: Screens, desk: Office) -> None:
    page = await screens.open()
    press = page.keyboard.press
    await press("2")  # who waits
    await expect(page.get_by_role("option")).to_have_count(3)
    await press("j")
    await expect(page.get_by_role("option", name="李先生")).to_be_focused()
    await press("j")
    await expect(page.get_by_role("option", name="王姐")).to_be_focused()
    await press("k")
    await press("Enter")
    await expect(page.get_by_role("heading", name="李先生")).to_be_visible()
    await expect(page.get_by_text("先点“接待”")).to_be_visible()
    await press("t")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("接待之后机器人不再回答")).to_be_visible()
    await press("Escape")
    await expect(dialog).to_be_hidden()
    await press("t")
    await expect(dialog.get_by_role("button", name="接待")).to_be_focused()
    await press("Enter")
    await expect(page.get_by_text("已接待，请到企业微信里回复。")).to_be_visible()
    await expect(page.get_by_text("人工接待中，只能在企业微信里发送")).to_be_visible()
    await press("/")
    await expect(page.get_by_role("combobox", name="搜索快捷回复和知识")).to_be_focused()
    await page.keyboard.type("停车")
    await expect(page.get_by_role("option", name="有停车场吗？")).to_be_visible()
    await expect(page.locator("#quick-list").get_by_role("option")).to_have_count(1)
    await press("Enter")
    reply = page.get_by_label("回复", exact=True)
    await expect(reply).to_be_focused()
    await expect(reply).to_have_value("有，住店客人免费停车。")
    await press("Escape")
    await press("e")
    await expect(dialog.get_by_text("结束之后不能再给客户发消息")).to_be_visible()
    await press("Enter")
    await expect(page.get_by_text("会话已结束，现在发不了消息")).to_be_visible()
    await press("?")
    await expect(dialog.get_by_text("这份说明")).to_be_visible()
    await picture(page, "desk-keys")
    await press("Escape")
    await press("Escape")
    await expect(page.get_by_text("选一个对话开始。")).to_be_visible()
    (row,) = desk.rows("SELECT service_state FROM conversations WHERE public_id = 'public-pipe'")
    assert row == {"service_state": 4}


async def test_that_news_appears_by_itself_and_is_announced(screens: Screens, desk: Office) -> None:
    page = await screens.open(path="#public-lin")
    await expect(page.locator("#lines").get_by_text("它很安静")).to_be_visible()
    (lin,) = desk.rows("SELECT id FROM conversations WHERE public_id = 'public-lin'")
    desk.do(add_message, lin["id"], "还有，可以加一张床吗？", ago(0))
    await expect(page.locator("#lines").get_by_text("可以加一张床吗？")).to_be_in_viewport()
    await expect(page.locator("#polite")).to_have_text("客户：还有，可以加一张床吗？")
    # Another one's row rises by itself, marked as unread; its waiting time counts up.
    desk.do(hand_over, desk.do(add_conversation, "新客人", 2, at=ago(1)), "在吗", 0.5)
    await page.get_by_role("tab", name="等人接").click()
    row = page.get_by_role("option", name="新客人")
    await expect(row.get_by_role("img", name="有新消息")).to_be_visible()
    first = await row.locator(".waits").inner_text()
    await expect(row.locator(".waits")).not_to_have_text(first)
    await row.click()
    await expect(row.get_by_role("img", name="有新消息")).to_be_hidden()


async def test_that_a_dropped_stream_comes_back_and_has_missed_nothing(
    screens: Screens, desk: Office
) -> None:
    page = await screens.open(path="#public-lin")
    await expect(page.get_by_text("它很安静").last).to_be_visible()
    before = len(desk.streams)
    await desk.drop_streams()
    (lin,) = desk.rows("SELECT id FROM conversations WHERE public_id = 'public-lin'")
    desk.do(add_message, lin["id"], "断线时说的话", ago(0))
    desk.do(add_conversation, "断线时来的", 2, at=ago(1))
    await expect(page.locator("#lines").get_by_text("断线时说的话")).to_be_visible(timeout=15_000)
    await page.get_by_role("tab", name="等人接").click()
    await expect(page.get_by_role("option", name="断线时来的")).to_be_visible()
    await expect(page.get_by_text("实时更新中")).to_be_visible()
    assert len(desk.streams) > before
    screens.forgive("ERR_INCOMPLETE_CHUNKED_ENCODING")


async def test_that_of_two_who_take_at_once_one_is_told_with_the_new_state(
    screens: Screens,
) -> None:
    pages = [await screens.open(each, "#public-pipe") for each in ("azhen", "xiaozhou")]
    for page in pages:
        await page.get_by_role("button", name="接待", exact=True).click()
        await expect(page.get_by_role("dialog")).to_be_visible()
    for page in pages:
        await page.get_by_role("dialog").get_by_role("button", name="接待").click()
    done, told = "已接待，请到企业微信里回复。", "已经接待了这位客户，刚才的操作没有执行。"
    for page in pages:
        await expect(page.get_by_text(done).or_(page.get_by_text(told))).to_be_visible()
    won = [await page.get_by_text(done).is_visible() for page in pages]
    assert sorted(won) == [False, True]
    loser, winner = pages[won.index(False)], ("阿珍", "小周")[won.index(True)]
    await expect(loser.get_by_text(f"{winner} {told}")).to_be_visible()
    await expect(loser.get_by_text(f"人工接待中 · {winner}")).to_be_visible()
    await expect(loser.get_by_text(f"{winner} 正在接待，只有 TA 能")).to_be_visible()
    await picture(loser, "desk-conflict")
    screens.forgive("409 (Conflict)")


async def test_that_what_customers_write_harms_nothing(screens: Screens) -> None:
    page = await screens.open(path="#public-hostile")
    said = page.locator("#lines .customer .text")
    await expect(said).to_contain_text("<script>alert(1)</script><img src=x onerror=alert(2)>")
    await expect(said).to_contain_text("‹202E›倒过来␇␛")
    assert await page.locator("#lines img, #lines a, #lines script").count() == 0
    await page.get_by_role("button", name="展开全文").click()
    await expect(page.get_by_role("button", name="收起")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    name = page.get_by_role("heading", level=2)
    await expect(name).to_have_text("<b>坏人</b>‹202E›人好")
    await picture(page, "desk-hostile")


async def test_that_a_reply_is_drafted_edited_and_sent_while_the_bot_is_silent(
    screens: Screens, desk: Office
) -> None:
    page = await screens.open(path="#public-chen")
    await page.get_by_role("button", name="可以延迟退房吗？").click()
    reply = page.get_by_label("回复", exact=True)
    await expect(reply).to_have_value("会员可免费延迟至 14:00。")
    await expect(page.get_by_text("机器人已暂停")).to_be_visible()
    await reply.press("End")
    await page.keyboard.type(" 已为您登记。")
    await page.keyboard.press("Enter")
    await expect(page.locator("#lines .staff")).to_contain_text("14:00。 已为您登记。")
    await expect(reply).to_have_value("")
    (part,) = desk.rows("SELECT payload, by_userid FROM outbox WHERE by_userid IS NOT NULL")
    assert part["by_userid"] == "azhen"
    # Leaving the empty box gives the customer back to the bot.
    await reply.focus()
    await expect(page.get_by_text("机器人已暂停")).to_be_visible()
    await page.get_by_role("textbox", name="写备注").focus()
    await expect(page.get_by_text("机器人已暂停")).to_be_hidden()


async def test_that_what_the_bot_said_is_judged_on_the_spot(screens: Screens, desk: Office) -> None:
    page = await screens.open(path="#public-chen")
    bar = page.get_by_role("group", name="机器人这样做对吗？")
    await bar.get_by_role("button", name="应是…").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="可以延迟退房吗？")).to_be_visible()
    await dialog.get_by_role("searchbox").fill("停车")
    await dialog.get_by_role("button", name="有停车场吗？").click()
    await expect(bar).to_contain_text("阿珍 说应是“有停车场吗？”")
    assert desk.rows("SELECT verdict, faq_id FROM turn_judgements") == [
        {"verdict": "other", "faq_id": "parking"}
    ]
    await bar.get_by_role("button", name="撤销").click()
    await bar.get_by_role("button", name="错").click()
    await expect(bar).to_contain_text("阿珍 说错")
    # Another member's page shows it too.
    other = await screens.open("liang", "#public-chen")
    await expect(other.get_by_text("阿珍 说错")).to_be_visible()


async def test_that_the_customer_is_known_and_changed_beside_the_talk(screens: Screens) -> None:
    page = await screens.open(path="#public-lin")
    panel = page.get_by_role("complementary", name="客户资料")
    await expect(panel.get_by_text("已入住", exact=True).first).to_be_visible()
    await panel.get_by_label("为什么有“意向:续住”").click()
    why = panel.get_by_role("listitem").filter(has_text="回答了“可以延迟退房吗？” · 把握 93%")
    await expect(why.last.get_by_text("能晚点退房吗")).to_be_visible()
    await panel.get_by_role("button", name="去掉 意向:续住").click()
    await expect(panel.get_by_text("意向:续住")).to_be_hidden()
    await panel.get_by_label("加标签").fill("会员等级:金卡")
    await page.keyboard.press("Enter")
    await expect(panel.get_by_text("会员等级:金卡")).to_be_visible()
    await panel.get_by_label("写备注").fill("<i>喜欢高楼层</i>")
    await panel.get_by_role("button", name="保存").click()
    await expect(panel.get_by_text("<i>喜欢高楼层</i>")).to_be_visible()
    await expect(panel.get_by_text("小周", exact=True)).to_be_visible()
    await picture(page, "desk-customer")


async def test_that_old_talks_are_found_and_read(screens: Screens, desk: Office) -> None:
    page = await screens.open()
    await page.get_by_role("tab", name="已结束").click()
    await page.get_by_role("option", name="孙小姐").click()
    await expect(page.get_by_text("早餐七点到十点。").last).to_be_visible()
    await expect(page.get_by_text("会话已结束，现在发不了消息")).to_be_visible()
    await page.keyboard.press("f")
    await page.keyboard.type("地毯")
    await expect(page.get_by_text("找到 1 个对话")).to_be_visible()
    await expect(page.get_by_role("option")).to_have_count(1)
    await page.get_by_label("搜索客户或聊天内容").fill("没有人说过的话")
    await expect(page.get_by_text("没有找到“没有人说过的话”")).to_be_visible()


async def test_that_it_is_given_to_a_colleague(screens: Screens, desk: Office) -> None:
    page = await screens.open(path="#public-lin")
    await page.get_by_role("button", name="转给…").click()
    await page.get_by_role("radio", name="小周").check()
    await picture(page, "desk-transfer")
    await page.get_by_role("button", name="转给 TA").click()
    await expect(page.get_by_text("已转给同事。")).to_be_visible()
    await expect(page.get_by_text("人工接待中 · 小周")).to_be_visible()


async def test_that_500_open_conversations_stay_usable(screens: Screens, desk: Office) -> None:
    def fill(connection: Connection) -> None:
        for number in range(500):
            add_conversation(connection, f"排队的客人{number}", 2, at=ago(100 + number))

    page = await screens.open()
    desk.do(fill)
    await page.get_by_role("tab", name="等人接").click()
    await expect(page.get_by_role("option")).to_have_count(503)
    for _ in range(40):
        await page.keyboard.press("j")
    focused = page.locator("#rows > li:focus")
    await expect(focused).to_be_in_viewport()
    place = await focused.evaluate("(node) => [...node.parentNode.children].indexOf(node)")
    assert place == 39
    await page.keyboard.press("End")
    await expect(page.locator("#rows > li").last).to_be_focused()
    # While the list changes below the cursor, it stays where it is.
    desk.do(
        lambda connection: connection.execute(
            text("DELETE FROM conversations WHERE nickname = '排队的客人250'")
        )
    )
    await expect(page.get_by_role("option")).to_have_count(502)
    await expect(page.locator("#rows > li").last).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=2)).to_be_visible()


async def test_that_a_narrow_page_goes_from_list_to_talk_and_back(screens: Screens) -> None:
    page = await screens.open(size=(375, 740))
    await page.get_by_role("option", name="小林").click()
    await expect(page.get_by_role("heading", name="小林")).to_be_visible()
    await expect(page.get_by_label("搜索客户或聊天内容")).to_be_hidden()
    await page.get_by_role("button", name="客户资料").click()
    panel = page.get_by_role("complementary", name="客户资料")
    await expect(panel.get_by_text("过敏：花生")).to_be_visible()
    await picture(page, "desk-narrow-customer")
    await panel.get_by_role("button", name="关闭").click()
    await expect(panel).to_be_hidden()
    await page.get_by_role("button", name="快捷回复").click()
    await expect(page.get_by_role("option", name="早餐几点供应？")).to_be_visible()
    await picture(page, "desk-narrow-quick")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="返回列表").click()
    await expect(page.get_by_label("搜索客户或聊天内容")).to_be_visible()


async def test_that_a_login_that_is_over_leads_to_the_login(screens: Screens, desk: Office) -> None:
    page = await screens.open(path="#public-lin")
    await expect(page.get_by_text("它很安静").last).to_be_visible()
    # The panel has asked for all that it shows.
    await expect(page.get_by_role("button", name="保存")).to_be_visible()
    await expect(page.locator("#orders[hidden]")).to_be_attached()
    await page.context.clear_cookies()
    # Whatever the page asks for next, by itself or for the agent, finds it out.
    await page.evaluate("document.querySelector('#tab-ended')?.click()")
    await expect(page.get_by_text("请先登录。")).to_be_visible()
    screens.forgive("401 (Unauthorized)")
    screens.forgive("404 (Not Found)")  # the icon, which browsers look for beside a bare text


async def test_that_an_agent_hands_over_goes_home_and_comes_back(screens: Screens) -> None:
    page = await screens.open()
    await page.get_by_role("button", name="下班交接").click()
    await page.get_by_role("dialog").get_by_role("button", name="下班交接").click()
    await page.get_by_role("button", name="回来接待").click()
    await expect(page.get_by_role("button", name="下班交接")).to_be_visible()
