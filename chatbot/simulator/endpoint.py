"""What one API call is, and what answers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from chatbot.simulator.faults import Fault
from chatbot.simulator.params import Json
from chatbot.simulator.tokens import AppIdentity


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised call: who calls, with what."""

    api: str
    app: AppIdentity
    query: Mapping[str, str]
    body: Json
    request: web.Request
    faults: tuple[Fault, ...] = ()

    def fault(self, kind: str) -> Fault | None:
        """Return the fault of this kind that hit the call."""
        return next((fault for fault in self.faults if fault.kind == kind), None)


#: Returns the body without errcode, or a finished response; raises PlatformError.
Answer = Json | web.Response
Handler = Callable[[Call], Answer | Awaitable[Answer]]

GET = frozenset({"GET"})
POST = frozenset({"POST"})
EITHER = GET | POST


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An API path of the platform below ``/cgi-bin/``."""

    methods: frozenset[str]
    handler: Handler
    json_body: bool = True


Endpoints = dict[str, Endpoint]
