"""The platform's API for one self-built app, in typed groups."""

from __future__ import annotations

import aiohttp
from pydantic import SecretStr

from chatbot.clock import Clock
from chatbot.wecom.app import AppApi
from chatbot.wecom.caller import ApiCaller
from chatbot.wecom.contacts import ContactsApi
from chatbot.wecom.jssdk import JsSdk
from chatbot.wecom.kf import KfApi
from chatbot.wecom.login import OAUTH_URL, SCAN_URL, LoginApi, LoginPages
from chatbot.wecom.media import MediaApi
from chatbot.wecom.metrics import WeComMetrics
from chatbot.wecom.tokens import TokenStore
from chatbot.wecom.transport import Transport


class WeComClient:
    """``kf``, ``app``, ``contacts``, ``media``, ``login`` and ``jssdk`` of one app.

    ``session`` stays the caller's. ``base_url`` has no ``/cgi-bin``; ``oauth_url`` and
    ``login_url`` are the pages where members log in; ``public_url`` is where our own pages stand,
    the only ones that ``jssdk`` signs. The time-outs are in seconds; files get six times the
    total. Reads are tried up to three times, changes once.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        base_url: str,
        corp_id: str,
        agent_id: int,
        secret: SecretStr,
        tokens: TokenStore,
        clock: Clock,
        metrics: WeComMetrics,
        public_url: str = "",
        oauth_url: str = OAUTH_URL,
        login_url: str = SCAN_URL,
        connect_timeout: float = 3.0,
        total_timeout: float = 10.0,
    ) -> None:
        transport = Transport(
            session, base_url, connect_timeout=connect_timeout, total_timeout=total_timeout
        )
        self._caller = ApiCaller(
            transport, corp_id=corp_id, secret=secret, tokens=tokens, clock=clock, metrics=metrics
        )
        self.kf = KfApi(self._caller)
        self.app = AppApi(self._caller, agent_id)
        self.contacts = ContactsApi(self._caller)
        self.media = MediaApi(self._caller, clock)
        self.jssdk = JsSdk(
            self._caller,
            tokens,
            clock,
            corp_id=corp_id,
            agent_id=agent_id,
            public_url=public_url,
        )
        self.login = LoginApi(self._caller, LoginPages(corp_id, agent_id, oauth_url, login_url))

    async def check_token(self) -> None:
        """Prove corp id, secret and address by getting a token; raise WeComError if it fails."""
        await self._caller.access_token()
