"""Notices where other systems ask, where somebody tries the bot out, and where it only drafts."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from playwright.async_api import expect
from pydantic import SecretStr

from chatbot.api.bodies import DecisionBody
from tests.api.caller import TOKEN, Caller
from tests.browser import chromium
from tests.login.screens import Screens
from tests.notices.town import WATER, Town, known, post
from tests.pipeline.stage import LIANG, LIN

_NO_BATH = "今天没有热水。"


async def test_that_the_api_has_notices_by_time_and_once_a_day_in_a_conversation(
    town: Town,
) -> None:
    async with town.play(api_token=SecretStr(TOKEN)) as stage:
        caller = Caller(stage.session, stage.server)
        post(stage)
        post(stage, _NO_BATH, mode="replace", categories=("设施",))
        await known(stage, 2)
        twice = [await caller.decide("早餐几点供应？") for _ in range(2)]
        for plain in twice:
            assert plain["reply"] == [{"type": "text", "text": f"{WATER}\n\n早餐七点到十点。"}]
            DecisionBody.model_validate(plain)
        first = await caller.decide("能洗澡吗", conversation="k")
        assert first["reply"][0]["text"] == f"{WATER}\n\n{_NO_BATH}"
        assert first["notices"] == [
            {"id": 1, "mode": "prefix"}, {"id": 2, "mode": "replace"},
        ]  # fmt: skip
        second = await caller.decide("有健身房吗？", conversation="k")
        assert second["reply"][0]["text"] == _NO_BATH
        later = (stage.clock.now() + timedelta(days=2)).isoformat()
        after = await caller.decide("能洗澡吗", at=later)
        assert after["reply"][0]["text"] == "24 小时有热水。"
        assert "notices" not in after


async def test_that_who_tries_it_out_sees_which_notice_is_told_at_what_time(town: Town) -> None:
    async with town.play(admins=(LIANG,)) as stage, chromium() as browser:
        post(stage)
        await known(stage)
        screens = Screens(browser, stage)
        page = await screens.member(LIANG, "/console/try?text=早餐几点供应")
        await expect(page.locator(".bubble")).to_have_text(f"{WATER}\n\n早餐七点到十点。")
        await expect(page.get_by_text("#1 写在前面")).to_be_visible()
        local = stage.clock.now().astimezone(ZoneInfo("Asia/Shanghai")) + timedelta(days=2)
        await page.get_by_label("当作这个时间").fill(f"{local:%Y-%m-%dT%H:%M}")
        await page.get_by_role("button", name="问", exact=True).click()
        await expect(page.locator(".bubble")).to_have_text("早餐七点到十点。")
        assert screens.problems == []


async def test_that_a_draft_carries_it_and_does_not_count_as_told(town: Town) -> None:
    accounts = town.folder / "knowledge" / "accounts.toml"
    accounts.write_text(accounts.read_text("utf-8") + 'mode = "assist"\n', "utf-8")
    async with town.play() as stage:
        post(stage)
        await known(stage)
        await stage.say("早餐几点供应？", LIN)
        await stage.settled()
        (turn,) = stage.rows("SELECT drafts FROM turns")
        assert turn["drafts"][0]["text"]["content"] == f"{WATER}\n\n早餐七点到十点。"
        assert stage.rows("SELECT * FROM notice_tellings") == []
