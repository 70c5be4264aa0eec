"""A small bot and a small client that drive the simulator over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from chatbot.simulator import SimulatorConfig, create_app
from chatbot.simulator.wire import xml
from chatbot.simulator.wire.crypto import CallbackCrypto

KF = "wkDemoYunqi0001"
LIN, WANG = "wmDemoXiaolin", "wmDemoWangjie"
ZHEN, ZHOU, LIANG = "azhen", "xiaozhou", "liang"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery at the callback URL."""

    query: Mapping[str, str]
    raw: bytes
    genuine: bool
    fields: Json


@dataclass
class Bot:
    """Receives callbacks; answers with ``replies`` in turn, else 200 and nothing."""

    crypto: CallbackCrypto
    replies: list[web.Response | float] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=8 * 1024 * 1024)
        app.router.add_post("/callback", self.receive)
        app.router.add_get("/callback", self.verify)
        return app

    async def receive(self, request: web.Request) -> web.Response:
        delivery = self.read(request, await request.read())
        async with self.arrived:
            self.received.append(delivery)
            self.arrived.notify_all()
        reply = self.replies.pop(0) if self.replies else web.Response()
        if isinstance(reply, float):
            await asyncio.sleep(reply)
            return web.Response()
        return reply

    def read(self, request: web.Request, raw: bytes) -> Received:
        query = dict(request.query)
        try:
            encrypted = xml.parse(raw.decode())["Encrypt"]
            genuine = self.crypto.verify(
                query["msg_signature"], query["timestamp"], query["nonce"], encrypted
            )
            return Received(query, raw, genuine, xml.parse(self.crypto.decrypt(encrypted)))
        except ValueError:
            return Received(query, raw, genuine=False, fields={})

    async def verify(self, request: web.Request) -> web.Response:
        echo = request.query["echostr"]
        query = request.query
        assert self.crypto.verify(query["msg_signature"], query["timestamp"], query["nonce"], echo)
        return web.Response(text=self.crypto.decrypt(echo))

    async def wait(self, count: int) -> list[Received]:
        """Return what was received once there are ``count`` deliveries."""
        async with asyncio.timeout(10), self.arrived:
            await self.arrived.wait_for(lambda: len(self.received) >= count)
        return self.received


@dataclass
class Client:
    """Calls the platform and the control API of one simulator."""

    session: aiohttp.ClientSession
    address: str
    config: SimulatorConfig
    token: str = ""

    async def fetch_token(self, secret: str | None = None) -> str:
        query = {"corpid": self.config.corp.id, "corpsecret": secret or self.config.app.secret}
        async with self.session.get(f"{self.address}/cgi-bin/gettoken", params=query) as answer:
            body = await answer.json()
        assert body["errcode"] == 0, body
        return str(body["access_token"])

    async def call(self, api: str, body: Json | None = None, **query: str) -> Json:
        """Call an API: POST with a body, GET without; return the JSON answer."""
        method = "GET" if body is None else "POST"
        async with self.session.request(
            method,
            f"{self.address}/cgi-bin/{api}",
            params={"access_token": self.token, **query},
            data=None if body is None else dumps(body),
        ) as answer:
            assert answer.status == 200, await answer.text()
            result: Json = await answer.json()
            return result

    async def ok(self, api: str, body: Json | None = None, **query: str) -> Json:
        """Call an API that must succeed."""
        answer = await self.call(api, body, **query)
        assert answer["errcode"] == 0, answer
        return answer

    async def code(self, api: str, body: Json | None = None, **query: str) -> int:
        """Call an API and return its errcode."""
        return int((await self.call(api, body, **query))["errcode"])

    async def control(self, path: str, body: Json | None = None, *, expect: int = 200) -> Json:
        """Call the control API: POST with a body, GET without."""
        method = "GET" if body is None else "POST"
        url = f"{self.address}/control/{path}"
        async with self.session.request(method, url, json=body) as answer:
            result: Json = await answer.json()
            assert answer.status == expect, result
            return result

    async def advance(self, seconds: float) -> None:
        """Move the clock; tokens may expire by that, so a valid one is fetched."""
        await self.control("clock", {"advance": seconds})
        self.token = await self.fetch_token()

    async def write(self, text: str = "你好", customer: str = LIN, **more: Any) -> str:
        """Let a customer write; return the msgid."""
        body = {"customer": customer, "open_kfid": KF, "text": {"content": text}, **more}
        return str((await self.control("messages", body))["msgids"][0])

    async def enter(self, customer: str = LIN, **more: Any) -> str:
        """Let a customer open the chat; return the welcome_code, "" without one."""
        body = {"customer": customer, "open_kfid": KF, "msgtype": "event", **more}
        await self.control("messages", body)
        event = (await self.sync())[-1]["event"]
        return str(event.get("welcome_code", ""))

    async def sync(self, **body: Any) -> list[Json]:
        """Return everything in the account's log."""
        answer = await self.ok("kf/sync_msg", {"open_kfid": KF, **body})
        items: list[Json] = answer["msg_list"]
        return items

    async def send(self, text: str = "您好", customer: str = LIN, **more: Any) -> Json:
        """Send a text by kf/send_msg and return the answer."""
        body = {"touser": customer, "open_kfid": KF, "msgtype": "text", "text": {"content": text}}
        return await self.call("kf/send_msg", {**body, **more})

    async def move(self, state: int, userid: str = "", customer: str = LIN) -> Json:
        """Change the session's state and return the answer."""
        body: Json = {"open_kfid": KF, "external_userid": customer, "service_state": state}
        if userid:
            body["servicer_userid"] = userid
        return await self.call("kf/service_state/trans", body)

    async def state(self, customer: str = LIN) -> int:
        """Return the session's state."""
        body = {"open_kfid": KF, "external_userid": customer}
        return int((await self.ok("kf/service_state/get", body))["service_state"])

    async def staff(self, userid: str, action: str, *, expect: int = 200, **more: Any) -> Json:
        """Let a member act on 小林's session."""
        body = {"userid": userid, "action": action, "open_kfid": KF, "customer": LIN, **more}
        return await self.control("staff", body, expect=expect)

    async def log(self, kind: str) -> list[Json]:
        """Return the control log's entries of a kind."""
        entries: list[Json] = (await self.control(f"log?kind={kind}"))["entries"]
        return entries

    async def fault(self, api: str, kind: str, **more: Any) -> None:
        await self.control("faults", {"api": api, "kind": kind, **more})


def dumps(body: Json) -> bytes:
    """Return JSON as the platform wants it: UTF-8 with real characters."""
    return json.dumps(body, ensure_ascii=False).encode()


@asynccontextmanager
async def simulator(config: SimulatorConfig) -> AsyncIterator[Client]:
    """Run a simulator and give a client with a token."""
    async with TestServer(create_app(config)) as server, aiohttp.ClientSession() as session:
        client = Client(session, str(server.make_url("/")).rstrip("/"), config)
        client.token = await client.fetch_token()
        yield client
