"""The modes of the accounts and the assist report, in a real browser over a real database."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import Connection

from chatbot.accounts.mode import ModeSetting
from chatbot.customers.records import give_tags
from chatbot.customers.tags import Cause, Gift, Tag
from chatbot.dialogue.service import DialogueService
from chatbot.pipeline.staff_answers import StaffAnswers
from chatbot.store.judgements import Judgement, save_judgement
from chatbot.store.modes import ModeChange, switch_mode, switched_modes
from chatbot.store.tags import TurnRef
from tests.administration.conftest import give
from tests.administration.test_roster import NAMELESS
from tests.login.house import House
from tests.login.screens import Screens, picture
from tests.pipeline.stage import AZHEN, KF, LIANG, XIAOZHOU
from tests.store.desk_samples import add_conversation, add_message, add_turn

_PATH = f"/console/accounts/{KF}"
_LATE, _BREAKFAST = "会员可免费延迟至 14:00。", "早餐每天 7:00 至 10:00 供应。"
_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
_HOSTILE = "<script>alert(1)</script>\u202e倒过来\u0007"


class Talk:
    """One conversation in which the bot only drafts and a member writes."""

    def __init__(self, stage: House, name: str, minutes: float = 600) -> None:
        self._stage = stage
        self._at = stage.clock.now() - timedelta(minutes=minutes)
        self._id = stage.database.run_sync(
            lambda connection: add_conversation(connection, name, 3, servicer=AZHEN, at=self._at)
        )

    def asks(self, words: str, draft: str = "", *, action: str = "answer") -> int:
        """Let the customer ask, and the bot draft; return the turn."""
        self._at += timedelta(minutes=1)
        drafts = [{"msgtype": "text", "text": {"content": draft}}] if draft else []

        def write(connection: Connection) -> int:
            turn = add_turn(
                connection, self._id, words, self._at, action=action, mode="assist",
                drafts=json.dumps(drafts),
            )  # fmt: skip
            add_message(connection, self._id, words, self._at, fate="turn", turn=turn)
            return turn

        return self._stage.database.run_sync(write)

    def hears(self, *words: str) -> None:
        """Let the member write."""
        for each in words:
            self._at += timedelta(minutes=1)
            self._stage.database.run_sync(add_message, self._id, each, self._at, servicer=AZHEN)


async def _compare(stage: House, service: DialogueService) -> int:
    return await StaffAnswers(stage.database, service, stage.clock).compare_some()


def _mode(stage: House) -> ModeSetting | None:
    return stage.database.run_sync(switched_modes, [KF]).get(KF)


async def _choose(page: Page, mode: str, percent: str = "") -> None:
    await page.get_by_role("radio", name=mode, exact=True).check()
    if percent:
        await page.get_by_label("由机器人回答的客户").fill(percent)
    await page.get_by_role("button", name="下一步").click()


# The mode


async def test_that_a_mode_is_switched_after_it_was_said_what_it_means(
    screens: Screens, stage: House
) -> None:
    page = await screens.member(LIANG, "/console/accounts")
    await expect(page.get_by_role("listitem")).to_contain_text("没有切换过")
    await picture(page, "accounts")
    await page.get_by_role("link", name="云栖酒店：报告与切换").click()
    await page.get_by_label("为什么").fill("先放一成")
    await _choose(page, "全部回答", "10")
    await expect(page.get_by_text("从“只出草稿”换成“全部回答，10% 的客户”")).to_be_visible()
    means = page.get_by_role("region", name="对客户意味着什么")
    await expect(means).to_contain_text("机器人直接回答客户")
    await expect(means).to_contain_text("只对 10% 的客户这样做")
    await picture(page, "account-confirm")
    assert _mode(stage) is None, "nothing is switched before it is confirmed"
    await page.get_by_role("button", name="换成“全部回答，10% 的客户”").click()
    await expect(page.get_by_role("status")).to_contain_text("马上生效")
    assert _mode(stage) == ModeSetting("full", 10)
    await expect(page.get_by_role("row").nth(1)).to_contain_text("liang")
    await expect(page.get_by_role("row").nth(1)).to_contain_text("先放一成")
    await _choose(page, "关闭")
    await expect(page.get_by_role("region", name="对客户意味着什么")).to_contain_text(
        "还没有发出的回复不再发"
    )
    await page.get_by_role("link", name="不换了").click()
    assert _mode(stage) == ModeSetting("full", 10)
    (row,) = stage.rows("SELECT who, target, detail FROM audit_log WHERE action = 'mode_switch'")
    assert (row["who"], row["target"]) == ("liang", KF)
    assert row["detail"] == {"before": "assist", "after": "full（10% 的客户）"}


async def test_that_a_switch_from_a_stale_page_is_refused(screens: Screens, stage: House) -> None:
    page = await screens.member(LIANG, _PATH)
    await page.get_by_label("为什么").fill("周末")
    await page.get_by_role("radio", name="全部回答", exact=True).check()

    def switch() -> None:
        change = ModeChange(KF, ModeSetting("off"), stage.clock.now(), "root@host", "")
        stage.database.run_sync(switch_mode, change)

    switch()
    await page.get_by_role("button", name="下一步").click()
    await expect(page.get_by_role("alert")).to_contain_text("现在是“关闭”")
    await expect(page.get_by_label("为什么")).to_have_value("周末")
    await expect(page.get_by_role("radio", name="全部回答", exact=True)).to_be_checked()
    await page.get_by_role("button", name="下一步").click()
    switch()  # the same mode once more, but it is another switch
    await page.get_by_role("button", name="换成“全部回答”").click()
    await expect(page.get_by_role("alert")).to_contain_text("刚才有别人切换过")
    assert _mode(stage) == ModeSetting("off")
    screens.take_note_of(409)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"mode": "party", "percent": "10"}, "请选一个模式"),
        ({"mode": "full", "percent": "101"}, "0 到 100 的整数"),
        ({"mode": "full", "percent": "-1"}, "0 到 100 的整数"),
        ({"mode": "full", "percent": "一半"}, "0 到 100 的整数"),
        ({"mode": "full", "percent": "10", "note": "长" * 201}, "最多 200 个字"),
        ({"mode": "assist", "percent": "100"}, "现在就是这个模式"),
    ],
)
async def test_that_a_wrong_switch_is_told(
    screens: Screens, stage: House, form: dict[str, str], told: str
) -> None:
    page = await screens.member(LIANG, _PATH)
    seen = await page.locator("input[name=seen]").get_attribute("value")
    answer = await page.context.request.post(
        stage.server + _PATH, form={**form, "seen": seen or ""}, headers={"Origin": stage.server}
    )
    assert answer.status == 400
    assert told in await answer.text()
    assert _mode(stage) is None


async def test_that_supervisors_may_not_switch_and_limited_people_only_look(
    screens: Screens, stage: House
) -> None:
    await give(stage, XIAOZHOU, "supervisor")
    page = await screens.member(XIAOZHOU, "/console/accounts")
    await expect(page.get_by_role("alert")).to_contain_text("您的角色是“主管”")
    screens.take_note_of(403)
    await give(stage, XIAOZHOU, "operations", "云栖西湖店")
    await page.goto(stage.server + _PATH)
    await expect(page.get_by_text("您只负责“云栖西湖店”，只能看")).to_be_visible()
    await expect(page.get_by_role("radio", name="关闭")).to_be_disabled()
    seen = await page.locator("input[name=seen]").get_attribute("value")
    answer = await page.context.request.post(
        stage.server + _PATH, headers={"Origin": stage.server},
        form={"mode": "off", "percent": "100", "seen": seen or "", "confirmed": "yes"},
    )  # fmt: skip
    assert answer.status == 400
    assert _mode(stage) is None
    answer = await page.context.request.get(f"{stage.server}/console/accounts/wkUnknown")
    assert answer.status == 404


# The report


async def test_that_the_report_tells_shares_and_shows_where_both_differ(
    screens: Screens, stage: House, service: DialogueService
) -> None:
    lin = Talk(stage, "小林")
    lin.asks("能晚点退房吗", _LATE)
    lin.hears("您好", "会员可以免费延到下午两点哦")
    lin.asks("早餐几点", _BREAKFAST)
    lin.hears("六点半到九点半")
    wang = Talk(stage, "王姐")
    wang.asks(_HOSTILE, _BREAKFAST)
    wang.hears("停车场在北边" + _HOSTILE)
    judged = wang.asks("早餐呢", _BREAKFAST)
    wang.asks("怎么去机场", action="handoff")
    wang.asks("谢谢", action="smalltalk")
    word = Judgement("right", None, "", AZHEN, stage.clock.now())
    stage.database.run_sync(save_judgement, judged, word)
    late = Talk(stage, "赵女士", minutes=20 * 24 * 60)
    late.asks("有停车场吗", "有，住店客人免费停车。")
    late.hears("请稍等")
    assert await _compare(stage, service) == 4
    assert await _compare(stage, service) == 0, "each is compared once"
    page = await screens.member(LIANG, _PATH)
    report = page.get_by_role("region", name="只出草稿的时候")
    await expect(report).to_contain_text("机器人会直接回答 80% 的问题（5 个里的 4 个）")
    await expect(report).to_contain_text("50% 和客服一个意思（4 个里的 2 个）")
    await expect(report).to_contain_text("真实的比例多半在 15% 和 85% 之间")
    examples = page.get_by_role("region", name="和客服不一样的").get_by_role("listitem")
    await expect(examples).to_have_count(2)
    await expect(examples.nth(0)).to_contain_text("意思不同")
    await expect(examples.nth(0)).to_contain_text("<script>alert(1)</script>‹202E›倒过来␇")
    await expect(examples.nth(1)).to_contain_text("时间或数目不同")
    await expect(examples.nth(1)).to_contain_text("六点半到九点半")
    link = await examples.nth(1).get_by_role("link").get_attribute("href")
    (row,) = stage.rows("SELECT public_id FROM conversations WHERE nickname = '小林'")
    assert link == f"/console/open/{row['public_id']}"
    await page.get_by_text("数目", exact=True).click()
    await picture(page, "account-report")
    await page.get_by_role("link", name="最近 30 天").click()
    await expect(report).to_contain_text("（6 个里的 5 个）")
    await page.get_by_text("数目", exact=True).click()
    nothing = page.locator("dl > div").filter(has_text="没法比").locator("dd")
    await expect(nothing).to_have_text("1")


async def test_that_a_member_who_still_writes_is_waited_for(
    stage: House, service: DialogueService
) -> None:
    talk = Talk(stage, "小林", minutes=3)
    talk.asks("早餐几点", _BREAKFAST)
    talk.hears("稍等")
    assert await _compare(stage, service) == 0
    talk.hears("七点到十点")
    talk.asks("好的", action="smalltalk")
    assert await _compare(stage, service) == 1
    assert stage.rows("SELECT verdict FROM staff_answers") == [{"verdict": "same"}]


async def test_that_who_is_limited_to_stores_gets_the_report_of_their_customers(
    screens: Screens, stage: House, service: DialogueService
) -> None:
    for name, store in (("小林", "西湖店"), ("王姐", "滨江店")):
        talk = Talk(stage, name)
        turn = talk.asks("早餐几点", _BREAKFAST)
        talk.hears("六点半到九点半")
        gift = Gift(Tag("门店", store), Cause("entry", "breakfast", 0.9))
        groups = service.dialogue.snapshot.tag_groups
        stage.database.run_sync(
            give_tags, f"wm-{name}", [gift], groups, stage.clock.now(), TurnRef(turn, ())
        )
    await _compare(stage, service)
    await give(stage, XIAOZHOU, "operations", "云栖西湖店")
    page = await screens.member(XIAOZHOU, _PATH)
    await expect(page.get_by_text("（1 个里的 1 个）")).to_be_visible()
    await expect(page.get_by_text("只算“云栖西湖店”的客户")).to_be_visible()
    examples = page.get_by_role("region", name="和客服不一样的").get_by_role("listitem")
    await expect(examples).to_have_count(1)


async def test_that_the_accounts_fit_a_phone_and_everything_has_a_name(
    screens: Screens, stage: House, service: DialogueService
) -> None:
    talk = Talk(stage, "小林")
    talk.asks("早餐几点" * 200, _BREAKFAST)
    talk.hears("六点半到九点半")
    await _compare(stage, service)
    page = await screens.member(LIANG, page=await screens.person(width=375, dark=True))
    for path in ("/console/accounts", _PATH):
        await page.goto(stage.server + path)
        assert not await page.evaluate(_WIDE), path
        assert await page.evaluate(NAMELESS) == [], path
        await picture(page, f"phone-account{'s' if path != _PATH else ''}")
    await _choose(page, "人工休息时回答")
    assert not await page.evaluate(_WIDE)
    await page.get_by_role("button", name="换成").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("马上生效")
    assert _mode(stage) == ModeSetting("after-hours")
