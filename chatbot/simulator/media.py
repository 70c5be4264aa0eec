"""Temporary media (WeCom developer documentation, 上传临时素材 and 获取临时素材)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chatbot.simulator.config import DAY
from chatbot.simulator.errors import PlatformError

LIFE_SECONDS = 3 * DAY
_MIB = 1024 * 1024
_SMALLEST = 6

#: Largest upload by an app, in bytes.
UPLOAD_LIMITS: Final = {
    "image": 10 * _MIB,
    "voice": 2 * _MIB,
    "video": 10 * _MIB,
    "file": 20 * _MIB,
}
#: Over these a customer's media arrives as a text notice (微信客服/接收消息和事件).
CUSTOMER_LIMITS: Final = UPLOAD_LIMITS | {"image": 2 * _MIB}

_SIGNATURES: dict[str, dict[bytes, str]] = {
    "image": {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"},
    "voice": {b"#!AMR": "audio/amr"},
}
_PLAIN_TYPES = {"video": "video/mp4", "file": "application/octet-stream"}


@dataclass(frozen=True, slots=True)
class Media:
    """A stored file."""

    media_id: str
    kind: str
    filename: str
    content_type: str
    data: bytes
    created_at: float


class MediaStore:
    """Keeps files for three days."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._files: dict[str, Media] = {}

    def upload(self, kind: str, filename: str, data: bytes) -> Media:
        """Store an app's file; raise 40004, 44001, 40005, 40006 or 45001."""
        if kind not in UPLOAD_LIMITS:
            raise PlatformError(40004, f"type {kind!r} is not image, voice, video or file")
        if not data:
            raise PlatformError(44001)
        if len(data) < _SMALLEST:
            raise PlatformError(40006, "more than 5 bytes are required")
        if len(data) > UPLOAD_LIMITS[kind]:
            raise PlatformError(45001, f"{kind} is limited to {UPLOAD_LIMITS[kind]} bytes")
        return self._keep(kind, filename, _content_type(kind, data), data)

    def keep_customers(self, kind: str, filename: str, data: bytes) -> Media:
        """Store what a customer sent, whatever it is."""
        try:
            content_type = _content_type(kind, data)
        except PlatformError:
            content_type = "application/octet-stream"
        return self._keep(kind, filename, content_type, data)

    def get(self, media_id: str) -> Media:
        """Return a file that has not expired; raise 40007."""
        media = self.find(media_id)
        if media is None:
            raise PlatformError(40007)
        return media

    def find(self, media_id: str) -> Media | None:
        """Return a file that has not expired, or None."""
        media = self._files.get(media_id)
        if media is None or media.created_at + LIFE_SECONDS <= self._now():
            return None
        return media

    def _keep(self, kind: str, filename: str, content_type: str, data: bytes) -> Media:
        self._forget_expired()
        media_id = secrets.token_urlsafe(48)
        media = Media(media_id, kind, filename, content_type, data, self._now())
        self._files[media_id] = media
        return media

    def _forget_expired(self) -> None:
        # Files are kept in the order of arrival, so the expired ones stand in front.
        expired = []
        for media in self._files.values():
            if media.created_at + LIFE_SECONDS > self._now():
                break
            expired.append(media.media_id)
        for media_id in expired:
            del self._files[media_id]


def _content_type(kind: str, data: bytes) -> str:
    if kind in _PLAIN_TYPES:
        return _PLAIN_TYPES[kind]
    for signature, content_type in _SIGNATURES[kind].items():
        if data.startswith(signature):
            return content_type
    raise PlatformError(40005, f"the file is not a valid {kind}")
