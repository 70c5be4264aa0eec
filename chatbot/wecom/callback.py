"""The callback address: verifies, opens and hands on what the platform delivers.

Source: WeCom developer documentation, 开发前必读/回调配置 and 接收消息与事件.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog
from aiohttp import web

from chatbot.clock import Clock
from chatbot.errors import ChatbotError
from chatbot.wecom.envelope import CallbackRefused, Envelope
from chatbot.wecom.events import AppEvent, Doorbell, UnknownEvent, read_event
from chatbot.wecom.metrics import WeComMetrics
from chatbot.wecom.payload import MalformedXml, parse_xml

_log = structlog.get_logger()

_MAX_BODY_BYTES = 1024 * 1024
_MAX_AGE_SECONDS = 600
#: The platform hangs up after 5 s and delivers again; a late 200 would be worth nothing.
_STORE_SECONDS = 4.0

Handler = Callable[[web.Request], Awaitable[web.Response]]


class CallbackSink(Protocol):
    """Takes over what arrived."""

    def doorbell(self, open_kfid: str, token: str) -> None:
        """Note that the account has news. Never blocks and touches no database."""
        ...

    async def store(self, event: AppEvent) -> None:
        """Commit ``event``; a known ``dedup_key`` is no error.

        Raises a ChatbotError when it cannot be committed now: the platform is then told 503 and
        delivers again.
        """
        ...


class _Malformed(CallbackRefused):
    """A parameter or the body is not what the platform sends."""


class _Stale(CallbackRefused):
    """The timestamp is too far from the present."""

    status = 403
    reason = "stale"


class _TooLarge(CallbackRefused):
    """The body is over the limit."""

    status = 413
    reason = "too_large"


class _NotStored(CallbackRefused):
    """The event could not be committed in time."""

    status = 503
    reason = "not_stored"


def register_callback(
    app: web.Application,
    *,
    envelope: Envelope,
    sink: CallbackSink,
    clock: Clock,
    metrics: WeComMetrics,
    path: str = "/wecom/callback",
) -> None:
    """Add the callback address of one self-built app to ``app``.

    GET answers the platform's verification without touching ``sink``. POST answers 200 and
    nothing else once the sink has taken the event over; 400, 403 and 413 for what did not come
    from the platform or is not meant for us; 503 when the event could not be committed.
    """
    callback = _Callback(envelope, sink, clock, metrics)
    app.router.add_get(path, callback.guarded(callback.verify), allow_head=False)
    app.router.add_post(path, callback.guarded(callback.receive))


class _Callback:
    def __init__(
        self, envelope: Envelope, sink: CallbackSink, clock: Clock, metrics: WeComMetrics
    ) -> None:
        self._envelope = envelope
        self._sink = sink
        self._clock = clock
        self._metrics = metrics

    def guarded(self, handler: Handler) -> Handler:
        """Turn refusals of ``handler`` into answers that tell a stranger nothing."""

        async def handle(request: web.Request) -> web.Response:
            try:
                return await handler(request)
            except CallbackRefused as refusal:
                self._metrics.callback_refused(refusal.reason)
                _log.warning(
                    "callback refused", reason=str(refusal), status=refusal.status,
                    method=request.method, remote=request.remote,
                )  # fmt: skip
                return web.Response(status=refusal.status)

        return handle

    async def verify(self, request: web.Request) -> web.Response:
        """Answer 验证URL有效性: the deciphered echostr, bare."""
        # A raw "+" arrives as a space, which base64 never contains.
        echo = self._decrypt(request, _parameter(request, "echostr").replace(" ", "+"))
        self._metrics.callback_accepted("verification")
        return web.Response(text=echo, content_type="text/plain")

    async def receive(self, request: web.Request) -> web.Response:
        """Take one delivery over."""
        for name in ("msg_signature", "timestamp", "nonce"):
            _parameter(request, name)
        encrypt = _read_xml(_decode(await _read_body(request))).get("Encrypt")
        if not isinstance(encrypt, str) or not encrypt:
            raise _Malformed("the body has no Encrypt")
        fields = _read_xml(self._decrypt(request, encrypt))
        kind = await self._hand_on(read_event(fields, self._clock.now()))
        self._metrics.callback_accepted(kind)
        return web.Response()

    def _decrypt(self, request: web.Request, encrypt: str) -> str:
        timestamp = _parameter(request, "timestamp")
        signature, nonce = _parameter(request, "msg_signature"), _parameter(request, "nonce")
        message = self._envelope.decrypt(signature, timestamp, nonce, encrypt)
        if abs(self._clock.now().timestamp() - _seconds(timestamp)) > _MAX_AGE_SECONDS:
            raise _Stale("the timestamp is more than 10 minutes away from this server's clock")
        return message

    async def _hand_on(self, event: Doorbell | AppEvent | UnknownEvent) -> str:
        """Give ``event`` to the sink; return its kind for the metric."""
        if isinstance(event, Doorbell):
            self._sink.doorbell(event.open_kfid, event.token)
            return "doorbell"
        if isinstance(event, UnknownEvent):
            _log.info("callback ignored", event_name=event.name[:64])
            return "unknown"
        await self._store(event)
        return event.kind

    async def _store(self, event: AppEvent) -> None:
        try:
            async with asyncio.timeout(_STORE_SECONDS):
                await self._sink.store(event)
        except (ChatbotError, TimeoutError) as error:
            raise _NotStored(f"{event.name} could not be stored: {type(error).__name__}") from error


async def _read_body(request: web.Request) -> bytes:
    """Return the body, without ever holding more than the limit and one chunk."""
    if (request.content_length or 0) > _MAX_BODY_BYTES:
        raise _TooLarge("the body is larger than 1 MiB")
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            raise _TooLarge("the body is larger than 1 MiB")
    return bytes(body)


def _decode(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise _Malformed("the body is not UTF-8") from None


def _read_xml(text: str) -> dict[str, object]:
    try:
        return parse_xml(text)
    except MalformedXml as error:
        raise _Malformed(str(error)) from None


def _parameter(request: web.Request, name: str) -> str:
    value = request.query.get(name)
    if not value:
        raise _Malformed(f"the parameter {name} is missing")
    return value


def _seconds(timestamp: str) -> int:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise _Malformed("the parameter timestamp is not a number of seconds")
    return int(timestamp)
