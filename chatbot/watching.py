"""Which files the admins have changed."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from watchfiles import awatch

#: Names, times, sizes and inodes of all files: equal ones mean that nothing was saved meanwhile.
Signature: TypeAlias = frozenset[tuple[str, int, int, int]]

#: The operating system's notices are a doorbell. Shared folders often have none, so we also look.
_LOOK_SECONDS = 1.0


def sign_files(folders: Sequence[Path]) -> Signature:
    """Return the signature of everything below ``folders`` whose name does not begin with a dot."""
    return frozenset(item for folder in folders for item in _sign(folder, frozenset()))


def _sign(path: Path, above: frozenset[tuple[int, int]]) -> Iterator[tuple[str, int, int, int]]:
    """Yield what is below ``path``; a link to one of the folders ``above`` it is not followed."""
    try:
        status = path.stat()
        if not stat.S_ISDIR(status.st_mode):
            yield str(path), status.st_mtime_ns, status.st_size, status.st_ino
        elif (folder := (status.st_dev, status.st_ino)) not in above:
            with os.scandir(path) as found:
                for entry in found:
                    if not entry.name.startswith("."):
                        yield from _sign(Path(entry.path), above | {folder})
    except OSError:
        return  # gone since the folder was listed, or closed to us: the reader says so


async def doorbell(folders: Sequence[Path]) -> AsyncIterator[None]:
    """Yield when a file may have changed, and at least every second, until cancelled."""
    while True:
        present = await asyncio.to_thread(_present, folders)
        if not present:
            await asyncio.sleep(_LOOK_SECONDS)
            yield
            continue
        async for _ in awatch(
            *present,
            debounce=300,
            step=50,
            rust_timeout=int(_LOOK_SECONDS * 1000),
            yield_on_timeout=True,
            recursive=True,
        ):
            yield
            if await asyncio.to_thread(_present, folders) != present:
                break


def _present(folders: Sequence[Path]) -> list[Path]:
    return [folder for folder in folders if folder.is_dir()]
