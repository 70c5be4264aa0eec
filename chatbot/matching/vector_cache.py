"""Vectors that are kept, so that a start or a change embeds only what is new."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Protocol

import numpy as np
import structlog

from chatbot.errors import ChatbotError
from chatbot.matching.encoder import Encoder, Vectors

log = structlog.get_logger()

_FILE = "vectors.sqlite3"
#: A third of a second of one thread's work, so that progress is seen and little is lost.
_BATCH = 32
#: The scheduler's weight of a worker is then a tenth of that of an ordinary thread.
_NICENESS = 10
_READ = "SELECT text_hash, vector FROM vectors WHERE fingerprint = ? AND text_hash IN ({})"
#: SQLite takes at least 999 values in one query.
_ASKED_AT_ONCE = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (
    fingerprint TEXT NOT NULL, text_hash BLOB NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (fingerprint, text_hash)
) WITHOUT ROWID
"""

#: Told how many of how many are done.
Progress = Callable[[int, int], None]


class TooManyToEmbed(ChatbotError):
    """So many texts have to be embedded, more than may be waited for."""

    def __init__(self, total: int) -> None:
        super().__init__(f"{total} texts have to be embedded, more than may be waited for")
        self.total = total


class VectorStore(Protocol):
    """Keeps vectors by encoder fingerprint and SHA-256 of the text."""

    def read(self, fingerprint: str, hashes: Sequence[bytes], dim: int) -> dict[bytes, Vectors]:
        """Return the known vectors among ``hashes``, each of shape (dim,)."""
        ...

    def write(self, fingerprint: str, vectors: Mapping[bytes, Vectors]) -> None:
        """Keep ``vectors``; all of them or, after a crash, none."""
        ...


class VectorCache:
    """A file of vectors in the data folder, shared between the processes of one machine.

    Losing it costs only time: a folder that cannot be written, or a file that is no database, is
    logged once and from then on every text is embedded anew.
    """

    def __init__(self, folder: Path) -> None:
        self._path: Path | None = folder / _FILE

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was kept yet, so that the next build will take a while."""
        return self._path is None or not self._path.exists()

    def read(self, fingerprint: str, hashes: Sequence[bytes], dim: int) -> dict[bytes, Vectors]:
        """Return the known vectors among ``hashes``; a row of the wrong length is unknown."""
        found: dict[bytes, Vectors] = {}
        with self._giving_up_on_error(), self._transaction() as connection:
            for some in _batches(hashes, _ASKED_AT_ONCE):
                if connection is None:
                    break
                places = ",".join("?" * len(some))
                for text_hash, row in connection.execute(
                    _READ.format(places), (fingerprint, *some)
                ):
                    if len(row) == 4 * dim:
                        found[text_hash] = np.frombuffer(row, dtype="<f4")
        return found

    def write(self, fingerprint: str, vectors: Mapping[bytes, Vectors]) -> None:
        """Keep ``vectors``; all of them or, after a crash, none."""
        rows = [(fingerprint, key, row.astype("<f4").tobytes()) for key, row in vectors.items()]
        with self._giving_up_on_error(), self._transaction() as connection:
            if connection:
                connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)", rows)

    @contextmanager
    def _giving_up_on_error(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            log.warning("vector_cache_unusable", path=str(self._path), error=str(error))
            self._path = None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection | None]:
        if self._path is None:
            yield None
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=10)) as connection, connection:
            connection.execute(_SCHEMA)
            yield connection


class LayeredVectors:
    """Two stores as one: what only the ``local`` one has is handed up to the ``shared`` one.

    So a machine whose file knows the vectors embeds nothing for a new database, and the commands
    that work without a database find what the server embedded.
    """

    def __init__(self, shared: VectorStore, local: VectorStore) -> None:
        self._shared = shared
        self._local = local

    def read(self, fingerprint: str, hashes: Sequence[bytes], dim: int) -> dict[bytes, Vectors]:
        """Return the vectors among ``hashes`` that either store knows."""
        found = self._shared.read(fingerprint, hashes, dim)
        missing = [key for key in hashes if key not in found]
        only_here = self._local.read(fingerprint, missing, dim) if missing else {}
        if only_here:
            self._shared.write(fingerprint, only_here)
        return found | only_here

    def write(self, fingerprint: str, vectors: Mapping[bytes, Vectors]) -> None:
        """Keep ``vectors`` in both."""
        self._shared.write(fingerprint, vectors)
        self._local.write(fingerprint, vectors)


def embed_with_cache(
    encoder: Encoder,
    cache: VectorStore,
    texts: Sequence[str],
    progress: Progress | None = None,
    *,
    threads: int = 1,
) -> Vectors:
    """Return one row a text, from the cache where it has them; new ones are kept in batches.

    ``threads`` of them are embedded at once; how many does not change a bit of the result.
    ``progress`` is called with (done, total) of the texts that have to be embedded, if there are
    any: before the first and after each batch. An exception of it, or of the encoder, ends the
    work; what is embedded by then is kept.
    """
    hashes = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
    known = cache.read(encoder.fingerprint, list(dict.fromkeys(hashes)), encoder.dim)
    missing = {key: text for key, text in zip(hashes, texts, strict=True) if key not in known}
    if missing and progress is not None:
        progress(0, len(missing))

    def embed(keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        rows = encoder.encode([missing[key] for key in keys])
        fresh = dict(zip(keys, rows, strict=True))
        cache.write(encoder.fingerprint, fresh)
        return fresh

    before = len(known)
    with _workers(threads) as pool:
        for job in [pool.submit(embed, keys) for keys in _batches(list(missing), _BATCH)]:
            known |= job.result()
            if progress is not None:
                progress(len(known) - before, len(missing))
    if not texts:
        return np.zeros((0, encoder.dim), dtype=np.float32)
    rows = b"".join(np.ascontiguousarray(known[key], dtype="<f4").data for key in hashes)
    return np.frombuffer(rows, dtype="<f4").reshape(len(texts), encoder.dim)


def at_most(limit: int, progress: Progress | None = None) -> Progress:
    """Return a ``progress`` that ends the work with TooManyToEmbed before more than ``limit``."""

    def tell(done: int, total: int) -> None:
        if total > limit:
            raise TooManyToEmbed(total)
        if progress is not None:
            progress(done, total)

    return tell


def _batches(keys: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


@contextmanager
def _workers(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Yield a pool whose work is dropped, but for what is under way, when the block ends early."""
    pool = ThreadPoolExecutor(threads, "embedding", initializer=_give_way)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _give_way() -> None:
    """Let the turns of customers go first: embedding takes the time of the cores that they leave.

    On Linux a thread has a priority of its own (setpriority(2), "NPTL"); elsewhere nothing is done.
    """
    if sys.platform != "linux":
        return
    me = threading.get_native_id()
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, me, max(_NICENESS, os.getpriority(os.PRIO_PROCESS, me)))
