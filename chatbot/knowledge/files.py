"""Which files of a folder are content, and their text."""

from __future__ import annotations

import codecs
import os
import stat
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
    try:
        kind = root.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise ContentError(f"{root}：没有这个文件或文件夹") from None
    except OSError as error:
        raise ContentError(f"{root}：读不出来（{error.strerror}）") from None
    if stat.S_ISDIR(kind):
        yield from _walk(root, "", suffixes, problems, ())
    else:
        yield from _if_known(root, "", suffixes, problems)


def is_content_name(name: str) -> bool:
    """Return whether a file or folder of this name may hold entries."""
    return not (name.startswith(("_", ".", "~")) or name.endswith("~")) and (
        name.lower() not in _NO_ENTRIES
    )


def _walk(
    folder: Path,
    within: str,
    suffixes: Collection[str],
    problems: Problems,
    above: tuple[Path, ...],
) -> Iterator[tuple[Path, str]]:
    real = folder.resolve()
    if real in above:
        problems.add(folder, 0, "", f"这个文件夹的链接又指回上层的 {real}，请删掉链接")
        return
    for path in list_folder(folder, problems):
        if not is_content_name(path.name):
            continue
        if not is_folder(path):
            yield from _if_known(path, within, suffixes, problems)
        elif path.name != _TABLES:
            inside = f"{within}/{path.name}" if within else path.name
            yield from _walk(path, inside, suffixes, problems, (*above, real))


def list_folder(folder: Path, problems: Problems) -> list[Path]:
    """Return what is in a folder by name; nothing, and a problem, if it cannot be read."""
    try:
        return sorted(folder.iterdir(), key=lambda item: item.name)
    except OSError as error:
        problems.add(folder, 0, "", f"文件夹读不出来（{error.strerror}）")
        return []


def is_folder(path: Path) -> bool:
    """Return whether ``path`` is a folder, False if nobody lets us look."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_there(path: Path) -> bool:
    """Return whether there is anything called ``path``, be it unreadable or a broken link."""
    return os.path.lexists(path) or not os.access(path.parent, os.X_OK)


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
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            problems.add(path, 0, "", "这不是文件，请删掉或改名")
            return None
        if found.st_size > largest:
            problems.add(path, 0, "", f"文件超过 {largest // 1024 // 1024} MB，请拆成几个")
            return None
        return path.read_bytes()
    except OSError as error:
        problems.add(path, 0, "", f"文件读不出来（{error.strerror}）")
        return None


def read_text(path: Path, problems: Problems) -> str | None:
    """Return the text of a UTF-8 file; None, and a problem, if it is something else."""
    raw = read_bytes(path, problems)
    return None if raw is None else decoded(raw, path, problems)


def decoded(raw: bytes, path: Path, problems: Problems) -> str | None:
    """Return the text of what a UTF-8 file called ``path`` holds; None, and a problem, else."""
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
