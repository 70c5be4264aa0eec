"""From HTTP to checked values, and from whatever goes wrong to one error shape."""

from __future__ import annotations

import hmac
import json
from typing import Any, TypeVar

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from pydantic import BaseModel, SecretStr, ValidationError

from chatbot.api.problems import ApiProblem, field_problem, invalid_request, wrong_fields
from chatbot.store.errors import StoreUnavailable

log = structlog.get_logger()

#: Ten thousand characters, each escaped, and room for the rest.
_LARGEST_BODY = 256 * 1024
_SCHEME = "bearer"
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

B = TypeVar("B", bound=BaseModel)


async def read_body(request: web.Request, model: type[B]) -> B:
    """Return the body as ``model``; raise ApiProblem for one that is too large or wrong."""
    try:
        data = await request.clone(client_max_size=_LARGEST_BODY).read()
    except web.HTTPRequestEntityTooLarge:
        raise ApiProblem(413, "too_large", limit=_LARGEST_BODY // 1024) from None
    except web.RequestPayloadError:  # cut off, or not in the encoding it says
        raise ApiProblem(400, "invalid_json") from None
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise invalid_request(model, error) from None


def read_query(request: web.Request, model: type[B]) -> B:
    """Return the query as ``model``; raise ApiProblem for a wrong or repeated key."""
    repeated = [name for name in set(request.query) if len(request.query.getall(name)) > 1]
    if repeated:
        raise wrong_fields(field_problem("repeated", name) for name in sorted(repeated))
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise invalid_request(model, error) from None


def json_answer(data: Any, status: int = 200) -> web.Response:
    """Return JSON with real characters."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    body = text.encode("utf-8", "replace")
    return web.Response(
        body=body, status=status, content_type="application/json", charset="utf-8", headers=_HEADERS
    )


def token_required(token: SecretStr) -> Middleware:
    """Return a middleware that lets nobody pass without the bearer token; none is no pass."""
    wanted = token.get_secret_value().encode()

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not wanted:
            raise ApiProblem(401, "no_token")
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        same = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), wanted)
        if not same or scheme.lower() != _SCHEME:
            raise ApiProblem(401, "wrong_token")
        return await handler(request)

    return check


@web.middleware
async def problems_told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer everything that goes wrong with the documented error object."""
    try:
        return await handler(request)
    except ApiProblem as error:
        problem = error
    except StoreUnavailable:
        problem = ApiProblem(503, "unavailable")
    except web.HTTPMethodNotAllowed as error:
        allowed = "、".join(sorted(error.allowed_methods))
        problem = ApiProblem(
            405, "wrong_method", path=request.path, method=request.method, allowed=allowed
        )
    except web.HTTPNotFound:
        problem = ApiProblem(404, "unknown_path", path=request.path, method=request.method)
    except Exception:
        log.exception("api_failed", path=request.path)
        problem = ApiProblem(500, "internal")
    answer = json_answer(problem.to_json(), problem.status)
    if problem.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
