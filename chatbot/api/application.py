"""The application below ``/api/v1``."""

from __future__ import annotations

from aiohttp import web
from pydantic import SecretStr

from chatbot.api.answering import Answering
from chatbot.api.bodies import (
    AnswerRequest,
    DecisionBody,
    NoQuery,
    OpenApiBody,
    TurnsBody,
    TurnsQuery,
)
from chatbot.api.document import Route, openapi_document
from chatbot.api.requests import (
    json_answer,
    problems_told,
    read_body,
    read_query,
    token_required,
)
from chatbot.api.turns import RecordedTurns

PREFIX = "/api/v1"
_VERSION = "1"


def make_api(
    answering: Answering, recorded: RecordedTurns, token: SecretStr, base_url: str
) -> web.Application:
    """Return the application; without a ``token`` it lets nobody in.

    ``base_url`` is the server's address, without a final slash.
    """
    routes: list[Route] = []

    async def answer(request: web.Request) -> web.Response:
        read_query(request, NoQuery)
        return json_answer(await answering.answer(await read_body(request, AnswerRequest)))

    async def turns(request: web.Request) -> web.Response:
        return json_answer(await recorded.list(read_query(request, TurnsQuery)))

    async def openapi(request: web.Request) -> web.Response:
        read_query(request, NoQuery)
        return json_answer(openapi_document(routes, f"{base_url}{PREFIX}", _VERSION))

    routes += [
        Route(
            "POST", "/answer", "answer", "一句话，一个决定；什么也不发送", answer, DecisionBody,
            body=AnswerRequest, errors=(400, 404, 413, 503),
        ),
        Route(
            "GET", "/turns", "turns", "一位顾客的轮次，新的在前", turns, TurnsBody,
            query=TurnsQuery, errors=(400, 404, 503),
        ),
        Route("GET", "/openapi.json", "openapi", "本文档", openapi, OpenApiBody, errors=(400,)),
    ]  # fmt: skip
    app = web.Application(middlewares=[problems_told, token_required(token)])
    for route in routes:
        app.router.add_route(route.method, route.path, route.handler)
    return app
