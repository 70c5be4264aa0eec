"""How content customers are: the page in a browser, its files, and whom they are told to."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import Connection

from chatbot.access.roles import Grant
from chatbot.accounts.agent import Agent
from chatbot.customers.ratings import RatingGiven, Score
from chatbot.store.agents import save_agents
from chatbot.store.database import statement
from chatbot.store.grants import save_grant
from chatbot.store.ratings import ask_rating, save_rating
from tests.browser import chromium
from tests.pipeline.stage import AZHEN, KF, LIANG, XIAOZHOU, Stage, play

from .screens import Screens, picture

_LAKE, _SHORE = "云栖杭州西湖店", "云栖杭州湖滨店"
_HOSTILE_NAME = "\u202e<b>坏人</b>" + "长" * 5000
_FORMULA = '=HYPERLINK("http://evil.example","点我")'
_CONVERSATION = statement(
    "INSERT INTO conversations (public_id, open_kfid, external_userid, nickname, created_at,"
    " service_state, session_started_at, customer_wrote_at, scope_rows) VALUES (:name, :kf, :name,"
    " :nickname, :at, 4, :at, :at, CAST(:rows AS jsonb)) RETURNING id"
)
_ANSWER = statement(
    "INSERT INTO messages (open_kfid, msgid, conversation_id, origin, msgtype, content,"
    " servicer_userid, sent_at, received_at, fate)"
    " VALUES (:kf, :name, :id, 5, 'text', '{}', :userid, :at, :at, 'recorded')"
)


def _rated(
    connection: Connection,
    name: str,
    userid: str,
    score: Score | None,
    at: datetime,
    *,
    store: str = _LAKE,
    reason: str = "",
    nickname: str = "",
) -> None:
    values = {
        "name": name, "nickname": nickname or f"客户{name}", "userid": userid, "at": at, "kf": KF,
        "rows": json.dumps({"门店": store}),
    }  # fmt: skip
    number = connection.execute(_CONVERSATION, values).scalar_one()
    connection.execute(_ANSWER, {**values, "id": number})
    key = ask_rating(connection, number, name, 1, at)
    assert key is not None
    if score is not None:
        save_rating(connection, number, RatingGiven(key, score), None, at)
    if reason:
        save_rating(connection, number, RatingGiven(key, reason=reason), None, at)


def _fill(connection: Connection, now: datetime) -> None:
    people = [Agent(AZHEN, "阿珍"), Agent(XIAOZHOU, "小周"), Agent(LIANG, "梁主管")]
    save_agents(connection, people, now, "test")
    save_grant(connection, Grant("supervisor", (_LAKE,), XIAOZHOU), now, "test")
    for number in range(9):
        _rated(connection, f"good{number}", AZHEN, "good", now - timedelta(days=number))
    _rated(connection, "fair", AZHEN, "fair", now - timedelta(days=1), reason="等待时间太长")
    _rated(connection, "silent", AZHEN, None, now - timedelta(days=2))
    _rated(
        connection, "poor", XIAOZHOU, "poor", now - timedelta(hours=2), store=_SHORE,
        reason=_FORMULA, nickname=_HOSTILE_NAME,
    )  # fmt: skip
    _rated(connection, "old", XIAOZHOU, "poor", now - timedelta(days=60), reason="没有解决问题")


@pytest.fixture
async def stage(database_url: str, vectors_dir: Path) -> AsyncIterator[Stage]:
    async with play(database_url, vectors_dir, admins=("nobody",)) as found:
        found.database.run_sync(_fill, found.clock.now())
        yield found


@pytest.fixture
async def screens(stage: Stage) -> AsyncIterator[Screens]:
    async with chromium() as browser:
        screens = Screens(browser, stage)
        yield screens
    assert screens.problems == []


async def _cells(page: Page, table: str, row: str) -> list[str]:
    found = page.get_by_role("region", name=table).get_by_role("row").filter(has_text=row)
    return [text.strip() for text in await found.get_by_role("cell").all_inner_texts()]


async def _file(page: Page, name: str) -> list[dict[str, str]]:
    answer = await page.request.get(page.url.replace("/ratings", f"/ratings/{name}.csv", 1))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    return list(csv.DictReader(io.StringIO((await answer.body()).decode("utf-8-sig"))))


@pytest.mark.parametrize(("width", "dark"), [(1100, False), (375, False), (1100, True)])
async def test_that_supervisors_see_how_content_customers_are(
    screens: Screens, width: int, dark: bool
) -> None:
    page = await screens.person(width=width, dark=dark)
    await screens.member(LIANG, "/console/ratings", page)
    await expect(page.get_by_role("heading", name="满意度")).to_be_visible()
    await expect(page.get_by_text("请了 12 次，评价了 11 次")).to_be_visible()
    assert await _cells(page, "按接待人员", "阿珍") == ["11", "10", "9 90%", "1 10%", "0 0%"]
    assert await _cells(page, "按接待人员", "小周") == ["1", "1", "0", "0", "1"]
    assert await _cells(page, "按客服账号", "云栖酒店") == ["12", "11", "9 82%", "1 9%", "1 9%"]
    assert await page.get_by_role("region", name="按周").get_by_role("row").count() >= 2
    await picture(page, f"ratings-{width}-{'dark' if dark else 'light'}")
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    # Whoever was not content is a link to the talk, whatever they are called.
    link = page.get_by_role("region", name="不满意的客户").get_by_role("link")
    assert (await link.inner_text()).startswith("‹202E›<b>坏人</b>")
    await expect(link).to_have_attribute("href", "/console/open/poor")


async def test_that_a_period_an_agent_or_an_account_is_chosen(screens: Screens) -> None:
    page = await screens.member(LIANG, "/console/ratings")
    way = page.get_by_role("link", name="满意度")
    await expect(way).to_have_attribute("aria-current", "page")
    await page.get_by_role("link", name="90 天").click()
    await expect(page.get_by_text("请了 13 次，评价了 12 次")).to_be_visible()
    await page.get_by_role("region", name="按接待人员").get_by_role("link", name="小周").click()
    await expect(page.get_by_text("请了 2 次，评价了 2 次")).to_be_visible()
    assert await _cells(page, "原因", "没有解决问题") == ["1", "0"]
    await page.get_by_role("link", name="云栖酒店").first.click()
    await expect(page.get_by_text("小周 · 云栖酒店", exact=True)).to_be_visible()
    await page.get_by_role("link", name="看全部").click()
    await expect(page.get_by_text("请了 13 次，评价了 12 次")).to_be_visible()
    await page.get_by_role("link", name="7 天", exact=True).click()
    await expect(page.get_by_role("link", name="7 天", exact=True)).to_have_attribute(
        "aria-current", "true"
    )
    # An address that asks for nothing that there is.
    await page.goto(f"{page.url.partition('?')[0]}?days=abc&agent=%00nobody&account={'x' * 999}")
    await expect(page.get_by_text("这段时间没有请客户评价过服务。")).to_be_visible()


async def test_that_files_hold_the_same_and_nothing_that_is_computed(
    screens: Screens, stage: Stage
) -> None:
    page = await screens.member(LIANG, "/console/ratings?days=90")
    figures = await _file(page, "figures")
    assert sum(int(row["请过"]) for row in figures) == 13
    assert sum(int(row["满意"]) for row in figures if row["成员账号"] == AZHEN) == 9
    assert {row["接待人员"] for row in figures} == {"阿珍", "小周"}
    complaints = await _file(page, "complaints")
    assert [row["原因"] for row in complaints] == [f"'{_FORMULA}", "没有解决问题"]
    assert complaints[0]["客户"].startswith("‹202E›<b>坏人</b>长长")
    assert complaints[0]["对话"] == f"{stage.server}/console/open/poor"
    rows = stage.rows("SELECT who, action, target FROM audit_log WHERE action = 'ratings_export'")
    assert [(row["who"], row["target"]) for row in rows] == [
        (LIANG, "figures"), (LIANG, "complaints"),
    ]  # fmt: skip


async def test_that_the_stores_of_a_viewer_hold_in_figures_and_files(screens: Screens) -> None:
    page = await screens.member(XIAOZHOU, "/console/ratings?days=90")
    await expect(page.get_by_text(f"只算 {_LAKE} 的客户")).to_be_visible()
    await expect(page.get_by_text("请了 12 次，评价了 11 次")).to_be_visible()
    await expect(page.get_by_text("坏人")).to_be_hidden()
    assert [row["原因"] for row in await _file(page, "complaints")] == ["没有解决问题"]
    assert sum(int(row["请过"]) for row in await _file(page, "figures")) == 12


async def test_that_agents_are_told_who_may(screens: Screens) -> None:
    page = await screens.member(AZHEN, "/console/sessions")
    await expect(page.get_by_role("link", name="满意度")).to_be_hidden()
    for path in ("", "/figures.csv", "/complaints.csv"):
        answer = await page.request.get(f"{page.url.rpartition('/')[0]}/ratings{path}")
        assert answer.status == 403
