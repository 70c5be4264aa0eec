"""Who comes in below ``/console``: the gate, the ways in, and the pages about them."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

from chatbot.access.places import HOME
from chatbot.access.roles import Appointed
from chatbot.clock import Clock
from chatbot.console.access_pages import AccessPages
from chatbot.console.doorkeeper import Doorkeeper
from chatbot.console.entering import Throttle
from chatbot.console.gate import Gate, see_other, signed_in
from chatbot.console.links import OneTimeLinks
from chatbot.console.login import OPEN_PATHS, LoginPages
from chatbot.console.members import MemberFacts, MemberWatch
from chatbot.console.rendering import PageWriter
from chatbot.console.role_desk import RoleDesk, StoreNamed
from chatbot.console.security import PAGE_POLICY, page_security
from chatbot.store.database import Database
from chatbot.wecom.client import WeComClient


class Reception:
    """The gate, the links and the pages about who may come in.

    ``gate`` is for all pages that need somebody to be logged in, wherever they are.
    """

    def __init__(
        self,
        database: Database,
        wecom: WeComClient,
        clock: Clock,
        appointed: Appointed,
        base_url: str,
        store_named: StoreNamed,
        writer: PageWriter,
    ) -> None:
        facts, throttle = MemberFacts(database, wecom), Throttle(database, clock)
        doorkeeper = Doorkeeper(database, wecom.login, facts, throttle, clock, appointed, base_url)
        self.gate = Gate(doorkeeper, writer, base_url)
        self.links = OneTimeLinks(database, throttle, clock, appointed, base_url)
        self.watch = MemberWatch(database, facts, clock)
        roles = RoleDesk(database, facts, clock, store_named, admins_set=bool(appointed.admins))
        self._pages = AccessPages(self.gate, database, roles, clock, appointed)

    def application(self) -> web.Application:
        """Return the application below ``/console`` that lets nobody else in; desks are added."""
        app = web.Application(
            middlewares=[
                page_security(PAGE_POLICY), signed_in(self.gate, open_to_all=OPEN_PATHS),
            ]
        )  # fmt: skip
        app.add_routes(LoginPages(self.gate, self.links).routes())
        app.add_routes(self._pages.routes())
        app.router.add_get("", _lead_to(HOME))
        return app


def _lead_to(path: str) -> Handler:
    async def lead(_request: web.Request) -> web.Response:
        return see_other(path)

    return lead
