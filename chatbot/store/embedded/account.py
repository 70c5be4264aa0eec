"""The operating system's user that PostgreSQL runs as.

PostgreSQL refuses to run as root, so root gives it a system user of our own; everybody else runs
it as themselves.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import structlog

from chatbot.store.embedded.errors import OWN_SERVER, EmbeddedDatabaseError

if sys.platform != "win32":
    import pwd

log = structlog.get_logger()

SYSTEM_USER = "chatbot-pg"
#: Nothing of our own environment reaches the server: it holds secrets, and PG* variables would
#: change what the server does. LC_ALL keeps macOS from starting threads for its locale.
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
#: Where useradd and nologin are; a user's own PATH often leaves these folders out.
_ADMIN_PATH = os.pathsep.join(["/usr/sbin", "/sbin", "/usr/bin", "/bin"])


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine."""

    name: str
    uid: int
    gid: int

    @property
    def is_another(self) -> bool:
        """Return whether this is not the user who runs this process."""
        return self.uid != os.geteuid()

    def give(self, path: Path) -> None:
        """Make this user the owner of ``path``, which must be ours to give away."""
        if self.is_another:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def spawn(
        self, command: Sequence[str | Path], *, output: IO[bytes], keep_open: Sequence[int] = ()
    ) -> subprocess.Popen[bytes]:
        """Start ``command`` as this user, with both outputs going to ``output``.

        It gets a session of its own, so that Ctrl-C on our terminal does not reach it, and the
        descriptors ``keep_open``, so that it holds their locks.

        Raises:
            PermissionError: this user may not execute the program.
        """
        # Only root may ask for a change of user, even for one to itself.
        switch = self.is_another
        return subprocess.Popen(  # noqa: S603 - our own binaries, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=_ENVIRONMENT,
            start_new_session=True,
            pass_fds=keep_open,
            user=self.uid if switch else None,
            group=self.gid if switch else None,
            extra_groups=[] if switch else None,
        )


def server_account(system_user: str = SYSTEM_USER) -> Account:
    """Return the user to run PostgreSQL as: ourselves, or for root the system user.

    The system user is created when it is missing.

    Raises:
        EmbeddedDatabaseError: we have no name, or the system user cannot be created.
    """
    uid = os.geteuid()
    if uid == 0:
        return _find_user(system_user) or _create_user(system_user)
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise EmbeddedDatabaseError(
            f"user id {uid} has no name on this machine and PostgreSQL needs one:"
            f" add it to /etc/passwd, or {OWN_SERVER}"
        ) from None
    return Account(entry.pw_name, uid, os.getegid())


def user_name(uid: int) -> str:
    """Return the user's name, or its number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user id {uid}"


def _find_user(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _create_user(name: str) -> Account:
    problem = "there is no useradd"
    if useradd := shutil.which("useradd", path=_ADMIN_PATH):
        done = subprocess.run(  # noqa: S603 - a constant command
            [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
             "--shell", shutil.which("nologin", path=_ADMIN_PATH) or "/bin/false", name],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        problem = done.stderr.strip() or f"useradd ended with {done.returncode}"
    # Another starting process may have been quicker, which makes our useradd fail.
    if account := _find_user(name):
        log.info("system_user_created", user=name)
        return account
    raise EmbeddedDatabaseError(
        f"PostgreSQL refuses to run as root, and the system user {name} cannot be created"
        f" ({problem}): create it, run this command as a normal user, or {OWN_SERVER}"
    )
