"""The toolbar beside a chat in a real browser: the stub of the client's JS object at work."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import BrowserContext, Frame, Page, expect

from chatbot.simulator import SimulatorConfig, create_app
from chatbot.simulator.kf.customers import SAMPLE_PNG
from tests.browser import chromium, watch_problems

from .harness import KF, LIN, WANG, ZHEN, ZHOU, Client, Json
from .sidebar_app import SidebarApp, authorize

#: Set to a folder to keep pictures of the pages.
PICTURES = os.environ.get("CHATBOT_TEST_PICTURES", "")
WIDE, NARROW = 1440, 1000


@dataclass
class Stage:
    """One browser, the simulator and an app with a sidebar page."""

    context: BrowserContext
    sim: Client
    app: SidebarApp
    problems: list[str] = field(default_factory=list)

    async def open(self, path: str, width: int = WIDE, height: int = 860) -> Page:
        page = await self.context.new_page()
        await page.set_viewport_size({"width": width, "height": height})
        watch_problems(page, (self.sim.address, self.app.address), self.problems)
        await page.goto(self.sim.address + path)
        return page

    async def served(self, userid: str = ZHEN, customer: str = LIN) -> None:
        """Let a customer write and give the session to a member."""
        await self.sim.write("房间空调坏了", customer)
        await self.sim.move(3, userid, customer)

    async def befriended(self, userid: str = ZHEN, customer: str = LIN) -> None:
        body = {"external_userid": customer, "add_contact": {"userid": userid}, "callback": "none"}
        await self.sim.control("customers", body)

    async def beside(self, name: str = "小林", userid: str = ZHEN) -> tuple[Page, Frame]:
        """Open the member's client and a chat; return the page and the sidebar's."""
        page = await self.open(f"/staff/{userid}")
        await page.get_by_role("button", name=name).first.click()
        return page, await sidebar_of(page)


async def sidebar_of(page: Page) -> Frame:
    """Return the sidebar's page once it has registered, or need not."""
    element = await page.wait_for_selector("#tools-frame iframe")
    frame = await element.content_frame() if element else None
    assert frame is not None
    await frame.wait_for_url("**/sidebar/**")
    await frame.wait_for_selector("body[data-ready]")
    return frame


async def run(frame: Frame, api: str, params: Json | None = None) -> Json:
    """Call the JS object from the sidebar's page."""
    result: Json = await frame.evaluate("([api, params]) => run(api, params)", [api, params])
    return result


async def picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/{name}.png")


@pytest.fixture
async def stage(demo: SimulatorConfig, callback_url: str) -> AsyncIterator[Stage]:
    app = SidebarApp()
    async with (
        TestServer(app.app()) as app_server,
        aiohttp.ClientSession() as session,
        chromium() as browser,
    ):
        app.address = str(app_server.make_url("")).rstrip("/")
        config = demo.override(callback_url=callback_url, sidebar_url=f"{app.address}/sidebar/")
        simulator = create_app(config)
        simulator.router.add_get("/test/authorize", authorize)
        async with TestServer(simulator) as server:
            sim = Client(session, str(server.make_url("")).rstrip("/"), config)
            sim.token = await sim.fetch_token()
            app.connect(session, config, sim.address)
            stage = Stage(await browser.new_context(locale="zh-CN"), sim, app)
            yield stage
            await stage.context.close()  # before the servers go, which a page would remark on
    assert stage.problems == []


async def test_that_a_page_learns_whose_chat_it_stands_beside(stage: Stage) -> None:
    await stage.served()
    page, frame = await stage.beside()
    assert await frame.evaluate("outcomes.config.errMsg") == "config:ok"
    assert await frame.evaluate("outcomes.agentConfig.errMsg") == "agentConfig:ok"
    assert await frame.evaluate("outcomes.agentConfig.checkResult.sendChatMessage") is True
    context = await run(frame, "getContext")
    assert (context["errMsg"], context["entry"]) == ("getContext:ok", "single_kf_tools")
    contact = await run(frame, "getCurExternalContact")
    assert contact == {"errCode": 0, "errMsg": "getCurExternalContact:ok", "userId": LIN}
    pane = page.get_by_role("complementary", name="聊天工具栏")
    await expect(pane.get_by_role("heading", name="客服助手")).to_be_visible()
    await expect(page.frame_locator("#tools-frame iframe").locator("#who")).to_have_text(ZHEN)
    await picture(page, "sidebar-kf")


async def test_that_wrong_signatures_give_no_right(stage: Stage) -> None:
    stage.app.spoil = True
    await stage.served()
    _, frame = await stage.beside()
    for kind in ("config", "agentConfig"):
        outcome = await frame.evaluate(f"outcomes.{kind}")
        assert outcome == {"errCode": 40093, "errMsg": f"{kind}:invalid signature"}
    refused = await run(frame, "getCurExternalContact")
    assert refused["errMsg"] == "getCurExternalContact:fail no permission"
    assert refused["thrown"] is True


async def test_that_the_two_tickets_cannot_be_exchanged(stage: Stage) -> None:
    stage.app.swap = True
    await stage.served()
    _, frame = await stage.beside()
    for kind in ("config", "agentConfig"):
        assert (await frame.evaluate(f"outcomes.{kind}"))["errCode"] == 42012
    refused = await run(frame, "sendChatMessage", {"msgtype": "text", "text": {"content": "x"}})
    assert refused["errMsg"] == "sendChatMessage:fail no permission"


async def test_that_only_listed_calls_may_be_made(stage: Stage) -> None:
    stage.app.calls = ["getContext", "scanQRCode"]
    await stage.served()
    _, frame = await stage.beside()
    outcome = await frame.evaluate("outcomes.agentConfig.checkResult")
    assert outcome == {"getContext": True, "scanQRCode": False}
    assert (await run(frame, "getContext"))["errMsg"] == "getContext:ok"
    refused = await run(frame, "getCurExternalContact")
    assert refused["errMsg"] == "getCurExternalContact:fail no permission"


async def test_that_nothing_works_before_registering(stage: Stage) -> None:
    stage.app.register = False
    await stage.served()
    _, frame = await stage.beside()
    refused = await run(frame, "getContext")
    assert refused["errMsg"] == "getContext:fail no permission"
    heard = await frame.evaluate(
        "new Promise((done) => ww.getContext({fail: (found) => done(found.errMsg)}))"
    )
    assert heard == "getContext:fail no permission"


async def test_that_the_page_does_nothing_outside_of_the_client(stage: Stage) -> None:
    page = await stage.open("/")
    await page.goto(f"{stage.app.address}/sidebar/")
    await page.wait_for_selector("body[data-ready]")
    found = await page.evaluate("run('getContext')")
    assert found["errMsg"] == "getContext:fail function not exist"


async def test_that_what_a_page_sends_arrives_on_the_customers_phone(stage: Stage) -> None:
    await stage.served()
    phone = await stage.open(f"/phone/{LIN}?kf={KF}", width=400)
    page, frame = await stage.beside()
    url = f"{stage.sim.address}/control/media?type=image&filename=a.png"
    async with stage.sim.session.post(url, data=SAMPLE_PNG) as answer:
        media_id = (await answer.json())["media_id"]
    hostile = '<img src=x onerror="alert(1)">\u202e师傅马上到'
    link = {"link": "https://example.com/spa", "title": "泳池开放时间", "desc": "每天 6:00–22:00"}
    menu = {"head_content": "请选择", "list": [{"type": "click", "click": {"content": "换房"}}]}
    for message in (
        {"msgtype": "text", "text": {"content": hostile}},
        {"msgtype": "image", "image": {"mediaid": media_id}},
        {"msgtype": "news", "news": link},
        {"msgtype": "msgmenu", "msgmenu": menu},
    ):
        sent = await run(frame, "sendChatMessage", message)
        assert sent == {"errCode": 0, "errMsg": "sendChatMessage:ok"}
    received = phone.locator(".message.other")
    await expect(received).to_have_count(4)
    await expect(received.first).to_contain_text(hostile)
    await expect(received.get_by_role("link")).to_have_attribute("href", link["link"])
    await phone.get_by_role("button", name="换房").click()
    await expect(page.locator(".message.other").last).to_contain_text("换房")
    items = [item for item in await stage.sim.sync() if item["origin"] == 5]
    assert [item["msgtype"] for item in items] == ["text", "image", "link", "msgmenu"]
    assert {item["servicer_userid"] for item in items} == {ZHEN}
    await picture(page, "sidebar-sent")
    await picture(phone, "sidebar-phone")


async def test_that_what_cannot_be_sent_fails_and_is_said(stage: Stage) -> None:
    await stage.served()
    page, frame = await stage.beside()
    news = {"msgtype": "news", "news": {"link": "javascript:alert(1)", "title": "x"}}
    failed = await run(frame, "sendChatMessage", news)
    assert failed["errMsg"].startswith("sendChatMessage:fail")
    assert "invalid link" in failed["errMsg"]
    await expect(page.get_by_role("status")).to_contain_text("invalid link")
    await stage.sim.staff(ZHEN, "end")
    await expect(page.get_by_role("button", name="重新接入")).to_be_visible()
    text = {"msgtype": "text", "text": {"content": "还在吗"}}
    failed = await run(frame, "sendChatMessage", text)
    assert "这个会话现在不由你接待" in failed["errMsg"]
    assert await stage.sim.log("staff_message") == []
    stage.problems[:] = [each for each in stage.problems if "409 (Conflict)" not in each]


async def test_that_each_chat_opens_a_page_of_its_own(stage: Stage) -> None:
    await stage.served(customer=LIN)
    await stage.served(customer=WANG)
    page, first = await stage.beside("小林")
    await page.get_by_role("button", name="王姐").click()
    await expect(page.locator("#title")).to_have_text("王姐")
    second = await sidebar_of(page)
    assert first.is_detached()
    assert (await run(second, "getCurExternalContact"))["userId"] == WANG
    await page.get_by_role("button", name="客服助手").click()
    await expect(page.get_by_role("complementary", name="聊天工具栏")).to_be_hidden()


async def test_that_a_friend_chat_has_the_toolbar_and_no_server_hears_it(stage: Stage) -> None:
    await stage.befriended()
    phone = await stage.open(f"/phone/{LIN}/friend/{ZHEN}", width=400)
    await phone.get_by_label("消息", exact=True).fill("周末想带孩子来")
    await phone.get_by_role("button", name="发送").click()
    page, frame = await stage.beside()
    await expect(page.get_by_role("region", name="我的客户")).to_contain_text("周末想带孩子来")
    assert (await run(frame, "getContext"))["entry"] == "single_chat_tools"
    assert (await run(frame, "getCurExternalContact"))["userId"] == LIN
    text = {"msgtype": "text", "text": {"content": "亲子房还有两间，给您留着？"}}
    assert (await run(frame, "sendChatMessage", text))["errMsg"] == "sendChatMessage:ok"
    menu = {"msgtype": "msgmenu", "msgmenu": {"head_content": "x"}}
    assert "invalid msgtype" in (await run(frame, "sendChatMessage", menu))["errMsg"]
    await page.get_by_label("消息", exact=True).fill("带上身份证就行")
    await page.get_by_role("button", name="发送").click()
    await expect(phone.locator(".message.other")).to_have_count(2)
    await expect(phone.get_by_text("亲子房还有两间")).to_be_visible()
    assert await stage.sim.sync() == []
    assert await stage.sim.log("callback") == []
    await picture(page, "sidebar-friend")
    await expect(phone.locator(".message.own")).not_to_contain_text("阿珍")
    await picture(phone, "sidebar-friend-phone")
    stage.problems[:] = [each for each in stage.problems if "409 (Conflict)" not in each]


async def test_that_a_page_opens_other_chats_that_the_member_has(stage: Stage) -> None:
    await stage.served()
    await stage.befriended()
    page, frame = await stage.beside()
    stranger = {"openKfId": KF, "externalUserId": WANG}
    refused = await run(frame, "navigateToKfChat", stranger)
    assert refused["errMsg"] == "navigateToKfChat:fail no permission"
    refused = await run(frame, "openEnterpriseChat", {"userIds": [ZHOU]})
    assert refused["errMsg"] == "openEnterpriseChat:fail unsupported chat"
    opened = await run(frame, "openEnterpriseChat", {"externalUserIds": [LIN]})
    assert opened["errMsg"] == "openEnterpriseChat:ok"
    await expect(page.locator("#subtitle")).to_contain_text("微信好友")
    frame = await sidebar_of(page)
    known = {"openKfId": KF, "externalUserId": LIN}
    assert (await run(frame, "navigateToKfChat", known))["errMsg"] == "navigateToKfChat:ok"
    await expect(page.locator("#subtitle")).to_contain_text("云栖酒店")


async def test_that_two_members_in_two_tabs_stay_two_members(stage: Stage) -> None:
    await stage.served(ZHEN, LIN)
    await stage.served(ZHOU, WANG)
    _, first = await stage.beside("小林", ZHEN)
    _, second = await stage.beside("王姐", ZHOU)
    assert await second.text_content("#who") == ZHOU
    await first.goto(f"{stage.app.address}/sidebar/")
    assert await first.text_content("#who") == ZHEN
    assert await second.evaluate("fetch('/setup').then((answer) => answer.status)") == 200


async def test_that_the_pane_folds_away_where_there_is_little_room(stage: Stage) -> None:
    await stage.served()
    page = await stage.open(f"/staff/{ZHEN}", width=NARROW)
    await page.get_by_role("button", name="小林").click()
    pane = page.get_by_role("complementary", name="聊天工具栏")
    toggle = page.get_by_role("button", name="工具栏", exact=True)
    await expect(toggle).to_have_attribute("aria-expanded", "false")
    await expect(pane).to_be_hidden()
    assert await page.locator("#tools-frame iframe").count() == 0
    await toggle.press("Enter")
    await expect(pane).to_be_visible()
    close = page.get_by_role("button", name="收起聊天工具栏")
    await expect(close).to_be_focused()
    await sidebar_of(page)
    await picture(page, "sidebar-narrow")
    await close.press("Enter")
    await expect(pane).to_be_hidden()
    await expect(toggle).to_be_focused()
    await page.set_viewport_size({"width": WIDE, "height": 860})
    await expect(pane).to_be_visible()


async def test_that_the_pane_fills_a_phones_screen(stage: Stage) -> None:
    await stage.served()
    page = await stage.open(f"/staff/{ZHEN}", width=375, height=760)
    await page.get_by_role("button", name="小林").click()
    await page.get_by_role("button", name="工具栏", exact=True).click()
    await sidebar_of(page)
    await picture(page, "sidebar-phone-width")
    box = await page.locator("#tools").bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 375)


async def test_that_no_page_speaks_in_the_name_of_another(stage: Stage) -> None:
    await stage.served()
    _, frame = await stage.beside()
    message = "{page: 'guessed', id: 1, api: 'getCurExternalContact', params: {}}"
    answer = await frame.evaluate(
        f"new Promise((done) => {{ addEventListener('message', (event) => done(event.data));"
        f" parent.postMessage({message}, '*'); }})"
    )
    assert answer["result"]["errMsg"] == "getCurExternalContact:fail no permission"


async def test_that_no_foreign_page_is_framed(stage: Stage) -> None:
    await stage.served()
    page, frame = await stage.beside()
    async with page.expect_console_message(lambda message: "frame-src" in message.text):
        await frame.evaluate("location.href = 'http://localhost:9/'")
    stage.problems.clear()


async def test_that_without_an_address_there_is_no_pane(sim: Client) -> None:
    async with sim.session.get(f"{sim.address}/staff/{ZHEN}") as answer:
        assert "聊天工具栏" not in (await answer.text()).split("</head>")[1]
    async with sim.session.get(f"{sim.address}/staff/{ZHEN}/sidebar") as answer:
        assert answer.status == 409
        assert "sidebar_url" in (await answer.json())["error"]
