"""``/sidebar/``: one page, and JSON about the customer whose chat it stands beside."""

from __future__ import annotations

from dataclasses import dataclass, replace

from aiohttp import web
from aiohttp.typedefs import Handler
from yarl import URL

from chatbot.console.application import (
    ONE,
    DeskParts,
    add_customer,
    add_quick,
    add_suggestions,
    json_application,
)
from chatbot.console.case_api import CaseApi, TodayApi, add_case_acts, add_case_routes, of_case
from chatbot.console.conversation_api import ConversationApi
from chatbot.console.customer_api import CustomerApi
from chatbot.console.finding import ByConversation
from chatbot.console.gate import CLIENT_LOGIN_PATH, SIGNED_IN, Gate, signed_in
from chatbot.console.line_words import case_words, line_words
from chatbot.console.media import MediaDesk
from chatbot.console.orders_api import OrdersApi
from chatbot.console.quick_api import QuickReplyApi
from chatbot.console.security import page_security
from chatbot.console.sidebar.api import SidebarApi, SignatureApi
from chatbot.console.sidebar.door import SidebarDoor, sidebar_viewer
from chatbot.console.suggestion_api import SuggestionApi
from chatbot.console.templating import environment
from chatbot.console.tools import ConsoleTools
from chatbot.pipeline.pictures import Pictures
from chatbot.wecom.jssdk import JsSdk

#: Pictures of published answers: the client fetches them without our cookies.
_PICTURES = "/sidebar/pictures/"
_CUSTOMER = "/{customer:[A-Za-z0-9_-]{1,64}}"


@dataclass(frozen=True, slots=True)
class SidebarTools:
    """What the sidebar needs beside the desk: ``script`` is the address of the client's script."""

    gate: Gate
    jssdk: JsSdk
    pictures: Pictures
    base_url: str
    script: str


def sidebar_application(
    tools: ConsoleTools, desk: DeskParts, sidebar: SidebarTools
) -> web.Application:
    """Return the application below ``/sidebar``.

    It can only stand inside the client, so that is where one logs in; members without a role pass
    the gate, and the door decides customer by customer.
    """
    with_role, tools = tools, replace(tools, viewer_of=sidebar_viewer)
    login = signed_in(sidebar.gate, login=CLIENT_LOGIN_PATH, members=True, open_to_all=(_PICTURES,))
    app = web.Application(middlewares=[page_security(_policy(sidebar.script)), login])
    app.router.add_get("/", _page(tools, sidebar))
    api = json_application(tools)
    api.router.add_get("/signatures", SignatureApi(sidebar.jssdk).show)
    _add_cases(api, with_role, desk)
    add_quick(api, QuickReplyApi(tools))
    _add_chat(api, tools, desk, sidebar, "/customers" + _CUSTOMER, friend=False)
    _add_chat(api, tools, desk, sidebar, "/friends" + _CUSTOMER, friend=True)
    app.add_subapp("/api", api)
    pictures = json_application(tools)
    show = _picture(MediaDesk(tools.database, tools.media))
    pictures.router.add_get("/{sha256:[0-9a-f]{64}}", show)
    app.add_subapp("/pictures", pictures)
    return app


def _policy(script: str) -> str:
    """Return the strict policy of all pages, but for the script of the client's host.

    The simulator's client shows the page in a frame of that host, too.
    """
    host = str(URL(script).origin())
    return (
        f"default-src 'none'; script-src 'self' {host}; style-src 'self'; connect-src 'self'; "
        f"img-src 'self' data:; frame-ancestors {host}; base-uri 'none'; form-action 'self'"
    )


def _page(tools: ConsoleTools, sidebar: SidebarTools) -> Handler:
    template = environment().get_template("sidebar.html")

    async def page(request: web.Request) -> web.Response:
        viewer, texts = tools.viewer_of(request), tools.snapshot().texts
        words = {
            **texts.desk_words, **line_words(texts), "states": list(texts.page_sessions),
            **texts.sidebar_words, "cases": case_words(texts),
        }  # fmt: skip
        body = template.render(
            words=words, viewer=viewer, with_role=request[SIGNED_IN].viewer is not None,
            timezone=str(tools.snapshot().timezone),
            script=sidebar.script, corp_id=sidebar.jssdk.corp_id, agent_id=sidebar.jssdk.agent_id,
        )  # fmt: skip
        return web.Response(text=body, content_type="text/html")

    return page


def _add_cases(api: web.Application, tools: ConsoleTools, desk: DeskParts) -> None:
    """Add what is to be done today, for whichever customer: for those who have a role."""
    api.router.add_get("/cases/today", TodayApi(tools, desk.cases).show)
    add_case_acts(api, "", CaseApi(tools, desk.cases, desk.colleagues, of_case(tools)))
    find = ByConversation(tools, desk.reader)
    add_case_routes(api, ONE, CaseApi(tools, desk.cases, desk.colleagues, find.subject))


def _add_chat(
    api: web.Application,
    tools: ConsoleTools,
    desk: DeskParts,
    sidebar: SidebarTools,
    top: str,
    *,
    friend: bool,
) -> None:
    door = SidebarDoor(tools, desk.reader, friend=friend)
    handlers = SidebarApi(
        tools, door, desk.reader, desk.lists, sidebar.pictures, sidebar.base_url + _PICTURES,
        menus=not friend,
    )  # fmt: skip
    api.router.add_get(top, handlers.show)
    api.router.add_get(f"{top}/stream", handlers.stream)
    api.router.add_post(f"{top}/outgoing", handlers.outgoing)
    add_suggestions(api, top, SuggestionApi(tools, door.subject))
    add_customer(api, top, CustomerApi(tools, desk.customers, door.subject))
    add_case_routes(api, top, CaseApi(tools, desk.cases, desk.colleagues, door.subject))
    orders = OrdersApi(tools.customer_data, tools.snapshot, door.subject)
    api.router.add_get(f"{top}/orders", orders.show)
    talks = ConversationApi(tools, desk.reader, desk.colleagues, door.talk)
    api.router.add_post(rf"{top}/turns/{{turn:[0-9]{{1,18}}}}/judgement", talks.judge)


def _picture(desk: MediaDesk) -> Handler:
    async def picture(request: web.Request) -> web.Response:
        return await desk.picture(request.match_info["sha256"])

    return picture
