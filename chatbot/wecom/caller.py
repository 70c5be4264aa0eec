"""Calls an API: token and its renewal, retries of reads, rate limits, metrics.

Sources: WeCom developer documentation, 获取access_token, 全局错误码, 访问频率限制.
"""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog
from aiohttp import FormData
from pydantic import SecretStr

from chatbot.clock import Clock, monotonic
from chatbot.wecom.answers import Answer, read_answer
from chatbot.wecom.errors import (
    OutcomeUnknown,
    RateLimited,
    TokenProblem,
    Transient,
    WeComError,
    error_for_code,
    hint_of,
)
from chatbot.wecom.limits import FrequencyGuard
from chatbot.wecom.metrics import WeComMetrics
from chatbot.wecom.tokens import TokenSource, TokenStore, token_key
from chatbot.wecom.transport import Reply, Request, Transport

_log = structlog.get_logger()

_TRIES = 3
_FREQUENCY, _CONCURRENCY = 45009, 45033
_RENEWABLE = frozenset({40014, 42001})
_FILE_PATIENCE = 6.0
_LONGEST_INNER_WAIT_SECONDS = 1.0


class ApiCaller:
    """Calls APIs in the name of one app. The groups (``kf``, ``app``, …) are its users."""

    def __init__(
        self,
        transport: Transport,
        *,
        corp_id: str,
        secret: SecretStr,
        tokens: TokenStore,
        clock: Clock,
        metrics: WeComMetrics,
    ) -> None:
        self._exchanger = _Exchanger(transport, clock, metrics)
        self._clock = clock
        self._corp_id = corp_id
        self._secret = secret
        self._tokens = TokenSource(
            tokens,
            token_key(corp_id, secret.get_secret_value()),
            clock,
            api="gettoken",
            field="access_token",
            request=self._request_token,
        )

    async def get(self, api: str, **params: str) -> Answer:
        """Read by GET. Tried up to three times while the platform is busy or silent."""
        return await self._call(Request(api, params, repeatable=True))

    async def query(self, api: str, body: Mapping[str, object]) -> Answer:
        """Read by POST. Tried again like ``get``."""
        return await self._call(Request(api, body=_encode(body), repeatable=True))

    async def send(self, api: str, body: Mapping[str, object]) -> Answer:
        """Change something. Never repeated, except once when the token had to be renewed."""
        return await self._call(Request(api, body=_encode(body)))

    async def download(self, api: str, **params: str) -> Reply:
        """Read a file; JSON in its place is an error of the platform."""
        request = Request(api, params, repeatable=True, expects_file=True, patience=_FILE_PATIENCE)
        reply: Reply = (await self._call(request))["file"]
        return reply

    async def upload(self, api: str, form: Callable[[], FormData], **params: str) -> Answer:
        """Send a file. Tried again: the worst of a repeat is a file that nobody uses."""
        request = Request(api, params, form=form, repeatable=True, patience=_FILE_PATIENCE)
        return await self._call(request)

    async def access_token(self) -> str:
        """Return the app's token, fetched if need be: proves corp id, secret and address."""
        return await self._tokens.get()

    async def _call(self, request: Request) -> Answer:
        return await self._patiently(request, lambda: self._with_token(request))

    async def _request_token(self) -> Answer:
        credentials = {"corpid": self._corp_id, "corpsecret": self._secret.get_secret_value()}
        request = Request("gettoken", repeatable=True)
        return await self._patiently(request, lambda: self._exchanger.attempt(request, credentials))

    async def _with_token(self, request: Request) -> Answer:
        token = await self._tokens.get()
        try:
            return await self._exchanger.attempt(request, {"access_token": token})
        except TokenProblem as error:
            if error.code not in _RENEWABLE:
                raise
        token = await self._tokens.get(rejected=token)
        return await self._exchanger.attempt(request, {"access_token": token})

    async def _patiently(
        self, request: Request, attempt: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """Run ``attempt``; what is repeatable gets two more tries after jittered waits."""
        for tried in range(1, _TRIES if request.repeatable else 1):
            try:
                return await attempt()
            except (Transient, OutcomeUnknown, RateLimited) as error:
                if not self._helps_to_wait(request, error):
                    raise
            await self._clock.sleep(_jittered(0.3 * tried))
        return await attempt()

    def _helps_to_wait(self, request: Request, error: WeComError) -> bool:
        if error.api != request.api:  # A token was needed, and fetching it had its own tries.
            return False
        if isinstance(error, RateLimited):
            return error.code == _CONCURRENCY
        return not (
            isinstance(error, Transient) and error.retry_after > _LONGEST_INNER_WAIT_SECONDS
        )


class _Exchanger:
    """Makes single HTTP exchanges, counts them and judges the answers."""

    def __init__(self, transport: Transport, clock: Clock, metrics: WeComMetrics) -> None:
        self._transport = transport
        self._clock = clock
        self._metrics = metrics
        self._guard = FrequencyGuard(clock)

    async def attempt(self, request: Request, credentials: Mapping[str, str]) -> Answer:
        """Return the answer with errcode 0, or raise the WeComError it stands for."""
        if until := self._guard.closed_until(request.api):
            raise RateLimited(request.api, _FREQUENCY, until=until)
        started, outcome = monotonic(), "cancelled"
        try:
            answer = await self._judged(request, credentials)
            outcome = "ok"
        except WeComError as error:
            outcome = _outcome(error)
            _log.warning(
                "wecom call failed", api=error.api, outcome=outcome, code=error.code,
                meaning=error.meaning, hint=error.hint,
            )  # fmt: skip
            raise
        finally:
            self._metrics.call_ended(request.api, outcome, monotonic() - started)
        self._guard.succeeded(request.api)
        return answer

    async def _judged(self, request: Request, credentials: Mapping[str, str]) -> Answer:
        answer = read_answer(request, await self._transport.exchange(request, credentials))
        code: int = answer["errcode"]
        if code == 0:
            return answer
        raise self._error(request.api, code, _scrub(str(answer.get("errmsg", "")), credentials))

    def _error(self, api: str, code: int, errmsg: str) -> WeComError:
        if code == _FREQUENCY:
            until = self._guard.close(api)
        elif code == _CONCURRENCY:
            until = self._clock.now() + timedelta(seconds=_jittered(0.5))
        else:
            return error_for_code(api, code, errmsg)
        return RateLimited(api, code, until=until, hint=hint_of(errmsg))


def _encode(body: Mapping[str, object]) -> bytes:
    """Return JSON with real characters: the platform refuses escapes (error 40033)."""
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def _scrub(errmsg: str, credentials: Mapping[str, str]) -> str:
    for value in filter(None, credentials.values()):
        errmsg = errmsg.replace(value, "***")
    return errmsg


def _outcome(error: WeComError) -> str:
    """Return the metric's label: few values, whatever the platform answers."""
    if error.code is None:
        return str(error.kind)
    return str(error.code) if error.documented else "undocumented"


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311 - spreads retries, hides nothing
