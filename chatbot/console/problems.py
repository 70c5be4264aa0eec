"""What goes wrong at the desk, as one shape of JSON with one sentence for the agent."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from chatbot.api.problems import ApiProblem
from chatbot.api.requests import json_answer
from chatbot.console.gate import NotAllowed
from chatbot.errors import ChatbotError
from chatbot.store.errors import StoreUnavailable
from chatbot.texts import Texts

log = structlog.get_logger()


class DeskProblem(ChatbotError):
    """A request that is answered with ``status`` and the desk's sentence ``problem_<code>``."""

    def __init__(self, status: int, code: str, **values: object) -> None:
        self.status = status
        self.code = code
        self.values = values
        super().__init__(code)


def problems_in_words(texts: Callable[[], Texts]) -> Middleware:
    """Return what answers everything that goes wrong with ``{"error": {code, message}}``."""

    @web.middleware
    async def tell(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as error:
            problem = DeskProblem(error.status, "not_found")
        except (web.HTTPException, NotAllowed):
            raise  # of who decides whether somebody is logged in
        except ApiProblem as error:  # the checks of bodies and queries are shared
            return _answer(error.status, error.code, str(error))
        except DeskProblem as error:
            problem = error
        except StoreUnavailable:
            problem = DeskProblem(503, "unavailable")
        except Exception:
            log.exception("desk_failed", path=request.path)
            problem = DeskProblem(500, "internal")
        sentence = texts().desk_words[f"problem_{problem.code}"].format(**problem.values)
        return _answer(problem.status, problem.code, sentence)

    return tell


def _answer(status: int, code: str, message: str) -> web.Response:
    return json_answer({"error": {"code": code, "message": message}}, status)
