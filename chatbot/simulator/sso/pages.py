"""The login pages: inside the client nobody is asked, elsewhere one says who scans the code."""

from __future__ import annotations

from urllib.parse import urlencode

from aiohttp import web

from chatbot.simulator.directory import ACTIVE
from chatbot.simulator.pages import MEMBER_COOKIE, PageWriter
from chatbot.simulator.refusals import Refusal
from chatbot.simulator.sso.desk import Visitor, Wish
from chatbot.simulator.world import World


class LoginPages:
    """Login pages over one world."""

    def __init__(self, world: World, writer: PageWriter) -> None:
        self._world = world
        self._writer = writer

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of this part."""
        return [
            web.get("/connect/oauth2/authorize", self.authorise),
            web.get("/login/sso", self.scan),
            web.get("/login/enter", self.enter),
        ]

    async def authorise(self, request: web.Request) -> web.Response:
        """Log in the member whose client this is, or ask whose it is."""
        try:
            wish = self._world.logins.wish_in_client(request.query)
        except Refusal as refusal:
            return await self._refused(refusal)
        userid = request.cookies.get(MEMBER_COOKIE, "")
        if self._world.directory.member(userid):
            raise web.HTTPFound(self._world.logins.admit(wish, Visitor(userid=userid)))
        return await self._ask(wish, "client")

    async def scan(self, request: web.Request) -> web.Response:
        """Show the page with the code to scan."""
        try:
            wish = self._world.logins.wish_by_scanning(request.query)
        except Refusal as refusal:
            return await self._refused(refusal)
        return await self._ask(wish, "scan")

    async def enter(self, request: web.Request) -> web.Response:
        """Go back as whom one chose, or with a refusal."""
        logins = self._world.logins
        wish = logins.wish_again(request.query)
        visitor = Visitor(request.query.get("member", ""), request.query.get("customer", ""))
        if visitor == Visitor():
            raise web.HTTPFound(wish.back())
        raise web.HTTPFound(logins.admit(wish, visitor))

    async def _ask(self, wish: Wish, way: str) -> web.Response:
        directory = self._world.directory

        def link(**who: str) -> str:
            return f"/login/enter?{urlencode({**wish.query(), **who})}"

        return await self._writer.page(
            "login.html",
            way=way,
            app=self._world.config.app,
            corp=self._world.config.corp,
            members=[
                (member, link(member=member.userid))
                for member in directory.members.values()
                if member.status == ACTIVE
            ],
            customers=[
                (customer, link(customer=customer.external_userid))
                for customer in list(directory.customers.values())[:10]
            ],
            refuse=link(),
        )

    async def _refused(self, refusal: Refusal) -> web.Response:
        return await self._writer.page("login_refused.html", status=400, problem=str(refusal))
