"""An agent's own quick replies as JSON, and how often suggestions are used."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import Annotated

import structlog
from aiohttp import web
from pydantic import Field

from chatbot.api.requests import json_answer, read_body
from chatbot.assist.replies import LONGEST_FOLDER, LONGEST_TEXT, LONGEST_TITLE
from chatbot.console.assisting import Assist
from chatbot.console.bodies import Body, Nothing
from chatbot.console.tools import ConsoleTools
from chatbot.errors import UserError
from chatbot.store.errors import StoreUnavailable

log = structlog.get_logger()

#: Longer ones are refused without being looked at; the desk says what is too long before that.
_LONGEST = 10_000


class ReplyBody(Body):
    """An own quick reply."""

    title: str = Field(max_length=_LONGEST)
    text: str = Field(max_length=_LONGEST)
    folder: str = Field(default="", max_length=_LONGEST)


class OrderBody(Body):
    """All own quick replies, in their new order."""

    ids: list[Annotated[int, Field(ge=1, lt=2**63)]] = Field(max_length=1000)


class UseBody(Body):
    """Suggestions that were copied."""

    items: list[Annotated[str, Field(max_length=160)]] = Field(max_length=10)


class QuickReplyApi:
    """Handlers of the viewer's own quick replies; every act answers with all of them."""

    def __init__(self, tools: ConsoleTools) -> None:
        self._tools = tools

    async def show(self, request: web.Request) -> web.Response:
        """Answer with the viewer's own."""
        return await self._own(self._userid(request))

    async def add(self, request: web.Request) -> web.Response:
        """Keep a new one."""
        userid, body = self._userid(request), await read_body(request, ReplyBody)
        saved = self._assist.save_reply(userid, body.title, body.text, body.folder, None)
        return await self._told(userid, saved)

    async def change(self, request: web.Request) -> web.Response:
        """Write one anew."""
        userid, body = self._userid(request), await read_body(request, ReplyBody)
        number = int(request.match_info["reply"])
        saved = self._assist.save_reply(userid, body.title, body.text, body.folder, number)
        return await self._told(userid, saved)

    async def remove(self, request: web.Request) -> web.Response:
        """Delete one."""
        userid = self._userid(request)
        await read_body(request, Nothing)
        number = int(request.match_info["reply"])
        return await self._told(userid, self._assist.remove_reply(userid, number))

    async def order(self, request: web.Request) -> web.Response:
        """Put all into an order."""
        userid, body = self._userid(request), await read_body(request, OrderBody)
        return await self._told(userid, self._assist.order_replies(userid, body.ids))

    async def note_use(self, request: web.Request) -> web.Response:
        """Count what was copied."""
        userid, body = self._userid(request), await read_body(request, UseBody)
        await note_uses(self._assist, userid, body.items)
        return json_answer({"used": len(body.items)})

    @property
    def _assist(self) -> Assist:
        return self._tools.assist

    def _userid(self, request: web.Request) -> str:
        return self._tools.viewer_of(request).userid

    async def _told(self, userid: str, act: Awaitable[None]) -> web.Response:
        try:
            await act
        except UserError as problem:
            return json_answer({"error": {"code": "refused", "message": str(problem)}}, 422)
        return await self._own(userid)

    async def _own(self, userid: str) -> web.Response:
        own = await self._assist.own_replies(userid)
        replies = [
            {"id": each.id, "title": each.title, "text": each.text, "folder": each.folder}
            for each in own.replies
        ]
        return json_answer(
            {
                "replies": replies,
                "folders": list(own.folders),
                "variables": list(own.variables),
                "longest": {
                    "title": LONGEST_TITLE, "text": LONGEST_TEXT, "folder": LONGEST_FOLDER
                },
            }
        )  # fmt: skip


async def note_uses(assist: Assist, userid: str, items: Iterable[str]) -> None:
    """Count that an agent used suggestions, each once.

    One that is gone meanwhile, by a new publication or in another window, counts for nothing; and
    what was sent already is not to look as if it had failed because it could not be counted.
    """
    for item in dict.fromkeys(filter(None, items)):
        try:
            await assist.note_use(userid, item)
        except UserError:
            continue
        except StoreUnavailable as error:
            log.warning("use_not_counted", item=item, error=str(error))
            return
