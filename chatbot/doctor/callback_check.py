"""The callback address, asked as the platform asks when an admin saves it.

Source: WeCom developer documentation, 开发前必读/回调配置 (验证URL有效性).
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType

import aiohttp
from yarl import URL

from chatbot.clock import Clock, monotonic
from chatbot.doctor.report import Finding, NotChecked, Verdict
from chatbot.doctor.settings_check import AES_KEY, CORP_ID, PUBLIC_URL, TOKEN
from chatbot.doctor.words import finding, say
from chatbot.settings import Settings
from chatbot.wecom.envelope import Envelope

PATH = "/wecom/callback"
_TIMEOUT = aiohttp.ClientTimeout(total=5, connect=3)
_LOCAL_TIMEOUT = aiohttp.ClientTimeout(total=2)
#: The platform gives the verification this long.
_DEADLINE_SECONDS = 1.0
_MOST_BYTES = 4096
#: What a proxy answers while nothing stands behind it.
_NOBODY_BEHIND = frozenset(
    {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)
_BY_STATUS: Mapping[int, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        HTTPStatus.FORBIDDEN: ("callback_signature", (TOKEN,)),
        HTTPStatus.BAD_REQUEST: ("callback_key", (AES_KEY, CORP_ID)),
        HTTPStatus.NOT_FOUND: ("callback_not_found", (PUBLIC_URL,)),
    }
)
_ANY_ADDRESS: Mapping[str, str] = MappingProxyType({"0.0.0.0": "127.0.0.1", "::": "::1"})  # noqa: S104


@dataclass(frozen=True, slots=True)
class _Echo:
    """What came back. ``problem`` names the finding when nothing did; ``detail`` goes with it."""

    status: int = 0
    body: bytes = b""
    seconds: float = 0.0
    problem: str = ""
    detail: str = ""


def check_public_address(settings: Settings) -> Verdict[str]:
    """Warn about an address that only this machine or this network can reach."""
    address = settings.base_url
    if _is_inside(address):
        return Verdict((finding("public_address_private", PUBLIC_URL, address=address),))
    return Verdict(summary=address, fact=address)


def _is_inside(address: str) -> bool:
    try:
        host = URL(address).host or ""
    except ValueError:
        return False  # the self-test says what is wrong with it
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return is_this_machine(host)


def is_this_machine(host: str) -> bool:
    """Return whether a host is the machine that asks for it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


async def check_callback(
    session: aiohttp.ClientSession, settings: Settings, envelope: Envelope, clock: Clock
) -> Verdict[float]:
    """Send a verification of our own making to the public address; the fact is its seconds.

    Raises:
        NotChecked: neither the public address nor this machine's port has a server behind it.
    """
    address = f"{settings.base_url}{PATH}"
    words = str(secrets.randbelow(10**16))
    echo = await _ask(session, address, _question(envelope, words, clock))
    if (echo.problem or echo.status in _NOBODY_BEHIND) and not await _is_running(session, settings):
        raise NotChecked(say("not_running", host=settings.host, port=settings.port))
    if problem := _judge(echo, words, address):
        return Verdict((problem,))
    summary = say("callback", address=address, milliseconds=round(echo.seconds * 1000))
    return Verdict(summary=summary, fact=echo.seconds)


def _question(envelope: Envelope, words: str, clock: Clock) -> dict[str, str]:
    echostr = envelope.encrypt(words)
    timestamp, nonce = str(int(clock.now().timestamp())), str(secrets.randbelow(10**10))
    signature = envelope.sign(timestamp, nonce, echostr)
    return {
        "msg_signature": signature, "timestamp": timestamp, "nonce": nonce, "echostr": echostr,
    }  # fmt: skip


async def _ask(session: aiohttp.ClientSession, address: str, question: dict[str, str]) -> _Echo:
    started = monotonic()
    try:
        async with session.get(
            address, params=question, timeout=_TIMEOUT, allow_redirects=False
        ) as response:
            body = await response.content.read(_MOST_BYTES)
            return _Echo(response.status, body, monotonic() - started)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return _no_echo(error)


def _no_echo(error: Exception) -> _Echo:
    """Tell the ways of not reaching an address apart; their cures differ."""
    kinds: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
        ((aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError), "callback_no_address"),
        (aiohttp.ClientSSLError, "callback_tls"),
        (aiohttp.ClientConnectorDNSError, "callback_unresolved"),
        (TimeoutError, "callback_timeout"),
    )
    problem = next((key for kind, key in kinds if isinstance(error, kind)), "callback_unreachable")
    return _Echo(problem=problem, detail=type(error).__name__)


def _judge(echo: _Echo, words: str, address: str) -> Finding | None:
    if echo.problem:
        return finding(echo.problem, PUBLIC_URL, address=address, detail=echo.detail)
    if echo.status != HTTPStatus.OK:
        key, settings = _BY_STATUS.get(echo.status, ("callback_status", (PUBLIC_URL,)))
        return finding(key, *settings, address=address, status=echo.status)
    if echo.body != words.encode():
        return finding("callback_changed", PUBLIC_URL, address=address)
    if echo.seconds > _DEADLINE_SECONDS:
        return finding("callback_slow", PUBLIC_URL, address=address, seconds=echo.seconds)
    return None


async def _is_running(session: aiohttp.ClientSession, settings: Settings) -> bool:
    """Ask the port on this machine, past every proxy."""
    host = _ANY_ADDRESS.get(settings.host, settings.host)
    try:
        url = URL.build(scheme="http", host=host, port=settings.port, path="/healthz")
        async with session.get(url, timeout=_LOCAL_TIMEOUT):
            return True
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return False
