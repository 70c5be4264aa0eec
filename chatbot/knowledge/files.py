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
#: Accounts have a reader of their own; the others are left by people and their systems.
_NO_ENTRIES = {"accounts.toml", "readme.md", "thumbs.db", "desktop.ini"}


def content_files(
    root: Path, suffixes: Collection[str], problems: Problems
) -> Iterator[tuple[Path, str]]:
    """Yield the content files of ``root`` in order, each with its folder within ``root``.

    ``root`` may be a single file. Names that begin with ``_``, ``.`` or ``~``, README.md,
    accounts.toml and the folder ``tables`` are no entries; a file of another kind is a problem.
    """
    if root.is_file():
        yield from _if_known(root, "", suffixes, problems)
    elif root.is_dir():
        yield from _walk(root, "", suffixes, problems)
    else:
        raise ContentError(f"{root}：没有这个文件或文件夹")


def is_content_name(name: str) -> bool:
    """Return whether a file or folder of this name may hold entries."""
    return not (name.startswith(("_", ".", "~")) or name.endswith("~")) and (
        name.lower() not in _NO_ENTRIES
    )


def _walk(
    folder: Path, within: str, suffixes: Collection[str], problems: Problems
) -> Iterator[tuple[Path, str]]:
    try:
        paths = sorted(folder.iterdir(), key=lambda item: item.name)
    except OSError as error:
        problems.add(folder, 0, "", f"文件夹读不出来（{error.strerror}）")
        return
    for path in paths:
        if not is_content_name(path.name):
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
        problems.add(path, 0, "", f"这里不读这种文件，只读 {'、'.join(suffixes)}")


def read_bytes(path: Path, problems: Problems, largest: int = _LARGEST) -> bytes | None:
    """Return what a file holds; None, and a problem, if it cannot be read or is too large."""
    try:
        if path.stat().st_size > largest:
            problems.add(path, 0, "", f"文件超过 {largest // 1024 // 1024} MB，请拆成几个")
            return None
        return path.read_bytes()
    except OSError as error:
        problems.add(path, 0, "", f"文件读不出来（{error.strerror}）")
        return None


def read_text(path: Path, problems: Problems) -> str | None:
    """Return the text of a UTF-8 file; None, and a problem, if it is something else."""
    raw = read_bytes(path, problems)
    if raw is None:
        return None
    try:
        return raw.removeprefix(codecs.BOM_UTF8).decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.add(path, line, "", f"文件不是 UTF-8 编码{_guess(raw)}，请另存为 UTF-8")
        return None


def _guess(raw: bytes) -> str:
    """Say which encoding it looks like instead."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "，看起来是 UTF-16"
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return "，看起来是 GBK"
