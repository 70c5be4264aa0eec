"""The processes of the measured system, and what each has used."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from chatbot.store.embedded.home import SYSTEM_DIR, find_home

ROOT = Path(__file__).resolve().parents[1]
_START_SECONDS = 60.0


def cpu_seconds(pids: Mapping[str, int]) -> dict[str, float]:
    """Return the CPU seconds each named process has used; "postgres" counts its whole family."""
    return {
        name: _family_cpu(pid) if name == "postgres" else _own_cpu(psutil.Process(pid))
        for name, pid in pids.items()
    }


def _own_cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _family_cpu(pid: int) -> float:
    first = psutil.Process(pid)
    times = first.cpu_times()
    total = _own_cpu(first) + times.children_user + times.children_system  # those that have ended
    for child in first.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += _own_cpu(child)
    return float(total)


def machine_cpu_seconds() -> float:
    """Return the CPU seconds that everything on this machine has used since it was started."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system)


def postgres_pid(server_pid: int) -> int:
    """Return the first process of the server's embedded PostgreSQL."""
    for child in psutil.Process(server_pid).children():
        if child.name() == "postgres":
            return child.pid
    raise RuntimeError("the server has no embedded PostgreSQL")


def free_port() -> int:
    """Return a port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**settings: str) -> dict[str, str]:
    """Return this process's environment without other CHATBOT_ settings, plus ``settings``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHATBOT_")}
    return {**kept, **settings}


@contextmanager
def running(
    arguments: list[str],
    log: Path,
    ready_url: str,
    settings: Mapping[str, str],
    longest: float = _START_SECONDS,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``python ARGUMENTS`` until the block ends; it begins when ``ready_url`` answers 200."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments], stdout=output, stderr=output, cwd=ROOT,
            env=environment(**settings),
        )  # fmt: skip
        try:
            _wait(process, ready_url, log, longest)
            yield process
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path, longest: float) -> None:
    deadline = time.monotonic() + longest
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"ended at once:\n{log.read_text()}")
        try:
            with urlopen(url, timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"{url} did not answer within {longest:g} s:\n{log.read_text()}")


def remove_cluster(data_dir: Path) -> None:
    """Delete a data folder with its database, also where root keeps that."""
    home = find_home(data_dir, SYSTEM_DIR)
    if home is not None:
        shutil.rmtree(home.path, ignore_errors=True)
    shutil.rmtree(data_dir, ignore_errors=True)
