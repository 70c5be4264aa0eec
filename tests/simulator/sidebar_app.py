"""A small app with a sidebar page, signed by the server's own code and as strict as ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from yarl import URL

from chatbot.clock import SystemClock
from chatbot.simulator import SimulatorConfig
from chatbot.wecom.client import WeComClient
from chatbot.wecom.jssdk import Signature
from chatbot.wecom.metrics import WeComMetrics
from chatbot.wecom.tokens import MemoryTokenStore

Json = dict[str, Any]

ALL_CALLS = [
    "getContext", "getCurExternalContact", "sendChatMessage", "openEnterpriseChat",
    "navigateToKfChat",
]  # fmt: skip

_PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>侧边栏</title>
<link rel="icon" href="data:,"><script src="{client}/jssdk.js"></script>
<script src="/page.js" defer></script>
<body style="font:15px/1.6 sans-serif;margin:1rem"><h1 style="font-size:1.1rem">顾客</h1>
<p id="who">{member}</p><p id="contact"></p></body></html>"""

_SCRIPT = """
window.outcomes = {};
const done = () => { document.body.dataset.ready = "yes"; };
window.run = (api, params) => ww[api](params).then(
  (found) => found,
  (error) => ({thrown: error instanceof Error, errMsg: error.errMsg, errCode: error.errCode}));
fetch("/setup").then((answer) => answer.json()).then(({corpId, agentId, jsApiList, register}) => {
  if (!register) { done(); return; }
  const signed = (kind) => (url) => fetch(`/sign?${new URLSearchParams({kind, url})}`)
    .then((answer) => answer.json());
  ww.register({
    corpId, agentId, jsApiList,
    getConfigSignature: signed("config"), getAgentConfigSignature: signed("agent_config"),
    onConfigComplete: (found) => { outcomes.config = found; },
    onAgentConfigComplete: (found) => { outcomes.agentConfig = found; done(); },
  });
});
"""


@dataclass
class SidebarApp:
    """What a test may set before the page is opened, and the client that signs.

    ``swap``: both signatures are made with the other's ticket; ``spoil``: they are garbage.
    """

    calls: list[str] = field(default_factory=lambda: list(ALL_CALLS))
    register: bool = True
    swap: bool = False
    spoil: bool = False
    address: str = ""
    client: str = ""
    wecom: WeComClient | None = None

    def connect(self, session: aiohttp.ClientSession, config: SimulatorConfig, client: str) -> None:
        """Sign with tickets of the simulator at ``client``."""
        self.client = client
        self.wecom = WeComClient(
            session,
            base_url=client,
            corp_id=config.corp.id,
            agent_id=config.app.agent_id,
            secret=SecretStr(config.app.secret),
            tokens=MemoryTokenStore(SystemClock()),
            clock=SystemClock(),
            metrics=WeComMetrics(CollectorRegistry()),
            public_url=self.address,
        )

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/sidebar/", self.page)
        app.router.add_get("/page.js", self.script)
        app.router.add_get("/setup", self.setup)
        app.router.add_get("/sign", self.sign)
        app.router.add_get("/login", self.login)
        return app

    async def page(self, request: web.Request) -> web.Response:
        """Show who is logged in; who is not is sent to log in, as the real sidebar does."""
        member = request.cookies.get("session")
        if member is None:
            target = URL(f"{self.client}/test/authorize")
            raise web.HTTPFound(target.with_query(redirect_uri=f"{self.address}/login"))
        policy = (
            f"default-src 'self'; script-src 'self' {self.client}; style-src 'unsafe-inline';"
            f" img-src data:; frame-ancestors {self.client}"
        )
        html = _PAGE.format(client=self.client, member=member)
        headers = {"Content-Security-Policy": policy}
        return web.Response(text=html, content_type="text/html", headers=headers)

    async def login(self, request: web.Request) -> web.Response:
        response = web.Response(status=302, headers={"Location": "/sidebar/?from=login#top"})
        response.set_cookie("session", request.query["code"], httponly=True, samesite="Lax")
        return response

    async def script(self, _request: web.Request) -> web.Response:
        return web.Response(text=_SCRIPT, content_type="text/javascript")

    async def setup(self, _request: web.Request) -> web.Response:
        assert self.wecom is not None
        jssdk = self.wecom.jssdk
        return web.json_response(
            {
                "corpId": jssdk.corp_id,
                "agentId": jssdk.agent_id,
                "jsApiList": self.calls,
                "register": self.register,
            }
        )

    async def sign(self, request: web.Request) -> web.Response:
        assert self.wecom is not None
        signed = await self.wecom.jssdk.signatures(request.query["url"])
        own = request.query["kind"] == "config"
        signature = signed.config if own is not self.swap else signed.agent_config
        return web.json_response(
            _shown(signature) | ({"signature": "0" * 40} if self.spoil else {})
        )


async def authorize(request: web.Request) -> web.Response:
    """Log in whose client this is, as an authorise page of the simulator would."""
    target = URL(request.query["redirect_uri"]).with_query(
        code=request.cookies.get("sim_member", "nobody")
    )
    return web.Response(status=302, headers={"Location": str(target)})


def _shown(signature: Signature) -> Json:
    return {
        "timestamp": signature.timestamp,
        "nonceStr": signature.nonce,
        "signature": signature.signature,
    }
