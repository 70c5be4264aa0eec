"""Coming in and going out, in a real browser through the simulated platform."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.async_api import Page, expect

from tests.pipeline.stage import AZHEN, LIANG

from .house import House
from .screens import CLIENT, Screens, picture, scan

_HOUR = 3600.0


async def _who(page: Page, stage: House) -> object:
    """Ask as scripts of the page would, with its cookies."""
    answer = await page.context.request.get(f"{stage.server}/console/api/who")
    return {"status": answer.status, **await answer.json()}


async def test_that_one_scans_and_gets_to_where_one_wanted(screens: Screens, stage: House) -> None:
    page = await screens.person()
    await page.goto(f"{stage.server}/console/audit?who=azhen")
    await expect(page.get_by_role("heading", name="登录客服工作台")).to_be_visible()
    await picture(page, "login")
    await scan(page, LIANG)
    assert page.url == f"{stage.server}/console/audit?who=azhen"
    await expect(page.get_by_role("heading", name="操作记录")).to_be_visible()


async def test_that_the_client_logs_in_without_a_word(screens: Screens, stage: House) -> None:
    page = await screens.person(agent=CLIENT)
    await page.goto(f"{stage.platform}/staff/{AZHEN}")
    await page.goto(f"{stage.server}/console/sessions")
    assert page.url.rstrip("#") == f"{stage.server}/console/sessions"
    assert await page.evaluate("location.hash") == ""
    await expect(page.get_by_text("企业微信（Windows）")).to_be_visible()
    await picture(page, "sessions-agent")
    assert await _who(page, stage) == {"status": 200, "userid": "azhen", "role": "agent"}


async def test_that_a_page_beside_a_chat_logs_in_silently_and_decides_itself(
    screens: Screens, stage: House
) -> None:
    page = await screens.person()
    await page.goto(f"{stage.platform}/staff/{LIANG}")
    await page.goto(f"{stage.server}/sidebar/?x=1")
    await expect(page.get_by_text("admin")).to_be_visible()
    assert page.url.rstrip("#") == f"{stage.server}/sidebar/?x=1"


async def test_that_two_logins_begun_in_one_browser_both_come_back(
    screens: Screens, stage: House
) -> None:
    first = await screens.person()
    second = await first.context.new_page()
    for page, path in ((first, "/console/sessions"), (second, "/console/audit")):
        await page.goto(stage.server + path)
        await page.get_by_role("link", name="用企业微信扫码登录").click()
    for page, path in ((first, "/console/sessions"), (second, "/console/audit")):
        await page.get_by_role("link", name="梁主管").click()
        await expect(page.get_by_text("退出登录")).to_be_visible()
        assert page.url == stage.server + path


async def test_that_who_cancels_may_try_again_and_gets_to_where_one_was(
    screens: Screens, stage: House
) -> None:
    page = await screens.person()
    await page.goto(f"{stage.server}/console/audit")
    await page.get_by_role("link", name="用企业微信扫码登录").click()
    await page.get_by_role("link", name="取消").click()
    await expect(page.get_by_role("alert")).to_contain_text("取消")
    await picture(page, "login-cancelled")
    await page.get_by_role("link", name="重新登录").click()
    await scan(page, LIANG)
    assert page.url == f"{stage.server}/console/audit"
    screens.take_note_of(403)


async def test_that_a_customer_is_no_member(screens: Screens, stage: House) -> None:
    page = await screens.person()
    await page.goto(f"{stage.server}/console/")
    await page.get_by_role("link", name="用企业微信扫码登录").click()
    await page.get_by_role("link", name="小林").click()
    await expect(page.get_by_role("alert")).to_contain_text("只有本企业的成员可以登录")
    await page.goto(f"{stage.server}/console/")
    await expect(page.get_by_role("heading", name="登录客服工作台")).to_be_visible()
    screens.take_note_of(403)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"visible": False}, "chatbot doctor"), ({"status": 2}, "chatbot doctor")],
)
async def test_that_a_member_out_of_sight_is_told(
    screens: Screens, stage: House, change: dict[str, object], words: str
) -> None:
    page = await screens.person()
    await page.goto(f"{stage.server}/console/")
    await page.get_by_role("link", name="用企业微信扫码登录").click()
    await stage.control("members", {"userid": AZHEN, **change, "callback": "none"})
    await page.get_by_role("link", name="阿珍").click()
    await expect(page.get_by_role("alert")).to_contain_text(words)
    screens.take_note_of(403)


async def test_that_a_silent_platform_is_told_and_nobody_comes_in(
    screens: Screens, stage: House
) -> None:
    page = await screens.person()
    await page.goto(f"{stage.server}/console/")
    await page.get_by_role("link", name="用企业微信扫码登录").click()
    await stage.fault("auth/getuserinfo", "http_status", status=502, times=5)
    await page.get_by_role("link", name="阿珍").click()
    await expect(page.get_by_role("alert")).to_contain_text("没有应答")
    screens.take_note_of(503)


async def test_that_an_answer_in_another_browser_logs_nobody_in(
    screens: Screens, stage: House
) -> None:
    mine, theirs = await screens.person(), await screens.person()
    await mine.goto(f"{stage.server}/console/")
    await mine.get_by_role("link", name="用企业微信扫码登录").click()
    enter = await mine.get_by_role("link", name="阿珍").get_attribute("href")
    await theirs.goto(f"{stage.platform}{enter}")
    await expect(theirs.get_by_role("alert")).to_contain_text("不是从这个浏览器开始的")
    await theirs.goto(f"{stage.server}/console/")
    await expect(theirs.get_by_role("heading", name="登录客服工作台")).to_be_visible()
    screens.take_note_of(400)


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/console/logout"]
)
async def test_that_a_login_never_leads_elsewhere(
    screens: Screens, stage: House, wanted: str
) -> None:
    page = await screens.person()
    await page.goto(f"{stage.server}/console/login?next={quote(wanted, safe='')}")
    await scan(page, AZHEN)
    assert page.url == f"{stage.server}/console/sessions"
    await page.goto(f"{stage.server}/console/login?next={quote(wanted, safe='')}")
    assert page.url == f"{stage.server}/console/sessions"


async def test_that_after_logging_out_the_cookie_is_worth_nothing(
    screens: Screens, stage: House
) -> None:
    page = await screens.member(AZHEN)
    kept = await page.context.cookies()
    await page.get_by_role("button", name="退出登录").click()
    await expect(page.get_by_role("heading", name="登录客服工作台")).to_be_visible()
    await page.context.add_cookies([{**each} for each in kept])  # type: ignore[typeddict-item]
    await page.goto(f"{stage.server}/console/sessions")
    await expect(page.get_by_role("heading", name="登录客服工作台")).to_be_visible()


async def test_that_an_expired_login_returns_to_where_one_was(
    screens: Screens, stage: House
) -> None:
    page = await screens.member(LIANG, "/console/audit?who=azhen")
    await stage.advance(11 * _HOUR)
    await page.reload()
    await expect(page.get_by_role("heading", name="操作记录")).to_be_visible()
    await stage.advance(12 * _HOUR)
    await page.reload()
    await expect(page.get_by_role("heading", name="登录客服工作台")).to_be_visible()
    await scan(page, LIANG)
    assert page.url == f"{stage.server}/console/audit?who=azhen"


async def test_that_a_form_sent_too_late_leads_back_to_its_page(
    screens: Screens, stage: House
) -> None:
    page = await screens.member(LIANG, "/console/roles")
    await page.get_by_label("成员账号，或部门编号").fill("azhen")
    await page.get_by_role("radio", name="主管", exact=True).check()
    await stage.advance(13 * _HOUR)
    await page.get_by_role("button", name="给角色").click()
    await scan(page, LIANG)
    assert page.url == f"{stage.server}/console/roles"
    assert stage.rows("SELECT * FROM access_grants") == []


async def test_that_logging_in_anew_ends_what_one_was(screens: Screens, stage: House) -> None:
    page = await screens.member(AZHEN)
    await page.goto(f"{stage.server}/console/login/scan")
    await page.get_by_role("link", name="小周").click()
    await expect(page.get_by_text("退出登录")).to_be_visible()
    rows = stage.rows("SELECT userid, end_reason FROM login_sessions ORDER BY id")
    assert [(row["userid"], row["end_reason"]) for row in rows] == [
        ("azhen", "replaced"),
        ("xiaozhou", None),
    ]


async def test_that_secrets_are_nowhere_in_the_database(screens: Screens, stage: House) -> None:
    page = await screens.member(AZHEN)
    link = await stage.tools.links.make("admin", "test")
    secrets = [each["value"] for each in await page.context.cookies()]
    secrets.append(link.rpartition("/")[2])
    tables = ("login_sessions", "login_links", "login_states", "audit_log")
    told = str([stage.rows(f"SELECT * FROM {table}") for table in tables])
    for secret in secrets:
        assert len(secret) >= 40 or secret == "azhen"
        assert secret == "azhen" or secret not in told
