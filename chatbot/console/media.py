"""Pictures, voices and files of a conversation, through this server: the page asks nobody else.

They are fetched from WeCom each time, and kept by the viewer's own browser only. After three days
WeCom has forgotten them (developer documentation, 素材管理/获取临时素材).
"""

from __future__ import annotations

import asyncio
import re
from urllib.parse import quote

from aiohttp import web

from chatbot.console.lines import MEDIA_TYPES
from chatbot.console.problems import DeskProblem
from chatbot.console.voice import NotPlayable, to_wave
from chatbot.store.database import Database
from chatbot.store.desk_lines import StoredMedia, media_of
from chatbot.store.media import read_media
from chatbot.wecom.errors import MediaExpired, WeComError
from chatbot.wecom.media import MediaApi

#: What may be shown in the page, by the first bytes of the file; never by what somebody calls it.
_SHOWN: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"....ftyp(mp4|isom|iso2|avc1|M4V|qt)", re.DOTALL), "video/mp4"),
)
_OTHER = "application/octet-stream"
#: The largest a customer can send (developer documentation, 微信客服/接收消息和事件).
_LARGEST_BYTES = 20 * 1024 * 1024
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, max-age=86400, immutable",
}


class MediaDesk:
    """Answers requests for what messages brought."""

    def __init__(self, database: Database, media: MediaApi) -> None:
        self._database = database
        self._media = media

    async def find(self, message_id: int) -> StoredMedia:
        """Return which file a message brought; 404 if it brought none, or was taken back."""
        found = await self._database.run(media_of, message_id, MEDIA_TYPES)
        if found is None or found.recalled:
            raise DeskProblem(404, "media_none")
        return found

    async def send(self, found: StoredMedia, *, as_it_came: bool) -> web.Response:
        """Answer with the file; a voice as WAV, unless wanted ``as_it_came``."""
        content = await self._download(found)
        if found.msgtype == "voice" and not as_it_came:
            try:
                content = await asyncio.to_thread(to_wave, content)
            except NotPlayable:
                raise DeskProblem(415, "media_unplayable") from None
            return _file(content, "audio/wav", "voice.wav", shown=True)
        shown = None if as_it_came else _shown_type(content)
        name = found.filename or f"{found.msgtype}{_EXTENSIONS.get(_shown_type(content) or '', '')}"
        if found.msgtype == "voice":
            name = "voice.amr"
        return _file(content, shown or _OTHER, name, shown=shown is not None)

    async def picture(self, sha256: str) -> web.Response:
        """Answer with a picture of a published answer."""
        kept = await self._database.run(read_media, sha256)
        shown = _shown_type(kept.content) if kept else None
        if kept is None or shown is None:
            raise DeskProblem(404, "media_none")
        return _file(kept.content, shown, sha256[:12] + _EXTENSIONS[shown], shown=True)

    async def _download(self, found: StoredMedia) -> bytes:
        try:
            content = (await self._media.get(found.media_id)).content
        except MediaExpired:
            raise DeskProblem(410, "media_gone") from None
        except WeComError:
            raise DeskProblem(502, "media_unreachable") from None
        if len(content) > _LARGEST_BYTES:
            raise DeskProblem(413, "media_too_large")
        return content


_EXTENSIONS = {
    "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp",
    "video/mp4": ".mp4",
}  # fmt: skip


def _shown_type(content: bytes) -> str | None:
    return next((kind for head, kind in _SHOWN if head.match(content)), None)


def _file(content: bytes, content_type: str, name: str, *, shown: bool) -> web.Response:
    place = "inline" if shown else "attachment"
    safe = re.sub(r"[\x00-\x1f\x7f/\\]", "_", name)[-120:]
    disposition = f"{place}; filename*=UTF-8''{quote(safe, safe='')}"
    headers = {**_HEADERS, "Content-Disposition": disposition}
    return web.Response(body=content, content_type=content_type, headers=headers)
