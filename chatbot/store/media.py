"""Pictures of published answers, kept where every machine can send them from."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.store.database import statement


@dataclass(frozen=True, slots=True)
class MediaFile:
    """The bytes of a picture and what they are, such as ``image/png``."""

    content: bytes
    media_type: str


_SAVE = statement(
    "INSERT INTO media_files (sha256, media_type, bytes, created_at)"
    " VALUES (:sha256, :media_type, :content, :now) ON CONFLICT (sha256) DO NOTHING"
)
_READ = statement("SELECT bytes, media_type FROM media_files WHERE sha256 = :sha256")
_KNOWN = statement("SELECT sha256 FROM media_files WHERE sha256 = ANY(:wanted)")


def save_media(connection: Connection, files: Mapping[str, bytes], now: datetime) -> None:
    """Keep files by the SHA-256 of their bytes, in hexadecimal; what is known stays untouched.

    Raises:
        ValueError: a name is not the hash of its bytes.
    """
    known = set(connection.scalars(_KNOWN, {"wanted": sorted(files)})) if files else set()
    for sha256, content in files.items():
        if sha256 in known:
            continue
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ValueError(f"{sha256} is not the hash of its {len(content)} bytes")
        values = {"sha256": sha256, "content": content, "now": now}
        connection.execute(_SAVE, {**values, "media_type": _media_type(content)})


def stored_media(connection: Connection, wanted: Collection[str]) -> set[str]:
    """Return those of the SHA-256 ``wanted`` that files are kept by."""
    return set(connection.scalars(_KNOWN, {"wanted": sorted(wanted)}))


def read_media(connection: Connection, sha256: str) -> MediaFile | None:
    """Return a file, or None if it was never published."""
    row = connection.execute(_READ, {"sha256": sha256}).one_or_none()
    return None if row is None else MediaFile(bytes(row.bytes), row.media_type)


def _media_type(content: bytes) -> str:
    """Tell by the first bytes: WeCom takes PNG and JPG as pictures (素材管理/上传临时素材)."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "application/octet-stream"
