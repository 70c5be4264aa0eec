from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestServer

from chatbot.simulator import SimulatorConfig, load_config
from chatbot.simulator.wire.crypto import CallbackCrypto

from .harness import Bot, Client, simulator


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> SimulatorConfig:
    monkeypatch.delenv("CHATBOT_TEST_CLOCK", raising=False)
    return load_config()


@pytest.fixture
async def bot(demo: SimulatorConfig) -> Bot:
    return Bot(CallbackCrypto(demo.app.token, demo.app.encoding_aes_key, demo.corp.id))


@pytest.fixture
async def callback_url(bot: Bot) -> AsyncIterator[str]:
    async with TestServer(bot.app()) as server:
        yield str(server.make_url("/callback"))


@pytest.fixture
def config(demo: SimulatorConfig, callback_url: str) -> SimulatorConfig:
    return demo.override(callback_url=callback_url, rules={"callback_retry_seconds": 0.0})


@pytest.fixture
async def sim(config: SimulatorConfig) -> AsyncIterator[Client]:
    async with simulator(config) as client:
        yield client
