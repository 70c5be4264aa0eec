"""What the gate sends along, and what it does while the database is away."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from chatbot.access.roles import Grant
from chatbot.simulator.config import load_config
from chatbot.store.database import Database
from chatbot.store.grants import save_grant
from tests.pipeline.stage import AZHEN, eventually, serving, stage_settings
from tests.ports import quiet_port

from .house import House, console, house


async def test_that_cookies_are_bound_to_https_and_to_the_host(
    database: Database, tmp_path: Path
) -> None:
    async with house(database, tmp_path, public_url="https://kefu.example.com") as stage:
        link = await stage.tools.links.make("admin", "test")
        path = link.removeprefix("https://kefu.example.com")
        headers = {"Origin": "https://kefu.example.com"}
        async with stage.session.post(
            stage.server + path, headers=headers, allow_redirects=False
        ) as answer:
            assert answer.status == 303
            session = answer.headers["Set-Cookie"]
        async with stage.session.get(
            f"{stage.server}/console/login/scan", allow_redirects=False
        ) as answer:
            begun = answer.headers["Set-Cookie"]
    for cookie, name in ((session, "__Host-chatbot="), (begun, "__Host-chatbot-login=")):
        assert cookie.startswith(name)
        for mark in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert mark in cookie
        assert "Domain" not in cookie


async def test_that_every_page_forbids_what_is_foreign_and_what_is_kept(stage: House) -> None:
    for path in ("/console/login", "/console/link/x", "/console/roles", "/console/nothing"):
        async with stage.session.get(
            stage.server + path, headers={"Accept": "text/html"}, allow_redirects=False
        ) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "script-src 'self'" in policy
            assert "unsafe" not in policy
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Referrer-Policy"] == "same-origin"


async def test_that_scripts_are_told_that_they_must_log_in(stage: House) -> None:
    async with stage.session.get(f"{stage.server}/console/api/who") as answer:
        assert answer.status == 401
        assert (await answer.json())["error"] == {
            "code": "signed_out",
            "message": "登录已过期，请重新登录。",
        }


async def test_that_the_console_says_so_while_the_database_is_away(stage: House) -> None:
    gone = Database(f"postgresql://nobody@127.0.0.1:{quiet_port()}/x", threads=1)
    settings = stage_settings(load_config(), stage.platform, quiet_port())
    app = web.Application()
    app.add_subapp("/console", console(settings, stage.wecom, gone).application())
    headers, cookies = {"Accept": "text/html"}, {"chatbot": "x" * 43}
    try:
        async with serving(app, quiet_port()) as server:
            url = f"{server}/console/sessions"
            async with stage.session.get(url, headers=headers, cookies=cookies) as answer:
                assert answer.status == 503
                assert "数据库暂时连接不上" in await answer.text()
    finally:
        gone.dispose()


async def _log_in(stage: House) -> None:
    """Log 阿珍 in silently; the cookies stay in the stage's session."""
    await (await stage.session.get(f"{stage.platform}/staff/{AZHEN}")).read()
    url = f"{stage.server}/console/login/client?next=/console/sessions"
    async with stage.session.get(url, headers={"Accept": "text/html"}) as answer:
        assert answer.status == 200, await answer.text()
        assert "我的登录" in await answer.text()


async def _status(stage: House) -> int:
    async with stage.session.get(f"{stage.server}/console/api/who") as answer:
        return answer.status


async def _asked_about(stage: House) -> int:
    entries = await stage.log("api")
    return sum(entry["api"] == "user/get" for entry in entries)


async def test_that_members_who_leave_lose_their_sessions_within_the_hour(
    database: Database, tmp_path: Path
) -> None:
    async with house(database, tmp_path, watch=True) as stage:
        await _log_in(stage)
        await stage.control("members", {"userid": AZHEN, "left": True, "callback": "none"})
        await stage.advance(30 * 60)
        assert await _status(stage) == 200
        await stage.advance(35 * 60)
        await eventually(lambda: _status(stage), lambda found: found == 401)
        (row,) = stage.rows("SELECT end_reason, ended_by FROM login_sessions")
        assert (row["end_reason"], row["ended_by"]) == ("left", "wecom")


async def test_that_another_department_counts_within_the_hour(
    database: Database, tmp_path: Path
) -> None:
    async with house(database, tmp_path, watch=True) as stage:
        grant = Grant("operations", department=9)
        await database.run(save_grant, grant, stage.clock.now(), "test")
        await _log_in(stage)
        change = {"userid": AZHEN, "departments": [9], "callback": "none"}
        await stage.control("members", change)
        await stage.advance(65 * 60)

        async def role() -> str:
            async with stage.session.get(f"{stage.server}/console/api/who") as answer:
                return str((await answer.json())["role"])

        await eventually(role, lambda found: found == "operations")


async def test_that_a_platform_that_is_away_locks_nobody_out(
    database: Database, tmp_path: Path
) -> None:
    async with house(database, tmp_path, watch=True) as stage:
        await _log_in(stage)
        asked = await _asked_about(stage)
        await stage.fault("user/get", "errcode", errcode=-1, times=None)
        await stage.advance(65 * 60)
        await eventually(lambda: _asked_about(stage), lambda found: found > asked)
        assert await _status(stage) == 200
