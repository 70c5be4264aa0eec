"""The pages: a start page, a customer's phone, a member's client.

The pages act through the control API; here they are drawn and told of changes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader
from yarl import URL

from chatbot.simulator.config import MemberConfig
from chatbot.simulator.kf.session import Session
from chatbot.simulator.live import Topic
from chatbot.simulator.page_views import friend_view, phone_view, staff_view
from chatbot.simulator.params import Json
from chatbot.simulator.refusals import Refusal, texts
from chatbot.simulator.world import World

_HERE = Path(__file__).parent
_HEARTBEAT_SECONDS = 15.0
_POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
#: Whose client this browser is: set when a member's client is opened in it. The real client needs
#: no cookie, it knows; so whoever asks the authorise page needs to do nothing for it here either.
MEMBER_COOKIE = "sim_member"
_HEADERS = {
    "Content-Security-Policy": f"{_POLICY}; frame-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class PageWriter:
    """Draws pages from the templates."""

    def __init__(self) -> None:
        loader = FileSystemLoader(_HERE / "templates")
        self._templates = Environment(loader=loader, autoescape=True, enable_async=True)

    async def page(self, name: str, status: int = 200, **values: Any) -> web.Response:
        """Return a page."""
        template = self._templates.get_template(name)
        html = await template.render_async(words=texts()["pages"], **values)
        return web.Response(text=html, status=status, content_type="text/html", headers=_HEADERS)


class Pages:
    """Pages over one world."""

    def __init__(self, world: World, writer: PageWriter) -> None:
        self._world = world
        self._page = writer.page

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes of this part."""
        return [
            web.get("/", self.start),
            web.get("/phone/{customer}", self.phone),
            web.get("/phone/{customer}/chat", self.phone_chat),
            web.get("/phone/{customer}/events", self.phone_events),
            web.get("/phone/{customer}/friend/{userid}", self.friend),
            web.get("/phone/{customer}/friend/{userid}/chat", self.friend_chat),
            web.get("/staff/{userid}", self.staff),
            web.get("/staff/{userid}/desk", self.staff_desk),
            web.get("/staff/{userid}/events", self.staff_events),
            web.get("/media/{media_id}", self.media),
            web.static("/static", _HERE / "static"),
        ]

    async def start(self, _request: web.Request) -> web.Response:
        """Show who is there."""
        world = self._world
        return await self._page(
            "start.html",
            corp=world.config.corp,
            app=world.config.app,
            accounts=list(world.desk.accounts.values()),
            customers=list(world.directory.customers.values())[:100],
            members=list(world.directory.members.values()),
            servicers={u for a in world.desk.accounts.values() for u in a.servicers},
        )

    async def phone(self, request: web.Request) -> web.Response:
        """Show a customer's phone with one account's chat open."""
        session = self._session(request)
        account = self._world.desk.accounts[session.open_kfid]
        return await self._page(
            "phone.html",
            customer=self._world.directory.customers[session.customer],
            title=account.name,
            account=account,
            accounts=list(self._world.desk.accounts.values()),
            friends=self._friends(session.customer),
        )

    async def phone_chat(self, request: web.Request) -> web.Response:
        """Return the chat as JSON."""
        return _json(phone_view(self._world, self._session(request)))

    async def friend(self, request: web.Request) -> web.Response:
        """Show a customer's phone with the chat of a member who is a contact open."""
        customer, userid = self._two(request)
        return await self._page(
            "phone.html",
            customer=self._world.directory.customers[customer],
            title=self._world.directory.members[userid].name,
            friend=userid,
            accounts=list(self._world.desk.accounts.values()),
            friends=self._friends(customer),
        )

    async def friend_chat(self, request: web.Request) -> web.Response:
        """Return the chat of two contacts as JSON."""
        customer, userid = self._two(request)
        return _json(friend_view(self._world, userid, customer))

    async def phone_events(self, request: web.Request) -> web.StreamResponse:
        """Tell the phone whenever its chat changes."""
        return await self._stream(request, ("phone", request.match_info["customer"]))

    async def staff(self, request: web.Request) -> web.Response:
        """Show a member's client."""
        userid = self._userid(request)
        member = self._world.directory.members[userid]
        app = self._world.config.app
        sidebar = _origin(app.sidebar_url)
        page = await self._page("staff.html", member=member, app=app, sidebar=sidebar)
        # So that the authorise page knows whose client this browser is, as the real one does.
        page.set_cookie(MEMBER_COOKIE, member.userid, httponly=True, samesite="Lax")
        if sidebar:
            # Our own origin too: there the way into the sidebar begins, and there one logs in.
            page.headers["Content-Security-Policy"] = f"{_POLICY}; frame-src 'self' {sidebar}"
        return page

    async def staff_desk(self, request: web.Request) -> web.Response:
        """Return a member's sessions, one chat and the app's messages as JSON."""
        chosen = (request.query.get("kf", ""), request.query.get("customer", ""))
        friend = request.query.get("friend", "")
        return _json(staff_view(self._world, self._userid(request), chosen, friend))

    async def staff_events(self, request: web.Request) -> web.StreamResponse:
        """Tell the client whenever an account of the member or the inbox changes."""
        userid = self._userid(request)
        served = [a.open_kfid for a in self._world.desk.accounts.values() if userid in a.servicers]
        topics = [("account", open_kfid) for open_kfid in served]
        return await self._stream(request, ("member", userid), *topics)

    async def media(self, request: web.Request) -> web.Response:
        """Return a file that a page shows."""
        media = self._world.media.find(request.match_info["media_id"])
        if media is None:
            raise web.HTTPNotFound
        return web.Response(body=media.data, content_type=media.content_type, headers=_HEADERS)

    def _session(self, request: web.Request) -> Session:
        open_kfid = request.query.get("kf", "")
        return self._world.phones.session(request.match_info["customer"], open_kfid)

    def _friends(self, customer: str) -> list[MemberConfig]:
        members = self._world.directory.members
        return [members[userid] for userid in self._world.friends.of_customer(customer)]

    def _two(self, request: web.Request) -> tuple[str, str]:
        """Return customer and member who are contacts; raise Refusal."""
        customer, userid = request.match_info["customer"], self._userid(request)
        self._world.friends.messages(userid, customer)
        return customer, userid

    def _userid(self, request: web.Request) -> str:
        userid = request.match_info["userid"].lower()
        if self._world.directory.member(userid) is None:
            raise Refusal("unknown_member", id=userid)
        return userid

    async def _stream(self, request: web.Request, *topics: Topic) -> web.StreamResponse:
        response = web.StreamResponse(headers={**_HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        live = self._world.live
        with live.watch(*topics) as changed, contextlib.suppress(ConnectionResetError):
            await response.write(b"data: open\n\n")
            while not live.closing:
                line = await _next_line(changed)
                await response.write(line)
        return response


def _origin(url: str) -> str:
    return str(URL(url).origin()) if url else ""


async def _next_line(changed: asyncio.Event) -> bytes:
    try:
        await asyncio.wait_for(changed.wait(), _HEARTBEAT_SECONDS)
    except TimeoutError:
        return b": still here\n\n"
    changed.clear()
    return b"data: changed\n\n"


def _json(data: Json) -> web.Response:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return web.Response(text=text, content_type="application/json", headers=_HEADERS)
