"""Ask a server over its socket: does it answer, has it our database.

A connection that answers is the only proof of life that is believed.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
from psycopg import sql

from chatbot.store.embedded.config import ADMIN, DATABASE, PORT, ROLE
from chatbot.store.embedded.errors import EmbeddedDatabaseError
from chatbot.store.embedded.home import Home
from chatbot.store.embedded.pidfile import read_pid_file

_CONNECT_SECONDS = 5

_Connection = psycopg.Connection[tuple[object, ...]]


def connection_url(socket_dir: Path) -> str:
    """Return the address of the application's database for libpq and SQLAlchemy."""
    return f"postgresql://{ROLE}@/{DATABASE}?host={socket_dir}&port={PORT}"


def running_socket_dir(home: Home, database: str = ADMIN) -> Path | None:
    """Return the socket's folder if the cluster's server answers for ``database``."""
    found = read_pid_file(home.data)
    if found is None or found.socket_dir is None:
        return None
    return found.socket_dir if answers(found.socket_dir, database) else None


def answers(socket_dir: Path, database: str = ADMIN) -> bool:
    """Return whether a server with ``database`` answers at this socket."""
    try:
        with _connect(socket_dir, database) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _connect(socket_dir: Path, database: str) -> _Connection:
    # As the administrator: for that role connections are kept free when all others are used.
    return psycopg.connect(
        host=str(socket_dir),
        port=PORT,
        user=ADMIN,
        dbname=database,
        connect_timeout=_CONNECT_SECONDS,
        autocommit=True,
    )


def ensure_database(socket_dir: Path) -> None:
    """Create the application's role and database where they are missing.

    The application is no administrator of its server, so that a query gone wrong can neither
    read files nor start programs. It may create databases: a backup is restored beside the
    database in use, and tests copy a prepared one.

    Raises:
        EmbeddedDatabaseError: the server refuses, for example because the disk is full.
    """
    try:
        with _connect(socket_dir, ADMIN) as connection:
            _create_missing(connection)
    except psycopg.Error as error:
        raise EmbeddedDatabaseError(
            f"the database {DATABASE} cannot be created: {str(error).strip()}"
        ) from error


def _create_missing(connection: _Connection) -> None:
    role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
    found = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (ROLE,))
    if found.fetchone() is None:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(role))
    found = connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,))
    if found.fetchone() is None:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
