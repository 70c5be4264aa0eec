"""The pages in a real browser: Debian's Chromium, driven by playwright."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser import chromium, watch_problems

from .harness import KF, LIN, ZHEN, ZHOU, Bot, Client, Json

#: Set to a folder to keep pictures of the pages.
PICTURES = os.environ.get("CHATBOT_TEST_PICTURES", "")


class Screens:
    """Opens pages and fails the test if one logs an error."""

    def __init__(self, browser: Browser, sim: Client) -> None:
        self._browser = browser
        self._sim = sim
        self.problems: list[str] = []

    async def open(self, path: str, width: int = 1100, height: int = 860) -> Page:
        page = await self._browser.new_page(
            viewport={"width": width, "height": height}, locale="zh-CN"
        )
        watch_problems(page, (self._sim.address,), self.problems)
        await page.goto(self._sim.address + path)
        return page


@pytest.fixture
async def browser(sim: Client) -> AsyncIterator[Screens]:
    async with chromium() as started:
        screens = Screens(started, sim)
        yield screens
    assert screens.problems == []


async def picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/{name}.png")


async def write(page: Page, text: str) -> None:
    await page.get_by_label("消息", exact=True).fill(text)
    await page.get_by_role("button", name="发送").click()


async def welcome(sim: Client, bot: Bot) -> None:
    """Answer enter_session as a bot would."""
    await bot.wait(1)
    event = (await sim.sync())[-1]["event"]
    menu = {
        "head_content": "您好，我是云栖酒店的智能助手，想了解什么？",
        "list": [
            {"type": "click", "click": {"id": "m1", "content": "早餐几点供应？"}},
            {"type": "click", "click": {"id": "m2", "content": "酒店有停车场吗？"}},
            {"type": "view", "view": {"url": "https://example.com/rooms", "content": "查看房型"}},
        ],
        "tail_content": "也可以直接输入问题。",
    }
    body = {"code": event["welcome_code"], "msgtype": "msgmenu", "msgmenu": menu}
    await sim.ok("kf/send_msg_on_event", body)


async def test_that_the_start_page_leads_everywhere(browser: Screens) -> None:
    page = await browser.open("/")
    await expect(page.get_by_role("heading", name="企业微信模拟器")).to_be_visible()
    await picture(page, "start")
    await page.get_by_role("link", name="小林").click()
    await expect(page.get_by_role("heading", name="云栖酒店")).to_be_visible()
    await page.get_by_role("link", name="返回首页").click()
    await page.get_by_role("link", name="梁主管").click()
    await expect(page.get_by_role("heading", name="梁主管")).to_be_visible()


async def test_that_a_customer_chats_on_the_phone(browser: Screens, sim: Client, bot: Bot) -> None:
    page = await browser.open(f"/phone/{LIN}?kf={KF}&scene=lobby")
    await welcome(sim, bot)
    assert (await sim.sync())[0]["event"]["scene"] == "lobby"
    await page.get_by_role("button", name="早餐几点供应？").click()
    own = page.locator(".message.own")
    await expect(own).to_contain_text("早餐几点供应？")
    await sim.send("早餐 7:00–10:00，在二楼餐厅。\n周末延长到 10:30。")
    await expect(page.get_by_text("周末延长到 10:30。")).to_be_visible()
    await write(page, "那停车呢？")
    await expect(own).to_have_count(2)
    assert (await sim.sync())[1]["text"] == {"content": "早餐几点供应？", "menu_id": "m1"}
    await picture(page, "phone")


async def test_that_a_customer_sends_pictures_places_and_links(
    browser: Screens, sim: Client, tmp_path: Path
) -> None:
    from chatbot.simulator.kf.customers import SAMPLE_PNG

    photo = tmp_path / "房间.png"
    photo.write_bytes(SAMPLE_PNG)
    page = await browser.open(f"/phone/{LIN}", width=390, height=760)
    await page.get_by_role("button", name="更多功能").click()
    await page.get_by_label("图片").set_input_files(photo)
    await page.get_by_role("button", name="位置").click()
    await page.get_by_role("button", name="链接").click()
    await expect(page.locator(".message.own")).to_have_count(3)
    await picture(page, "phone-panel")
    assert [i["msgtype"] for i in await sim.sync()][1:] == ["image", "location", "link"]


async def test_that_a_customer_recalls_a_message(browser: Screens, sim: Client) -> None:
    page = await browser.open(f"/phone/{LIN}")
    await write(page, "说错了")
    await page.get_by_role("button", name="撤回").click()
    await expect(page.get_by_text("你撤回了一条消息")).to_be_visible()
    assert (await sim.sync())[-1]["event"]["event_type"] == "user_recall_msg"


async def test_that_reloading_is_not_entering_again(browser: Screens, sim: Client) -> None:
    page = await browser.open(f"/phone/{LIN}")
    await write(page, "你好")
    await expect(page.locator(".message.own")).to_have_count(1)
    await page.reload()
    await expect(page.locator(".message.own")).to_have_count(1)
    await page.get_by_label("更多", exact=True).click()
    await page.get_by_role("button", name="重新进入会话").click()
    await write(page, "在吗")
    await expect(page.locator(".message.own")).to_have_count(2)
    assert [item["msgtype"] for item in await sim.sync()] == ["event", "text", "event", "text"]


async def test_that_staff_take_answer_and_end(browser: Screens, sim: Client) -> None:
    phone = await browser.open(f"/phone/{LIN}", width=390)
    await write(phone, "我要投诉，房间空调坏了")
    await sim.send("非常抱歉给您带来不便，我马上为您转接人工。")
    await expect(phone.locator(".message.other")).to_have_count(1)
    await sim.move(2)
    staff = await browser.open(f"/staff/{ZHEN}")
    await staff.get_by_role("button", name="小林").click()
    await picture(staff, "staff-pool")
    await staff.get_by_role("button", name="接入会话").click()
    await write(staff, "您好，我是阿珍，请问您的房号？")
    await expect(phone.get_by_text("请问您的房号？")).to_be_visible()
    await write(phone, "1208")
    await expect(staff.locator(".message.other").last).to_have_text("林1208")
    await picture(staff, "staff-chat")
    await staff.get_by_role("button", name="结束会话").click()
    await expect(staff.get_by_role("button", name="重新接入")).to_be_visible()
    assert await sim.state() == 4
    await picture(phone, "phone-human")


async def test_that_staff_transfer_and_stop_receiving(browser: Screens, sim: Client) -> None:
    await sim.write()
    await sim.move(3, ZHEN)
    page = await browser.open(f"/staff/{ZHEN}")
    await page.get_by_role("button", name="小林").click()
    await page.get_by_role("button", name="转接").click()
    await page.get_by_label("转给").select_option(ZHOU)
    await picture(page, "staff-transfer")
    await page.get_by_role("dialog").get_by_role("button", name="转接").click()
    await expect(page.locator("#subtitle")).to_contain_text("由小周接待")
    switch = page.get_by_role("switch", name="云栖酒店：接待状态")
    await switch.uncheck()
    await expect(page.get_by_text("已停止接待")).to_be_visible()
    servicers = (await sim.ok("kf/servicer/list", open_kfid=KF))["servicer_list"]
    assert {s["userid"]: s["status"] for s in servicers} == {ZHEN: 1, ZHOU: 0}


def handoff_card() -> Json:
    return {
        "card_type": "button_interaction",
        "source": {"desc": "客服助手", "desc_color": 1},
        "main_title": {"title": "有顾客需要人工", "desc": "小林 · 已等待 40 秒"},
        "sub_title_text": "问：房间空调坏了，能换房吗？",
        "horizontal_content_list": [
            {"keyname": "意向", "value": "投诉"},
            {"keyname": "会话", "value": "查看记录", "type": 1, "url": "https://example.com/t/1"},
        ],
        "button_list": [
            {"text": "我来接", "style": 1, "key": "take"},
            {"text": "转给别人", "style": 2, "key": "pass"},
        ],
        "task_id": "handoff-1",
    }


async def test_that_a_card_is_drawn_and_its_button_calls_back(
    browser: Screens, sim: Client, bot: Bot
) -> None:
    notice = {
        "card_type": "text_notice",
        "main_title": {"title": "今日小结", "desc": "截至 18:00"},
        "emphasis_content": {"title": "96%", "desc": "自动回答准确率"},
        "quote_area": {"quote_text": "未答上的问题：宠物能入住吗？"},
        "jump_list": [{"type": 1, "title": "查看全部", "url": "https://example.com/all"}],
        "card_action": {"type": 1, "url": "https://example.com"},
    }
    message = {"touser": ZHEN, "agentid": 1000002, "msgtype": "template_card"}
    await sim.ok("message/send", {**message, "template_card": notice})
    text = {
        "msgtype": "text",
        "text": {"content": '早班已交接，<a href="https://example.com">查看</a>'},
    }
    await sim.ok("message/send", {**message, **text})
    await sim.ok("message/send", {**message, "template_card": handoff_card()})
    page = await browser.open(f"/staff/{ZHEN}")
    await expect(page.locator("#app-badge")).to_have_text("3")
    await page.get_by_role("button", name="客服助手").click()
    await expect(page.get_by_role("link", name="查看全部")).to_have_attribute(
        "href", "https://example.com/all"
    )
    await picture(page, "staff-cards")
    await page.get_by_role("button", name="我来接").click()
    event = (await bot.wait(1))[0].fields
    assert (event["Event"], event["EventKey"]) == ("template_card_event", "take")
    assert (event["TaskId"], event["FromUserName"]) == ("handoff-1", ZHEN)
    body = {
        "userids": [ZHEN],
        "agentid": 1000002,
        "response_code": event["ResponseCode"],
        "button": {"replace_name": "已由阿珍接待"},
    }
    await sim.ok("message/update_template_card", body)
    await expect(page.get_by_role("button", name="已由阿珍接待")).to_be_disabled()
    await write(page, "今天谁值班")
    await expect(page.locator(".message.own")).to_contain_text("今天谁值班")
    assert (await bot.wait(2))[1].fields["Content"] == "今天谁值班"


async def test_that_the_client_fits_a_phones_screen(browser: Screens, sim: Client) -> None:
    await sim.write("有人吗")
    await sim.move(2)
    page = await browser.open(f"/staff/{ZHEN}", width=390, height=760)
    await picture(page, "staff-narrow")
    await page.get_by_role("button", name="小林").click()
    await expect(page.get_by_role("button", name="接入会话")).to_be_visible()
    await page.get_by_role("button", name="返回列表").click()
    await expect(page.get_by_role("button", name="小林")).to_be_visible()


async def test_that_pages_allow_only_their_own_scripts(sim: Client) -> None:
    for path in ("/", f"/phone/{LIN}", f"/staff/{ZHEN}"):
        async with sim.session.get(sim.address + path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            html = await answer.text()
        assert policy.startswith("default-src 'self'")
        assert "unsafe" not in policy
        assert " onclick=" not in html
        assert "//cdn" not in html


async def test_that_an_unknown_person_has_no_page(sim: Client) -> None:
    for path in ("/phone/wmNobody", "/staff/nobody", f"/phone/{LIN}?kf=wkNone"):
        async with sim.session.get(sim.address + path) as answer:
            assert answer.status == 409
            assert (await answer.json())["error"]
