"""``/console/``: the agents' desk. One page, JSON below ``api/``, and a stream of what changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from chatbot.console.case_api import CaseApi, TodayApi, add_case_acts, add_case_routes, of_case
from chatbot.console.case_view import CaseReader
from chatbot.console.colleagues import Colleagues
from chatbot.console.conversation_api import ConversationApi
from chatbot.console.conversation_view import ConversationReader
from chatbot.console.customer_api import CustomerApi
from chatbot.console.customer_view import CustomerReader
from chatbot.console.desk_hub import DeskHub
from chatbot.console.desk_rows import DeskReader
from chatbot.console.duty_api import DutyApi
from chatbot.console.finding import ByConversation
from chatbot.console.gate import see_other
from chatbot.console.line_words import case_words, line_words
from chatbot.console.list_api import BEAT_SECONDS, ListApi
from chatbot.console.media import MediaDesk
from chatbot.console.orders_api import OrdersApi
from chatbot.console.problems import problems_in_words
from chatbot.console.quick_api import QuickReplyApi
from chatbot.console.suggestion_api import SuggestionApi
from chatbot.console.templating import environment
from chatbot.console.tools import ConsoleTools
from chatbot.pipeline.tasks import keep_running

#: The path of a conversation.
ONE = "/conversations/{public_id:[A-Za-z0-9_-]{1,64}}"
_OPEN = "/open/{public_id:[A-Za-z0-9_-]{1,64}}"


@dataclass(frozen=True, slots=True)
class DeskParts:
    """What the desk shares with other pages about the same conversations."""

    reader: ConversationReader
    colleagues: Colleagues
    customers: CustomerReader
    lists: ListApi
    cases: CaseReader


def add_desk(
    app: web.Application,
    tools: ConsoleTools,
    *,
    beat: float = BEAT_SECONDS,
    slow: float = 20.0,
) -> DeskParts:
    """Add the desk to the application below ``/console``; its hub runs while that is served.

    ``beat`` is how often, in seconds, an open page hears of the server; ``slow`` how long a page
    may take to read what it is sent.
    """
    desk = DeskReader(tools.database, tools.snapshot, tools.clock)
    hub = DeskHub(desk.open)
    tools.news.listen(hub.wake)
    reader = ConversationReader(tools.database, desk, tools.snapshot, tools.clock)
    colleagues = Colleagues(tools.database, tools.kf, tools.snapshot, tools.clock)
    customers, find = CustomerReader(tools.database, tools.snapshot), ByConversation(tools, reader)
    lists = ListApi(tools, desk, hub, beat=beat, slow=slow)
    app.router.add_get("/", _page(tools))
    app.router.add_get(_OPEN, _opening(tools))
    api = json_application(tools)
    _add_list(api, lists)
    _add_duty(api, DutyApi(tools))
    _add_conversation(api, ConversationApi(tools, reader, colleagues, find.talk))
    add_suggestions(api, ONE, SuggestionApi(tools, find.subject))
    add_customer(api, ONE, CustomerApi(tools, customers, find.subject))
    cases = CaseReader(tools, desk)
    api.router.add_get("/cases/today", TodayApi(tools, cases).show)
    add_case_acts(api, "", CaseApi(tools, cases, colleagues, of_case(tools)))
    add_case_routes(api, ONE, CaseApi(tools, cases, colleagues, find.subject))
    add_quick(api, QuickReplyApi(tools))
    orders = OrdersApi(tools.customer_data, tools.snapshot, find.subject)
    api.router.add_get(f"{ONE}/orders", orders.show)
    app.add_subapp("/api", api)
    _add_media(app, tools, find)
    app.cleanup_ctx.append(_running(hub))
    app.on_shutdown.append(_closing(hub))
    return DeskParts(reader, colleagues, customers, lists, cases)


def _page(tools: ConsoleTools) -> Handler:
    template = environment().get_template("console.html")

    async def page(request: web.Request) -> web.Response:
        viewer, texts = tools.viewer_of(request), tools.snapshot().texts
        words = {
            **texts.desk_words, **line_words(texts), "states": list(texts.page_sessions),
            "cases": case_words(texts),
        }  # fmt: skip
        timezone = str(tools.snapshot().timezone)
        body = template.render(words=words, viewer=asdict(viewer), timezone=timezone)
        return web.Response(text=body, content_type="text/html")

    return page


def _opening(tools: ConsoleTools) -> Handler:
    async def open_talk(request: web.Request) -> web.StreamResponse:
        """Lead to a conversation. A login on the way would lose what stands behind a #."""
        tools.viewer_of(request)
        form = "/case" if "case" in request.query else ""
        return see_other(f"/console/#{request.match_info['public_id']}{form}")

    return open_talk


def json_application(tools: ConsoleTools) -> web.Application:
    """Return an application that tells everything that goes wrong in one sentence."""
    return web.Application(middlewares=[problems_in_words(lambda: tools.snapshot().texts)])


def _add_list(api: web.Application, handlers: ListApi) -> None:
    api.router.add_get("/stream", handlers.stream)
    api.router.add_get("/ended", handlers.ended)
    api.router.add_get("/search", handlers.search)


def _add_duty(api: web.Application, handlers: DutyApi) -> None:
    api.router.add_get("/duty", handlers.show)
    api.router.add_post("/duty/leave", handlers.leave)
    api.router.add_post("/duty/back", handlers.come_back)


def _add_conversation(api: web.Application, handlers: ConversationApi) -> None:
    for path, get in (
        ("", handlers.show),
        ("/lines", handlers.older),
        ("/colleagues", handlers.colleagues),
    ):
        api.router.add_get(ONE + path, get)
    for path, post in (
        ("/take", handlers.take),
        ("/transfer", handlers.transfer),
        ("/end", handlers.end),
        ("/answer", handlers.answer),
        ("/pause", handlers.pause),
        ("/resume", handlers.resume),
        (r"/turns/{turn:[0-9]{1,18}}/judgement", handlers.judge),
    ):
        api.router.add_post(ONE + path, post)


def add_suggestions(api: web.Application, top: str, handlers: SuggestionApi) -> None:
    """Add what may be said below ``top``, the path of whom it is said to."""
    for path, get in (
        ("/drafts", handlers.drafts),
        ("/quick-replies", handlers.quick_replies),
        ("/entries", handlers.entries),
    ):
        api.router.add_get(top + path, get)


def add_customer(api: web.Application, top: str, handlers: CustomerApi) -> None:
    """Add what is known of a customer below ``top``, the path of the customer."""
    api.router.add_get(f"{top}/customer", handlers.show)
    for path, post in (
        ("/tags", handlers.add_tag),
        ("/tags/remove", handlers.remove_tag),
        ("/notes", handlers.add_note),
        (r"/notes/{note:[0-9]{1,18}}/remove", handlers.remove_note),
    ):
        api.router.add_post(top + path, post)


def add_quick(api: web.Application, handlers: QuickReplyApi) -> None:
    """Add the viewer's own quick replies."""
    number = r"/quick-replies/{reply:[0-9]{1,18}}"
    api.router.add_get("/quick-replies", handlers.show)
    for path, post in (
        ("/quick-replies", handlers.add),
        ("/quick-replies/order", handlers.order),
        ("/quick-replies/use", handlers.note_use),
        (number, handlers.change),
        (f"{number}/remove", handlers.remove),
    ):
        api.router.add_post(path, post)


def _add_media(app: web.Application, tools: ConsoleTools, find: ByConversation) -> None:
    desk = MediaDesk(tools.database, tools.media)

    async def message(request: web.Request) -> web.Response:
        tools.viewer_of(request)
        found = await desk.find(int(request.match_info["message_id"]))
        await find.may_see(request, found.conversation_id)
        return await desk.send(found, as_it_came="download" in request.query)

    async def picture(request: web.Request) -> web.Response:
        tools.viewer_of(request)
        return await desk.picture(request.match_info["sha256"])

    files = json_application(tools)
    files.router.add_get(r"/{message_id:[0-9]{1,18}}", message)
    app.add_subapp("/media", files)
    pictures = json_application(tools)
    pictures.router.add_get("/{sha256:[0-9a-f]{64}}", picture)
    app.add_subapp("/pictures", pictures)


def _running(hub: DeskHub) -> Callable[[web.Application], AsyncIterator[None]]:
    async def run(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(keep_running("desk", hub.run), name="desk")
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    return run


def _closing(hub: DeskHub) -> Callable[[web.Application], Awaitable[None]]:
    async def close(_: web.Application) -> None:
        hub.close()

    return close
