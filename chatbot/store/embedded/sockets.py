"""The folder of the server's socket.

A socket's address holds about a hundred bytes, and some signs in it mean something to the tools
that read connection addresses. A data folder has no such limits.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from pathlib import Path

from chatbot.store.embedded.account import Account
from chatbot.store.embedded.config import PORT
from chatbot.store.embedded.home import Home

_SOCKET = f".s.PGSQL.{PORT}"
_PREFIX = "chatbot-pg-"
#: 107 on Linux, 103 on macOS.
_ADDRESS_BYTES = 103
#: PostgreSQL takes a comma, libpq a comma and SQLAlchemy a colon for the start of a second host.
_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")


def make_socket_dir(home: Home, account: Account) -> Path:
    """Make the private folder for the socket: in the home, or below the temporary folder."""
    if _fits(home.run):
        home.make_folder(home.run, account)
        return home.run
    temporary = Path(tempfile.gettempdir())
    parent = temporary if _fits(temporary / (_PREFIX + "x" * 8)) else Path("/tmp")  # noqa: S108
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    account.give(folder)
    return folder


def clear_socket_dir(home: Home, folder: Path) -> None:
    """Remove what a server that is gone left in its socket's folder, and a temporary folder.

    The socket's own lock file names a process id, and stops the next server like the other one.
    A folder that `make_socket_dir` did not make is left alone.
    """
    temporary = folder.name.startswith(_PREFIX)
    if not temporary and folder != home.run:
        return
    for name in (_SOCKET, f"{_SOCKET}.lock"):
        (folder / name).unlink(missing_ok=True)
    if temporary:
        with contextlib.suppress(OSError):  # already gone, or not as we left it: then it stays
            folder.rmdir()


def _fits(folder: Path) -> bool:
    address = f"{folder}/{_SOCKET}"
    return len(address.encode()) <= _ADDRESS_BYTES and bool(_PLAIN.fullmatch(str(folder)))
