"""What one process at a time may do, and another within seconds when it is gone.

Who offers the files of a watched folder, who embeds for an encoder that is being switched to, who
compares drafts with what members of staff wrote, who holds a candidate against what is live, who
groups what was asked in vain, and who works out what confidence is worth.
"""

from __future__ import annotations

import contextlib
import hashlib

import psycopg
from sqlalchemy.engine import make_url

from chatbot.store.database import Database
from chatbot.store.errors import StoreUnavailable

#: Any number will do as long as every process uses the same one.
_LOCK = 0x5743_574154
_COMPARING_LOCK = 0x5743_434D50
_EXAMINING_LOCK = 0x5743_455841
_GAPS_LOCK = 0x5743_474150
_JUDGING_LOCK = 0x5743_4A5544
_CALIBRATING_LOCK = 0x5743_43414C
#: What the connections that hold a lock are called.
WATCHING = "chatbot-watch"
EMBEDDING = "chatbot-embed"
COMPARING = "chatbot-compare"
EXAMINING = "chatbot-examine"
GROUPING = "chatbot-gaps"
JUDGING = "chatbot-judge"
CALIBRATING = "chatbot-calibrate"
_CONNECT_SECONDS = 5
# A machine that vanished without a word holds its lock until PostgreSQL notices.
_NOTICE_A_DEAD_PEER = (
    "SET tcp_keepalives_idle = 5",
    "SET tcp_keepalives_interval = 2",
    "SET tcp_keepalives_count = 2",
)


class ProcessLock:
    """A session-level advisory lock on a connection of its own, proven at each use.

    The connection is called ``name`` in ``pg_stat_activity``, so that others see what it is for.
    """

    def __init__(self, database: Database, key: int, name: str, purpose: str) -> None:
        url = make_url(database.url).set(drivername="postgresql")
        self._url = url.render_as_string(hide_password=False)
        self._key = key
        self._name = name
        self._purpose = purpose
        self._connection: psycopg.AsyncConnection[tuple[object, ...]] | None = None
        self._held = False
        self._times_taken = 0

    @property
    def times_taken(self) -> int:
        """Return how often the lock was taken: it grows by one after each loss."""
        return self._times_taken

    async def hold(self) -> bool:
        """Take the lock if it is free; return whether this process holds it at this moment.

        Raises:
            StoreUnavailable: the database cannot be reached; a lock that was held is lost.
        """
        try:
            connection = self._connection or await self._connect()
            query = "SELECT true" if self._held else f"SELECT pg_try_advisory_lock({self._key})"
            row = await (await connection.execute(query)).fetchone()
            if row and row[0] and not self._held:
                self._times_taken += 1
                self._held = True
        except (psycopg.Error, OSError) as error:
            await self.release()
            raise StoreUnavailable(
                f"the lock of {self._purpose} is out of reach ({type(error).__name__})"
            ) from None
        return self._held

    async def _connect(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        connection = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=_CONNECT_SECONDS,
            application_name=self._name,
        )  # fmt: skip
        self._connection = connection
        for setting in _NOTICE_A_DEAD_PEER:
            await connection.execute(setting)
        return connection

    async def release(self) -> None:
        """Let others have the lock."""
        connection, self._connection, self._held = self._connection, None, False
        if connection is not None:
            with contextlib.suppress(psycopg.Error, OSError):
                await connection.close()


class WatchLock(ProcessLock):
    """Who may offer files."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, _LOCK, WATCHING, "the watched files")


class ComparingLock(ProcessLock):
    """Who holds drafts against what members of staff wrote."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, _COMPARING_LOCK, COMPARING, "the comparing of drafts")


class ExaminingLock(ProcessLock):
    """Who holds the candidate that waits against what is live."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, _EXAMINING_LOCK, EXAMINING, "the examining of candidates")


class JudgingLock(ProcessLock):
    """Who judges, at this moment, whether content that waits may go live."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, _JUDGING_LOCK, JUDGING, "the judging of content")


class GapsLock(ProcessLock):
    """Who groups what customers asked in vain."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, _GAPS_LOCK, GROUPING, "the grouping of questions")


class CalibratingLock(ProcessLock):
    """Who works out what confidence is worth."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, _CALIBRATING_LOCK, CALIBRATING, "the report on confidence")


class EmbeddingLock(ProcessLock):
    """Who embeds the live content for the encoder with this fingerprint."""

    def __init__(self, database: Database, fingerprint: str) -> None:
        digest = hashlib.sha256(fingerprint.encode()).digest()
        key = int.from_bytes(digest[:8], "big", signed=True)
        super().__init__(database, key, EMBEDDING, "the switch to another encoder")
