"""Retries, unknown outcomes, rate limits and metrics, against a real server."""

from __future__ import annotations

import asyncio
import logging
import socket
import traceback

import aiohttp
import pytest
from aiohttp import client_exceptions, web
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from structlog.testing import capture_logs

from chatbot.wecom.client import WeComClient
from chatbot.wecom.errors import (
    Misconfigured,
    OutcomeUnknown,
    QuotaExhausted,
    RateLimited,
    Refused,
    ServerFault,
    Transient,
    Unreachable,
    WeComError,
)
from chatbot.wecom.messages import text_message
from chatbot.wecom.metrics import WeComMetrics
from chatbot.wecom.tokens import FetchToken, MemoryTokenStore, TokenStore
from chatbot.wecom.transport import translate

from .fake_platform import (
    AGENT,
    CORP,
    SECRET,
    FixedClock,
    Platform,
    Reaction,
    drop,
    gateway_error,
    refusal,
)


async def send(client: WeComClient) -> str:
    return await client.kf.send_msg("wk1", "wm1", "m1", text_message("您好"))


async def silence(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(1)
    return web.json_response({"errcode": 0})


async def half_an_answer(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b'{"errcode":0')
    assert request.transport is not None
    request.transport.abort()
    return response


async def nonsense(request: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>log in to the hotel's network</html>")


async def no_code(request: web.Request) -> web.StreamResponse:
    return web.json_response({"msgid": "m1"})


async def redirect(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("https://portal.example/login")


async def not_found(request: web.Request) -> web.StreamResponse:
    raise web.HTTPNotFound


@pytest.mark.parametrize("reaction", [silence, drop, half_an_answer, nonsense, no_code])
async def test_that_the_outcome_of_a_send_without_an_answer_is_unknown(
    client: WeComClient, platform: Platform, reaction: Reaction
) -> None:
    platform.answer("kf/send_msg", reaction)
    with pytest.raises(OutcomeUnknown) as caught:
        await send(client)
    assert caught.value.may_have_executed
    assert len(platform.calls("kf/send_msg")) == 1


@pytest.mark.parametrize("code", [-1, 6000, 45033, 45009, 95001, 40058])
async def test_that_a_refused_send_is_not_repeated(
    client: WeComClient, platform: Platform, clock: FixedClock, code: int
) -> None:
    platform.refuse("kf/send_msg", code)
    with pytest.raises(WeComError) as caught:
        await send(client)
    assert caught.value.code == code
    assert not caught.value.may_have_executed
    assert len(platform.calls("kf/send_msg")) == 1
    assert clock.slept == []


async def test_that_a_gateway_error_is_transient_and_may_hide_a_success(
    client: WeComClient, platform: Platform
) -> None:
    platform.answer("kf/send_msg", gateway_error)
    with pytest.raises(Transient) as caught:
        await send(client)
    assert isinstance(caught.value, ServerFault)
    assert caught.value.may_have_executed
    assert len(platform.calls("kf/send_msg")) == 1


@pytest.mark.parametrize("reaction", [redirect, not_found])
async def test_that_a_wrong_address_is_named_as_a_setting(
    client: WeComClient, platform: Platform, reaction: Reaction
) -> None:
    platform.answer("kf/send_msg", reaction)
    with pytest.raises(Misconfigured, match="CHATBOT_WECOM__API_BASE_URL"):
        await send(client)


@pytest.mark.parametrize(
    "reaction",
    [refusal(-1), refusal(6000), refusal(45033), drop, silence, half_an_answer, gateway_error],
)
async def test_that_a_read_succeeds_at_the_third_try(
    client: WeComClient,
    platform: Platform,
    clock: FixedClock,
    reaction: dict[str, object] | Reaction,
) -> None:
    platform.answer("kf/sync_msg", reaction, reaction)
    page = await client.kf.sync_msg("wk1", "c1", "t1")
    assert page.next_cursor == "c1"
    assert len(platform.calls("kf/sync_msg")) == 3
    assert len(clock.slept) == 2
    assert all(0 < wait < 2 for wait in clock.slept)


async def test_that_a_read_gives_up_after_three_tries(
    client: WeComClient, platform: Platform
) -> None:
    platform.refuse("kf/sync_msg", -1, -1, -1, -1)
    with pytest.raises(Transient):
        await client.kf.sync_msg("wk1", "c1", "t1")
    assert len(platform.calls("kf/sync_msg")) == 3


@pytest.mark.parametrize("code", [81026, 95004, 60020])
async def test_that_a_read_is_not_repeated_where_that_does_not_help(
    client: WeComClient, platform: Platform, code: int
) -> None:
    platform.refuse("kf/sync_msg", code)
    with pytest.raises(WeComError):
        await client.kf.sync_msg("wk1", "c1", "t1")
    assert len(platform.calls("kf/sync_msg")) == 1


async def test_that_an_api_over_its_limit_is_left_alone_and_others_are_not(
    client: WeComClient, platform: Platform, clock: FixedClock
) -> None:
    platform.refuse("kf/send_msg", 45009)
    with pytest.raises(RateLimited) as first:
        await send(client)
    clock.move(seconds=59)
    with pytest.raises(RateLimited) as second:
        await send(client)
    assert second.value.until == first.value.until
    assert len(platform.calls("kf/send_msg")) == 1
    await client.kf.sync_msg("wk1", "c1", "t1")
    clock.move(seconds=2)
    await send(client)
    assert len(platform.calls("kf/send_msg")) == 2


async def test_that_the_wait_doubles_while_the_platform_keeps_refusing(
    client: WeComClient, platform: Platform, clock: FixedClock
) -> None:
    waits = []
    platform.refuse("kf/send_msg", *[45009] * 8)
    for _ in range(8):
        with pytest.raises(RateLimited) as caught:
            await send(client)
        waits.append((caught.value.until - clock.now()).total_seconds())
        clock.move(seconds=waits[-1])
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    await send(client)
    platform.refuse("kf/send_msg", 45009)
    with pytest.raises(RateLimited) as again:
        await send(client)
    assert (again.value.until - clock.now()).total_seconds() == 60


async def test_that_parallel_refusals_count_as_one(
    client: WeComClient, platform: Platform, clock: FixedClock
) -> None:
    platform.refuse("kf/send_msg", *[45009] * 10)
    results = await asyncio.gather(*(send(client) for _ in range(10)), return_exceptions=True)
    ends = {result.until for result in results if isinstance(result, RateLimited)}
    assert [(end - clock.now()).total_seconds() for end in ends] == [60]


async def test_that_a_closed_port_is_unreachable(
    session: aiohttp.ClientSession, clock: FixedClock, metrics: WeComMetrics
) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    client = other_client(session, f"http://127.0.0.1:{port}", clock, metrics)
    with pytest.raises(Unreachable) as caught:
        await client.check_token()
    assert not caught.value.may_have_executed


async def test_that_a_connection_that_is_never_made_is_unreachable(
    session: aiohttp.ClientSession, server: TestServer, clock: FixedClock, metrics: WeComMetrics
) -> None:
    client = other_client(session, str(server.make_url("")), clock, metrics, connect_timeout=1e-6)
    with pytest.raises(Unreachable):
        await client.check_token()


async def test_that_a_connection_closed_before_reading_leaves_the_outcome_unknown(
    session: aiohttp.ClientSession, clock: FixedClock, metrics: WeComMetrics
) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        await writer.wait_closed()

    listener = await asyncio.start_server(hang_up, "127.0.0.1")
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        client = other_client(session, f"http://127.0.0.1:{port}", clock, metrics, KnownToken())
        with pytest.raises(OutcomeUnknown):
            await send(client)


class KnownToken:
    """A token store that needs no platform."""

    async def get(self, key: str, fetch: FetchToken, *, rejected: str | None = None) -> str:
        return "planted-token"


def other_client(
    session: aiohttp.ClientSession,
    base_url: str,
    clock: FixedClock,
    metrics: WeComMetrics,
    tokens: TokenStore | None = None,
    connect_timeout: float = 3.0,
) -> WeComClient:
    return WeComClient(
        session,
        base_url=base_url,
        corp_id=CORP,
        agent_id=AGENT,
        secret=SecretStr(SECRET),
        tokens=tokens or MemoryTokenStore(clock),
        clock=clock,
        metrics=metrics,
        connect_timeout=connect_timeout,
    )


def test_that_every_exception_of_the_http_library_has_its_meaning() -> None:
    not_sent = {
        "ClientConnectorError",
        "ClientProxyConnectionError",
        "ClientSSLError",
        "ClientConnectorDNSError",
        "ClientConnectorSSLError",
        "ClientConnectorCertificateError",
        "ConnectionTimeoutError",
        "ServerFingerprintMismatch",
        "ClientHttpProxyError",
        "InvalidURL",
        "InvalidUrlClientError",
        "InvalidUrlRedirectClientError",
        "NonHttpUrlClientError",
        "NonHttpUrlRedirectClientError",
    }
    for name in client_exceptions.__all__:
        kind = getattr(client_exceptions, name)
        if issubclass(kind, aiohttp.ClientError):
            error = translate("kf/send_msg", kind.__new__(kind))
            assert type(error) is (Unreachable if name in not_sent else OutcomeUnknown), name


async def test_that_bodies_have_real_characters(client: WeComClient, platform: Platform) -> None:
    await send(client)
    assert "您好".encode() in platform.calls("kf/send_msg")[0].raw
    assert b"\\u" not in platform.calls("kf/send_msg")[0].raw


async def test_that_calls_are_counted_by_api_and_outcome(
    client: WeComClient, platform: Platform, registry: CollectorRegistry
) -> None:
    platform.answer("kf/send_msg", refusal(95001), refusal(95998), gateway_error, drop)
    for _ in range(4):
        with pytest.raises(WeComError):
            await send(client)
    await send(client)
    for outcome in ("95001", "undocumented", "server_error", "unknown", "ok"):
        labels = {"api": "kf/send_msg", "outcome": outcome}
        assert registry.get_sample_value("chatbot_wecom_calls_total", labels) == 1, outcome


async def test_that_the_class_of_a_refusal_reaches_the_caller(
    client: WeComClient, platform: Platform
) -> None:
    platform.refuse("kf/send_msg", 95001, 95998)
    with pytest.raises(QuotaExhausted) as quota:
        await send(client)
    assert quota.value.hint == "1735689600_5_95001"
    with pytest.raises(Refused) as undocumented:
        await send(client)
    assert not undocumented.value.documented


async def echo_credentials(request: web.Request) -> web.StreamResponse:
    words = "refused " + " ".join(request.query.values())
    return web.json_response({"errcode": 99998, "errmsg": words})


def everything_shown(error: BaseException) -> str:
    """Return the text of an error, of all errors behind it, and of its data."""
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    behind = error.__cause__ or error.__context__
    return shown + (everything_shown(behind) if behind else "")


@pytest.mark.parametrize("api", ["gettoken", "kf/send_msg"])
@pytest.mark.parametrize(
    "reaction",
    [silence, drop, half_an_answer, nonsense, gateway_error, redirect, echo_credentials],
)
async def test_that_no_error_or_log_line_shows_secret_or_token(
    client: WeComClient,
    platform: Platform,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    api: str,
    reaction: Reaction,
) -> None:
    platform.answer(api, *[reaction] * 6)
    with (
        caplog.at_level(logging.DEBUG),
        capture_logs() as logs,
        pytest.raises(WeComError) as caught,
    ):
        await send(client)
    output = capsys.readouterr()
    # The test server's own access log is not ours; it is what a platform would keep.
    ours = [record.getMessage() for record in caplog.records if record.name != "aiohttp.access"]
    shown = everything_shown(caught.value) + str(logs) + str(ours) + output.out + output.err
    assert "planted" not in shown
    assert "wecom call failed" in shown


@pytest.mark.parametrize("base_url", ["http://no such host", "ftp://127.0.0.1", "http://[::1"])
async def test_that_an_impossible_address_shows_no_secret(
    session: aiohttp.ClientSession, clock: FixedClock, metrics: WeComMetrics, base_url: str
) -> None:
    with pytest.raises(WeComError) as caught:
        await other_client(session, base_url, clock, metrics).check_token()
    assert "planted" not in everything_shown(caught.value)


async def test_that_the_client_and_its_parts_do_not_show_the_secret(client: WeComClient) -> None:
    await client.check_token()
    assert "planted" not in repr(client) + repr(vars(client))
