"""Messages of answers in the form in which the client takes them into a chat."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest

from chatbot.console.sidebar.outgoing import Outgoing
from chatbot.pipeline.pictures import reference
from chatbot.simulator.jssdk.sending import read_message
from chatbot.simulator.media import MediaStore
from chatbot.texts import make_texts

_SHA = "ab" * 32
_TEXT = {"msgtype": "text", "text": {"content": "好的"}}
_IMAGE = {"msgtype": "image", "image": {"media_id": reference(_SHA)}}
_LINK = {
    "msgtype": "link",
    "link": {"title": "路线", "desc": "怎么来", "url": "https://example.com/way",
             "thumb_media_id": reference(_SHA)},
}  # fmt: skip
_PROGRAM = {
    "msgtype": "miniprogram",
    "miniprogram": {"appid": "wx1", "title": "订房", "pagepath": "pages/a",
                    "thumb_media_id": reference(_SHA)},
}  # fmt: skip
_MENU = {
    "msgtype": "msgmenu",
    "msgmenu": {
        "head_content": "要哪种？",
        "list": [{"type": "click", "click": {"id": "1", "content": "大床"}}],
    },
}
_ALL = (_TEXT, _IMAGE, _LINK, _PROGRAM, _MENU)


def _outgoing(media_id: str = "MEDIA", *, menus: bool) -> Outgoing:
    async def fill_in(body: Mapping[str, Any]) -> dict[str, Any]:
        kind = str(body["msgtype"])
        return {**body, kind: {**body[kind], "media_id": media_id}}

    return Outgoing(fill_in, lambda sha: f"https://kf.example.com/p/{sha}", make_texts({}), menus)


@pytest.mark.parametrize("menus", [True, False])
async def test_that_the_client_takes_every_kind_of_message(menus: bool) -> None:
    store = MediaStore(time.time)
    media_id = store.upload("image", "a.png", b"\x89PNG\r\n\x1a\n" + b"0" * 64).media_id
    for body in _ALL:
        chat = await _outgoing(media_id, menus=menus).chat_message(body)
        read_message(chat, store, menus=menus)  # as strict as the client


async def test_that_pictures_are_named_as_the_client_wants_them() -> None:
    form = _outgoing(menus=True)
    assert (await form.chat_message(_IMAGE))["image"] == {"mediaid": "MEDIA"}
    assert (await form.chat_message(_LINK))["news"] == {
        "link": "https://example.com/way", "title": "路线", "desc": "怎么来",
        "imgUrl": f"https://kf.example.com/p/{_SHA}",
    }  # fmt: skip


async def test_that_beside_a_friend_a_menu_is_said_in_words() -> None:
    assert await _outgoing(menus=False).chat_message(_MENU) == {
        "msgtype": "text", "text": {"content": "要哪种？\n· 大床"},
    }  # fmt: skip
