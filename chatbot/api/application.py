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
from chatbot.api.workshop import WorkshopDesk
from chatbot.api.workshop_bodies import (
    EntrySuggestionsBody,
    VerdictBody,
    VerdictRequest,
    WorkshopBody,
    WorkshopQuery,
)

PREFIX = "/api/v1"
_VERSION = "1"


def make_api(
    answering: Answering,
    recorded: RecordedTurns,
    workshop: WorkshopDesk,
    token: SecretStr,
    base_url: str,
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

    async def entries(request: web.Request) -> web.Response:
        return json_answer(await workshop.entries(read_query(request, WorkshopQuery).limit))

    async def suggestions(request: web.Request) -> web.Response:
        limit = read_query(request, WorkshopQuery).limit
        return json_answer(await workshop.entry(request.match_info["faq_id"], limit))

    async def verdict(request: web.Request) -> web.Response:
        read_query(request, NoQuery)
        body = await read_body(request, VerdictRequest)
        return json_answer(await workshop.judge(request.match_info["faq_id"], body))

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
        Route(
            "GET", "/workshop", "workshop", "补相似问最有用的条目", entries, WorkshopBody,
            query=WorkshopQuery, errors=(400, 503),
        ),
        Route(
            "GET", "/workshop/{faq_id}", "suggestions", "为一个条目推荐的相似问", suggestions,
            EntrySuggestionsBody, query=WorkshopQuery, errors=(400, 404, 503),
        ),
        Route(
            "POST", "/workshop/{faq_id}", "verdict", "收下或不要一条推荐", verdict, VerdictBody,
            body=VerdictRequest, errors=(400, 404, 409, 413, 503),
        ),
        Route("GET", "/openapi.json", "openapi", "本文档", openapi, OpenApiBody, errors=(400,)),
    ]  # fmt: skip
    app = web.Application(middlewares=[problems_told, token_required(token)])
    for route in routes:
        app.router.add_route(route.method, route.path, route.handler)
    return app
