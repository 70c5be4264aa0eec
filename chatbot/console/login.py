"""The pages by which one comes in and goes out."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from chatbot.access.devices import is_in_client
from chatbot.access.places import own_path
from chatbot.console.doorkeeper import RETURN_PATH, Way
from chatbot.console.entering import Entered, new_token
from chatbot.console.gate import (
    CLIENT_LOGIN_PATH,
    LOGIN_PATH,
    SIGNED_IN,
    Gate,
    browser_of,
    see_other,
)
from chatbot.console.links import LINK_PATH, OneTimeLinks
from chatbot.store.login import LONGEST
from chatbot.store.login_starts import PENDING

_SCAN_LOGIN_PATH = "/console/login/scan"
_STATIC_PATH = "/console/static"
_STATIC = Path(__file__).parent / "static"
#: What needs no session: the ways in, and how pages look.
OPEN_PATHS = (LOGIN_PATH, f"{LOGIN_PATH}/", f"{LINK_PATH}/", f"{_STATIC_PATH}/")


class LoginPages:
    """Login, return, one-time links, logout."""

    def __init__(self, gate: Gate, links: OneTimeLinks) -> None:
        self._gate = gate
        self._links = links

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [
            web.get("/login", self.ask),
            web.get(CLIENT_LOGIN_PATH.removeprefix("/console"), self.begin_in_client),
            web.get(_SCAN_LOGIN_PATH.removeprefix("/console"), self.begin_by_scanning),
            web.get(RETURN_PATH.removeprefix("/console"), self.finish),
            web.get("/link/{token}", self.ask_by_link),
            web.post("/link/{token}", self.enter_by_link),
            web.post("/logout", self.leave),
            web.static(_STATIC_PATH.removeprefix("/console"), _STATIC),
        ]

    async def ask(self, request: web.Request) -> web.Response:
        """Inside the WeCom client begin at once; elsewhere explain what will be scanned."""
        target = own_path(request.query.get("next", ""))
        if await self._gate.who(request):
            return see_other(target)
        if is_in_client(request.headers.get("User-Agent", "")):
            return await self._begin(request, "client")
        return self._gate.writer.page(
            "access/login.html", target=target, scan=_SCAN_LOGIN_PATH, me=None
        )

    async def begin_in_client(self, request: web.Request) -> web.Response:
        """Send the browser to the platform, which inside its client asks nobody."""
        return await self._begin(request, "client")

    async def begin_by_scanning(self, request: web.Request) -> web.Response:
        """Send the browser to the platform's page with the code to scan."""
        return await self._begin(request, "scan")

    async def _begin(self, request: web.Request, way: Way) -> web.Response:
        cookies, target = self._gate.cookies, own_path(request.query.get("next", ""))
        # Kept where there is one: logins begun in two tabs shall both come back.
        key = request.cookies.get(cookies.browser) or new_token()
        address = browser_of(request).address
        answer = see_other(await self._gate.doorkeeper.begin(way, target, key, address))
        cookies.keep(answer, cookies.browser, key, int(PENDING.total_seconds()))
        return answer

    async def finish(self, request: web.Request) -> web.Response:
        """Take in who comes back from the platform."""
        cookies, query = self._gate.cookies, request.query
        entered = await self._gate.doorkeeper.finish(
            query.get("state", ""), query.get("code", ""), request.cookies.get(cookies.browser, ""),
            request.cookies.get(cookies.session, ""), browser_of(request),
        )  # fmt: skip
        return self._enter(entered)

    async def ask_by_link(self, request: web.Request) -> web.Response:
        """Show a button: a preview of the link, which only reads, may not use it up."""
        usable = await self._links.is_usable(request.match_info["token"])
        status = 200 if usable else 403
        return self._gate.writer.page("access/link.html", status, usable=usable, me=None)

    async def enter_by_link(self, request: web.Request) -> web.Response:
        """Use the link."""
        former = request.cookies.get(self._gate.cookies.session, "")
        entered = await self._links.enter(
            request.match_info["token"], former, self._gate.writer.words["link_user"],
            browser_of(request),
        )  # fmt: skip
        return self._enter(entered)

    async def leave(self, request: web.Request) -> web.Response:
        """End the session."""
        await self._gate.doorkeeper.leave(request[SIGNED_IN])
        answer = see_other(LOGIN_PATH)
        self._gate.cookies.drop(answer, self._gate.cookies.session)
        return answer

    def _enter(self, entered: Entered) -> web.Response:
        answer, cookies = see_other(entered.target), self._gate.cookies
        cookies.keep(answer, cookies.session, entered.token, int(LONGEST.total_seconds()))
        return answer
