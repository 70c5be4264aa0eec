"""Where a data folder's cluster lives, and what is in there.

A normal user's cluster is the folder ``postgres`` of the data folder. Root's cannot be: the
system user who runs PostgreSQL may be unable to pass the folders above it, and opening them is
not ours to do. It lives in a system folder of our own, and a small file in the data folder says
where. Which of the two it is stands on the disk, so a command run by another user finds the same.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from chatbot.store.embedded.account import Account, user_name
from chatbot.store.embedded.errors import EmbeddedDatabaseError
from chatbot.store.embedded.locks import FileLock

SYSTEM_DIR = Path("/var/lib/chatbot-pg")
_FOLDER = "postgres"
_POINTER = "postgres.location"
_ORIGIN = "data-folder"
_POINTER_TEXT = """\
# chatbot was started by root, and PostgreSQL refuses to run as root. A system user runs it, and
# the database of this data folder is kept where that user can reach it:
{home}
"""


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one cluster. Of its parts, the server's user owns ``data``, ``log``, ``run``.

    What we write ourselves lies beside these, so that root never writes into a folder in which
    somebody else could have placed a link.
    """

    path: Path

    @property
    def data(self) -> Path:
        """Return PostgreSQL's data directory, complete once it exists."""
        return self.path / "data"

    @property
    def unfinished_data(self) -> Path:
        """Return the folder in which ``initdb`` works."""
        return self.path / "data.unfinished"

    @property
    def conf(self) -> Path:
        """Return the folder of the configuration files."""
        return self.path / "conf"

    @property
    def log(self) -> Path:
        """Return the folder of the server's own log files."""
        return self.path / "log"

    @property
    def run(self) -> Path:
        """Return the folder of the socket, where its path is fit for one."""
        return self.path / "run"

    @property
    def output(self) -> Path:
        """Return the file with what programs say before the server's own log begins."""
        return self.path / "startup.log"

    @property
    def owner_lock(self) -> Path:
        """Return the file that the process which owns the cluster has locked."""
        return self.path / "owner.lock"

    @property
    def server_lock(self) -> Path:
        """Return the file that every process of the server has locked."""
        return self.path / "server.lock"

    def major(self) -> int | None:
        """Return the PostgreSQL version that made the cluster, None before there is one."""
        try:
            return int((self.data / "PG_VERSION").read_text().strip())
        except FileNotFoundError:
            return None
        except ValueError:
            raise EmbeddedDatabaseError(
                f"{self.data / 'PG_VERSION'} holds no version: restore {self.data} from a backup"
            ) from None

    def make_folder(self, path: Path, account: Account) -> None:
        """Make one of the private folders that belong to the server's user."""
        path.mkdir(mode=0o700, exist_ok=True)
        account.give(path)


def find_home(data_dir: Path, system_dir: Path) -> Home | None:
    """Return the home of this data folder's cluster; None if there is none yet. Changes nothing.

    Raises:
        EmbeddedDatabaseError: the data folder is a copy of another, or its cluster is gone.
    """
    inside = data_dir / _FOLDER
    if inside.is_dir():
        return Home(inside)
    try:
        text = (data_dir / _POINTER).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return Home(_follow_pointer(data_dir, text, system_dir))


def _follow_pointer(data_dir: Path, text: str, system_dir: Path) -> Path:
    pointer = data_dir / _POINTER
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    path = Path(lines[0]) if lines else Path()
    if path.parent != system_dir:
        raise EmbeddedDatabaseError(f"{pointer} must name a folder directly in {system_dir}")
    if not path.is_dir():
        raise EmbeddedDatabaseError(
            f"the database that {pointer} names is gone: restore {path},"
            f" or delete {pointer} to begin with an empty database"
        )
    origin = Path((path / _ORIGIN).read_text(encoding="utf-8"))
    if origin.is_dir() and not origin.samefile(data_dir):
        raise EmbeddedDatabaseError(
            f"{data_dir} is a copy of {origin}, whose database stays in {path}:"
            f" delete {pointer} to begin with an empty database"
        )
    return path


def create_home(data_dir: Path, system_dir: Path) -> Home:
    """Make the home for a data folder without one, or return what another process just made."""
    data_dir.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        _create_system_home(data_dir, system_dir)
    else:
        (data_dir / _FOLDER).mkdir(mode=0o700, exist_ok=True)
    home = find_home(data_dir, system_dir)
    if home is None:
        raise EmbeddedDatabaseError(f"{data_dir} disappeared while it was being prepared")
    return home


def _create_system_home(data_dir: Path, system_dir: Path) -> None:
    if not system_dir.is_dir():
        system_dir.mkdir(parents=True, exist_ok=True)
        system_dir.chmod(0o755)  # ours, and the system user must pass, whatever the umask
    pointer = data_dir / _POINTER
    with FileLock.wait_for_folder(data_dir):
        if pointer.exists():  # another process was quicker
            return
        path = Path(tempfile.mkdtemp(prefix="cluster-", dir=system_dir))
        path.chmod(0o755)
        (path / _ORIGIN).write_text(str(data_dir), encoding="utf-8")
        draft = pointer.with_suffix(".draft")
        draft.write_text(_POINTER_TEXT.format(home=path), encoding="utf-8")
        draft.replace(pointer)


def remember_origin(home: Home, data_dir: Path) -> None:
    """Note where the data folder is now: it may have been moved since the last start."""
    origin = home.path / _ORIGIN
    if origin.exists():
        origin.write_text(str(data_dir), encoding="utf-8")


def check_owner(home: Home) -> None:
    """Refuse a cluster of another user: PostgreSQL would, and less clearly.

    Raises:
        EmbeddedDatabaseError: names the user who must run this command.
    """
    owner = home.path.stat().st_uid
    if owner != os.geteuid():
        raise EmbeddedDatabaseError(
            f"the database in {home.path} belongs to {user_name(owner)}:"
            " run this command as that user"
        )
