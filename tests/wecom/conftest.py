"""A client before a scripted platform."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from chatbot.wecom.client import WeComClient
from chatbot.wecom.metrics import WeComMetrics
from chatbot.wecom.tokens import MemoryTokenStore

from .fake_platform import AGENT, CORP, PUBLIC_URL, SECRET, FixedClock, Platform


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> WeComMetrics:
    return WeComMetrics(registry)


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
async def server(platform: Platform) -> AsyncIterator[TestServer]:
    server = TestServer(platform.application())
    async with server:
        yield server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def client(
    server: TestServer,
    session: aiohttp.ClientSession,
    clock: FixedClock,
    metrics: WeComMetrics,
) -> WeComClient:
    """A client that soon gives up on a platform that does not answer."""
    return _make_client(server, session, clock, metrics, total_timeout=0.5)


@pytest.fixture
def patient_client(
    server: TestServer,
    session: aiohttp.ClientSession,
    clock: FixedClock,
    metrics: WeComMetrics,
) -> WeComClient:
    """A client for many calls at once: on a busy machine none of them may seem unanswered."""
    return _make_client(server, session, clock, metrics, total_timeout=60.0)


def _make_client(
    server: TestServer,
    session: aiohttp.ClientSession,
    clock: FixedClock,
    metrics: WeComMetrics,
    *,
    total_timeout: float,
) -> WeComClient:
    return WeComClient(
        session,
        base_url=str(server.make_url("")),
        corp_id=CORP,
        agent_id=AGENT,
        secret=SecretStr(SECRET),
        tokens=MemoryTokenStore(clock),
        clock=clock,
        metrics=metrics,
        public_url=PUBLIC_URL,
        total_timeout=total_timeout,
    )
