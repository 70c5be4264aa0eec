"""Temporary media (临时素材): files that live three days.

Source: WeCom developer documentation, 素材管理/上传临时素材 and 获取临时素材.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import unquote

from aiohttp import FormData

from chatbot.clock import Clock
from chatbot.wecom.caller import ApiCaller
from chatbot.wecom.fields import instant, text

MediaType = Literal["image", "voice", "video", "file"]

_LIFE = timedelta(days=3)
_SMALLEST_BYTES = 6
_LARGEST_BYTES = {
    "image": 10 * 1024 * 1024,
    "voice": 2 * 1024 * 1024,
    "video": 10 * 1024 * 1024,
    "file": 20 * 1024 * 1024,
}


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A downloaded file; ``filename`` may be empty."""

    content: bytes = field(repr=False)
    content_type: str
    filename: str


@dataclass(frozen=True, slots=True)
class UploadedMedia:
    """A media id and the aware instant after which the platform no longer knows it."""

    media_id: str
    expires_at: datetime


class MediaApi:
    """Typed calls below ``media/``. All raise ``errors.WeComError``."""

    def __init__(self, caller: ApiCaller, clock: Clock) -> None:
        self._caller = caller
        self._clock = clock

    async def get(self, media_id: str) -> MediaFile:
        """Download a file; MediaExpired when the id is unknown or too old."""
        reply = await self._caller.download("media/get", media_id=media_id)
        return MediaFile(reply.body, reply.content_type, _filename(reply.disposition))

    async def upload(self, kind: MediaType, filename: str, content: bytes) -> UploadedMedia:
        """Upload a file of 6 bytes up to 10 MB (image, video), 2 MB (voice) or 20 MB (file).

        Raises ValueError for a size that the platform would refuse.
        """
        if not _SMALLEST_BYTES <= len(content) <= _LARGEST_BYTES[kind]:
            raise ValueError(
                f"{filename}: {len(content)} bytes; a {kind} has 6 to {_LARGEST_BYTES[kind]} bytes"
            )

        def form() -> FormData:
            # The platform reads a plain UTF-8 filename, not the percent-encoded form.
            data = FormData(quote_fields=False)
            data.add_field("media", io.BytesIO(content), filename=_plain_name(filename))
            return data

        answer = await self._caller.upload("media/upload", form, type=kind)
        created_at = instant(answer, "created_at") or self._clock.now()
        return UploadedMedia(text(answer, "media_id"), created_at + _LIFE)


def _plain_name(filename: str) -> str:
    """Return ``filename`` without the characters that would end a header or a quoted string."""
    return re.sub(r'[\x00-\x1f"\\]', "_", filename)


def _filename(disposition: str) -> str:
    """Return the name in a Content-Disposition header, decoded where it is encoded."""
    if found := re.search(r"filename\*=(?:UTF-8|utf-8)''([^;]+)", disposition):
        return unquote(found[1])
    found = re.search(r'filename="?([^";]+)"?', disposition)
    return found[1] if found else ""
