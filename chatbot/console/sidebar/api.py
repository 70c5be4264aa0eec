"""The customer beside a chat as JSON: what is known, what the bot said, what may be sent."""

from __future__ import annotations

from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from chatbot.api.requests import json_answer, read_body, read_query
from chatbot.console.bodies import Body
from chatbot.console.conversation_view import ConversationReader
from chatbot.console.list_api import ListApi
from chatbot.console.problems import DeskProblem
from chatbot.console.sidebar.door import SidebarDoor
from chatbot.console.sidebar.outgoing import Outgoing
from chatbot.console.tools import ConsoleTools
from chatbot.pipeline.payload_words import is_well_formed
from chatbot.pipeline.pictures import PictureMissing, Pictures
from chatbot.wecom.errors import Misconfigured, WeComError
from chatbot.wecom.jssdk import JsSdk, Signature

#: As many messages as an answer has at most, and a question beside them.
_MOST_MESSAGES = 6
_KINDS = frozenset({"text", "image", "link", "miniprogram", "msgmenu", "video", "file"})


class PageQuery(BaseModel):
    """The page that wants to use the client's interface, and tickets that were refused to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(max_length=4096)]
    refused: Annotated[str, Field(max_length=100)] = ""


class OutgoingBody(Body):
    """Messages to be put into the chat (bodies of kf/send_msg)."""

    messages: list[dict[str, Any]] = Field(min_length=1, max_length=_MOST_MESSAGES)


class SignatureApi:
    """Signs the page, for whoever is logged in."""

    def __init__(self, jssdk: JsSdk) -> None:
        self._jssdk = jssdk

    async def show(self, request: web.Request) -> web.Response:
        """Answer with both signatures, as ``ww.register`` wants them.

        ``refused`` holds the marks of tickets, joined by commas, that the client did not accept.
        """
        page = read_query(request, PageQuery)
        refused = [each for each in page.refused.split(",") if each]
        try:
            signed = await self._jssdk.signatures(page.url, refused=refused)
        except Misconfigured:
            raise DeskProblem(422, "foreign_page") from None
        except WeComError:
            raise DeskProblem(502, "unsigned") from None
        return json_answer(
            {"config": _shown(signed.config), "agent_config": _shown(signed.agent_config)}
        )


def _shown(signature: Signature) -> dict[str, Any]:
    return {
        "timestamp": signature.timestamp, "nonceStr": signature.nonce,
        "signature": signature.signature, "ticket": signature.ticket,
    }  # fmt: skip


class SidebarApi:
    """Handlers of one customer; ``menus``: the chat takes menus."""

    def __init__(
        self,
        tools: ConsoleTools,
        door: SidebarDoor,
        reader: ConversationReader,
        lists: ListApi,
        pictures: Pictures,
        picture_url: str,
        *,
        menus: bool,
    ) -> None:
        self._tools = tools
        self._door = door
        self._reader = reader
        self._lists = lists
        self._pictures = pictures
        self._picture_url = picture_url
        self._menus = menus

    async def show(self, request: web.Request) -> web.Response:
        """Answer with how the conversation stands and its newest lines; null beside a friend."""
        subject, viewer = await self._door.subject(request)
        talk = await self._door.talk_of(subject)
        view = await self._reader.view(talk, viewer) if talk else None
        return json_answer({"name": viewer.name, "talk": view})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Send the conversation's line of the desk's list, then every change of it."""
        talk, _ = await self._door.talk(request)
        number = talk.conversation.id
        return await self._lists.stream_of(request, lambda entry: entry.id == number)

    async def outgoing(self, request: web.Request) -> web.Response:
        """Answer with messages in the form in which the page puts them into the chat."""
        await self._door.subject(request)
        bodies = (await read_body(request, OutgoingBody)).messages
        for each in bodies:
            if each.get("msgtype") not in _KINDS or not is_well_formed(each):
                raise DeskProblem(422, "reply_unknown")
        texts = self._tools.snapshot().texts
        form = Outgoing(self._pictures.fill_in, self._address, texts, self._menus)
        try:
            chat = [await form.chat_message(each) for each in bodies]
        except KeyError:
            raise DeskProblem(422, "reply_unknown") from None
        except PictureMissing:
            raise DeskProblem(404, "media_none") from None
        except WeComError:
            raise DeskProblem(502, "media_unreachable") from None
        return json_answer({"chat": chat})

    def _address(self, sha256: str) -> str:
        return self._picture_url + sha256
