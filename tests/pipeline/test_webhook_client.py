"""What is called, what is refused, and what an answer means."""

from __future__ import annotations

import hashlib
import hmac
import socket
from collections.abc import Callable
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from pydantic import SecretStr

from chatbot.clock import SystemClock
from chatbot.forms.form import WebhookAction, WebhookCall
from chatbot.forms.hosts import AddressRefused, check_address
from chatbot.pipeline.sending import judge_part
from chatbot.pipeline.webhook_client import (
    GuardedResolver,
    WebhookAnswer,
    WebhookClient,
    signature,
    webhook_session,
)
from chatbot.pipeline.webhooks import done_text
from tests.pipeline.samples import NOW, conversation, part
from tests.pipeline.stage import serving
from tests.ports import quiet_port

_HOSTS = ("127.0.0.1",)


class _Fixed(AbstractResolver):
    """Leads every name to one address."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host=self._address, port=port, family=family, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        pass


async def _answer_of(handle: Callable[[], web.StreamResponse]) -> WebhookAnswer:
    async def handler(_request: web.Request) -> web.StreamResponse:
        return handle()

    app = web.Application()
    app.router.add_post("/", handler)
    async with serving(app, quiet_port()) as url, webhook_session(_HOSTS) as session:
        client = WebhookClient(session, SystemClock(), _HOSTS, SecretStr("s"))
        return await client.call(WebhookAction(f"{url}/"), "key", {})


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, "done"), (201, "done"), (302, "failed"), (400, "failed"), (404, "failed"),
     (408, "again"), (429, "again"), (500, "again"), (503, "again")],
)  # fmt: skip
async def test_that_a_status_means_what_it_says(status: int, kind: str) -> None:
    answer = await _answer_of(
        lambda: web.json_response({"number": 1}, status=status, headers={"Location": "/other"})
    )
    assert answer.kind == kind


@pytest.mark.parametrize(
    "body",
    [b"[1]", b"no JSON", b"", b"{" + b" " * 70_000 + b"}", b"[" * 9999,
     # Numbers that JSON does not have, so that the database would refuse the answer for ever.
     b'{"number": NaN}', b'{"number": -Infinity}', b'{"number": 1e999}'],
)  # fmt: skip
async def test_that_an_answer_that_is_no_small_object_fails_in_doubt(body: bytes) -> None:
    answer = await _answer_of(lambda: web.Response(body=body))
    assert (answer.kind, answer.uncertain) == ("failed", True)


async def test_that_a_system_that_does_not_listen_is_tried_again() -> None:
    async with webhook_session(_HOSTS) as session:
        client = WebhookClient(session, SystemClock(), _HOSTS, SecretStr("s"))
        answer = await client.call(WebhookAction(f"http://127.0.0.1:{quiet_port()}/"), "key", {})
    assert (answer.kind, answer.uncertain) == ("again", False)


@pytest.mark.parametrize(
    ("hosts", "secret", "named"),
    [(("pms.example.com",), "s", "OUTBOUND_HOSTS"), (_HOSTS, "", "WEBHOOK_SECRET")],
)
async def test_that_without_leave_nothing_is_sent(
    hosts: tuple[str, ...], secret: str, named: str
) -> None:
    async with webhook_session(hosts) as session:
        client = WebhookClient(session, SystemClock(), hosts, SecretStr(secret))
        answer = await client.call(WebhookAction("http://127.0.0.1:9/"), "key", {})
    assert answer.kind == "failed"
    assert named in answer.problem


def test_that_the_signature_is_an_hmac_over_time_and_body() -> None:
    stamp = str(int(datetime(2026, 5, 1, tzinfo=UTC).timestamp()))
    expected = hmac.new(b"secret", f"{stamp}.{{}}".encode(), hashlib.sha256).hexdigest()
    assert signature(b"secret", stamp, b"{}") == f"sha256={expected}"


@pytest.mark.parametrize(
    "url",
    ["https://pms.example.com/a", "https://PMS.example.com:8443/a", "https://one.example:9000/"],
)
def test_that_a_listed_host_may_be_called(url: str) -> None:
    check_address(url, ("pms.example.com", "one.example:9000"))


@pytest.mark.parametrize(
    "url",
    ["https://other.example.com/", "https://pms.example.com.evil.cn/", "https://one.example/",
     "http://pms.example.com/", "https://user:pass@pms.example.com/", "ftp://pms.example.com/",
     "pms.example.com", "https://", "https://[::1", "https://pms.example.com/#x"],
)  # fmt: skip
def test_that_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(url, ("pms.example.com", "one.example:9000"))


@pytest.mark.parametrize("address", ["10.0.0.5", "192.168.1.1", "127.0.0.1", "169.254.169.254"])
async def test_that_a_name_may_not_lead_into_the_private_network(address: str) -> None:
    guarded = GuardedResolver(_Fixed(address), ["pms.example.com"])
    with pytest.raises(AddressRefused, match="内网"):
        await guarded.resolve("pms.example.com")
    allowed = GuardedResolver(_Fixed(address), ["pms.example.com", f"{address}/32"])
    assert (await allowed.resolve("pms.example.com"))[0]["host"] == address


async def test_that_a_public_address_may_be_called_and_a_private_one_fails_for_good() -> None:
    guarded = GuardedResolver(_Fixed("93.184.216.34"), ["pms.example.com"])
    assert await guarded.resolve("pms.example.com")
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=GuardedResolver(_Fixed("10.1.1.1"), ()))
    ) as session:
        client = WebhookClient(session, SystemClock(), ("pms.example.com",), SecretStr("s"))
        answer = await client.call(WebhookAction("https://pms.example.com/"), "key", {})
    assert answer.kind == "failed"


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"number": 12, "order": {"id": "A1"}}, "5月1日订好，A1 号 12"),
        ({"number": 12.5, "order": {"id": "A1"}}, "5月1日订好，A1 号 12.5"),
        ({"number": 12}, None),
        ({"number": True, "order": {"id": "A1"}}, None),
        ({"number": "", "order": {"id": "A1"}}, None),
        ({"number": "x" * 201, "order": {"id": "A1"}}, None),
        ({"number": "a\nb", "order": {"id": "A1"}}, None),
        ({"number": ["a"], "order": {"id": "A1"}}, None),
        ({"number": "{date}", "order": {"id": "A1"}}, "5月1日订好，A1 号 {date}"),
    ],
)
def test_that_fields_of_the_answer_are_filled_in(
    result: dict[str, object], said: str | None
) -> None:
    call = WebhookCall(
        "book",
        WebhookAction("https://pms.example.com/"),
        "{date}订好，{result.order.id} 号 {result.number}",
        {"date": "2026-05-01"},
        {"date": "5月1日"},
    )
    assert done_text(call, result) == said
    assert WebhookCall.from_json(call.to_json()) == call


def test_that_a_call_that_was_begun_is_ended_whoever_has_the_session() -> None:
    taken = conversation(service_state=3, session_version=4)
    assert judge_part(taken, part(kind="webhook"), NOW) == "held"
    begun = part(kind="webhook", attempts=1, uncertain=True)
    assert judge_part(taken, begun, NOW) == "send"
    assert judge_part(conversation(), part(kind="webhook"), NOW) == "send"
    assert judge_part(conversation(sent_since_customer=5), part(kind="webhook"), NOW) == "send"
    late = part(kind="webhook", expires_at=NOW)
    assert judge_part(conversation(), late, NOW) == "expired"
