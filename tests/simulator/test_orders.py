"""The example of another system: it answers what is signed, and knows the demo's customers."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from chatbot.simulator.config import load_config
from chatbot.simulator.server import create_app
from tests.pipeline.stage import LIN, serving
from tests.ports import quiet_port


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with serving(create_app(load_config()), quiet_port()) as platform:
        yield f"{platform}/example/customer-data"


async def _ask(address: str, body: bytes, secret: str, age: float = 0) -> tuple[int, Any]:
    stamp = str(int(time.time() - age))
    signed = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"X-Chatbot-Timestamp": stamp, "X-Chatbot-Signature": f"sha256={signed}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(address, data=body, headers=headers) as answer,
    ):
        return answer.status, await answer.json()


async def test_that_a_signed_question_is_answered(address: str) -> None:
    secret = load_config().order_system.secret
    status, told = await _ask(address, json.dumps({"customer": LIN}).encode(), secret)
    assert status == 200
    assert [each["number"] for each in told["orders"]] == ["YQ2026-0811", "YQ2026-0634"]
    assert {"name": "会员等级", "value": "金卡"} in told["facts"]
    nobody = json.dumps({"customer": "wmNobody"}).encode()
    assert await _ask(address, nobody, secret) == (200, {"orders": [], "facts": []})


@pytest.mark.parametrize(
    ("body", "secret", "age", "status"),
    [
        (b'{"customer": "wm"}', "wrong", 0, 403),
        (b'{"customer": "wm"}', "", 301, 403),
        (b"no JSON", "", 0, 400),
        (b"[]", "", 0, 400),
        (b"{}", "", 0, 400),
    ],
)
async def test_that_nothing_else_is(
    address: str, body: bytes, secret: str, age: float, status: int
) -> None:
    known = load_config().order_system.secret
    assert (await _ask(address, body, secret or known, age))[0] == status


def test_that_the_servers_secret_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATBOT_WEBHOOK_SECRET", "of the environment")
    assert load_config().order_system.secret == "of the environment"
