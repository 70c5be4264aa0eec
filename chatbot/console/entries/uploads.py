"""Pictures that come with a form: kept at once, so that none is lost however often it is sent."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from chatbot.console.admin_pages import Posted
from chatbot.knowledge.media_files import is_media_path

#: WeCom developer documentation, 上传临时素材: pictures are PNG or JPG of at most 2 MB.
LARGEST = 2 * 1024 * 1024
_SUFFIXES = {b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg"}
_UNFIT = re.compile(r"[\\/:*?\"<>|\x00-\x1f\s]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture that came with a form, and where it is to be in the knowledge folder.

    ``field`` is what its path is typed into; ``problem`` is ``large`` or ``kind`` if it cannot be
    sent.
    """

    field: str
    path: str
    content: bytes
    problem: str = ""

    @property
    def sha256(self) -> str:
        """Return the hash by which it is kept, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def uploads_in(data: Posted) -> list[Upload]:
    """Return the pictures of a form."""
    return [
        _upload(field.removesuffix(".upload"), content, data.file_names.get(field, ""))
        for field, content in data.files.items()
        if content and field.endswith(".upload")
    ]


def kept_pictures(data: Posted) -> dict[str, str]:
    """Return the pictures that came with the form before, their SHA-256 by path."""
    try:
        written = json.loads(data.get("pictures") or "{}")
    except (ValueError, RecursionError):
        return {}
    pairs = written.items() if isinstance(written, dict) else ()
    return {
        path: sha
        for path, sha in pairs
        if is_media_path(path) and isinstance(sha, str) and _SHA256.fullmatch(sha)
    }


def _upload(field: str, content: bytes, name: str) -> Upload:
    suffix = next((end for lead, end in _SUFFIXES.items() if content.startswith(lead)), "")
    problem = "large" if len(content) > LARGEST else "" if suffix else "kind"
    stem = _UNFIT.sub("-", PurePosixPath(name.replace("\\", "/")).stem).strip("-.")[:40]
    # Two pictures of one name are two files.
    digest = hashlib.sha256(content).hexdigest()[:8]
    return Upload(field, f"_media/{stem or '图片'}-{digest}{suffix}", content, problem)
