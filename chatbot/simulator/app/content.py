"""Checks the body of a message to members (WeCom developer documentation, 发送应用消息)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from chatbot.simulator import params
from chatbot.simulator.app.cards import check_card
from chatbot.simulator.errors import PlatformError
from chatbot.simulator.media import MediaStore
from chatbot.simulator.params import Json

_TITLE, _DESCRIPTION, _URL = 128, 512, 2048
_MPNEWS_BYTES = 666 * 1024


def read_content(body: Json, media: MediaStore) -> tuple[str, Json]:
    """Return (msgtype, content); raise 40008 for an unknown type, 40007, 44004, 45002, 45008."""
    msgtype = params.text(body, "msgtype")
    check = _CHECKERS.get(msgtype)
    if check is None:
        raise PlatformError(40008, f"msgtype {msgtype!r}")
    content = params.mapping(body, msgtype)
    check(content, media)
    return msgtype, content


def _text(content: Json, _media: MediaStore) -> None:
    params.text(content, "content", max_bytes=2048, too_long=45002, empty=44004)


def _file(content: Json, media: MediaStore) -> None:
    media.get(params.text(content, "media_id"))


def _video(content: Json, media: MediaStore) -> None:
    _file(content, media)
    params.text(content, "title", required=False, max_bytes=_TITLE, too_long=45002)
    params.text(content, "description", required=False, max_bytes=_DESCRIPTION, too_long=45002)


def _textcard(content: Json, _media: MediaStore) -> None:
    params.text(content, "title", max_bytes=_TITLE, too_long=45002)
    params.text(content, "description", max_bytes=_DESCRIPTION, too_long=45002)
    params.text(content, "url", max_bytes=_URL)
    params.text(content, "btntxt", required=False, max_chars=4)


def _news(content: Json, _media: MediaStore) -> None:
    for article in params.items(content, "articles", low=1, high=8, too_many=45008):
        params.text(article, "title", max_bytes=_TITLE, too_long=45002)
        params.text(article, "description", required=False, max_bytes=_DESCRIPTION, too_long=45002)
        params.text(article, "appid" if article.get("appid") else "url", max_bytes=_URL)


def _mpnews(content: Json, media: MediaStore) -> None:
    for article in params.items(content, "articles", low=1, high=8, too_many=45008):
        params.text(article, "title", max_bytes=_TITLE, too_long=45002)
        media.get(params.text(article, "thumb_media_id"))
        params.text(article, "author", required=False, max_bytes=64)
        params.text(article, "content", max_bytes=_MPNEWS_BYTES, too_long=45002)
        params.text(article, "digest", required=False, max_bytes=512)


def _miniprogram_notice(content: Json, _media: MediaStore) -> None:
    params.text(content, "appid")
    params.text(content, "title")
    for item in params.items(content, "content_item", high=10):
        params.text(item, "key")
        params.text(item, "value")


def _template_card(content: Json, _media: MediaStore) -> None:
    check_card(content)


_CHECKERS: Final[dict[str, Callable[[Json, MediaStore], None]]] = {
    "text": _text,
    "markdown": _text,
    "image": _file,
    "voice": _file,
    "file": _file,
    "video": _video,
    "textcard": _textcard,
    "news": _news,
    "mpnews": _mpnews,
    "miniprogram_notice": _miniprogram_notice,
    "template_card": _template_card,
}
