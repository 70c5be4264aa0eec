"""``/cgi-bin/…``: routing, token check, trouble on demand, the shape of answers and errors."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable

from aiohttp import web

from chatbot.simulator import params
from chatbot.simulator.endpoint import Answer, Call, Endpoint, Endpoints
from chatbot.simulator.errors import OK, PlatformError, error_body, hint_counter
from chatbot.simulator.faults import Fault, FaultBox
from chatbot.simulator.log import ControlLog
from chatbot.simulator.params import Json
from chatbot.simulator.tokens import TokenDesk

#: An escape of a printable character: JSON needs escapes only for control characters, and the
#: platform wants real ones (error 40033).
_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u(?!00[01])")
_TERMINAL = frozenset({"drop_before", "http_status", "errcode"})


class Platform:
    """Answers API calls."""

    def __init__(
        self, endpoints: Endpoints, tokens: TokenDesk, faults: FaultBox, log: ControlLog
    ) -> None:
        self.endpoints = endpoints
        self._tokens = tokens
        self._faults = faults
        self._log = log
        self._hint = hint_counter()

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one call: 200 with errcode, except for unknown paths and ordered trouble."""
        api = request.match_info["api"]
        endpoint = self.endpoints.get(api)
        if endpoint is None and api != "gettoken":
            return web.Response(status=404, text="404 page not found")
        faults = self._faults.strike(api)
        try:
            body = await _read_body(request, endpoint)
        except PlatformError as error:
            return self._answer(api, {}, request, error)
        if faults and (early := await self._before(api, request, body, faults)):
            return early
        answer: Answer | PlatformError
        try:
            answer = await self._execute(api, endpoint, request, body, faults)
        except PlatformError as error:
            answer = error
        response = self._answer(api, body, request, answer)
        return await _after(request, response, faults) if faults else response

    async def _execute(
        self,
        api: str,
        endpoint: Endpoint | None,
        request: web.Request,
        body: Json,
        faults: tuple[Fault, ...],
    ) -> Answer:
        if endpoint is None:
            return self._issue_token(request)
        app = self._tokens.identify(request.query.get("access_token", ""))
        if request.method not in endpoint.methods:
            raise PlatformError(params.INVALID, f"{request.method} is not accepted here")
        answer = endpoint.handler(Call(api, app, request.query, body, request, faults))
        return await answer if isinstance(answer, Awaitable) else answer

    def _issue_token(self, request: web.Request) -> Json:
        token, life = self._tokens.issue(
            request.query.get("corpid", ""), request.query.get("corpsecret", "")
        )
        return {"access_token": token, "expires_in": life}

    async def _before(
        self, api: str, request: web.Request, body: Json, faults: tuple[Fault, ...]
    ) -> web.Response | None:
        for fault in faults:
            self._log.add("fault", api=api, fault=fault.kind, body=body)
        await asyncio.sleep(sum(fault.seconds for fault in faults if fault.kind == "delay"))
        final = next((fault for fault in faults if fault.kind in _TERMINAL), None)
        if final is None:
            return None
        if final.kind == "errcode":
            return self._answer(api, body, request, PlatformError(final.errcode))
        if final.kind == "http_status":
            return web.Response(status=final.status)
        return _drop(request)

    def _answer(
        self, api: str, body: Json, request: web.Request, answer: Answer | PlatformError
    ) -> web.Response:
        if isinstance(answer, PlatformError):
            self._log.add("api", api=api, errcode=answer.code, detail=answer.detail, body=body)
            return _json(error_body(answer, hint=self._hint(), ip=request.remote or ""))
        self._log.add("api", api=api, errcode=0, body=body)
        if isinstance(answer, web.Response):
            return answer
        return _json(OK | answer)


async def _read_body(request: web.Request, endpoint: Endpoint | None) -> Json:
    if endpoint is None or not endpoint.json_body or request.method != "POST":
        return {}
    raw = await request.read()
    if not raw:
        return {}
    if b"\\u" in raw and _ESCAPE.search(raw):
        raise PlatformError(40033)
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise PlatformError(params.INVALID, "the body is not JSON in UTF-8") from error
    if not isinstance(body, dict):
        raise PlatformError(params.INVALID, "the body must be a JSON object")
    return body


def _json(body: Json) -> web.Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return web.Response(body=text.encode(), content_type="application/json", charset="utf-8")


async def _after(
    request: web.Request, response: web.Response, faults: tuple[Fault, ...]
) -> web.Response:
    await asyncio.sleep(sum(fault.seconds for fault in faults if fault.kind == "delay_after"))
    if any(fault.kind == "drop_after" for fault in faults):
        return _drop(request)
    return response


def _drop(request: web.Request) -> web.Response:
    # The response is never written: the connection is gone before aiohttp gets to it.
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
