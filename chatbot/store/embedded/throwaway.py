"""Clusters for tests: quick to make, unsafe to keep, gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chatbot.store.embedded.cluster import ClusterHandle, EmbeddedCluster

#: Survives no power loss, which a test does not ask for.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextmanager
def throwaway_cluster() -> Iterator[ClusterHandle]:
    """Yield a new cluster with an empty database; stop and delete it at the end.

    One for each test session is enough: a prepared database is copied for each test with
    ``CREATE DATABASE … TEMPLATE …``. For root the server runs as ``nobody``, so that tests leave
    no user behind.
    """
    folder = Path(tempfile.mkdtemp(prefix="chatbot-test-"))
    folder.chmod(0o755)  # our own folder; the server's user must pass it
    cluster = EmbeddedCluster(
        folder / "data", system_dir=folder / "system", system_user="nobody", settings=_FAST
    )
    try:
        with cluster.start() as handle:
            yield handle
    finally:
        shutil.rmtree(folder)
