"""The pictures of a knowledge folder: only what messages name, and only what can be sent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from chatbot.knowledge.files import is_folder

MEDIA_FOLDER = "_media"
#: WeCom developer documentation, 上传临时素材: pictures are PNG or JPG of at most 2 MB.
_LARGEST = 2 * 1024 * 1024
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def is_media_path(file: str) -> bool:
    """Return whether a path can be that of a picture below ``_media``, and nothing else's."""
    parts = PurePosixPath(file).parts
    is_plain = ".." not in parts and "\\" not in file and "\0" not in file
    return len(parts) > 1 and parts[0] == MEDIA_FOLDER and is_plain


class MediaFolder:
    """Pictures below ``_media/`` of the folder ``root``, each read once."""

    def __init__(self, root: Path) -> None:
        self._root = root if is_folder(root) else root.parent
        self._read: dict[str, bytes] = {}
        self._objections: dict[str, str | None] = {}

    @property
    def files(self) -> Mapping[str, bytes]:
        """Return the pictures that were asked for and can be sent, by path below ``root``."""
        return dict(sorted(self._read.items()))

    def objection(self, file: str) -> str | None:
        """Return what is wrong with the picture at this path, None if it can be sent."""
        if file not in self._objections:
            self._objections[file] = self._examine(file)
        return self._objections[file]

    def _examine(self, file: str) -> str | None:
        if not is_media_path(file):
            return f"“{file}”应写成 {MEDIA_FOLDER}/图片名，图片放在知识文件夹的 {MEDIA_FOLDER} 里"
        path = self._root / file
        try:
            if not path.is_file():
                return f"找不到图片 {file}"
        except (OSError, ValueError) as error:  # a folder that is closed, a name with a NUL
            return f"图片 {file} 读不出来（{getattr(error, 'strerror', error)}）"
        if not path.resolve().is_relative_to((self._root / MEDIA_FOLDER).resolve()):
            return f"图片 {file} 指向 {MEDIA_FOLDER} 以外的地方"
        return self._take(file, path)

    def _take(self, file: str, path: Path) -> str | None:
        try:
            if path.stat().st_size > _LARGEST:
                return f"图片 {file} 超过 2 MB，请压缩"
            content = path.read_bytes()
        except OSError as error:
            return f"图片 {file} 读不出来（{error.strerror}）"
        if not content.startswith(_SIGNATURES):
            return f"图片 {file} 不是 PNG 或 JPG"
        self._read[file] = content
        return None
