"""What ``postmaster.pid`` says, and how far it can be believed.

The server writes it when it starts and removes it when it stops. After a crash it stays behind,
and its process id may by then belong to anybody: in a container to almost certainly something.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PidFile:
    """The first process of the server, and its socket's folder once that exists."""

    pid: int
    socket_dir: Path | None

    def signal(self, number: signal.Signals) -> None:
        """Signal the process; one that has just ended needs no signal."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)


def read_pid_file(data: Path) -> PidFile | None:
    """Read the file of a data directory; None if there is none, or it is not yet written.

    Lines as PostgreSQL's source documents them (src/include/utils/pidfile.h): 1 the process id,
    5 the first socket's folder.
    """
    try:
        lines = pid_path(data).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not lines or not lines[0].strip().isdigit():
        return None
    socket = lines[4].strip() if len(lines) > 4 else ""
    return PidFile(int(lines[0]), Path(socket) if socket else None)


def pid_path(data: Path) -> Path:
    """Return where PostgreSQL keeps the file."""
    return data / "postmaster.pid"


def is_server(pid: int, data: Path) -> bool:
    """Return whether this process is the first one of the server of this data directory."""
    proc = Path("/proc") / str(pid)
    if proc.parent.joinpath("self").exists():
        return _works_in(proc, data)
    return _is_named_postgres(pid)


def _works_in(proc: Path, data: Path) -> bool:
    """Use that the server makes its data directory its working directory (Linux)."""
    try:
        name = (proc / "comm").read_text().strip()
        return name == "postgres" and (proc / "cwd").samefile(data)
    except OSError:
        return False  # gone, or of a user whose processes we may neither see nor signal


def _is_named_postgres(pid: int) -> bool:
    ps = shutil.which("ps") or "/bin/ps"
    done = subprocess.run(  # noqa: S603 - a constant command and a number
        [ps, "-p", str(pid), "-o", "comm="], capture_output=True, text=True, check=False
    )
    return Path(done.stdout.strip()).name == "postgres"
