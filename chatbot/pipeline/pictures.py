"""Pictures of answers: uploaded shortly before they are sent, because media ids live three days.

A message waits in the outbox with a reference to the picture in the place of its media id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from weakref import WeakValueDictionary

from chatbot.clock import Clock
from chatbot.errors import ChatbotError
from chatbot.store.database import Database
from chatbot.store.media import read_media
from chatbot.wecom.media import MediaApi, UploadedMedia

_REFERENCE = "sha256:"
#: Which field of a message names its picture.
_FIELDS: Mapping[str, str] = {
    "image": "media_id",
    "link": "thumb_media_id",
    "miniprogram": "thumb_media_id",
}
#: A media id is not used in its last hours: the message may wait for its turn.
_MARGIN = timedelta(hours=6)
_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg"}


class PictureMissing(ChatbotError):
    """The picture of a message is not among those that were published."""


def reference(sha256: str) -> str:
    """Return what stands for a picture (its SHA-256, hexadecimal) until it is sent."""
    return f"{_REFERENCE}{sha256}"


class Pictures:
    """Uploads each picture once for as long as its media id lives. One event loop uses it."""

    def __init__(self, database: Database, media: MediaApi, clock: Clock) -> None:
        self._database = database
        self._media = media
        self._clock = clock
        self._uploaded: dict[str, UploadedMedia] = {}
        # One for each picture: a slow upload holds up nobody who sends another one.
        self._uploading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def fill_in(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``message`` with a media id in the place of a reference.

        Raises:
            PictureMissing: the picture was never published.
            WeComError: it cannot be uploaded now.
        """
        sha256 = picture_of(message)
        if sha256 is None:
            return dict(message)
        kind = str(message["msgtype"])
        media_id = await self._media_id(sha256)
        return {**message, kind: {**message[kind], _FIELDS[kind]: media_id}}

    def forget(self, message: Mapping[str, Any]) -> bool:
        """Upload the message's picture anew next time; return whether it had been uploaded."""
        return self._uploaded.pop(picture_of(message) or "", None) is not None

    async def _media_id(self, sha256: str) -> str:
        lock = self._uploading.setdefault(sha256, asyncio.Lock())
        async with lock:
            known = self._uploaded.get(sha256)
            if known is None or known.expires_at - _MARGIN <= self._clock.now():
                known = await self._upload(sha256)
                self._uploaded[sha256] = known
            return known.media_id

    async def _upload(self, sha256: str) -> UploadedMedia:
        picture = await self._database.run(read_media, sha256)
        if picture is None:
            raise PictureMissing(f"the picture {sha256} was never published")
        name = f"{sha256[:12]}.{_EXTENSIONS.get(picture.media_type, 'bin')}"
        return await self._media.upload("image", name, picture.content)


def picture_of(message: Mapping[str, Any]) -> str | None:
    """Return the SHA-256, hexadecimal, of the picture a message refers to; None: it has none."""
    kind = str(message.get("msgtype", ""))
    value = message[kind].get(_FIELDS[kind], "") if kind in _FIELDS else ""
    return value.removeprefix(_REFERENCE) if value.startswith(_REFERENCE) else None
