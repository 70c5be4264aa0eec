"""What may be said, in the form in which a page puts it into the open chat.

Source: WeCom developer documentation, 客户端API/sendChatMessage. It takes media ids and public
addresses of pictures, menus only in the chats of customer-service accounts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chatbot.pipeline.payload_words import payload_words
from chatbot.pipeline.pictures import picture_of
from chatbot.texts import Texts

Json = dict[str, Any]

#: Kinds whose file is named by a media id.
_FILES = frozenset({"image", "video", "file"})


@dataclass(frozen=True, slots=True)
class Outgoing:
    """How messages of answers (bodies of kf/send_msg) become messages of the open chat.

    ``fill_in`` puts a media id in the place of a picture of ours, ``picture_url`` tells the public
    address of one by its SHA-256.
    """

    fill_in: Callable[[Mapping[str, Any]], Awaitable[Json]]
    picture_url: Callable[[str], str]
    texts: Texts
    menus: bool

    async def chat_message(self, body: Mapping[str, Any]) -> Json:
        """Return the parameters of sendChatMessage.

        What the chat has no form for is said in words, so that nothing of an answer is lost.

        Raises:
            PictureMissing: the picture was never published.
            WeComError: it cannot be uploaded now.
        """
        kind = str(body["msgtype"])
        content: Mapping[str, Any] = body[kind]
        if kind in _FILES:
            filled = await self.fill_in(body)
            return {"msgtype": kind, kind: {"mediaid": filled[kind]["media_id"]}}
        if kind == "link":
            return {"msgtype": "news", "news": self._news(body, content)}
        picture = picture_of(body)
        if kind == "miniprogram" and picture is not None:
            return {"msgtype": kind, kind: self._miniprogram(content, picture)}
        if kind == "text" or (kind == "msgmenu" and self.menus):
            return {"msgtype": kind, kind: dict(content)}
        return {"msgtype": "text", "text": {"content": payload_words(dict(body), self.texts)}}

    def _news(self, body: Mapping[str, Any], content: Mapping[str, Any]) -> Json:
        picture = picture_of(body)
        news = {"link": content["url"], "title": content["title"], "desc": content.get("desc", "")}
        return news | ({"imgUrl": self.picture_url(picture)} if picture else {})

    def _miniprogram(self, content: Mapping[str, Any], picture: str) -> Json:
        return {
            "appid": content["appid"], "title": content["title"], "page": content["pagepath"],
            "imgUrl": self.picture_url(picture),
        }  # fmt: skip
