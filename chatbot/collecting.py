"""Python's search for garbage, which stops every thread, kept away while something is built."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Builds:
    """How many are under way, in all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def begin(self) -> None:
        with self._lock:
            self._count += 1
            gc.disable()

    def end(self) -> None:
        with self._lock:
            self._count -= 1
            if not self._count:
                gc.enable()


_BUILDS = _Builds()


@contextmanager
def without_collecting() -> Iterator[None]:
    """Build something large that has no cycles: nothing is searched meanwhile.

    A search of all that 10,000 entries are made of takes a quarter of a second, in which no
    customer is answered, and building it sets off several. What is let go is freed as ever, by its
    count of references. Several threads may build at once.
    """
    _BUILDS.begin()
    try:
        yield
    finally:
        _BUILDS.end()
