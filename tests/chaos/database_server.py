"""A PostgreSQL of one's own that can be struck dead, and started again on the same files."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chatbot.store.embedded import EmbeddedCluster


class MortalCluster:
    """An embedded cluster with its usual durability."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cluster = EmbeddedCluster(
            folder / "data", system_dir=folder / "system", system_user="nobody"
        )
        self._handle = self._cluster.start()
        self.url = self._handle.url

    def crash(self) -> None:
        """Kill the main process; the others end themselves when they notice."""
        (file,) = self._folder.rglob("postmaster.pid")
        os.kill(int(file.read_text().split()[0]), signal.SIGKILL)
        self._handle.stop()  # waits until no process of it is left

    def start(self) -> None:
        """Start it again; it recovers what was committed."""
        self._handle = self._cluster.start()
        assert self._handle.url == self.url

    def stop(self) -> None:
        """Stop it for good."""
        self._handle.stop()


@contextmanager
def mortal_cluster() -> Iterator[MortalCluster]:
    """Run a cluster; its files are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="chatbot-chaos-"))
    folder.chmod(0o755)  # our own folder; the server's user must pass it
    try:
        cluster = MortalCluster(folder)
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder)
