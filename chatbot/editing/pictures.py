"""The pictures that content has, wherever their bytes are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chatbot.knowledge.media_files import MediaFolder


class KnownPictures(MediaFolder):
    """Takes the pictures that content has or that were uploaded, by their paths."""

    def __init__(self, media: Mapping[str, str]) -> None:
        super().__init__(Path())
        self._media = media

    def objection(self, file: str) -> str | None:
        """Return what is wrong with a picture: that there is none."""
        return None if file in self._media else f"没有图片 {file}，请先上传"
