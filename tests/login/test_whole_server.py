"""The console as a part of the whole server."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from tests.browser import chromium
from tests.pipeline.stage import AZHEN, LIANG, eventually, play

from .screens import Screens


async def test_that_the_server_lets_members_in_gives_roles_and_follows_who_leaves(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir, admins=("liang",)) as stage, chromium() as browser:
        screens = Screens(browser, stage)
        agent = await screens.member(AZHEN, "/console/sessions")
        await expect(agent.get_by_text("接待", exact=True)).to_be_visible()
        admin = await screens.member(LIANG, "/console/roles")
        await admin.get_by_label("成员账号，或部门编号").fill("azhen")
        await admin.get_by_role("radio", name="主管", exact=True).check()
        await admin.get_by_label("只限这些门店").fill("西湖店")
        await admin.get_by_role("button", name="给角色").click()
        await expect(
            admin.get_by_role("listitem").filter(has_text="云栖杭州西湖店")
        ).to_be_visible()
        await agent.reload()
        await expect(agent.get_by_text("主管", exact=True)).to_be_visible()
        # WeCom tells that the member left: the session is over at once.
        await stage.control("members", {"userid": AZHEN, "left": True})

        async def open_sessions() -> list[str]:
            rows = stage.rows("SELECT userid FROM login_sessions WHERE ended_at IS NULL")
            return [str(row["userid"]) for row in rows]

        await eventually(open_sessions, lambda found: found == ["liang"])
        await agent.reload()
        await expect(agent.get_by_role("heading", name="登录客服工作台")).to_be_visible()
        assert screens.problems == []
