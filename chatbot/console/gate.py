"""The gate in front of pages and their JSON: who comes in, and how those who may not are told."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from chatbot.access.places import HOME, caller_address, is_foreign, own_path, path_of_page
from chatbot.access.roles import Action, may
from chatbot.access.viewer import Viewer
from chatbot.console.doorkeeper import Doorkeeper
from chatbot.console.entering import Browser, LoginProblem, SignedIn, TooManyAttempts
from chatbot.console.rendering import PageWriter
from chatbot.errors import ChatbotError
from chatbot.store.errors import StoreUnavailable

log = structlog.get_logger()

#: Who a request comes from; set by `signed_in` on all that it lets through.
SIGNED_IN = web.RequestKey("signed_in", SignedIn)

#: Where browsers log in, and where those do that are surely inside the WeCom client.
LOGIN_PATH = "/console/login"
CLIENT_LOGIN_PATH = "/console/login/client"


class NotAllowed(ChatbotError):
    """The viewer's role does not allow it; the gate answers with 403 in words."""


def viewer_of(request: web.Request) -> Viewer:
    """Return who acts; raise NotAllowed for a member without a role."""
    viewer = request[SIGNED_IN].viewer
    if viewer is None:
        raise NotAllowed
    return viewer


def require(request: web.Request, action: Action) -> Viewer:
    """Return who acts if their role allows ``action``; else raise NotAllowed."""
    viewer = viewer_of(request)
    if not may(viewer, action):
        raise NotAllowed
    return viewer


def browser_of(request: web.Request) -> Browser:
    """Return what a request says of its browser."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    agent = request.headers.get("User-Agent", "")
    return Browser(agent, caller_address(request.remote, forwarded))


@dataclass(frozen=True, slots=True)
class Cookies:
    """The two cookies: who one is, and which browser began a login.

    With https they are bound to this very host and never sent without encryption.
    """

    secure: bool

    @property
    def session(self) -> str:
        """Return the name of the session's cookie."""
        return "__Host-chatbot" if self.secure else "chatbot"

    @property
    def browser(self) -> str:
        """Return the name of the cookie that a login under way is bound to."""
        return "__Host-chatbot-login" if self.secure else "chatbot-login"

    def keep(self, response: web.StreamResponse, name: str, value: str, seconds: int) -> None:
        """Let the browser keep a value for so long at most."""
        response.set_cookie(
            name, value, max_age=seconds, path="/", secure=self.secure, httponly=True,
            samesite="Lax",
        )  # fmt: skip

    def drop(self, response: web.StreamResponse, name: str) -> None:
        """Let the browser forget a value."""
        response.del_cookie(name, path="/", secure=self.secure, httponly=True, samesite="Lax")


class Gate:
    """What middlewares and pages need to let people in, or to tell them why not."""

    def __init__(self, doorkeeper: Doorkeeper, writer: PageWriter, base_url: str) -> None:
        self.doorkeeper = doorkeeper
        self.writer = writer
        self.base_url = base_url
        self.cookies = Cookies(base_url.startswith("https://"))

    async def who(self, request: web.Request) -> SignedIn | None:
        """Return whose session the request has, None if there is none."""
        token = request.cookies.get(self.cookies.session, "")
        if not token:
            return None
        return await self.doorkeeper.who(token, browser_of(request).address)

    def refusal(
        self, request: web.Request, status: int, code: str, **values: object
    ) -> web.Response:
        """Return ``<code>_title`` and ``<code>`` of the words as a page, or as JSON."""
        words = self.writer.words
        message = words[code].format(**values)
        if not wants_page(request):
            return problem_answer(status, code, message)
        title = words.get(f"{code.partition('_')[0]}_title", words["forbidden_title"])
        me = request.get(SIGNED_IN)
        return self.writer.page("access/told.html", status, title=title, message=message, me=me)

    def forbidden(self, request: web.Request) -> web.Response:
        """Return 403 in words: which role one has, and who can change that."""
        me = request[SIGNED_IN]
        if me.viewer is None:
            return self.refusal(request, 403, "forbidden_none", name=me.member.name)
        role = self.writer.words[f"role_{me.viewer.role}"]
        return self.refusal(request, 403, "forbidden_role", role=role)

    def to_login(self, request: web.Request, login: str) -> web.Response:
        """Lead a page to the login, and back to where one is; tell others that they must."""
        if not wants_page(request):
            return self.refusal(request, 401, "signed_out")
        if request.method in {"GET", "HEAD"}:
            target = own_path(request.raw_path)
        else:  # what was sent is lost, but not the page it was sent from
            target = path_of_page(request.headers.get("Referer", ""), self.base_url)
        query = "" if target == HOME else f"?{urlencode({'next': target})}"
        return see_other(f"{login}{query}")


def signed_in(
    gate: Gate,
    *,
    login: str = LOGIN_PATH,
    members: bool = False,
    open_to_all: Collection[str] = (),
) -> Middleware:
    """Return the middleware that lets nobody pass who is not logged in.

    Requests that change something must come from a page of ours. Who passes stands in
    ``request[SIGNED_IN]``. ``members``: also members without a role pass (``viewer`` is None
    then, and the handlers decide). ``login`` is where pages send others: `CLIENT_LOGIN_PATH`
    where the page can only stand inside the WeCom client. Paths that are in ``open_to_all``, or
    begin with one of its members that ends in a slash, need no session.
    """
    exact = frozenset(path for path in open_to_all if not path.endswith("/"))
    prefixes = tuple(path for path in open_to_all if path.endswith("/"))

    async def pass_on(request: web.Request, handler: Handler) -> web.StreamResponse:
        if is_foreign(request.method, request.headers, gate.base_url):
            log.warning("foreign_request_refused", path=request.path, method=request.method)
            return gate.refusal(request, 403, "foreign")
        if request.path in exact or request.path.startswith(prefixes):
            return await handler(request)
        me = await gate.who(request)
        if me is None:
            return gate.to_login(request, login)
        request[SIGNED_IN] = me
        if me.viewer is None and not members:
            return gate.forbidden(request)
        return await handler(request)

    @web.middleware
    async def keep_gate(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await pass_on(request, handler)
        except _TOLD as error:
            return _told(gate, request, error)

    return keep_gate


#: What is answered in words, whoever raises it.
_TOLD = (
    NotAllowed,
    LoginProblem,
    TooManyAttempts,
    StoreUnavailable,
    web.HTTPNotFound,
    web.HTTPMethodNotAllowed,
)


def _told(gate: Gate, request: web.Request, error: Exception) -> web.Response:
    if isinstance(error, NotAllowed):
        return gate.forbidden(request)
    if isinstance(error, LoginProblem):
        return _login_failed(gate, request, error)
    if isinstance(error, TooManyAttempts):
        seconds = math.ceil(error.wait.total_seconds())
        answer = gate.refusal(request, 429, "too_many", minutes=math.ceil(seconds / 60))
        answer.headers["Retry-After"] = str(seconds)
        return answer
    if isinstance(error, StoreUnavailable):
        return gate.refusal(request, 503, "unavailable")
    return gate.refusal(request, 404, "missing")


def _login_failed(gate: Gate, request: web.Request, problem: LoginProblem) -> web.Response:
    log.info("login_failed", reason=problem.key, cause=str(problem.__cause__ or ""))
    words = gate.writer.words
    query = f"?{urlencode({'next': problem.target})}" if problem.target else ""
    return gate.writer.page(
        "access/told.html", problem.status, title=words["login_failed"], message=words[problem.key],
        again="" if problem.key == "link_stale" else f"{LOGIN_PATH}{query}", me=None,
    )  # fmt: skip


def wants_page(request: web.Request) -> bool:
    """Return whether a browser wants to show the answer; scripts ask for something else."""
    return "text/html" in request.headers.get("Accept", "")


def problem_answer(status: int, code: str, message: str) -> web.Response:
    """Return the error object that the API has, too."""
    body: dict[str, Any] = {"error": {"code": code, "message": message}}
    return web.json_response(body, status=status)


def see_other(path: str) -> web.Response:
    """Return the answer that leads a browser to another page, by GET."""
    return web.Response(status=303, headers={"Location": path})
