"""Another system of the brand, as a real server that a test gives its answers."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.console.stage import SECRET
from tests.pipeline.stage import serving
from tests.ports import quiet_port

ORDER = {
    "number": "YQ-1", "title": "湖景大床房 2 晚", "status": "已确认",
    "time": "2026-05-01T07:00:00Z", "amount": "¥1,276.00", "url": "https://orders.example.com/YQ-1",
}  # fmt: skip
FACT = {"name": "会员积分", "value": 3280}


@dataclass
class OrderSystem:
    """Answers ``body`` with ``status`` once ``open`` is set; ``asked`` are the questions."""

    url: str = ""
    body: Any = field(default_factory=lambda: {"orders": [ORDER], "facts": [FACT]})
    status: int = 200
    asked: list[dict[str, Any]] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        stamp = request.headers["X-Chatbot-Timestamp"]
        signed = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        assert request.headers["X-Chatbot-Signature"] == f"sha256={signed}"
        self.asked.append(json.loads(body))
        await self.open.wait()
        return web.json_response(self.body, status=self.status)


@asynccontextmanager
async def order_system() -> AsyncIterator[OrderSystem]:
    """Run one that answers at once."""
    system = OrderSystem()
    system.open.set()
    app = web.Application()
    app.router.add_post("/orders", system.answer)
    async with serving(app, quiet_port()) as address:
        system.url = f"{address}/orders"
        yield system
        system.open.set()
