"""Checks the body of a message that an app sends to a customer (微信客服/发送消息)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chatbot.simulator import params
from chatbot.simulator.errors import PlatformError
from chatbot.simulator.media import MediaStore
from chatbot.simulator.params import Json

_MSGID = re.compile(r"[0-9a-zA-Z_-]{1,32}")
_MENU_ITEMS = 10

Checker = Callable[[Json, MediaStore], None]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message whose parameters are sound."""

    msgid: str  # "" if the platform is to choose one
    msgtype: str
    content: Json


def read(body: Json, media: MediaStore, allowed: frozenset[str] | None = None) -> Outgoing:
    """Return the message in ``body``; raise 40008, 40058, 40063, 40007, 44004, 45002, 9500x."""
    msgid = read_msgid(body)
    msgtype = params.text(body, "msgtype")
    check = _CHECKERS.get(msgtype)
    if check is None or (allowed is not None and msgtype not in allowed):
        raise PlatformError(40008, f"msgtype {msgtype!r} cannot be sent here")
    content = params.mapping(body, msgtype)
    check(content, media)
    return Outgoing(msgid, msgtype, content)


def read_msgid(body: Json) -> str:
    """Return the caller's msgid, "" if absent; an empty or malformed one is refused."""
    if "msgid" not in body:
        return ""
    msgid = body["msgid"]
    if not isinstance(msgid, str) or not _MSGID.fullmatch(msgid):
        raise PlatformError(params.INVALID, "msgid must be 1 to 32 of 0-9 a-z A-Z _ -")
    return msgid


def _text(content: Json, _media: MediaStore) -> None:
    params.text(content, "content", max_bytes=2048, too_long=45002, empty=44004)


def _file(content: Json, media: MediaStore) -> None:
    media.get(params.text(content, "media_id"))


def _link(content: Json, media: MediaStore) -> None:
    params.text(content, "title", max_bytes=128)
    params.text(content, "desc", required=False, max_bytes=512)
    params.text(content, "url", max_bytes=2048)
    media.get(params.text(content, "thumb_media_id"))


def _miniprogram(content: Json, media: MediaStore) -> None:
    params.text(content, "appid")
    params.text(content, "title", required=False, max_bytes=64)
    params.text(content, "pagepath")
    media.get(params.text(content, "thumb_media_id"))


def _location(content: Json, _media: MediaStore) -> None:
    params.text(content, "name", required=False)
    params.text(content, "address", required=False)
    for name in ("latitude", "longitude"):
        value = content.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise PlatformError(params.INVALID, f"{name} must be a number")


def _ca_link(content: Json, _media: MediaStore) -> None:
    params.text(content, "link_url")


def _menu(content: Json, _media: MediaStore) -> None:
    params.text(content, "head_content", required=False, max_bytes=1024, too_long=45002)
    params.text(content, "tail_content", required=False, max_bytes=1024, too_long=45002)
    entries = params.items(content, "list", high=_MENU_ITEMS, too_many=95008)
    if not entries and not content.get("head_content") and not content.get("tail_content"):
        raise PlatformError(params.EMPTY, "msgmenu is empty")
    for entry in entries:
        kind = str(entry.get("type"))
        if kind not in _MENU_CHECKERS:
            raise PlatformError(95009, f"type {kind!r} is not click, view, miniprogram or text")
        _MENU_CHECKERS[kind](params.mapping(entry, kind))


def _menu_click(item: Json) -> None:
    params.text(item, "id", required=False, max_bytes=128)
    params.text(item, "content", max_bytes=128)


def _menu_view(item: Json) -> None:
    params.text(item, "url", max_bytes=2048)
    params.text(item, "content", max_bytes=1024)


def _menu_miniprogram(item: Json) -> None:
    params.text(item, "appid", max_bytes=32)
    params.text(item, "pagepath", max_bytes=1024)
    params.text(item, "content", max_bytes=1024)


def _menu_text(item: Json) -> None:
    params.text(item, "content", max_bytes=256)
    params.integer(item, "no_newline", default=0, low=0, high=1)


_MENU_CHECKERS: Final[dict[str, Callable[[Json], None]]] = {
    "click": _menu_click,
    "view": _menu_view,
    "miniprogram": _menu_miniprogram,
    "text": _menu_text,
}

_CHECKERS: Final[dict[str, Checker]] = {
    "text": _text,
    "image": _file,
    "voice": _file,
    "video": _file,
    "file": _file,
    "link": _link,
    "miniprogram": _miniprogram,
    "msgmenu": _menu,
    "location": _location,
    "ca_link": _ca_link,
}
