"""Where nothing can be sent any more: who else can write, whom to call, and the morning's list."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import expect
from sqlalchemy import Connection, text

from chatbot.customers.records import begin_relation, end_relation
from chatbot.dialogue.snapshot import Snapshot
from chatbot.store.cases import StoredCase, insert_case
from tests.browser import chromium
from tests.console.scene import afternoon, ago
from tests.console.stage import Office
from tests.console.test_page import Screens, picture
from tests.store.desk_samples import add_conversation, add_message, add_turn

_HOUR = 60
_PHONE = "13800138000"


def _wrote(connection: Connection, name: str, hours: float, words: str, *, state: int = 4) -> int:
    at = ago(hours * _HOUR)
    made = add_conversation(connection, name, state, public_id=f"public-{name}", at=at)
    add_message(connection, made, words, at, fate="recorded")
    return made


def _left(
    connection: Connection, name: str, hours: float, phone: str = "", wanted: str = ""
) -> int:
    """Let a customer leave a message out of hours."""
    made = _wrote(connection, name, hours, "晚上没人，请明天联系我")
    at = ago(hours * _HOUR)
    case = StoredCase(
        f"wm-{name}", made, "message", "晚上没人", None, at + timedelta(hours=9), "system",
        phone=phone, wanted=wanted,
    )  # fmt: skip
    insert_case(connection, case, at)
    return made


def _night(connection: Connection) -> None:
    _left(connection, "long-ago", 50, "0571-88880000")
    _left(connection, "rather-new", 10, wanted="明天上午")
    _left(connection, "nearly-over", 30, _PHONE, "后天\u202e三点")
    taken = _left(connection, "taken", 5, _PHONE)
    connection.execute(
        text("UPDATE cases SET owner = 'xiaozhou' WHERE conversation_id = :id"), {"id": taken}
    )
    closed = _wrote(connection, "closed", 60, "怎么还没有人回")
    turn = add_turn(connection, closed, "订房", ago(61 * _HOUR), action="flow")
    form = [["入住日期", "2026-05-01"], ["电话", "138 0013 8000"]]
    connection.execute(
        text("UPDATE turns SET trace = jsonb_build_object('form', CAST(:form AS jsonb))"
             " WHERE id = :id"),
        {"id": turn, "form": json.dumps(form)},
    )  # fmt: skip
    for userid in ("azhen", "xiaozhou", "liang"):
        begin_relation(connection, "wm-closed", userid, "", ago(9000), ago(9000))
    end_relation(connection, "wm-closed", "liang", ago(100), ago(100))
    _wrote(connection, "nobody", 70, "在吗")
    spent = _wrote(connection, "spent", 0.1, "早餐", state=1)
    connection.execute(
        text("UPDATE conversations SET sent_since_customer = 5 WHERE id = :id"), {"id": spent}
    )


@pytest.fixture
async def screens(desk: Office, snapshot: Snapshot) -> AsyncIterator[Screens]:
    desk.do(afternoon, snapshot.tag_groups)
    desk.do(_night)
    async with chromium() as browser:
        screens = Screens(browser, desk)
        yield screens
    assert screens.problems == []


async def test_that_the_morning_begins_with_messages_by_the_window_that_is_left(
    screens: Screens,
) -> None:
    page = await screens.open()
    await page.get_by_role("tab", name="等人接").click()
    names = page.locator("#rows .name")
    await expect(names).to_have_text(
        ["李先生", "nearly-over", "rather-new", "long-ago", "王姐", "赵女士"]
    )
    # One that somebody has taken waits for nobody else.
    await expect(page.get_by_role("option", name="taken")).to_be_hidden()
    row = page.get_by_role("option", name="nearly-over")
    await expect(row).to_contain_text(f"电话 {_PHONE} · 希望 后天‹202E›三点")
    await expect(row).to_contain_text("留言")
    await expect(row).to_contain_text("还能回复 17 小时")
    await expect(page.get_by_role("option", name="long-ago")).to_contain_text("48 小时已过")
    await picture(page, "morning")
    await row.click()
    head = page.locator("#talk-head")
    await expect(head).to_contain_text(f"留言 · 电话 {_PHONE} · 希望 后天‹202E›三点")


async def test_that_who_asks_again_does_not_lose_their_place(screens: Screens) -> None:
    page = await screens.open()
    await page.get_by_role("tab", name="等人接").click()
    await expect(page.locator("#rows .name").first).to_have_text("李先生")
    order = await page.evaluate(
        """async () => {
          const {desk, rows, shownRows} = await import("./static/desk.js");
          const ago = (minutes) => new Date(Date.now() - minutes * 60000).toISOString();
          const left = (minutes) =>
            new Date(Date.now() + 48 * 3600e3 - minutes * 60000).toISOString();
          rows.clear();
          const add = (id, waits, wrote) => rows.set(id, {id, waits: true, state: 2, last: null,
            priority: "normal", waiting_since: ago(waits), window_ends: left(wrote)});
          add("patient", 20, 20);
          add("asks-again", 40, 1);
          add("yesterday", 20 * 60, 15 * 60);
          add("too-late", 60 * 60, 60 * 60);
          return shownRows("waiting").map((row) => row.id);
        }"""
    )
    assert order == ["yesterday", "asks-again", "patient", "too-late"]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (375, "dark")])
async def test_that_a_closed_window_shows_friends_and_the_phone(
    screens: Screens, width: int, scheme: str
) -> None:
    page = await screens.open(
        path="#public-closed", size=(width, 860), color_scheme=scheme,
        permissions=["clipboard-read", "clipboard-write"],
    )  # fmt: skip
    composer = page.get_by_role("region", name="写回复")
    await expect(composer.get_by_text("现在发不了消息")).to_be_visible()
    ways = composer.get_by_role("list", name="还可以这样联系").get_by_role("listitem")
    await expect(ways).to_have_count(3)
    await expect(ways.nth(0)).to_contain_text("您是 TA 的企业微信好友，请在企业微信里用好友聊天")
    await expect(ways.nth(1)).to_contain_text("小周 是 TA 的企业微信好友")
    await expect(ways.nth(2)).to_contain_text("登记时填的")
    await expect(composer.get_by_role("textbox")).to_have_count(0)
    await picture(page, f"closed-{width}")
    copy = composer.get_by_role("button", name=f"复制电话 {_PHONE}")
    await copy.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text(f"已复制电话 {_PHONE}。")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == _PHONE
    await expect(copy).to_be_focused()
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


async def test_that_a_left_number_is_told_with_the_closed_window(screens: Screens) -> None:
    page = await screens.open(path="#public-long-ago")
    composer = page.get_by_role("region", name="写回复")
    await expect(composer.get_by_text("0571-88880000")).to_be_visible()
    await expect(composer.get_by_text("下班时的留言")).to_be_visible()


async def test_that_where_there_is_no_way_it_says_so(screens: Screens) -> None:
    page = await screens.open(path="#public-nobody")
    await expect(page.get_by_text("也没有留过电话，只能等 TA 再说话")).to_be_visible()
    await page.goto(f"{page.url.partition('#')[0]}#public-spent")
    await expect(page.get_by_text("五条消息已经用完")).to_be_visible()
    await expect(page.get_by_text("也没有留过电话，只能等 TA 再说话")).to_be_visible()


async def test_that_the_stage_stands_in_the_list_and_beside_the_talk(screens: Screens) -> None:
    page = await screens.open(path="#public-lin")
    row = page.get_by_role("option", name="小林")
    await expect(row.get_by_text("已入住", exact=True)).to_be_visible()
    panel = page.get_by_role("complementary", name="客户资料")
    await expect(panel.get_by_text("阶段", exact=True)).to_be_visible()
    await panel.get_by_label("加标签").fill("阶段:售后")
    await page.keyboard.press("Enter")
    await expect(row.get_by_text("售后", exact=True)).to_be_visible()
    await expect(panel.get_by_text("已入住")).to_be_hidden()  # there is one stage at a time
