"""Tokens and tickets are one for all processes, and each is fetched by one of them."""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from chatbot.clock import SystemClock
from chatbot.pipeline.tokens import DatabaseTokenStore
from chatbot.simulator.config import SimulatorConfig
from chatbot.store.database import Database
from chatbot.wecom.client import WeComClient
from chatbot.wecom.errors import Transient, error_for_code
from chatbot.wecom.metrics import WeComMetrics
from chatbot.wecom.tokens import FetchedToken
from tests.pipeline.stage import simulated, stage_settings
from tests.ports import quiet_port


async def test_that_a_hundred_callers_in_two_processes_fetch_one_token(
    database_url: str,
) -> None:
    fetches = 0
    clock = SystemClock()

    async def fetch() -> FetchedToken:
        nonlocal fetches
        fetches += 1
        await asyncio.sleep(0.2)
        now = clock.now()
        return FetchedToken(f"token {fetches}", now, now.replace(year=now.year + 1))

    databases = [Database(database_url, threads=4) for _ in range(2)]
    stores = [
        DatabaseTokenStore(database, clock, lambda n=number: n + 1)  # type: ignore[misc]
        for number, database in enumerate(databases)
    ]
    got = await asyncio.gather(*(stores[n % 2].get("key", fetch) for n in range(100)))
    assert set(got) == {"token 1"}
    again = await asyncio.gather(
        *(stores[n % 2].get("key", fetch, rejected="token 1") for n in range(100))
    )
    assert set(again) == {"token 2"}
    for database in databases:
        await database.close()


async def test_that_a_fetch_in_vain_is_not_repeated_by_those_who_waited_for_it(
    database_url: str,
) -> None:
    fetches = 0

    async def fetch() -> FetchedToken:
        nonlocal fetches
        fetches += 1
        await asyncio.sleep(0.2)
        raise error_for_code("ticket/get", -1, "busy")

    database, clock = Database(database_url, threads=4), SystemClock()
    store = DatabaseTokenStore(database, clock, lambda: 1)
    got = await asyncio.gather(
        *(store.get("key", fetch) for _ in range(50)), return_exceptions=True
    )
    assert {type(each) for each in got} == {Transient}
    assert fetches == 1
    with pytest.raises(Transient):
        await store.get("key", fetch)
    assert fetches == 2, "who comes later asks again"
    await database.close()


async def test_that_two_processes_share_both_tickets_of_an_app(database_url: str) -> None:
    async with (
        simulated(quiet_port()) as (config, platform),
        aiohttp.ClientSession() as session,
        contextlib.AsyncExitStack() as stack,
    ):
        clients = []
        for number in (1, 2):
            database = Database(database_url, threads=4)
            stack.push_async_callback(database.close)
            clients.append(_client(session, platform, config, database, number))
        page = "https://crm.example.com/sidebar/"
        got = await asyncio.gather(*(clients[n % 2].jssdk.signatures(page) for n in range(100)))
        assert len({(each.config.ticket, each.agent_config.ticket) for each in got}) == 1
        assert await _tickets_fetched(session, platform) == ["get_jsapi_ticket", "ticket/get"]
        # The platform drops its tickets; pages of both processes tell of it, and again one asks.
        body = {"invalidate": "tickets"}
        async with session.post(f"{platform}/control/tokens", json=body) as answer:
            assert answer.status == 200
        refused = [got[0].config.ticket, got[0].agent_config.ticket]
        anew = await asyncio.gather(
            *(clients[n % 2].jssdk.signatures(page, refused=refused) for n in range(100))
        )
        assert len({(each.config.ticket, each.agent_config.ticket) for each in anew}) == 1
        assert anew[0].config.ticket != got[0].config.ticket
        assert len(await _tickets_fetched(session, platform)) == 4


def _client(
    session: aiohttp.ClientSession,
    platform: str,
    config: SimulatorConfig,
    database: Database,
    number: int,
) -> WeComClient:
    wecom, clock = stage_settings(config, platform, 1).wecom, SystemClock()
    return WeComClient(
        session,
        base_url=platform,
        corp_id=wecom.corp_id,
        agent_id=wecom.agent_id,
        secret=wecom.secret,
        tokens=DatabaseTokenStore(database, clock, lambda: number),
        clock=clock,
        metrics=WeComMetrics(CollectorRegistry()),
        public_url="https://crm.example.com",
    )


async def _tickets_fetched(session: aiohttp.ClientSession, platform: str) -> list[str]:
    async with session.get(f"{platform}/control/log?kind=api") as answer:
        entries = (await answer.json())["entries"]
    return sorted(entry["api"] for entry in entries if "ticket" in entry["api"])
