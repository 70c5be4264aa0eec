"""One PostgreSQL server: make its files, start it, stop it.

Whether any of its processes lives is told by a lock that they all inherit, never by a process
id: ids are reused, and in a container they are small numbers that mean something else.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from chatbot.clock import monotonic
from chatbot.store.embedded.account import Account
from chatbot.store.embedded.binaries import Binaries
from chatbot.store.embedded.config import ADMIN, write_config
from chatbot.store.embedded.errors import EmbeddedDatabaseError
from chatbot.store.embedded.home import Home
from chatbot.store.embedded.locks import FileLock
from chatbot.store.embedded.pidfile import is_server, pid_path, read_pid_file
from chatbot.store.embedded.sockets import clear_socket_dir, make_socket_dir

log = structlog.get_logger()

_POLL_SECONDS = 0.02
#: A fast stop ends sessions and writes a checkpoint; a hard one leaves a recovery to the start.
_STOPS = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0))
_LOG_TAIL_LINES = 12
_LOG_TAIL_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Server:
    """A server that was started or found: ``process`` is None if somebody else started it."""

    home: Home
    socket_dir: Path
    process: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """Stop the server and wait until all its processes are gone."""
        if self.process is None and not self._may_signal():
            log.warning("embedded_postgresql_left_running", reason="not in our process namespace")
            return
        for number, seconds in _STOPS:
            self._signal(number)
            if self._gone_within(seconds):
                break
            log.warning("embedded_postgresql_still_stopping", waited_seconds=seconds)
        else:
            log.error("embedded_postgresql_not_stopped", folder=str(self.home.path))
            return
        if self.process is not None:
            self.process.wait()
        clear_socket_dir(self.home, self.socket_dir)

    def _may_signal(self) -> bool:
        """Return whether the process id, if there still is one, really is the server's."""
        found = read_pid_file(self.home.data)
        return found is None or is_server(found.pid, self.home.data)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)  # does nothing once it has ended
            return
        found = read_pid_file(self.home.data)
        if found is not None and is_server(found.pid, self.home.data):
            found.signal(number)

    def _gone_within(self, seconds: float) -> bool:
        deadline = monotonic() + seconds
        while monotonic() < deadline:
            if lock := FileLock.take(self.home.server_lock):
                lock.release()
                return True
            if self.process is not None:
                self.process.poll()
            time.sleep(_POLL_SECONDS)
        return False


def initialise(
    home: Home, binaries: Binaries, account: Account, held: FileLock, *, sync: bool
) -> None:
    """Make the data directory with ``initdb``; it appears whole or not at all.

    PostgreSQL's own collation is used (provider ``builtin``): the system's may change with its C
    library, and indexes on text would silently go wrong.

    Raises:
        EmbeddedDatabaseError: with what ``initdb`` said.
    """
    if home.unfinished_data.exists():
        shutil.rmtree(home.unfinished_data)
    home.make_folder(home.unfinished_data, account)
    command: list[str | Path] = [
        binaries.program("initdb"), "-D", home.unfinished_data, "-U", ADMIN, "--encoding=UTF8",
        "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        "--auth=peer", "--no-instructions", *([] if sync else ["--no-sync"]),
    ]  # fmt: skip
    with home.output.open("wb") as output:
        code = account.spawn(command, output=output, keep_open=[held.descriptor]).wait()
    if code != 0:
        raise EmbeddedDatabaseError(
            f"the database in {home.path} cannot be created; PostgreSQL says:\n{log_tail(home)}"
        )
    home.unfinished_data.rename(home.data)


def launch(
    home: Home,
    binaries: Binaries,
    account: Account,
    held: FileLock,
    settings: Mapping[str, str],
) -> Server:
    """Start the server; it does not answer yet.

    ``held`` is the server's lock: that it was free proves that no process of an earlier server
    lives. The new server inherits it.
    """
    _clear_remains(home)
    home.make_folder(home.log, account)
    socket_dir = make_socket_dir(home, account)
    users = ["root"] if account.is_another else [account.name, "root"]
    arguments = write_config(home, socket_dir, users, settings)
    command: list[str | Path] = [binaries.program("postgres"), "-D", home.data, *arguments]
    with home.output.open("wb") as output:
        process = account.spawn(command, output=output, keep_open=[held.descriptor])
    return Server(home, socket_dir, process)


def _clear_remains(home: Home) -> None:
    """Remove what a crashed server left.

    PostgreSQL does so itself, but it takes any living process with the id it finds for its
    former self and refuses to start. A server that somebody started by hand has no lock of ours;
    its file stays, and PostgreSQL's own check stops us.
    """
    found = read_pid_file(home.data)
    if found is not None and is_server(found.pid, home.data):
        return
    clear_socket_dir(home, home.run)
    if found is not None and found.socket_dir is not None:
        clear_socket_dir(home, found.socket_dir)
    pid_path(home.data).unlink(missing_ok=True)


def log_tail(home: Home) -> str:
    """Return the last lines that the server, or ``initdb``, wrote."""
    files = [home.output, *home.log.glob("*.log")]
    written = sorted((path.stat().st_mtime_ns, path) for path in files if path.is_file())
    # Programs write to the first file until the server's own log begins: where that is older,
    # it tells of an earlier run.
    since = next((stamp for stamp, path in written if path == home.output), 0)
    lines = [
        line
        for stamp, path in written[-2:]
        if stamp >= since
        for line in _last_text(path).splitlines()
        if line.strip()
    ]
    return "\n".join(lines[-_LOG_TAIL_LINES:])


def _last_text(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LOG_TAIL_BYTES))
        return file.read().decode("utf-8", errors="replace")
