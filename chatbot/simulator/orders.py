"""An example of another system of the brand: it tells what a customer has ordered.

It is written as the developer of such a system would write it, from the manual alone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from chatbot.simulator.config import OrderConfig
from chatbot.simulator.world import World

#: A question that was signed longer ago, in seconds, may be a copy of somebody else's.
_FRESH_SECONDS = 300


class OrderSystem:
    """The example over one world's config and clock."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of this part."""
        return [web.post("/example/customer-data", self.tell)]

    async def tell(self, request: web.Request) -> web.Response:
        """Answer a signed question about a customer; who is not known has ordered nothing."""
        body = await request.read()
        if not self._is_signed(request, body):
            return _answer({"error": "the signature does not fit"}, 403)
        try:
            customer = json.loads(body)["customer"]
        except (ValueError, KeyError, TypeError):
            return _answer({"error": "JSON with a customer is expected"}, 400)
        system = self._world.config.order_system
        orders = [each for each in system.orders if each.customer == customer]
        facts = system.facts.get(str(customer), {})
        return _answer(
            {
                "orders": [self._order(each) for each in orders],
                "facts": [{"name": name, "value": value} for name, value in facts.items()],
            }
        )

    def _is_signed(self, request: web.Request, body: bytes) -> bool:
        secret = self._world.config.order_system.secret.encode()
        stamp = request.headers.get("X-Chatbot-Timestamp", "")
        given = request.headers.get("X-Chatbot-Signature", "")
        if not secret or not stamp.isdigit():
            return False
        expected = hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        fresh = abs(self._world.clock.timestamp() - int(stamp)) <= _FRESH_SECONDS
        return fresh and hmac.compare_digest(f"sha256={expected}".encode(), given.encode())

    def _order(self, order: OrderConfig) -> dict[str, Any]:
        now = datetime.fromtimestamp(self._world.clock.timestamp(), UTC)
        at = (now + timedelta(days=order.days)).isoformat(timespec="minutes")
        return {**order.model_dump(include={"number", "title", "status", "amount", "url"}),
                "time": at}  # fmt: skip


def _answer(data: dict[str, Any], status: int = 200) -> web.Response:
    text = json.dumps(data, ensure_ascii=False)
    return web.Response(status=status, text=text, content_type="application/json")
