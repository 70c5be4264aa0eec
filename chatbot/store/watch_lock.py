"""Who may offer files: one process at a time, and another within seconds when it is gone."""

from __future__ import annotations

import contextlib

import psycopg
from sqlalchemy.engine import make_url

from chatbot.store.database import Database
from chatbot.store.errors import StoreUnavailable

#: Any number will do as long as every process uses the same one.
_LOCK = 0x5743_574154
_CONNECT_SECONDS = 5
# A machine that vanished without a word holds its lock until PostgreSQL notices.
_NOTICE_A_DEAD_PEER = (
    "SET tcp_keepalives_idle = 5",
    "SET tcp_keepalives_interval = 2",
    "SET tcp_keepalives_count = 2",
)


class WatchLock:
    """A session-level advisory lock on a connection of its own, proven at each use."""

    def __init__(self, database: Database) -> None:
        url = make_url(database.url).set(drivername="postgresql")
        self._url = url.render_as_string(hide_password=False)
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
            query = "SELECT true" if self._held else f"SELECT pg_try_advisory_lock({_LOCK})"
            row = await (await connection.execute(query)).fetchone()
            if row and row[0] and not self._held:
                self._times_taken += 1
                self._held = True
        except (psycopg.Error, OSError) as error:
            await self.release()
            raise StoreUnavailable(
                f"the lock of the watched files is out of reach ({type(error).__name__})"
            ) from None
        return self._held

    async def _connect(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        connection = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=_CONNECT_SECONDS,
            application_name="chatbot-watch",
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
