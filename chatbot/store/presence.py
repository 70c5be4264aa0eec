"""Which processes share this database: who is alive, and how they wake each other.

A process holds a session-level advisory lock with its own number on one dedicated connection,
which also listens. When the process dies, PostgreSQL frees the lock at once, and any other
process may give back what the dead one had claimed.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable

import psycopg
import structlog
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from chatbot.clock import Clock
from chatbot.store.database import Database, statement
from chatbot.store.errors import StoreUnavailable

log = structlog.get_logger()

CHANNEL = "chatbot"
_LOCK_CLASS = 0x5743
_RECONNECT_SECONDS = 1.0
#: A notifying transaction makes all other commits wait for it, so few are sent.
_NOTIFY_INTERVAL_SECONDS = 0.05

#: Whether a row ``p`` of ``processes`` is of one that lives: it holds the lock of its number.
ALIVE = (
    "EXISTS (SELECT FROM pg_locks l"
    " JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.objid::bigint = p.id)"
)
_DEAD = statement(
    "SELECT id FROM processes"
    " WHERE id <> :me AND pg_try_advisory_xact_lock(:lock_class, id::integer)"
)
_ALIVE = statement(f"SELECT count(*) FROM processes p WHERE {ALIVE}")
_FREE = [
    statement(
        f"UPDATE {table} SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = ANY(:dead)"
    )
    for table in ("conversations", "kf_accounts", "access_tokens", "outbox")
]
_FORGET = statement("DELETE FROM processes WHERE id = ANY(:dead)")
_PEERS = statement("SELECT count(*) FROM processes WHERE id <> :me")
_NOTIFY = statement("SELECT pg_notify(:channel, :payload)")


def processes_alive(connection: Connection) -> int:
    """Return how many processes share the database at this moment."""
    return int(connection.scalar(_ALIVE) or 0)


class Presence:
    """This process among the others."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._listeners: dict[str, Callable[[], None]] = {}
        self._process_id = 0
        self._former: list[int] = []
        self._registered = asyncio.Event()
        self._announced: set[str] = set()
        self._announcing = asyncio.Event()
        self._peers = 0

    def on(self, topic: str, listener: Callable[[], None]) -> None:
        """Call ``listener`` on the event loop whenever another process announces ``topic``.

        It is also called after a reconnect, because announcements may have been missed.
        """
        self._listeners[topic] = listener

    @property
    def process_id(self) -> int:
        """Return this process's number, the owner of its leases; 0 before it is registered."""
        return self._process_id

    async def registered(self) -> None:
        """Wait until this process has its number."""
        await self._registered.wait()

    def announce(self, topic: str) -> None:
        """Tell the other processes, soon and together with other news, to look at ``topic``."""
        if self._peers:
            self._announced.add(topic)
            self._announcing.set()

    async def keep(self) -> None:
        """Stay registered and listen, through database restarts, until cancelled."""
        while True:
            try:
                await self._connect_and_listen()
            except (psycopg.Error, OSError, StoreUnavailable) as error:
                log.warning("database_listener_lost", error=type(error).__name__)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _connect_and_listen(self) -> None:
        url = make_url(self._database.url).set(drivername="postgresql")
        connection = await psycopg.AsyncConnection.connect(
            url.render_as_string(False), autocommit=True, connect_timeout=5
        )
        async with connection:
            await self._take_number(await self._register(connection))
            self._registered.set()
            await connection.execute(f"LISTEN {CHANNEL}")
            for listener in self._listeners.values():
                listener()
            async for notice in connection.notifies():
                sender, _, topic = notice.payload.partition(":")
                if sender != str(self._process_id) and topic in self._listeners:
                    self._listeners[topic]()

    async def _take_number(self, number: int) -> None:
        """Be ``number`` from now on, and give back what a former number still holds.

        After an outage others may have declared this process dead before it was back, while it
        had already claimed again under the number that nobody watches any more.
        """
        if self._process_id not in {0, number}:
            self._former.append(self._process_id)
        self._process_id = number
        if self._former:
            await self._database.run(_free, self._former)
            self._former.clear()

    async def _register(self, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> int:
        """Take up the former number again if nobody has declared this process dead."""
        if self._process_id:
            cursor = await connection.execute(
                "SELECT pg_try_advisory_lock(%s, id::integer) FROM processes WHERE id = %s",
                (_LOCK_CLASS, self._process_id),
            )
            row = await cursor.fetchone()
            if row and row[0]:
                return self._process_id
        # Lock first, then appear: a row without its lock would look dead.
        cursor = await connection.execute(
            "WITH fresh AS (SELECT nextval(pg_get_serial_sequence('processes', 'id')) AS id)"
            " SELECT id, pg_advisory_lock(%s, id::integer) FROM fresh",
            (_LOCK_CLASS,),
        )
        row = await cursor.fetchone()
        assert row is not None  # noqa: S101 - nextval always returns a row
        number = int(str(row[0]))
        await connection.execute(
            "INSERT INTO processes (id, host, pid, started_at) OVERRIDING SYSTEM VALUE"
            " VALUES (%s, %s, %s, %s)",
            (number, socket.gethostname(), os.getpid(), self._clock.now()),
        )
        return number

    async def reap(self) -> bool:
        """Give back what dead processes had claimed; return whether there was any."""
        dead, self._peers = await self._database.run(_reap, self._process_id)
        if dead:
            log.info("dead_processes_reaped", processes=dead)
        return bool(dead)

    async def send_announcements(self) -> None:
        """Send what `announce` gathered, a few times a second at most, until cancelled."""
        while True:
            await self._announcing.wait()
            self._announcing.clear()
            topics, self._announced = self._announced, set()
            for topic in sorted(topics):
                payload = f"{self._process_id}:{topic}"
                try:
                    await self._database.run(_notify, payload)
                except StoreUnavailable:
                    log.warning("announcement_lost", topic=topic)  # polling is the floor
            await asyncio.sleep(_NOTIFY_INTERVAL_SECONDS)

    async def leave(self) -> None:
        """Give back everything and disappear; call after all work has stopped."""
        try:
            await self._database.run(_free, [self._process_id])
        except StoreUnavailable:
            log.warning("left_without_the_database")


def _reap(connection: Connection, me: int) -> tuple[list[int], int]:
    dead = list(connection.scalars(_DEAD, {"me": me, "lock_class": _LOCK_CLASS}))
    if dead:
        _free(connection, dead)
    return dead, int(connection.scalar(_PEERS, {"me": me}) or 0)


def _free(connection: Connection, processes: list[int]) -> None:
    for release in _FREE:
        connection.execute(release, {"dead": processes})
    connection.execute(_FORGET, {"dead": processes})


def _notify(connection: Connection, payload: str) -> None:
    connection.execute(_NOTIFY, {"channel": CHANNEL, "payload": payload})
