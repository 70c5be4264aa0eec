"""Signed HTTP calls to another system: one carries a filled form, one asks about a customer.

The receiver checks ``X-Chatbot-Signature``, HMAC-SHA256 (RFC 2104) over the time stamp, a full
stop and the body, and acts once for each ``Idempotency-Key``: it stays the same over retries.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import math
import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from pydantic import SecretStr

from chatbot.clock import Clock
from chatbot.forms.form import WebhookAction
from chatbot.forms.hosts import AddressRefused, check_address

_LARGEST_ANSWER = 64 * 1024
#: Statuses that may pass: the same call with the same key is worth another try.
_PASSING = frozenset({408, 425, 429})

#: ``done`` with a result, ``failed`` for good, or ``again``: it may pass.
AnswerKind = Literal["done", "failed", "again"]


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What came back; ``uncertain``: the other system may have done it all the same."""

    kind: AnswerKind
    result: Mapping[str, Any]
    problem: str = ""
    uncertain: bool = False


def _failed(problem: str, *, uncertain: bool = False) -> WebhookAnswer:
    return WebhookAnswer("failed", {}, problem, uncertain)


class WebhookClient:
    """Calls the hosts that the operator allowed, and no others.

    ``hosts`` are names, ``name:port``, addresses or networks such as ``10.0.0.0/8``. A name that
    leads to a private address is called only if that address is listed as well.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        clock: Clock,
        hosts: Collection[str],
        secret: SecretStr,
    ) -> None:
        self._session = session
        self._clock = clock
        self._hosts = hosts
        self._secret = secret

    async def call(self, action: WebhookAction, key: str, form: Mapping[str, Any]) -> WebhookAnswer:
        """Send ``form`` and ``key`` as JSON; never raises for what the other side does."""
        return await self._send(
            action.url, action.timeout, {**form, "key": key}, {"Idempotency-Key": key}
        )

    async def ask(self, url: str, question: Mapping[str, Any], timeout: float) -> WebhookAnswer:
        """Send a ``question`` that changes nothing there; ``timeout`` in seconds. Never raises."""
        return await self._send(url, timeout, question, {})

    async def _send(
        self, url: str, timeout: float, fields: Mapping[str, Any], headers: Mapping[str, str]
    ) -> WebhookAnswer:
        if not self._secret.get_secret_value():
            return _failed("CHATBOT_WEBHOOK_SECRET is not set, so nothing was sent")
        body = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            check_address(url, self._hosts)
            return await self._post(url, timeout, body, {**headers, **self._headers(body)})
        except AddressRefused as error:
            return _failed(str(error))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # The text of these may hold the address, and that a token of the other system.
            return WebhookAnswer("again", {}, type(error).__name__, uncertain=_was_sent(error))

    async def _post(
        self, url: str, timeout: float, body: bytes, headers: Mapping[str, str]
    ) -> WebhookAnswer:
        async with self._session.post(
            url,
            data=body,
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=timeout),
            allow_redirects=False,
        ) as response:
            if response.status in _PASSING or response.status >= 500:
                problem = f"HTTP {response.status}"
                return WebhookAnswer("again", {}, problem, uncertain=response.status >= 500)
            if not 200 <= response.status < 300:
                return _failed(f"HTTP {response.status}")
            return _read(await _read_limited(response.content))

    def _headers(self, body: bytes) -> Mapping[str, str]:
        stamp = str(int(self._clock.now().timestamp()))
        secret = self._secret.get_secret_value().encode()
        return {
            "Content-Type": "application/json; charset=utf-8",
            "X-Chatbot-Timestamp": stamp,
            "X-Chatbot-Signature": signature(secret, stamp, body),
        }


def signature(secret: bytes, stamp: str, body: bytes) -> str:
    """Return the header's value for a body sent at ``stamp`` (Unix seconds)."""
    digest = hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"sha256={digest}"


def _was_sent(error: BaseException) -> bool:
    return not isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError))


async def _read_limited(stream: aiohttp.StreamReader) -> bytes | None:
    body = bytearray()
    async for chunk in stream.iter_any():
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            return None
    return bytes(body)


def _read(body: bytes | None) -> WebhookAnswer:
    if body is None:
        return _failed("the answer is larger than 64 KiB", uncertain=True)
    try:
        result = json.loads(body, parse_float=_number, parse_constant=_number)
    except (ValueError, RecursionError):
        return _failed("the answer is not JSON", uncertain=True)
    if not isinstance(result, dict):
        return _failed("the answer is not a JSON object", uncertain=True)
    return WebhookAnswer("done", result)


def _number(written: str) -> float:
    """Return a number that JSON can hold: the answer is kept, and read again, as JSON."""
    number = float(written)
    if not math.isfinite(number):
        raise ValueError(f"{written} is no number of JSON")
    return number


class GuardedResolver(AbstractResolver):
    """Resolves names, but refuses addresses of private networks that are not listed."""

    def __init__(self, inner: AbstractResolver, hosts: Collection[str]) -> None:
        self._inner = inner
        self._networks = [network for network in map(_network, hosts) if network is not None]

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Resolve ``host``.

        Raises:
            AddressRefused: it leads into a private network.
        """
        found = await self._inner.resolve(host, port, family)
        for each in found:
            address = ipaddress.ip_address(each["host"].partition("%")[0])
            listed = any(address in network for network in self._networks)
            if host != "localhost" and not address.is_global and not listed:
                text = (
                    f"{host} 指向内网地址 {address}；确要访问，请把它也写进 CHATBOT_OUTBOUND_HOSTS"
                )
                raise AddressRefused(text)
        return found

    async def close(self) -> None:
        """Close the resolver behind it."""
        await self._inner.close()


def _network(host: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(host.strip().strip("[]"), strict=False)
    except ValueError:
        return None


def webhook_session(hosts: Collection[str]) -> aiohttp.ClientSession:
    """Return a session for webhooks alone: no cookies, no proxy of the environment."""
    resolver = GuardedResolver(aiohttp.ThreadedResolver(), hosts)
    connector = aiohttp.TCPConnector(resolver=resolver, limit=20)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
