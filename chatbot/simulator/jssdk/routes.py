"""The client script, registration of pages, and the way into a member's sidebar."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from chatbot.simulator.jssdk.verification import RegisterBody
from chatbot.simulator.pages import MEMBER_COOKIE
from chatbot.simulator.refusals import Refusal
from chatbot.simulator.web_errors import read_json
from chatbot.simulator.world import World

_SCRIPT = Path(__file__).parents[1] / "static" / "jssdk.js"


class JsSdkRoutes:
    """What the stub of the client's JS object and the staff page need."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes of this part."""
        return [
            web.get("/jssdk.js", self.script),
            web.post("/jssdk/register", self.register),
            web.get("/staff/{userid}/sidebar", self.sidebar),
        ]

    async def script(self, _request: web.Request) -> web.StreamResponse:
        """Return the script that pages include in the place of the platform's."""
        return web.FileResponse(_SCRIPT, headers={"Cache-Control": "no-store"})

    async def register(self, request: web.Request) -> web.Response:
        """Judge a page's signature."""
        body = RegisterBody.model_validate(await read_json(request))
        return web.json_response(self._world.verifier.judge(body))

    async def sidebar(self, request: web.Request) -> web.Response:
        """Go to the app's page as the client of this member.

        The staff page frames this address without credentials of its own, so that the cookie, and
        every login that follows from it, lives in that tab alone (an iframe with
        ``credentialless``): two members in two tabs stay two members.
        """
        address, userid = self._world.config.app.sidebar_url, request.match_info["userid"].lower()
        if self._world.directory.member(userid) is None:
            raise Refusal("unknown_member", id=userid)
        if not address:
            raise Refusal("no_sidebar")
        response = web.Response(status=302, headers={"Location": address})
        response.set_cookie(MEMBER_COOKIE, userid, httponly=True, samesite="Lax")
        return response
