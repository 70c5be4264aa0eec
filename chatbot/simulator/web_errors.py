"""How the control API and the pages say no."""

from __future__ import annotations

import json

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import ValidationError

from chatbot.simulator.params import Json
from chatbot.simulator.refusals import Refusal

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class BadRequest(Exception):
    """A request that a developer has to mend; ``str()`` says how."""


@web.middleware
async def explain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn refusals and wrong bodies into ``{"error": …}``; refuse other sites' pages."""
    if request.path.startswith("/cgi-bin/"):
        return await handler(request)
    if _from_elsewhere(request):
        return web.json_response({"error": "other sites may not act here"}, status=403)
    try:
        return await handler(request)
    except Refusal as refusal:
        return web.json_response({"error": str(refusal), "key": refusal.key}, status=409)
    except ValidationError as error:
        return web.json_response({"error": _sentence(error)}, status=400)
    except BadRequest as error:
        return web.json_response({"error": str(error)}, status=400)


async def read_json(request: web.Request) -> Json:
    """Return the body, a JSON object ({} if empty); raise BadRequest."""
    try:
        data = json.loads(await request.read() or b"{}")
    except ValueError:
        raise BadRequest("the body must be JSON in UTF-8") from None
    if not isinstance(data, dict):
        raise BadRequest("the body must be a JSON object")
    return data


def _from_elsewhere(request: web.Request) -> bool:
    """Return whether a browser says that another site's page acts here."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    return request.method not in _SAFE_METHODS and site not in {"same-origin", "none"}


def _sentence(error: ValidationError) -> str:
    problems = (
        f"{'.'.join(map(str, problem['loc'])) or 'body'}: "
        f"{problem['msg'].removeprefix('Value error, ')}"
        for problem in error.errors()
    )
    return "; ".join(problems)
