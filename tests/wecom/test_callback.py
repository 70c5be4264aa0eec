"""The callback address, over real HTTP, sealed like the platform seals."""

from __future__ import annotations

import asyncio
import gzip
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from chatbot.errors import ChatbotError
from chatbot.wecom.callback import register_callback
from chatbot.wecom.envelope import Envelope
from chatbot.wecom.events import AppEvent
from chatbot.wecom.metrics import WeComMetrics

from .fake_platform import CORP, FixedClock

TOKEN = "DemoToken2024"
KEY = "K7gNU3sdoOL0wNhqoVWhr3g6s1xYv72olTzqTe5Yc0E"
PATH = "/wecom/callback"

TEXT = """<xml><ToUserName><![CDATA[wwdemo0123456789]]></ToUserName>
<FromUserName><![CDATA[Li.Ming]]></FromUserName><CreateTime>1735689500</CreateTime>
<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[还剩几天年假？]]></Content>
<MsgId>7301122334455667788</MsgId><AgentID>1000007</AgentID></xml>"""
DOORBELL = """<xml><ToUserName><![CDATA[wwdemo0123456789]]></ToUserName>
<CreateTime>1735689600</CreateTime><MsgType><![CDATA[event]]></MsgType>
<Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[ENCxJ4f7Qk2]]></Token>
<OpenKfId><![CDATA[wkK3Lw0AAA7pQe]]></OpenKfId></xml>"""


@dataclass
class Sink:
    """Remembers what it was given; ``trouble`` is raised instead of storing."""

    doorbells: list[tuple[str, str]] = field(default_factory=list)
    events: list[AppEvent] = field(default_factory=list)
    trouble: Exception | None = None

    def doorbell(self, open_kfid: str, token: str) -> None:
        self.doorbells.append((open_kfid, token))

    async def store(self, event: AppEvent) -> None:
        if self.trouble:
            raise self.trouble
        self.events.append(event)

    @property
    def is_empty(self) -> bool:
        return not self.doorbells and not self.events


@dataclass
class Caller:
    """Delivers to the callback address as the platform does."""

    http: TestClient[web.Request, web.Application]
    envelope: Envelope
    clock: FixedClock

    def query(self, sealed: str) -> dict[str, str]:
        timestamp = str(int(self.clock.now().timestamp()))
        signature = self.envelope.sign(timestamp, "n1", sealed)
        return {"msg_signature": signature, "timestamp": timestamp, "nonce": "n1"}

    async def deliver(self, message: str, **changes: str) -> ClientResponse:
        sealed = self.envelope.encrypt(message)
        query = {**self.query(sealed), **changes}
        return await self.http.post(PATH, params=query, data=outer(sealed))

    async def deliver_raw(self, body: bytes, **headers: str) -> ClientResponse:
        query = self.query("x")
        return await self.http.post(PATH, params=query, data=io.BytesIO(body), headers=headers)


def outer(sealed: str) -> str:
    return (
        f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><AgentID/>"
        f"<Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    )


def event(name: str, **fields: str) -> str:
    parts = "".join(f"<{key}><![CDATA[{value}]]></{key}>" for key, value in fields.items())
    return (
        "<xml><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>1735689600</CreateTime>"
        f"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{name}]]></Event>{parts}</xml>"
    )


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
async def caller(sink: Sink, clock: FixedClock, metrics: WeComMetrics) -> AsyncIterator[Caller]:
    app = web.Application()
    envelope = Envelope(TOKEN, KEY, CORP)
    register_callback(app, envelope=envelope, sink=sink, clock=clock, metrics=metrics)
    async with TestClient(TestServer(app)) as http:
        yield Caller(http, envelope, clock)


def counted(registry: CollectorRegistry, name: str, **labels: str) -> float:
    return registry.get_sample_value(f"chatbot_callbacks_{name}_total", labels) or 0


async def test_that_the_verification_answers_the_bare_text(caller: Caller, sink: Sink) -> None:
    sealed = caller.envelope.encrypt("4815162342")
    response = await caller.http.get(PATH, params={**caller.query(sealed), "echostr": sealed})
    assert (response.status, await response.text()) == (200, "4815162342")
    assert response.content_type == "text/plain"
    assert sink.is_empty


async def test_that_a_raw_plus_in_the_verification_survives(caller: Caller) -> None:
    sealed = next(s for s in iter(lambda: caller.envelope.encrypt("4815"), "") if "+" in s)
    query = "&".join(f"{name}={value}" for name, value in caller.query(sealed).items())
    response = await caller.http.get(f"{PATH}?{query}&echostr={sealed}")
    assert (response.status, await response.text()) == (200, "4815")


@pytest.mark.parametrize("missing", ["msg_signature", "timestamp", "nonce", "echostr"])
async def test_that_a_verification_without_a_parameter_is_malformed(
    caller: Caller, missing: str
) -> None:
    sealed = caller.envelope.encrypt("4815162342")
    query = {**caller.query(sealed), "echostr": sealed}
    del query[missing]
    assert (await caller.http.get(PATH, params=query)).status == 400


async def test_that_a_verification_with_a_wrong_signature_is_forbidden(caller: Caller) -> None:
    sealed = caller.envelope.encrypt("4815162342")
    query = {**caller.query(sealed), "msg_signature": "0" * 40, "echostr": sealed}
    response = await caller.http.get(PATH, params=query)
    assert (response.status, await response.text()) == (403, "")


async def test_that_a_doorbell_rings_and_nothing_is_stored(
    caller: Caller, sink: Sink, registry: CollectorRegistry
) -> None:
    response = await caller.deliver(DOORBELL)
    assert (response.status, await response.text()) == (200, "")
    assert sink.doorbells == [("wkK3Lw0AAA7pQe", "ENCxJ4f7Qk2")]
    assert not sink.events
    assert counted(registry, "accepted", kind="doorbell") == 1


async def test_that_a_message_is_stored_with_its_id_as_key(caller: Caller, sink: Sink) -> None:
    assert (await caller.deliver(TEXT)).status == 200
    [stored] = sink.events
    assert (stored.kind, stored.name, stored.sender) == ("message", "text", "li.ming")
    assert stored.dedup_key == "1000007:7301122334455667788"
    assert stored.created_at == datetime.fromtimestamp(1735689500, UTC)
    assert stored.fields["Content"] == "还剩几天年假？"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("template_card_event", "card_click"),
        ("template_card_menu_event", "card_click"),
        ("change_external_contact", "contact"),
        ("Change_External_Contact", "contact"),
        ("change_external_chat", "contact"),
        ("change_external_tag", "contact"),
        ("subscribe", "app_event"),
        ("unsubscribe", "app_event"),
        ("enter_agent", "app_event"),
        ("kf_account_auth_change", "app_event"),
    ],
)
async def test_that_known_events_are_stored_by_kind(
    caller: Caller, sink: Sink, registry: CollectorRegistry, name: str, kind: str
) -> None:
    assert (await caller.deliver(event(name))).status == 200
    [stored] = sink.events
    assert (stored.kind, stored.name) == (kind, name.lower())
    assert counted(registry, "accepted", kind=kind) == 1


@pytest.mark.parametrize(
    "message",
    [
        event("something_new"),
        event("kf_msg_or_event"),
        "<xml><MsgType>hologram</MsgType></xml>",
        "<xml><InfoType>suite_ticket</InfoType></xml>",
        "<xml/>",
        "<xml>words</xml>",
    ],
)
async def test_that_unknown_content_is_accepted_and_counted_only(
    caller: Caller, sink: Sink, registry: CollectorRegistry, message: str
) -> None:
    assert (await caller.deliver(message)).status == 200
    assert sink.is_empty
    assert counted(registry, "accepted", kind="unknown") == 1


async def test_that_a_repeat_has_the_same_key_and_another_event_another(
    caller: Caller, sink: Sink
) -> None:
    first = {"ChangeType": "add_external_contact", "UserID": "a", "ExternalUserID": "wm1"}
    await caller.deliver(event("change_external_contact", **first, WelcomeCode="W1"))
    await caller.deliver(event("change_external_contact", WelcomeCode="W2", **first))
    await caller.deliver(event("change_external_contact", **{**first, "ExternalUserID": "wm2"}))
    keys = [stored.dedup_key for stored in sink.events]
    assert keys[0] == keys[1] != keys[2]


async def test_that_nested_and_repeated_elements_become_dicts_and_lists(
    caller: Caller, sink: Sink
) -> None:
    await caller.deliver(
        "<xml><MsgType>event</MsgType><Event>template_card_event</Event><SelectedItems>"
        "<SelectedItem><QuestionKey>q</QuestionKey><OptionIds><OptionId>1</OptionId>"
        "<OptionId>2</OptionId></OptionIds></SelectedItem></SelectedItems></xml>"
    )
    assert sink.events[0].fields["SelectedItems"] == {
        "SelectedItem": {"QuestionKey": "q", "OptionIds": {"OptionId": ["1", "2"]}}
    }


async def test_that_an_event_that_cannot_be_stored_is_asked_for_again(
    caller: Caller, sink: Sink, registry: CollectorRegistry
) -> None:
    sink.trouble = ChatbotError("the database is away")
    assert (await caller.deliver(TEXT)).status == 503
    assert counted(registry, "refused", reason="not_stored") == 1
    sink.trouble = None
    assert (await caller.deliver(TEXT)).status == 200
    assert len(sink.events) == 1


@pytest.mark.parametrize("missing", ["msg_signature", "timestamp", "nonce"])
async def test_that_a_delivery_without_a_parameter_is_malformed(
    caller: Caller, sink: Sink, missing: str
) -> None:
    assert (await caller.deliver(TEXT, **{missing: ""})).status == 400
    assert sink.is_empty


@pytest.mark.parametrize(
    "change",
    [{"msg_signature": "0" * 40}, {"nonce": "n2"}, {"timestamp": "1735689601"}],
)
async def test_that_a_forged_delivery_is_forbidden(
    caller: Caller, sink: Sink, registry: CollectorRegistry, change: dict[str, str]
) -> None:
    assert (await caller.deliver(TEXT, **change)).status == 403
    assert sink.is_empty
    assert counted(registry, "refused", reason="signature") == 1


@pytest.mark.parametrize("minutes", [-11, 11])
async def test_that_a_delivery_from_another_time_is_forbidden(
    caller: Caller, sink: Sink, minutes: int
) -> None:
    sealed = caller.envelope.encrypt(TEXT)
    query = caller.query(sealed)
    caller.clock.move(minutes=minutes)
    response = await caller.http.post(PATH, params=query, data=outer(sealed))
    assert response.status == 403
    assert sink.is_empty


async def test_that_a_delivery_within_ten_minutes_is_accepted(caller: Caller, sink: Sink) -> None:
    sealed = caller.envelope.encrypt(TEXT)
    query = caller.query(sealed)
    caller.clock.move(minutes=9)
    assert (await caller.http.post(PATH, params=query, data=outer(sealed))).status == 200
    assert sink.events


@pytest.mark.parametrize("timestamp", ["now", "1e9", "-1735689600", "١٧٣٥٦٨٩٦٠٠", "9" * 40])
async def test_that_a_signed_but_odd_timestamp_is_malformed(
    caller: Caller, sink: Sink, timestamp: str
) -> None:
    sealed = caller.envelope.encrypt(TEXT)
    signature = caller.envelope.sign(timestamp, "n1", sealed)
    query = {"msg_signature": signature, "timestamp": timestamp, "nonce": "n1"}
    response = await caller.http.post(PATH, params=query, data=outer(sealed))
    assert response.status == 400
    assert sink.is_empty


async def test_that_a_delivery_for_another_enterprise_is_refused(
    caller: Caller, sink: Sink
) -> None:
    sealed = Envelope(TOKEN, KEY, "wwsomebodyelse00").encrypt(TEXT)
    response = await caller.http.post(PATH, params=caller.query(sealed), data=outer(sealed))
    assert response.status == 400
    assert sink.is_empty


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"<xml>",
        b"<xml></xml>",
        b"<xml><Encrypt/></xml>",
        b"<xml><Encrypt><a>1</a></Encrypt></xml>",
        b"<xml><Encrypt>1</Encrypt><Encrypt>2</Encrypt></xml>",
        b"\xff\xfe<xml/>",
        b'{"encrypt": "x"}',
        b"<!DOCTYPE x><xml><Encrypt>x</Encrypt></xml>",
        b'<!DOCTYPE x [<!ENTITY e "x">]><xml><Encrypt>&e;</Encrypt></xml>',
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Encrypt>&e;</Encrypt></xml>',
        b"<xml>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</xml>",
        b'<?xml version="1.0" encoding="no-such"?><xml>\x00</xml>',
    ],
)
async def test_that_a_body_that_is_no_envelope_is_malformed(
    caller: Caller, sink: Sink, body: bytes
) -> None:
    assert (await caller.deliver_raw(body)).status == 400
    assert sink.is_empty


async def test_that_a_deep_or_broken_message_inside_is_malformed(
    caller: Caller, sink: Sink
) -> None:
    assert (await caller.deliver("<xml>" + "<a>" * 500 + "</a>" * 500 + "</xml>")).status == 400
    assert (await caller.deliver("4815162342")).status == 400
    assert sink.is_empty


async def test_that_a_body_over_one_mebibyte_is_too_large(
    caller: Caller, sink: Sink, registry: CollectorRegistry
) -> None:
    body = b"<xml>" + b" " * 1024 * 1024

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    assert (await caller.deliver_raw(body)).status == 413
    response = await caller.http.post(PATH, params=caller.query("x"), data=chunks())
    assert response.status == 413
    assert counted(registry, "refused", reason="too_large") == 2
    assert sink.is_empty


async def test_that_a_compressed_bomb_is_too_large(caller: Caller, sink: Sink) -> None:
    bomb = gzip.compress(b" " * 20 * 1024 * 1024)
    response = await caller.deliver_raw(bomb, **{"Content-Encoding": "gzip"})
    assert response.status == 413
    assert sink.is_empty


async def test_that_a_delivery_cut_short_stores_nothing(caller: Caller, sink: Sink) -> None:
    sealed = caller.envelope.encrypt(TEXT)
    body = outer(sealed).encode()
    query = "&".join(f"{name}={value}" for name, value in caller.query(sealed).items())
    _, writer = await asyncio.open_connection(caller.http.host, caller.http.port)
    head = f"POST {PATH}?{query} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body[: len(body) // 2])
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await caller.deliver(DOORBELL)).status == 200
    assert not sink.events


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_that_damage_anywhere_is_refused_and_never_a_server_error(
    caller: Caller, sink: Sink, data: st.DataObject
) -> None:
    sealed = caller.envelope.encrypt(TEXT)
    body = bytearray(outer(sealed).encode())
    start = body.index(b"<Encrypt>")
    place = data.draw(st.integers(start, len(body) - 1))
    body[place] ^= data.draw(st.integers(1, 255))
    response = await caller.http.post(PATH, params=caller.query(sealed), data=bytes(body))
    assert response.status in {400, 403}
    assert sink.is_empty


async def test_that_logs_hold_neither_cipher_text_nor_secrets(caller: Caller) -> None:
    with capture_logs() as logs:
        await caller.deliver(TEXT)
        await caller.deliver(TEXT, nonce="n2")
        await caller.deliver(event("something_new", Content="还剩几天年假"))
    written = str(logs)
    assert "signature" in written
    for secret in (TOKEN, KEY, "还剩几天年假"):
        assert secret not in written
