"""What a sidebar page puts into the open chat.

Source: WeCom developer documentation, WECOM-JSSDK/ww.sendChatMessage.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from chatbot.simulator import params
from chatbot.simulator.errors import PlatformError
from chatbot.simulator.kf import outgoing
from chatbot.simulator.media import MediaStore
from chatbot.simulator.params import Json
from chatbot.simulator.refusals import Refusal

_WEB = re.compile(r"https?://\S+")
_MENU = "msgmenu"


def read_message(message: Json, media: MediaStore, *, menus: bool) -> tuple[str, Json]:
    """Return (msgtype, content) as the chat holds it: ``news`` becomes a link.

    ``menus``: the chat takes menus, as that of a customer-service account does. Raises Refusal,
    whose text names what is wrong in the client's words ("invalid imgUrl").
    """
    msgtype = message.get("msgtype")
    read = _READERS.get(msgtype) if isinstance(msgtype, str) else None
    if read is None or (msgtype == _MENU and not menus):
        raise _refused("msgtype")
    content = message.get(str(msgtype))
    if not isinstance(content, dict):
        raise _refused(str(msgtype))
    return read(str(msgtype), content, media)


def _text(msgtype: str, content: Json, _media: MediaStore) -> tuple[str, Json]:
    return msgtype, {"content": _string(content, "content")}


def _file(msgtype: str, content: Json, media: MediaStore) -> tuple[str, Json]:
    found = media.find(_string(content, "mediaid"))
    if found is None or found.kind != msgtype:
        raise _refused("mediaid")
    return msgtype, {"media_id": found.media_id}


def _news(_msgtype: str, content: Json, _media: MediaStore) -> tuple[str, Json]:
    return "link", {
        "title": _string(content, "title"),
        "desc": _string(content, "desc", required=False),
        "url": _address(content, "link"),
        "pic_url": _address(content, "imgUrl", required=False),
    }


def _miniprogram(msgtype: str, content: Json, _media: MediaStore) -> tuple[str, Json]:
    _address(content, "imgUrl")
    return msgtype, {
        "title": _string(content, "title"),
        "appid": _string(content, "appid"),
        "pagepath": _string(content, "page"),
    }


def _menu(msgtype: str, content: Json, media: MediaStore) -> tuple[str, Json]:
    try:
        checked = outgoing.read({"msgtype": msgtype, msgtype: content}, media)
    except PlatformError as error:
        raise _refused(error.detail or msgtype) from None
    return msgtype, checked.content


Reader = Callable[[str, Json, MediaStore], tuple[str, Json]]

_READERS: Final[dict[str, Reader]] = {
    "text": _text,
    "image": _file,
    "video": _file,
    "file": _file,
    "news": _news,
    "miniprogram": _miniprogram,
    _MENU: _menu,
}


def _string(content: Json, name: str, *, required: bool = True) -> str:
    try:
        value = params.text(content, name, required=required)
    except PlatformError:
        raise _refused(name) from None
    if required and not value.strip():
        raise _refused(name)
    return value


def _address(content: Json, name: str, *, required: bool = True) -> str:
    value = _string(content, name, required=required)
    if value and not _WEB.fullmatch(value):
        raise _refused(name)
    return value


def _refused(what: str) -> Refusal:
    return Refusal("bad_message", fault=f"invalid {what}")
