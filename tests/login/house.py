"""The console in front of the simulated platform and a real database, without the bot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

import aiohttp
from aiohttp import web
from prometheus_client import CollectorRegistry

from chatbot.access.roles import Appointed
from chatbot.clock import Clock, make_clock
from chatbot.console.gate import (
    CLIENT_LOGIN_PATH,
    SIGNED_IN,
    require,
    see_other,
    signed_in,
    viewer_of,
)
from chatbot.console.reception import Reception
from chatbot.console.rendering import PageWriter
from chatbot.pipeline.tasks import TaskGroup
from chatbot.settings import Settings
from chatbot.store.accounts import save_accounts
from chatbot.store.database import Database
from chatbot.texts import make_texts
from chatbot.wecom.client import WeComClient
from chatbot.wecom.metrics import WeComMetrics
from chatbot.wecom.tokens import MemoryTokenStore
from tests.pipeline.stage import KF, Stage, serving, simulated, stage_settings
from tests.ports import quiet_port

STORES: Mapping[str, str] = MappingProxyType({"西湖": "云栖西湖店", "云栖西湖店": "云栖西湖店"})


class House(Stage):
    """A stage with the console alone; ``tools`` are what it is made of."""

    tools: Reception
    wecom: WeComClient
    clock: Clock


async def _who(request: web.Request) -> web.Response:
    viewer = viewer_of(request)
    return web.json_response({"userid": viewer.userid, "role": viewer.role})


async def _to_sessions(_request: web.Request) -> web.Response:
    return see_other("/console/sessions")


async def _only_for_admins(request: web.Request) -> web.Response:
    require(request, "audit")
    return web.json_response({"done": True})


async def _beside_a_chat(request: web.Request) -> web.Response:
    me = request[SIGNED_IN]
    role = me.viewer.role if me.viewer else "none"
    text = f"<!doctype html><link rel=icon href=data:,><p>{me.member.name} {role}"
    return web.Response(text=text, content_type="text/html")


def _client(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> WeComClient:
    wecom = settings.wecom
    return WeComClient(
        session, base_url=wecom.api_base_url, corp_id=wecom.corp_id, agent_id=wecom.agent_id,
        secret=wecom.secret, tokens=MemoryTokenStore(clock), clock=clock,
        metrics=WeComMetrics(CollectorRegistry()), oauth_url=wecom.oauth_url,
        login_url=wecom.login_url,
    )  # fmt: skip


def console(settings: Settings, wecom: WeComClient, database: Database) -> Reception:
    """Return the console's parts as the server makes them."""
    texts = make_texts({})
    return Reception(
        database, wecom, make_clock(settings.test_clock),
        Appointed.by(settings.admins, settings.supervisors), settings.base_url, STORES.get,
        PageWriter(lambda: texts, settings.timezone),
    )  # fmt: skip


#: Further pages below ``/console``, from what the server is made of.
More = Callable[[Reception, WeComClient, Clock], Iterable[web.AbstractRouteDef]]


def _nothing_more(_tools: Reception, _wecom: WeComClient, _clock: Clock) -> tuple[()]:
    return ()


def _server(tools: Reception, more: Iterable[web.AbstractRouteDef]) -> web.Application:
    app = web.Application()
    routes = [
        web.get("/", _to_sessions),  # in the place of the desk, which needs the whole server
        web.get("/api/who", _who),
        web.post("/api/who", _who),
        web.post("/api/admins", _only_for_admins),
    ]
    console = tools.application()
    console.add_routes([*routes, *more])
    app.add_subapp("/console", console)
    gate = signed_in(tools.gate, login=CLIENT_LOGIN_PATH, members=True)
    sidebar = web.Application(middlewares=[gate])
    sidebar.router.add_get("/", _beside_a_chat)
    app.add_subapp("/sidebar", sidebar)
    return app


@asynccontextmanager
async def house(
    database: Database,
    folder: Path,
    *,
    watch: bool = False,
    more: More = _nothing_more,
    **changes: object,
) -> AsyncIterator[House]:
    """Run simulator and console; ``watch``: look after members who leave, as the server does.

    ``more`` makes the pages that are there beside those about who may come in.
    """
    port, clock_file = quiet_port(), folder / "clock"
    async with (
        simulated(port, clock_file) as (config, platform),
        # With cookies of addresses without a name, as browsers have them.
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        settings = stage_settings(config, platform, port, test_clock=clock_file, **changes)
        await database.run(save_accounts, {KF: "云栖酒店"})
        wecom = _client(settings, session, make_clock(clock_file))
        tools = console(settings, wecom, database)
        tasks = TaskGroup()
        pages = more(tools, wecom, make_clock(clock_file))
        async with serving(_server(tools, pages), port) as server:
            if watch:
                tasks.keep_running("members", tools.watch.run)
            found = House(session, platform, server, database)
            found.tools, found.wecom, found.clock = tools, wecom, make_clock(clock_file)
            yield found
            await tasks.stop()
