"""A scripted platform: a real HTTP server that answers what a test tells it to."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

Reaction = Callable[[web.Request], Awaitable[web.StreamResponse]]

SECRET = "planted-secret-5b1f"
CORP = "wwdemo0123456789"
AGENT = 1000007
PUBLIC_URL = "https://crm.example.com"


class FixedClock:
    """A clock that moves only when a test or a sleep moves it."""

    def __init__(self, now: datetime = datetime(2025, 1, 1, tzinfo=UTC)) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def move(self, **parts: float) -> None:
        self._now += timedelta(**parts)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.move(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it reached the platform."""

    api: str
    method: str
    query: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        decoded: dict[str, Any] = json.loads(self.raw)
        return decoded


@dataclass
class Platform:
    """Answers from ``script`` first, then with success."""

    script: dict[str, deque[dict[str, Any] | Reaction]] = field(
        default_factory=lambda: defaultdict(deque)
    )
    seen: list[Seen] = field(default_factory=list)
    tokens_issued: int = 0
    tickets_issued: int = 0
    token_life: int = 7200

    def answer(self, api: str, *reactions: dict[str, Any] | Reaction) -> None:
        """Let the next calls of ``api`` be answered by ``reactions``, in order."""
        self.script[api].extend(reactions)

    def refuse(self, api: str, *codes: int) -> None:
        """Let the next calls of ``api`` be refused with ``codes``."""
        self.answer(api, *(refusal(code) for code in codes))

    def calls(self, api: str) -> list[Seen]:
        """Return the requests that reached ``api``."""
        return [seen for seen in self.seen if seen.api == api]

    def application(self) -> web.Application:
        app = web.Application(client_max_size=30 * 1024 * 1024)
        app.router.add_route("*", "/cgi-bin/{api:.*}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        api = request.match_info["api"]
        self.seen.append(Seen(api, request.method, dict(request.query), await request.read()))
        if waiting := self.script[api]:
            reaction = waiting.popleft()
            if isinstance(reaction, dict):
                return web.json_response(reaction)
            return await reaction(request)
        return web.json_response(self._success(api))

    def _success(self, api: str) -> dict[str, Any]:
        if api in {"get_jsapi_ticket", "ticket/get"}:
            self.tickets_issued += 1
            ticket = f"planted-ticket-{self.tickets_issued}"
            return {"errcode": 0, "errmsg": "ok", "ticket": ticket, "expires_in": self.token_life}
        if api != "gettoken":
            return {"errcode": 0, "errmsg": "ok"}
        self.tokens_issued += 1
        return {
            "errcode": 0,
            "errmsg": "ok",
            "access_token": f"planted-token-{self.tokens_issued}",
            "expires_in": self.token_life,
        }


def refusal(code: int) -> dict[str, Any]:
    """Return a refusal in the platform's shape."""
    errmsg = (
        f"some words, hint: [1735689600_5_{abs(code)}], from ip: 203.0.113.7, "
        f"more info at https://open.work.weixin.qq.com/devtool/query?e={code}"
    )
    return {"errcode": code, "errmsg": errmsg}


async def drop(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def gateway_error(request: web.Request) -> web.StreamResponse:
    """Answer like a proxy whose backend is down."""
    return web.Response(status=502, text="<html>bad gateway</html>")
