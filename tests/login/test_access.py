"""Sessions, roles, one-time links and the record, in a real browser."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Page, expect
from sqlalchemy import Connection

from chatbot.access.roles import Grant
from chatbot.access.viewer import Role
from chatbot.store.audit import audit
from chatbot.store.database import Database
from chatbot.store.grants import save_grant
from chatbot.store.login_starts import LIMITS
from tests.browser import chromium
from tests.pipeline.stage import AZHEN, LIANG, XIAOZHOU, eventually, serving
from tests.ports import quiet_port

from .house import House, house
from .screens import Screens, picture

_HOSTILE = '<img src=x onerror="alert(1)">\u202e倒过来'
_NAMELESS = """() => [...document.querySelectorAll('a, button, input, select')]
  .filter(e => !(e.ariaLabel || e.textContent.trim() || (e.labels && e.labels.length)))
  .map(e => e.outerHTML)"""


async def _give(stage: House, userid: str, role: Role, *stores: str) -> None:
    now = stage.clock.now()
    await stage.database.run(save_grant, Grant(role, stores, userid=userid), now, "test")


# One-time links


async def test_that_looking_at_a_link_does_not_use_it_and_pressing_does(
    screens: Screens, stage: House
) -> None:
    link = await stage.tools.links.make("admin", "root@host")
    page = await screens.person()
    for _ in range(3):  # previews look, too
        await page.goto(link)
    await picture(page, "link")
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_text("一次性链接 1")).to_be_visible()
    await page.goto(f"{stage.server}/console/roles")
    await expect(page.get_by_role("heading", name="给一个角色")).to_be_visible()
    another = await screens.person()
    await another.goto(link)
    await expect(another.get_by_role("alert")).to_contain_text("已经用过")
    screens.take_note_of(403)


async def test_that_of_two_browsers_with_one_link_exactly_one_comes_in(
    screens: Screens, stage: House
) -> None:
    link = await stage.tools.links.make("admin", "root@host")
    pages = [await screens.person() for _ in range(2)]
    for page in pages:
        await page.goto(link)
    await asyncio.gather(*(page.get_by_role("button", name="登录").click() for page in pages))

    async def texts() -> list[str]:
        return [await page.inner_text("main") for page in pages]

    shown = await eventually(
        texts, lambda found: all("一次性登录链接" not in text for text in found)
    )
    assert sorted("我的登录" in text for text in shown) == [False, True]
    assert sorted("没有登录成功" in text for text in shown) == [False, True]
    assert len(stage.rows("SELECT * FROM login_sessions")) == 1
    screens.take_note_of(403)


async def test_that_a_link_is_too_old_after_ten_minutes(screens: Screens, stage: House) -> None:
    link = await stage.tools.links.make("admin", "root@host")
    page = await screens.person()
    await page.goto(link)
    await stage.advance(601)
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_role("alert")).to_contain_text("过了十分钟")
    screens.take_note_of(403)


async def test_that_guessing_links_is_stopped_for_a_while_and_for_the_guesser_alone(
    stage: House,
) -> None:
    link = await stage.tools.links.make("admin", "root@host")

    async def press(url: str, address: str) -> tuple[int, str, int]:
        headers = {"X-Forwarded-For": address, "Origin": stage.server, "Accept": "text/html"}
        async with stage.session.post(url, headers=headers, allow_redirects=False) as answer:
            wait = int(answer.headers.get("Retry-After", 0))
            return answer.status, await answer.text(), wait

    wrong = f"{stage.server}/console/link/{'x' * 43}"
    for _ in range(LIMITS["link"].address):
        assert (await press(wrong, "8.8.8.8"))[0] == 403
    status, words, wait = await press(link, "8.8.8.8")
    assert status == 429
    assert "尝试得太频繁" in words
    assert 0 < wait <= 600
    assert (await press(wrong, "1.1.1.1"))[0] == 403
    await stage.advance(wait)
    assert (await press(wrong, "8.8.8.8"))[0] == 403


async def test_that_a_link_for_the_first_admin_is_made_while_there_is_none(
    database: Database, tmp_path: Path
) -> None:
    async with house(database, tmp_path, admins=(), supervisors=()) as stage:
        assert await stage.tools.links.for_first_admin("server") is not None
        await _give(stage, AZHEN, "admin")
        assert await stage.tools.links.for_first_admin("server") is None
    async with house(database, tmp_path, admins=("liang",)) as stage:
        assert await stage.tools.links.for_first_admin("server") is None


# Sessions


async def test_that_one_ends_ones_other_sessions(screens: Screens, stage: House) -> None:
    here, there = await screens.member(AZHEN), await screens.member(AZHEN)
    await here.goto(f"{stage.server}/console/sessions")
    await picture(here, "sessions-mine")
    await here.get_by_role("button", name="结束我的其他登录").click()
    await expect(here.get_by_role("status")).to_contain_text("已结束")
    await expect(here.get_by_role("listitem")).to_have_count(1)
    await there.goto(f"{stage.server}/console/sessions")
    await expect(there.get_by_role("heading", name="登录客服工作台")).to_be_visible()


async def test_that_an_admin_sees_everybody_and_ends_a_session_at_once(
    screens: Screens, stage: House
) -> None:
    agent, admin = await screens.member(AZHEN), await screens.member(LIANG)
    await admin.goto(f"{stage.server}/console/sessions")
    await expect(admin.get_by_role("region", name="所有人的登录")).to_contain_text("阿珍")
    await picture(admin, "sessions-admin")
    await admin.get_by_role("button", name="结束 阿珍").click()
    await expect(admin.get_by_role("status")).to_contain_text("已结束")
    answer = await agent.context.request.get(f"{stage.server}/console/api/who")
    assert answer.status == 401
    await agent.reload()
    await expect(agent.get_by_role("heading", name="登录客服工作台")).to_be_visible()
    (row,) = stage.rows("SELECT * FROM audit_log WHERE action = 'session_end'")
    assert (row["who"], row["target"]) == ("liang", "azhen")


async def test_that_a_supervisor_ends_sessions_of_agents_alone(
    screens: Screens, stage: House
) -> None:
    await _give(stage, XIAOZHOU, "supervisor")
    await screens.member(AZHEN)
    await screens.member(LIANG)
    page = await screens.member(XIAOZHOU)
    others = page.get_by_role("region", name="接待人员的登录")
    await expect(others).to_contain_text("阿珍")
    await expect(others).not_to_contain_text("梁主管")
    (admin,) = stage.rows("SELECT id FROM login_sessions WHERE userid = 'liang'")
    answer = await page.context.request.post(
        f"{stage.server}/console/sessions/{admin['id']}/end", headers={"Origin": stage.server}
    )
    assert answer.status == 404
    rows = stage.rows("SELECT * FROM login_sessions WHERE ended_at IS NOT NULL")
    assert rows == []


async def test_that_hostile_names_and_devices_are_only_shown(
    screens: Screens, stage: House
) -> None:
    await stage.control("members", {"userid": AZHEN, "name": _HOSTILE, "callback": "none"})
    page = await screens.person(agent="<script>alert(1)</script>")
    await page.goto(f"{stage.platform}/staff/{AZHEN}")
    await page.goto(f"{stage.server}/console/login/client")
    await expect(page.get_by_text(_HOSTILE).first).to_be_visible()
    await expect(page.get_by_text("未知程序（未知系统）")).to_be_visible()
    admin = await screens.member(LIANG)
    for path in ("sessions", "audit", "roles"):
        await admin.goto(f"{stage.server}/console/{path}")
        assert await admin.locator("img").count() == 0


# Roles


async def test_that_the_wrong_role_is_told_in_words(screens: Screens, stage: House) -> None:
    page = await screens.member(AZHEN)
    for path in ("roles", "audit"):
        await page.goto(f"{stage.server}/console/{path}")
        await expect(page.get_by_role("alert")).to_contain_text("您的角色是“接待”")
    await picture(page, "forbidden")
    url = f"{stage.server}/console/api/admins"
    answer = await page.context.request.post(url, headers={"Origin": stage.server})
    assert answer.status == 403
    problem = (await answer.json())["error"]
    assert problem["code"] == "forbidden_role"
    assert "接待" in problem["message"]
    screens.take_note_of(403)


async def test_that_a_member_without_a_role_is_told_and_let_in_as_soon_as_there_is_one(
    screens: Screens, stage: House
) -> None:
    stage.rows("UPDATE kf_accounts SET managed = false RETURNING open_kfid")
    page = await screens.member(AZHEN)
    await expect(page.get_by_role("alert")).to_contain_text("“阿珍”还没有角色")
    await picture(page, "no-role")
    await page.goto(f"{stage.server}/sidebar/")
    await expect(page.get_by_text("阿珍 none")).to_be_visible()
    await _give(stage, AZHEN, "supervisor")
    await page.goto(f"{stage.server}/console/sessions")
    await expect(page.get_by_text("主管", exact=True)).to_be_visible()
    screens.take_note_of(403)


async def test_that_a_role_is_given_and_taken_on_the_page_and_counts_at_once(
    screens: Screens, stage: House
) -> None:
    agent, admin = await screens.member(AZHEN), await screens.member(LIANG, "/console/roles")
    await admin.get_by_label("成员账号，或部门编号").fill("AZhen")
    await admin.get_by_role("radio", name="主管", exact=True).check()
    await admin.get_by_label("只限这些门店").fill("西湖")
    await admin.get_by_role("button", name="给角色").click()
    await expect(admin.get_by_role("status")).to_contain_text("已给出")
    row = admin.get_by_role("listitem").filter(has_text="阿珍 azhen")
    await expect(row).to_contain_text("云栖西湖店")
    await picture(admin, "roles")
    assert (await _asked(agent, stage))["role"] == "supervisor"
    await row.get_by_role("button", name="撤销 阿珍 azhen 的角色“主管”").click()
    await expect(admin.get_by_role("status")).to_contain_text("已撤销")
    assert (await _asked(agent, stage))["role"] == "agent"
    await admin.goto(f"{stage.server}/console/audit")
    await expect(admin.get_by_role("row").nth(1)).to_contain_text("撤销角色")
    await expect(admin.get_by_role("row").nth(2)).to_contain_text("角色：主管；门店：云栖西湖店")
    await picture(admin, "audit")


async def test_that_a_department_gives_a_role_to_its_members(
    screens: Screens, stage: House
) -> None:
    admin, agent = await screens.member(LIANG, "/console/roles"), await screens.member(XIAOZHOU)
    await admin.get_by_role("radio", name="部门").check()
    await admin.get_by_label("成员账号，或部门编号").fill("3")
    await admin.get_by_role("radio", name="运营").check()
    await admin.get_by_role("button", name="给角色").click()
    await expect(admin.get_by_role("listitem").filter(has_text="部门 3")).to_be_visible()
    assert (await _asked(agent, stage))["role"] == "operations"


@pytest.mark.parametrize(
    ("kind", "given", "role", "stores", "words"),
    [
        ("成员", "阿珍", "接待", "", "成员账号“阿珍”不对"),
        ("成员", "nobody", "接待", "", "没有成员“nobody”"),
        ("成员", "azhen", "接待", "西湖、月球", "没有门店“月球”"),
        ("成员", "azhen", "管理员", "西湖", "管理员不分门店"),
        ("部门", "前厅", "接待", "", "部门编号“前厅”不对"),
        ("部门", "0", "接待", "", "部门编号“0”不对"),
    ],
)
async def test_that_a_wrong_form_says_what_is_wrong_and_keeps_what_was_written(
    screens: Screens, stage: House, kind: str, given: str, role: str, stores: str, words: str
) -> None:
    page = await screens.member(LIANG, "/console/roles")
    await page.get_by_role("radio", name=kind, exact=True).check()
    await page.get_by_label("成员账号，或部门编号").fill(given)
    await page.get_by_role("radio", name=role, exact=True).check()
    await page.get_by_label("只限这些门店").fill(stores)
    await page.get_by_role("button", name="给角色").click()
    await expect(page.get_by_role("alert")).to_contain_text(words)
    await expect(page.get_by_label("成员账号，或部门编号")).to_have_value(given)
    await expect(page.get_by_label("只限这些门店")).to_have_value(stores)
    await expect(page.get_by_role("radio", name=role, exact=True)).to_be_checked()
    assert stage.rows("SELECT * FROM access_grants") == []
    screens.take_note_of(400)


async def test_that_the_last_admin_cannot_be_taken_away(database: Database, tmp_path: Path) -> None:
    async with house(database, tmp_path, admins=(), supervisors=()) as stage, chromium() as browser:
        screens = Screens(browser, stage)
        await _give(stage, LIANG, "admin")
        page = await screens.member(LIANG, "/console/roles")
        await page.get_by_role("button", name="撤销").click()
        await expect(page.get_by_role("alert")).to_contain_text("最后一个管理员")
        await page.get_by_label("成员账号，或部门编号").fill("liang")
        await page.get_by_role("radio", name="接待", exact=True).check()
        await page.get_by_role("button", name="给角色").click()
        await expect(page.get_by_role("alert")).to_contain_text("最后一个管理员")
        await _give(stage, AZHEN, "admin")
        await page.goto(f"{stage.server}/console/roles")
        await (
            page.get_by_role("button", name="撤销 liang")
            .or_(page.get_by_role("button", name="撤销 梁主管 liang"))
            .click()
        )
        await expect(page.get_by_role("alert")).to_contain_text("还没有角色")
        screens.take_note_of(400)
        screens.take_note_of(403)
        assert screens.problems == []


# Requests from elsewhere


async def test_that_a_page_of_another_origin_acts_in_vain(screens: Screens, stage: House) -> None:
    page = await screens.member(LIANG)
    form = (
        f'<!doctype html><link rel=icon href=data:,><form method=post action="{stage.server}'
        '/console/roles"><input name=kind value=member><input name=id value=azhen>'
        "<input name=role value=admin><button>领奖</button></form>"
    )

    async def bait(_request: web.Request) -> web.Response:
        return web.Response(text=form, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", bait)
    async with serving(app, quiet_port()) as elsewhere:
        trap = await page.context.new_page()  # the same browser, with the same cookies
        await trap.goto(elsewhere)
        await trap.get_by_role("button").click()
        await expect(trap.get_by_role("alert")).to_contain_text("没有执行")
        await picture(trap, "foreign")
    assert stage.rows("SELECT * FROM access_grants") == []
    for headers in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        url = f"{stage.server}/console/api/who"
        answer = await page.context.request.post(url, headers=headers)
        assert answer.status == 403
        assert (await answer.json())["error"]["code"] == "foreign"


# The record


async def test_that_the_record_is_read_page_by_page(screens: Screens, stage: House) -> None:
    def fill(connection: Connection) -> None:
        for number in range(120):
            audit(connection, "root@host", "role_grant", f"#{number}", {}, stage.clock.now())

    stage.database.run_sync(fill)
    page = await screens.member(LIANG, "/console/audit")
    await expect(page.get_by_role("row")).to_have_count(51)
    seen: list[str] = []
    while True:
        seen += await page.locator("tbody td:nth-child(4)").all_inner_texts()
        older = page.get_by_role("link", name="更早的")
        if not await older.count():
            break
        await older.click()
    assert [each for each in seen if each.startswith("#")] == [f"#{n}" for n in range(119, -1, -1)]
    await page.get_by_role("link", name="最新的").click()
    await page.get_by_role("link", name="梁主管").first.click()
    await expect(page.get_by_text("只看 liang")).to_be_visible()
    await expect(page.get_by_role("row")).to_have_count(2)


# How the pages are


async def test_that_the_pages_fit_a_phone_and_everything_has_a_name(
    screens: Screens, stage: House
) -> None:
    await _give(stage, AZHEN, "supervisor", "云栖西湖店", "云栖滨江店")
    await screens.member(AZHEN)
    page = await screens.member(LIANG, page=await screens.person(width=375, dark=True))
    for path in ("sessions", "roles", "audit"):
        await page.goto(f"{stage.server}/console/{path}")
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not await page.evaluate(wide), path
        assert await page.evaluate(_NAMELESS) == []
        await picture(page, f"phone-{path}")


async def test_that_the_keyboard_alone_is_enough(screens: Screens, stage: House) -> None:
    page = await screens.member(LIANG, "/console/sessions")
    await _press_until(page, "角色")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="给一个角色")).to_be_visible()
    await page.get_by_label("成员账号，或部门编号").focus()
    await page.keyboard.type("azhen")
    await page.keyboard.press("Tab")
    for _ in range(2):
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("已给出")
    await _press_until(page, "退出登录")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="登录客服工作台")).to_be_visible()


async def _press_until(page: Page, name: str) -> None:
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    raise AssertionError(f"no way to {name} by Tab")


async def _asked(page: Page, stage: House) -> dict[str, str]:
    answer = await page.context.request.get(f"{stage.server}/console/api/who")
    assert answer.status == 200
    found: dict[str, str] = await answer.json()
    return found


async def test_that_there_is_no_such_page_is_told(screens: Screens, stage: House) -> None:
    page = await screens.member(AZHEN)
    await page.goto(f"{stage.server}/console/nothing")
    await expect(page.get_by_role("alert")).to_contain_text("地址可能不完整")
    screens.take_note_of(404)
