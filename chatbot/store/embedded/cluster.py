"""Own the cluster of a data folder, or attach to the one that another process owns."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import structlog

from chatbot.clock import monotonic
from chatbot.store.embedded.account import SYSTEM_USER, server_account
from chatbot.store.embedded.binaries import find_binaries, usable_binaries
from chatbot.store.embedded.config import DATABASE
from chatbot.store.embedded.errors import OWN_SERVER, EmbeddedDatabaseError
from chatbot.store.embedded.home import (
    SYSTEM_DIR,
    Home,
    check_owner,
    create_home,
    find_home,
    remember_origin,
)
from chatbot.store.embedded.locks import FileLock
from chatbot.store.embedded.probe import (
    answers,
    connection_url,
    ensure_database,
    running_socket_dir,
)
from chatbot.store.embedded.server import Server, initialise, launch, log_tail

log = structlog.get_logger()

_PAUSE_SECONDS = 0.03
_PROGRESS_SECONDS = 5.0


class ClusterHandle:
    """A cluster that answers at ``url``; stop it, or leave the ``with`` block, when done."""

    def __init__(
        self,
        url: str,
        cluster: EmbeddedCluster,
        server: Server | None = None,
        lock: FileLock | None = None,
    ) -> None:
        self.url = url
        self._cluster = cluster
        self._server = server
        self._lock = lock

    @property
    def is_owner(self) -> bool:
        """Return whether `stop` stops the server, or another process will."""
        return self._lock is not None

    def ensure_running(self) -> bool:
        """Start the server again if it has died; return whether that was needed.

        A process that is not the owner becomes it when the former owner is gone. Blocks as
        `EmbeddedCluster.start` does, and raises the same.
        """
        if self._cluster.attach() is not None:
            return False
        if self._lock is not None:
            if self._server is not None:
                self._server.stop()  # nothing of the dead one may be left
            self._server = self._cluster.restart()
            return True
        revived = self._cluster.start()
        self._server, self._lock = revived._server, revived._lock
        return True

    def stop(self) -> None:
        """Stop the server if this process owns it, and wait until it is gone; else do nothing."""
        if self._server is not None:
            self._server.stop()
            log.info("embedded_postgresql_stopped", folder=str(self._server.home.path))
        if self._lock is not None:
            self._lock.release()
        self._server = self._lock = None

    def __enter__(self) -> ClusterHandle:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


class EmbeddedCluster:
    """The PostgreSQL cluster of one data folder.

    Args:
        data_dir: what it belongs to; made if missing.
        system_dir: where root's clusters are kept; root makes it if missing.
        system_user: who runs the server for root; created if missing.
        settings: lines for ``postgresql.conf`` that replace the usual ones.
        startup_seconds: how long a start may take, recovery after a crash included.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        system_dir: Path = SYSTEM_DIR,
        system_user: str = SYSTEM_USER,
        settings: Mapping[str, str] | None = None,
        startup_seconds: float = 60.0,
    ) -> None:
        self._data_dir = data_dir.resolve()
        self._system_dir = system_dir.resolve()
        self._system_user = system_user
        self._settings = dict(settings or {})
        self._startup_seconds = startup_seconds

    def start(self) -> ClusterHandle:
        """Start the server and own it; where another process owns it, wait for it and attach.

        A server whose owner was killed is taken over as it runs. Blocks until a connection
        answers: less than a second, about one the first time, longer after a crash.

        Raises:
            EmbeddedDatabaseError: it cannot be started here, or not in time; says what to do.
        """
        with _clear_file_errors():
            if sys.platform == "win32":
                raise EmbeddedDatabaseError(
                    f"there is no embedded PostgreSQL on Windows: {OWN_SERVER}"
                )
            home = find_home(self._data_dir, self._system_dir) or create_home(
                self._data_dir, self._system_dir
            )
            check_owner(home)
            return self._own_or_attach(home)

    def attach(self) -> str | None:
        """Return the address of a server that answers, else None; start and stop nothing.

        Raises:
            EmbeddedDatabaseError: the data folder's database belongs to another user, or the
                folder is a copy of another one.
        """
        with _clear_file_errors():
            home = find_home(self._data_dir, self._system_dir)
            return _ready_url(home) if home else None

    def restart(self) -> Server:
        """Start the server anew for a caller who holds its owner's lock."""
        with _clear_file_errors():
            home = find_home(self._data_dir, self._system_dir)
            if home is None:
                raise EmbeddedDatabaseError(
                    f"the database of {self._data_dir} has vanished: restore its folder from a "
                    "backup, or stop and delete the data folder to begin anew"
                )
            return self._start_or_adopt(home, _Patience(self._startup_seconds, home))

    def _own_or_attach(self, home: Home) -> ClusterHandle:
        patience = _Patience(self._startup_seconds, home)
        while True:
            if lock := FileLock.take(home.owner_lock):
                return self._own(home, lock, patience)
            if url := _ready_url(home):
                log.info("embedded_postgresql_attached", folder=str(home.path))
                return ClusterHandle(url, self)
            patience.pause("another process is starting or stopping it")

    def _own(self, home: Home, lock: FileLock, patience: _Patience) -> ClusterHandle:
        try:
            remember_origin(home, self._data_dir)
            server = self._start_or_adopt(home, patience)
            with _stopping_on_error(server):
                ensure_database(server.socket_dir)
        except BaseException:
            lock.release()
            raise
        return ClusterHandle(connection_url(server.socket_dir), self, server, lock)

    def _start_or_adopt(self, home: Home, patience: _Patience) -> Server:
        while True:
            if held := FileLock.take(home.server_lock):
                with held:
                    server = self._launch(home, held)
                with _stopping_on_error(server):
                    _wait_until_it_answers(server, patience)
                log.info("embedded_postgresql_started", folder=str(home.path))
                return server
            if socket_dir := running_socket_dir(home):
                log.info("embedded_postgresql_adopted", folder=str(home.path))
                return Server(home, socket_dir)
            patience.pause("an earlier server is recovering or stopping")

    def _launch(self, home: Home, held: FileLock) -> Server:
        account = server_account(self._system_user)
        binaries = usable_binaries(find_binaries(home.major()), account, self._system_dir)
        if home.major() is None:
            log.info("embedded_postgresql_created", folder=str(home.path), user=account.name)
            sync = self._settings.get("fsync") != "off"
            initialise(home, binaries, account, held, sync=sync)
        return launch(home, binaries, account, held, self._settings)


class _Patience:
    """Waiting that has an end, and says in the log why it goes on."""

    def __init__(self, seconds: float, home: Home) -> None:
        self._begun = monotonic()
        self._seconds = seconds
        self._next_report = _PROGRESS_SECONDS
        self._home = home

    def pause(self, reason: str) -> None:
        """Wait a moment.

        Raises:
            _OutOfPatienceError: the time is up.
        """
        waited = monotonic() - self._begun
        if waited >= self._seconds:
            raise _OutOfPatienceError(
                f"the database in {self._home.path} did not answer within {self._seconds:g} s"
                f" ({reason}): start again later, it goes on by itself."
                f" Its log ends with:\n{log_tail(self._home)}"
            )
        if waited >= self._next_report:
            self._next_report += _PROGRESS_SECONDS
            last = log_tail(self._home).rpartition("\n")[2]
            log.info("embedded_postgresql_waiting", reason=reason, seconds=int(waited), log=last)
        time.sleep(_PAUSE_SECONDS)


class _OutOfPatienceError(EmbeddedDatabaseError):
    """A server needs longer than we wait."""


def _ready_url(home: Home) -> str | None:
    socket_dir = running_socket_dir(home, DATABASE)
    return connection_url(socket_dir) if socket_dir else None


def _wait_until_it_answers(server: Server, patience: _Patience) -> None:
    assert server.process is not None  # noqa: S101 - just launched
    while not answers(server.socket_dir):
        if server.process.poll() is not None:
            raise EmbeddedDatabaseError(
                f"PostgreSQL did not start in {server.home.path}; it says:\n{log_tail(server.home)}"
            )
        patience.pause("it is recovering")


@contextmanager
def _stopping_on_error(server: Server) -> Iterator[None]:
    """Stop a server that we started in vain, except one that only needs more time.

    Stopping that one would throw away what it has recovered; the next start finds it further.
    """
    try:
        yield
    except _OutOfPatienceError:
        if server.process is not None:
            # Somebody must collect it when it ends, or it would stay as a zombie.
            threading.Thread(target=server.process.wait, daemon=True).start()
        raise
    except BaseException:
        server.stop()
        raise


@contextmanager
def _clear_file_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EmbeddedDatabaseError(
            f"the embedded PostgreSQL cannot use {error.filename} ({error.strerror}): check that"
            f" the user who runs this command owns the data folder, or {OWN_SERVER}"
        ) from error
