"""Signatures that let a page of ours use the client's JavaScript interface.

Sources: WeCom developer documentation, JS-SDK/JS-SDK使用权限签名算法, 获取企业的jsapi_ticket,
获取应用的jsapi_ticket, WECOM-JSSDK/ww.register.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta

from yarl import URL

from chatbot.clock import Clock
from chatbot.wecom.answers import Answer
from chatbot.wecom.caller import ApiCaller
from chatbot.wecom.codes import Condition
from chatbot.wecom.errors import error_for_condition
from chatbot.wecom.tokens import FetchedToken, TokenSource, TokenStore, token_key

_NAME = "JS-SDK"
_LONGEST_URL = 4096
#: No browser leaves these in ``location.href``; parsers disagree about what they mean.
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
#: A client that refuses a signature may have any reason, and an app gets 100 tickets an hour
#: (访问频率限制): so a ticket is given up on a page's word this often at most.
_DROP_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Signature:
    """What ``getConfigSignature`` or ``getAgentConfigSignature`` of a page is to return.

    ``timestamp`` is in Unix seconds; ``nonce`` is called ``nonceStr`` there. ``ticket`` is a mark
    of the ticket behind the signature: a page whose signature the client refuses names it.
    """

    timestamp: int
    nonce: str
    signature: str
    ticket: str


@dataclass(frozen=True, slots=True)
class PageSignatures:
    """One page's signatures: as the enterprise (config) and as the app (agentConfig)."""

    config: Signature
    agent_config: Signature


def sign(ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """Return 40 hex digits for the page ``url``, raw as the browser shows it, without ``#…``."""
    words = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url}"
    return hashlib.sha1(words.encode()).hexdigest()  # noqa: S324 - the platform's choice


def ticket_mark(ticket: str) -> str:
    """Return 16 hex digits that tell tickets apart and from which none can be read."""
    return hashlib.sha256(ticket.encode()).hexdigest()[:16]


class JsSdk:
    """Signs pages below ``public_url`` for the app ``agent_id`` of the enterprise ``corp_id``.

    The ticket of the enterprise is one for all its apps, the other is the app's own; both are
    shared by all processes through the ``tokens`` store, like access tokens.
    """

    def __init__(
        self,
        caller: ApiCaller,
        tokens: TokenStore,
        clock: Clock,
        *,
        corp_id: str,
        agent_id: int,
        public_url: str,
    ) -> None:
        self.corp_id = corp_id
        self.agent_id = agent_id
        self._clock = clock
        self._origin = _origin(public_url)
        self._corp_ticket = _Ticket(
            tokens,
            token_key(corp_id, "jsapi_ticket"),
            clock,
            "get_jsapi_ticket",
            lambda: caller.get("get_jsapi_ticket"),
        )
        self._app_ticket = _Ticket(
            tokens,
            token_key(corp_id, str(agent_id), "agent_config"),
            clock,
            "ticket/get",
            lambda: caller.get("ticket/get", type="agent_config"),
        )

    async def signatures(self, url: str, *, refused: Collection[str] = ()) -> PageSignatures:
        """Sign the page ``url`` (its ``location.href``).

        ``refused`` holds the marks of tickets whose signatures the client did not accept; such a
        ticket is fetched anew, but not every time somebody says so.

        Raises:
            Misconfigured: the page is not at the public address.
            WeComError: a ticket cannot be got.
        """
        page = self._own_page(url)
        corp, app = await asyncio.gather(
            self._corp_ticket.get(refused), self._app_ticket.get(refused)
        )
        return PageSignatures(self._signature(corp, page), self._signature(app, page))

    def _own_page(self, url: str) -> str:
        page = url.partition("#")[0]
        origin = "" if len(page) > _LONGEST_URL or _ODD.search(page) else _origin(page)
        if not origin or origin != self._origin:
            raise error_for_condition(_NAME, Condition.FOREIGN_PAGE, origin[:200])
        return page

    def _signature(self, ticket: str, page: str) -> Signature:
        timestamp, nonce = int(self._clock.now().timestamp()), secrets.token_hex(8)
        signature = sign(ticket, nonce, timestamp, page)
        return Signature(timestamp, nonce, signature, ticket_mark(ticket))


@dataclass(slots=True)
class _Ticket:
    """One kind of ticket: got through the store, given up when a client refuses it."""

    store: TokenStore
    key: str
    clock: Clock
    api: str
    request: Callable[[], Awaitable[Answer]]
    given_up: str = ""
    source: TokenSource = field(init=False)

    def __post_init__(self) -> None:
        self.source = TokenSource(
            self.store, self.key, self.clock, api=self.api, field="ticket", request=self.request
        )

    async def get(self, refused: Collection[str]) -> str:
        ticket = await self.source.get()
        mark = ticket_mark(ticket)
        if mark not in refused or mark == self.given_up or not await self._may_go(mark):
            return ticket
        ticket = await self.source.get(rejected=ticket)
        self.given_up = mark  # should the platform give the same again, then it is not at fault
        return ticket

    async def _may_go(self, mark: str) -> bool:
        """Say whether this is the one ticket that may be given up at present, in any process."""
        now = self.clock.now()

        async def note() -> FetchedToken:
            return FetchedToken(mark, now, now + _DROP_PAUSE)

        return await self.store.get(token_key(self.key, "given up"), note) == mark


def _origin(url: str) -> str:
    """Return scheme, host and port, written in one way; empty for no complete web address."""
    try:
        origin = URL(url).origin()
    except ValueError:
        return ""
    return str(origin) if origin.scheme in {"http", "https"} else ""
