"""One engine, and units of work that run in a few threads.

A unit of work is a plain function that takes a connection; it runs in one transaction, in a
worker thread. So no transaction can be held across an ``await``, and the event loop never
waits for the database.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy import Connection, TextClause, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chatbot.errors import SettingError
from chatbot.store.errors import StoreUnavailable

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger()

#: Serialisation failure and deadlock: the transaction did nothing and may simply run again.
_RETRYABLE_STATES = {"40001", "40P01"}
_TRIES = 4


def statement(sql: str) -> TextClause:
    """Return SQL as a statement; its text is the cache key, so make it once, at module level."""
    return text(sql)


def sqlalchemy_url(url: str) -> str:
    """Return ``postgresql://…`` with the driver this package uses.

    Raises:
        SettingError: the address cannot be understood.
    """
    try:
        return make_url(url).set(drivername="postgresql+psycopg").render_as_string(False)
    except Exception as error:
        raise SettingError(
            "CHATBOT_DATABASE_URL cannot be understood: "
            "postgresql://user:password@host:port/name is expected"
        ) from error


class Database:
    """A pool of connections and the threads that use them."""

    def __init__(self, url: str, *, threads: int = 8) -> None:
        self.url = sqlalchemy_url(url)
        self._engine = create_engine(
            self.url,
            pool_size=threads,
            max_overflow=2,
            pool_timeout=5,
            hide_parameters=True,  # what customers write does not belong into logs
            pool_pre_ping=False,  # a broken connection is met by the retry below instead
            connect_args={"connect_timeout": 5, "application_name": "chatbot"},
        )
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="store")
        # Work that runs in threads of others, and would lose its connection under its hands.
        self._in_use = threading.Condition()
        self._users = 0
        self._closed = False

    async def run(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``work(connection, …)`` in one transaction and return its result.

        ``work`` may run again from the start after a deadlock, so it must keep its effects
        inside the transaction.

        Raises:
            StoreUnavailable: the database cannot be reached, or the connection broke.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._executor, lambda: self.run_sync(work, *args, **kwargs)
        )

    def run_sync(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do what `run` does, in the calling thread.

        Raises:
            StoreUnavailable: as `run`, or this was closed.
        """
        with self._using():
            return self._run(work, *args, **kwargs)

    @contextmanager
    def _using(self) -> Iterator[None]:
        with self._in_use:
            if self._closed:
                raise StoreUnavailable("this process has closed the database")
            self._users += 1
        try:
            yield
        finally:
            with self._in_use:
                self._users -= 1
                self._in_use.notify_all()

    def _run(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        for attempt in range(1, _TRIES + 1):
            try:
                with self._engine.connect() as connection:
                    result = self._attempt(connection, attempt, work, *args, **kwargs)
                    connection.commit()
                    return result
            except _AgainError:
                time.sleep(0.02 * attempt)
            except PoolTimeout as error:
                raise StoreUnavailable("no database connection became free") from error
            except DBAPIError as error:
                raise _translated(error) from None
        raise AssertionError("unreachable")

    def _attempt(
        self,
        connection: Connection,
        attempt: int,
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run the work without its commit; raise _AgainError if it did nothing and may run again.

        A pooled connection may have died while it lay idle. As long as the commit was not sent,
        nothing can have happened, and a fresh connection is worth one more try.
        """
        try:
            return work(connection, *args, **kwargs)
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None)
            stale = error.connection_invalidated and attempt == 1
            if (state in _RETRYABLE_STATES or stale) and attempt < _TRIES:
                raise _AgainError from error
            raise

    async def close(self) -> None:
        """Wait for running work, then close every connection."""
        await asyncio.to_thread(self.dispose)

    def dispose(self) -> None:
        """Do what `close` does, in the calling thread."""
        self._executor.shutdown()
        with self._in_use:
            self._closed = True
            self._in_use.wait_for(lambda: self._users == 0)
        self._engine.dispose()


class _AgainError(Exception):
    """The work did nothing and may simply run again."""


def _translated(error: DBAPIError) -> Exception:
    """Return what the caller should see."""
    if error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError)):
        # The address may carry a password, and the driver's text may carry the address.
        return StoreUnavailable(f"the database cannot be reached ({_first_line(error)})")
    return error


def _first_line(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__
