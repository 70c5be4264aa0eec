"""The roster and the rules of the desk in a real browser, over a real database."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from chatbot.accounts.agent import Agent
from chatbot.accounts.desk_rules import DeskRules
from chatbot.accounts.hours import OpeningHours
from chatbot.store.agents import begin_absence, read_roster, remove_agents, save_agents
from chatbot.store.watch import read_desk_rules, save_desk_rules
from tests.administration.conftest import give
from tests.login.house import House
from tests.login.screens import Screens, picture
from tests.pipeline.stage import AZHEN, LIANG, XIAOZHOU

NAMELESS = """() => [...document.querySelectorAll('a, button, input, select, textarea, summary')]
  .filter(e => e.type !== 'hidden' && !e.hidden)
  .filter(e => !(e.ariaLabel || e.textContent.trim() || (e.labels && e.labels.length)))
  .map(e => e.outerHTML)"""
_AGENTS = (
    Agent(
        "azhen", "阿珍", ("售后",), ("西湖店",),
        OpeningHours.parse(["周一至周五 09:00-18:00", "周六 10:00-16:00"]), {}, 8,
    ),
    Agent("xiaozhou", "小周", (), ("滨江",)),
    Agent("liang", "梁主管"),
)  # fmt: skip


def _fill(stage: House, *agents: Agent) -> None:
    stage.database.run_sync(save_agents, agents or _AGENTS, stage.clock.now(), "test")


def _roster(stage: House) -> dict[str, Agent]:
    return stage.database.run_sync(read_roster)


async def _save(page: Page) -> None:
    await page.get_by_role("button", name="保存", exact=True).click()


async def test_that_somebody_is_added_changed_and_removed_on_record(
    screens: Screens, stage: House
) -> None:
    page = await screens.member(LIANG, "/console/agents")
    await expect(page.get_by_text("名册是空的")).to_be_visible()
    await page.get_by_role("link", name="加一个人").click()
    await page.get_by_label("成员账号").fill("AZhen")
    await page.get_by_label("姓名").fill("阿珍")
    await page.get_by_label("技能").fill("售后、 预订")
    await page.get_by_label("门店").fill("西湖店")
    await page.get_by_label("平时上班").fill("周一至周五 9:00-18:00\n周六 10:00-16:00")
    await page.get_by_label("另外排班").fill("2099-01-01 13:00-22:00\n2099-01-02 休息")
    await page.get_by_label("同时接待").fill("8")
    await picture(page, "agent-form")
    await _save(page)
    await expect(page.get_by_role("status")).to_contain_text("已加入名册")
    agent = _roster(stage)["azhen"]
    assert (agent.skills, agent.stores, agent.capacity) == (("售后", "预订"), ("西湖店",), 8)
    assert agent.hours.to_json() == ["周一至周五 09:00-18:00", "周六 10:00-16:00"]
    assert [len(spans) for spans in agent.shifts.values()] == [1, 0]
    row = page.get_by_role("listitem").filter(has_text="azhen").last
    await expect(row).to_contain_text("2099-01-02 休息")
    await page.get_by_role("link", name="修改 阿珍").click()
    await page.get_by_label("同时接待").fill("")
    await _save(page)
    assert _roster(stage)["azhen"].capacity is None
    await page.get_by_role("link", name="修改 阿珍").click()
    await page.get_by_text("从名册删除…").click()
    await expect(page.get_by_text("就仍会分到客户")).to_be_visible()
    await page.get_by_role("button", name="把阿珍从名册删除").click()
    await expect(page.get_by_role("status")).to_contain_text("已从名册删除")
    assert _roster(stage) == {}
    rows = stage.rows("SELECT who, action, target FROM audit_log WHERE action LIKE 'roster%'")
    assert [row["action"] for row in rows] == ["roster_add", "roster_change", "roster_remove"]
    assert {(row["who"], row["target"]) for row in rows} == {("liang", "azhen")}
    await page.goto(f"{stage.server}/console/audit")
    await expect(page.get_by_role("row").filter(has_text="改名册")).to_contain_text("同时接待")


@pytest.mark.parametrize(
    ("label", "written", "told"),
    [
        ("成员账号", "阿珍", "成员账号：“阿珍”不是成员账号"),
        ("平时上班", "周一至周五", "平时上班：要写成“周一至周五 09:00-18:00”"),
        ("平时上班", "每天 9点-18点", "平时上班：不认识的时间“9点-18点”"),
        ("另外排班", "明天 09:00-12:00", "另外排班 明天第 1 行：“明天”不是日期"),
        ("另外排班", "2099-01-01 上午", "不认识的时间“上午”；要写成 09:00-18:00；休息写“休息”"),
        ("同时接待", "0", "同时接待：要写 1 到 1000 的整数；不限就留空"),
        ("同时接待", "很多", "同时接待：要写 1 到 1000 的整数；不限就留空"),
    ],
)
async def test_that_a_wrong_form_says_what_is_wrong_and_keeps_what_was_written(
    screens: Screens, stage: House, label: str, written: str, told: str
) -> None:
    page = await screens.member(LIANG, "/console/agents/new")
    await page.get_by_label("成员账号").fill("azhen")
    await page.get_by_label("姓名").fill("<img src=x onerror=alert(1)>")
    await page.get_by_label(label).fill(written)
    await _save(page)
    await expect(page.get_by_role("alert")).to_contain_text(told)
    await expect(page.get_by_label(label)).to_have_value(written)
    await expect(page.get_by_label("姓名")).to_have_value("<img src=x onerror=alert(1)>")
    assert await page.locator("img").count() == 0
    assert _roster(stage) == {}
    screens.take_note_of(400)


async def test_that_a_stale_form_is_refused_with_the_newest_state_and_nothing_is_lost(
    screens: Screens, stage: House
) -> None:
    _fill(stage)
    page = await screens.member(LIANG, "/console/agents/member/azhen")
    await page.get_by_label("技能").fill("预订")
    _fill(stage, Agent("azhen", "阿珍", ("售后",), ("西湖店",), capacity=3))
    await _save(page)
    await expect(page.get_by_role("alert")).to_contain_text("别人改过这个人")
    newest = page.get_by_role("region", name="最新的情况").locator("dl > div")
    await expect(newest.filter(has_text="同时接待").locator("dd")).to_have_text("3")
    await expect(page.get_by_label("技能")).to_have_value("预订")
    assert _roster(stage)["azhen"].skills == ("售后",)
    await picture(page, "agent-stale")
    await _save(page)  # having seen it
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    assert (_roster(stage)["azhen"].skills, _roster(stage)["azhen"].capacity) == (("预订",), 8)
    await page.get_by_role("link", name="修改 阿珍").click()
    stage.database.run_sync(remove_agents, ["azhen"])
    await _save(page)
    await expect(page.get_by_role("alert")).to_contain_text("从名册删除了")
    await _save(page)
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    assert "azhen" in _roster(stage)
    await page.goto(f"{stage.server}/console/agents/new")
    await page.get_by_label("成员账号").fill("AZHEN")
    await _save(page)
    await expect(page.get_by_role("alert")).to_contain_text("名册里已经有“AZHEN”了")
    screens.take_note_of(409)


async def test_that_a_removal_of_what_was_changed_meanwhile_is_refused(
    screens: Screens, stage: House
) -> None:
    _fill(stage)
    page = await screens.member(LIANG, "/console/agents/member/azhen")
    _fill(stage, Agent("azhen", "阿珍", capacity=3))
    await page.get_by_text("从名册删除…").click()
    await page.get_by_role("button", name="把阿珍从名册删除").click()
    await expect(page.get_by_role("alert")).to_contain_text("没有删除")
    await expect(page.get_by_label("同时接待")).to_have_value("3")
    assert "azhen" in _roster(stage)
    screens.take_note_of(409)


async def test_that_who_is_limited_to_stores_changes_only_their_own_people(
    screens: Screens, stage: House
) -> None:
    _fill(stage)
    await give(stage, XIAOZHOU, "supervisor", "云栖西湖店")
    page = await screens.member(XIAOZHOU, "/console/agents")
    await expect(page.get_by_role("link", name="修改 阿珍")).to_be_visible()
    await expect(page.get_by_role("link", name="查看 梁主管")).to_be_visible()
    assert await page.get_by_text("xiaozhou").count() == 0
    await picture(page, "agents-limited")
    await page.get_by_role("link", name="查看 梁主管").click()
    await expect(page.get_by_text("您只能看")).to_be_visible()
    await expect(page.get_by_label("姓名")).to_be_disabled()
    await page.goto(f"{stage.server}/console/agents/member/azhen")
    await page.get_by_label("门店").fill("西湖、滨江")
    await _save(page)
    await expect(page.get_by_role("alert")).to_contain_text("负责门店都在“云栖西湖店”里的人")
    assert _roster(stage)["azhen"].stores == ("西湖店",)
    for path, form in (
        ("member/xiaozhou", {"name": "小周", "seen": ""}),
        ("member/xiaozhou/remove", {"seen": ""}),
        ("rules", {"answer_minutes": "9", "seen": ""}),
    ):
        answer = await page.context.request.post(
            f"{stage.server}/console/agents/{path}", form={**form}, headers={"Origin": stage.server}
        )
        assert answer.status in {400, 404, 409}, path
    assert _roster(stage) == {agent.userid: agent for agent in _AGENTS}
    exported = await page.context.request.get(f"{stage.server}/console/agents/export")
    text = await exported.text()
    assert "[agents.azhen]" in text
    assert "xiaozhou" not in text
    await page.goto(f"{stage.server}/console/agents/import")
    await page.get_by_label("或者粘贴内容").fill('[agents.liang]\nname = "别人"\n')
    await page.get_by_role("button", name="看看会有什么变化").click()
    await expect(page.get_by_role("alert")).to_contain_text("文件会改到 liang")
    await page.get_by_label("或者粘贴内容").fill("[desk]\nanswer_minutes = 9\n")
    await page.get_by_role("button", name="看看会有什么变化").click()
    await expect(page.get_by_role("alert")).to_contain_text("接待规则")
    await page.get_by_label("或者粘贴内容").fill('[agents.new]\nstores = ["西湖"]\n')
    await page.get_by_label("文件里没有写到的人，从名册删除").check()
    await page.get_by_role("button", name="看看会有什么变化").click()
    await page.get_by_role("button", name="照此保存").click()
    await expect(page.get_by_role("status")).to_contain_text("已照文件保存")
    assert set(_roster(stage)) == {"new", "liang", "xiaozhou"}, "only their own one went"
    await page.goto(f"{stage.server}/console/agents/rules")
    await expect(page.get_by_text("不能改")).to_be_visible()
    screens.take_note_of(400)


async def test_that_an_import_says_exactly_what_changes_and_nothing_changes_before(
    screens: Screens, stage: House, tmp_path: Path
) -> None:
    _fill(stage)
    page = await screens.member(LIANG, "/console/agents/import")
    async with page.expect_download() as coming:
        await page.goto(f"{stage.server}/console/agents")
        await page.get_by_role("link", name="导出").click()
    path = tmp_path / "agents.toml"
    await (await coming.value).save_as(path)
    text = path.read_text("utf-8")
    changed = text.replace('skills = ["售后"]', 'skills = ["预订"]').replace(
        "answer_minutes = 5", "answer_minutes = 7"
    )
    changed = (
        changed[: changed.index("[agents.liang]")]
        + '[agents.new]\nname = "新人"\n'
        + (changed[changed.index("[agents.xiaozhou]") :])
    )
    path.write_text(changed, encoding="utf-8")
    await page.goto(f"{stage.server}/console/agents/import")
    await page.get_by_label("文件", exact=True).set_input_files(path)
    await page.get_by_label("文件里没有写到的人，从名册删除").check()
    await page.get_by_role("button", name="看看会有什么变化").click()
    await expect(page.get_by_text("新增 1，改动 1，删除 1，不变 1。")).to_be_visible()
    await expect(page.get_by_role("region", name="改动")).to_contain_text("售后 → 预订")
    await expect(page.get_by_role("region", name="从名册删除")).to_contain_text("梁主管")
    await expect(page.get_by_role("region", name="接待规则")).to_contain_text("5 分钟 → 7 分钟")
    await picture(page, "agents-plan")
    assert _roster(stage) == {agent.userid: agent for agent in _AGENTS}
    _fill(stage, Agent("latecomer"))  # somebody else, meanwhile
    await page.get_by_role("button", name="照此保存").click()
    await expect(page.get_by_role("alert")).to_contain_text("刚才别人改过名册")
    await expect(page.get_by_role("region", name="从名册删除")).to_contain_text("latecomer")
    assert "latecomer" in _roster(stage)
    await page.get_by_role("button", name="照此保存").click()
    await expect(page.get_by_role("status")).to_contain_text("已照文件保存")
    assert set(_roster(stage)) == {"azhen", "new", "xiaozhou"}
    assert stage.database.run_sync(read_desk_rules) == DeskRules(answer_minutes=7)
    (row,) = stage.rows("SELECT detail FROM audit_log WHERE action = 'roster_import'")
    assert row["detail"] == {
        "new": ["new"], "changed": ["azhen"], "removed": ["latecomer", "liang"],
    }  # fmt: skip
    screens.take_note_of(409)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (b"[agents.azhen]\ncapacity = 0\n", "第 2 行 agents.azhen.capacity：要写 1 到 1000 的整数"),
        (b"[agents.azhen]\nskill = []\n", "第 2 行 agents.azhen.skill：没有这个键"),
        (b"[agents.azhen\n", "第 1 行：不是正确的 TOML"),
        ("[agents.azhen]\nname = '阿珍'\n".encode("gbk"), "看起来是 GBK，请另存为 UTF-8"),
        (b" \n", "没有内容"),
        (b"#" * 1_200_000, "文件超过 1 MB"),
    ],
)
async def test_that_a_wrong_file_is_refused_with_its_line_and_key(
    screens: Screens, stage: House, tmp_path: Path, written: bytes, told: str
) -> None:
    path = tmp_path / "agents.toml"
    path.write_bytes(written)
    page = await screens.member(LIANG, "/console/agents/import")
    await page.get_by_label("文件", exact=True).set_input_files(path)
    await page.get_by_role("button", name="看看会有什么变化").click()
    await expect(page.get_by_role("alert")).to_contain_text(told)
    assert _roster(stage) == {}
    screens.take_note_of(400)


async def test_that_the_rules_are_changed_in_words_and_a_stale_form_is_refused(
    screens: Screens, stage: House
) -> None:
    page = await screens.member(LIANG, "/console/agents/rules")
    await expect(page.get_by_label("紧急的等多久")).to_have_value("60")
    await picture(page, "desk-rules")
    await page.get_by_label("紧急的等多久").fill("5")
    await page.get_by_label("值班电话").fill("0571-8888")
    await _save(page)
    await expect(page.get_by_role("alert")).to_contain_text(
        "紧急的等多久：要写 10 到 3600 的整数；照自带的就留空"
    )
    await expect(page.get_by_label("值班电话")).to_have_value("0571-8888")
    await page.get_by_label("紧急的等多久").fill("90")
    stage.database.run_sync(
        save_desk_rules, DeskRules(end_minutes=20), stage.clock.now(), "somebody"
    )
    await _save(page)
    await expect(page.get_by_role("alert")).to_contain_text("别人改过接待规则")
    await expect(page.get_by_role("region", name="最新的情况")).to_contain_text("20")
    assert stage.database.run_sync(read_desk_rules) == DeskRules(end_minutes=20)
    await _save(page)
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    found = stage.database.run_sync(read_desk_rules)
    assert (found.urgent_seconds, found.duty_phone, found.end_minutes) == (90, "0571-8888", 30)
    (row,) = stage.rows("SELECT detail FROM audit_log WHERE action = 'desk_rules'")
    assert row["detail"]["urgent_seconds"] == "60 → 90"
    screens.take_note_of(400)
    screens.take_note_of(409)


async def test_that_the_page_tells_who_is_there_who_has_gone_and_what_the_doctor_finds(
    screens: Screens, stage: House
) -> None:
    _fill(
        stage,
        Agent(
            "azhen", "阿珍", ("订房",), ("月球店",), OpeningHours.parse(["每天 09:00-12:00"]), {}, 8
        ),
        Agent("stranger", "路人", hours=OpeningHours.parse(["每天 09:00-12:00"])),
    )
    for userid in (AZHEN, "gone"):
        stage.database.run_sync(begin_absence, userid, stage.clock.now())
    page = await screens.member(LIANG, "/console/agents")
    row = page.get_by_role("listitem").filter(has_text="月球店").last
    await expect(row).to_contain_text("已下班交接")
    await expect(row).to_contain_text("接待中")
    await expect(row).to_contain_text("0 / 8")
    await expect(page.get_by_role("region", name="名册以外")).to_contain_text("gone")
    found = page.get_by_role("region", name="要看一看的")
    for words in (
        "名册里没有人会，转接不看技能",
        "负责的 月球店 不是任何表格里的一行",
        "名册里的 stranger 路人 不是任何客服账号",
        "客服在上班，名册里没有人在班",
    ):
        await expect(found).to_contain_text(words)
    await picture(page, "agents")
    await stage.fault("kf/servicer/list", "errcode", errcode=-1, times=None)
    await page.reload()
    await expect(page.get_by_text("没有核对名册里的人")).to_be_visible()
    await expect(found).not_to_contain_text("不是任何客服账号")


async def test_that_agents_may_not_come_here(screens: Screens, stage: House) -> None:
    page = await screens.member(AZHEN, "/console/agents")
    await expect(page.get_by_role("alert")).to_contain_text("您的角色是“接待”")
    assert await page.get_by_role("link", name="名册").count() == 0
    screens.take_note_of(403)


async def test_that_the_roster_fits_a_phone_and_everything_has_a_name(
    screens: Screens, stage: House
) -> None:
    _fill(stage)
    page = await screens.member(LIANG, page=await screens.person(width=375, dark=True))
    for path in ("agents", "agents/new", "agents/member/azhen", "agents/import", "agents/rules"):
        await page.goto(f"{stage.server}/console/{path}")
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not await page.evaluate(wide), path
        assert await page.evaluate(NAMELESS) == [], path
        await picture(page, f"phone-{path.replace('/', '-')}")
