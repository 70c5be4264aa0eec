"""The read-only page of one conversation: where links in cards lead.

Its address is a random number of 128 bits that only staff who got a card have seen. It shows the
lines that the console shows, drawn by the same scripts, without files and without judging.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jinja2
from aiohttp import web
from sqlalchemy import Connection

from chatbot.console.harmless import one_line
from chatbot.console.line_words import line_words
from chatbot.console.lines import Line, Wording, lines_of
from chatbot.console.security import PAGE_POLICY, page_security
from chatbot.console.templating import FOLDER, environment
from chatbot.store.accounts import account_name
from chatbot.store.agents import member_names
from chatbot.store.conversations import Conversation, find_conversation
from chatbot.store.database import Database
from chatbot.store.desk_lines import desk_page
from chatbot.texts import Texts

_SHOWN = 200
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class _Page:
    conversation: Conversation
    account: str
    servicer: str
    lines: list[Line]


def conversation_pages(
    database: Database, texts: Callable[[], Texts], timezone: str
) -> web.Application:
    """Return the application that serves ``/turns/{public id}``; times are of ``timezone``."""
    conversation, missing = map(environment().get_template, ("conversation.html", "missing.html"))

    def render(template: jinja2.Template, status: int, **values: Any) -> web.Response:
        body = template.render(texts=texts(), **values)
        return web.Response(text=body, status=status, content_type="text/html")

    async def show(request: web.Request) -> web.Response:
        page = await database.run(_load_page, request.match_info["public_id"], texts())
        if page is None:
            return render(missing, 404)
        data = {
            "lines": [line.to_json() for line in page.lines],
            "words": line_words(texts()),
            "timezone": timezone,
        }
        name = one_line(page.conversation.nickname or "", _LONGEST_NAME) or texts().card_unnamed
        return render(conversation, 200, page=page, name=name, data=data)

    app = web.Application(middlewares=[page_security(PAGE_POLICY)])
    app.router.add_static("/static", FOLDER / "static")
    app.router.add_get("/{public_id:[A-Za-z0-9_-]{16,64}}", show)
    return app


def _load_page(connection: Connection, public_id: str, texts: Texts) -> _Page | None:
    conversation = find_conversation(connection, public_id)
    if conversation is None:
        return None
    wording = Wording(texts, member_names(connection))
    lines = lines_of(desk_page(connection, conversation.id, None, _SHOWN), wording)
    return _Page(
        conversation,
        account_name(connection, conversation.open_kfid),
        wording.member(conversation.servicer_userid),
        [replace(line, media="", turn=None, candidates=(), judged=None) for line in lines],
    )
