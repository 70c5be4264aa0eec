"""Builds the messages that ``kf.send_msg`` and ``app.send_message`` send.

Every builder returns ``{"msgtype": …, <msgtype>: {…}}`` within the platform's limits: words are
clipped, since a shorter caption still says something; addresses and ids are refused with
ValueError, since a shorter one is wrong. Source: WeCom developer documentation, 微信客服/发送消息.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from chatbot.wecom.splitting import byte_length, clip

Message: TypeAlias = dict[str, Any]

TEXT_BYTES = 2048
MENU_ITEMS = 10
MENU_CAPTION_BYTES = 128
MENU_HEAD_BYTES = 1024
_MENU_LINK_CAPTION_BYTES = 1024
_MENU_TEXT_BYTES = 256
_URL_BYTES = 2048
_PAGE_BYTES = 1024


@dataclass(frozen=True, slots=True)
class ClickItem:
    """A menu line that comes back as a message with ``menu_id`` = ``id`` (1 to 128 bytes)."""

    id: str
    caption: str


@dataclass(frozen=True, slots=True)
class ViewItem:
    """A menu line that opens an address."""

    url: str
    caption: str


@dataclass(frozen=True, slots=True)
class MiniprogramItem:
    """A menu line that opens a page of a mini-program."""

    appid: str
    page: str
    caption: str


@dataclass(frozen=True, slots=True)
class TextItem:
    """A menu line without any action."""

    text: str
    newline: bool = True


MenuItem: TypeAlias = ClickItem | ViewItem | MiniprogramItem | TextItem


def text_message(text: str) -> Message:
    """Return a text message; split longer texts with ``split_text`` first, they are clipped."""
    return {"msgtype": "text", "text": {"content": _words(text, TEXT_BYTES)}}


def menu_message(head: str, items: Sequence[MenuItem], tail: str = "") -> Message:
    """Return a menu (msgmenu) of 1 to 10 items; ``head`` and ``tail`` may be empty."""
    if not 1 <= len(items) <= MENU_ITEMS:
        raise ValueError(f"a menu has 1 to {MENU_ITEMS} items, not {len(items)}")
    menu: dict[str, Any] = {"list": [_menu_item(item) for item in items]}
    if head:
        menu["head_content"] = clip(head, MENU_HEAD_BYTES)
    if tail:
        menu["tail_content"] = clip(tail, MENU_HEAD_BYTES)
    return {"msgtype": "msgmenu", "msgmenu": menu}


def media_message(kind: Literal["image", "voice", "video", "file"], media_id: str) -> Message:
    """Return a message with an uploaded file."""
    return {"msgtype": kind, kind: {"media_id": _exact("media_id", media_id, 1024)}}


def link_message(title: str, description: str, url: str, thumb_media_id: str) -> Message:
    """Return a link card for a customer; ``thumb_media_id`` is an uploaded image."""
    link = {
        "title": _words(title, 128),
        "desc": clip(description, 512),
        "url": _exact("url", url, _URL_BYTES),
        "thumb_media_id": _exact("thumb_media_id", thumb_media_id, 1024),
    }
    return {"msgtype": "link", "link": link}


def miniprogram_message(appid: str, page: str, title: str, thumb_media_id: str) -> Message:
    """Return a mini-program card for a customer."""
    card = {
        "appid": _exact("appid", appid, 128),
        "title": clip(title, 64),
        "thumb_media_id": _exact("thumb_media_id", thumb_media_id, 1024),
        "pagepath": _exact("pagepath", page, _PAGE_BYTES),
    }
    return {"msgtype": "miniprogram", "miniprogram": card}


def _menu_item(item: MenuItem) -> dict[str, Any]:
    match item:
        case ClickItem():
            return {"type": "click", "click": {
                "id": _exact("menu id", item.id, 128),
                "content": _words(item.caption, MENU_CAPTION_BYTES),
            }}  # fmt: skip
        case ViewItem():
            return {"type": "view", "view": {
                "url": _exact("url", item.url, _URL_BYTES),
                "content": _words(item.caption, _MENU_LINK_CAPTION_BYTES),
            }}  # fmt: skip
        case MiniprogramItem():
            return {"type": "miniprogram", "miniprogram": {
                "appid": _exact("appid", item.appid, 32),
                "pagepath": _exact("pagepath", item.page, _PAGE_BYTES),
                "content": _words(item.caption, _MENU_LINK_CAPTION_BYTES),
            }}  # fmt: skip
        case TextItem():
            return {"type": "text", "text": {
                "content": _words(item.text, _MENU_TEXT_BYTES),
                "no_newline": 0 if item.newline else 1,
            }}  # fmt: skip


def _words(text: str, limit: int) -> str:
    """Return ``text`` clipped; the platform refuses an empty one."""
    if not text.strip():
        raise ValueError("a text without any words cannot be sent")
    return clip(text, limit)


def _exact(name: str, value: str, limit: int) -> str:
    if not 1 <= byte_length(value) <= limit:
        raise ValueError(f"{name}: 1 to {limit} bytes are allowed, not {byte_length(value)}")
    return value
