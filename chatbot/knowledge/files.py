"""Which files of a folder are content, and their text."""

from __future__ import annotations

import codecs
from collections.abc import Collection, Iterator
from pathlib import Path

from chatbot.errors import ContentError
from chatbot.knowledge.problems import Problems

#: A file beyond this is not curated by hand; reading it would only fill the memory.
_LARGEST = 32 * 1024 * 1024
_TABLES = "tables"


def content_files(
    root: Path, suffixes: Collection[str], problems: Problems
) -> Iterator[tuple[Path, str]]:
    """Yield the content files of ``root`` in order, each with its folder within ``root``.

    ``root`` may be a single file. Names that begin with ``_`` or ``.``, README.md and the folder
    ``tables`` are no entries; a file of another kind is a problem.
    """
    if root.is_file():
        yield from _if_known(root, "", suffixes, problems)
    elif root.is_dir():
        yield from _walk(root, "", suffixes, problems)
    else:
        raise ContentError(f"{root}: no such file or folder")


def _walk(
    folder: Path, within: str, suffixes: Collection[str], problems: Problems
) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.iterdir(), key=lambda item: item.name):
        if path.name.startswith(("_", ".")) or path.name.lower() == "readme.md":
            continue
        if not path.is_dir():
            yield from _if_known(path, within, suffixes, problems)
        elif path.name != _TABLES:
            inside = f"{within}/{path.name}" if within else path.name
            yield from _walk(path, inside, suffixes, problems)


def _if_known(
    path: Path, within: str, suffixes: Collection[str], problems: Problems
) -> Iterator[tuple[Path, str]]:
    if path.suffix.lower() in suffixes:
        yield path, within
    else:
        problems.add(path, 0, "", f"files of this kind are not read; use {' or '.join(suffixes)}")


def read_text(path: Path, problems: Problems) -> str | None:
    """Return the text of a UTF-8 file; None, and a problem, if it is something else."""
    try:
        if path.stat().st_size > _LARGEST:
            problems.add(path, 0, "", "the file is larger than 32 MiB; split it")
            return None
        raw = path.read_bytes()
    except OSError as error:
        problems.add(path, 0, "", f"cannot be read: {error.strerror}")
        return None
    try:
        return raw.removeprefix(codecs.BOM_UTF8).decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.add(path, line, "", f"the file is not UTF-8{_guess(raw)}; save it as UTF-8")
        return None


def _guess(raw: bytes) -> str:
    """Say which encoding it looks like instead."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ", it looks like UTF-16"
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return ", it looks like GBK/GB18030"
