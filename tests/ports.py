"""Ports for the servers of tests."""

from __future__ import annotations

import itertools
import os
import random
import socket
from collections.abc import Iterator

#: Below the range from which connections take their ports: while a server is dead, or not yet
#: there, nobody else may sit down in its place.
_PORTS = range(20_000, 32_000)


def _own_ports() -> Iterator[int]:
    """Yield the ports of this process of the test run in any order, over and over."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    mine = _PORTS[worker::workers]
    return itertools.cycle(random.SystemRandom().sample(mine, len(mine)))


_own = _own_ports()


def quiet_port() -> int:
    """Return a port nobody listens on, and that nobody else is given for a long time.

    To look whether somebody listens would not do: who was given it may be about to.
    """
    for port in _own:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("unreachable: the ports never end")
