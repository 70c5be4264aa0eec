"""What every tier shares: a hostile environment, and a real PostgreSQL."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web_app
from hypothesis import settings
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from chatbot.threads import limit_native_threads

limit_native_threads()

from chatbot.store.database import Database, sqlalchemy_url  # noqa: E402 - after the threads
from chatbot.store.embedded import throwaway_cluster  # noqa: E402
from chatbot.store.migrate import migrate  # noqa: E402

_TEMPLATE = "template_of_tests"

# How long an example takes says something of the machine, and nothing of what it shows.
settings.register_profile("timeless", deadline=None)
settings.load_profile("timeless")


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The developer's own settings may not decide whether a test passes."""
    for name in list(os.environ):
        if name.startswith("CHATBOT_") and name != "CHATBOT_CHAOS":
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _logs_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that is run here may not say where the lines of the tests after it go."""
    monkeypatch.setattr("chatbot.running.configure_logs", lambda *_: None)


@pytest.fixture(autouse=True)
def _no_server_outlives_its_test() -> Iterator[None]:
    """Let go of servers that were run here: aiohttp remembers the handlers of the last thousand."""
    yield
    web_app._cached_build_middleware.cache_clear()


@pytest.fixture(scope="session")
def cluster_url() -> Iterator[str]:
    """A PostgreSQL for this session, with a migrated database to copy."""
    with throwaway_cluster() as cluster:
        _administer(cluster.url, f"CREATE DATABASE {_TEMPLATE}")
        template = Database(_named(cluster.url, _TEMPLATE), threads=1)
        migrate(template)
        template.dispose()
        yield cluster.url


@pytest.fixture
def database_url(cluster_url: str) -> Iterator[str]:
    """An empty database of the current schema, for one test."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    _administer(cluster_url, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    yield _named(cluster_url, name)
    _drop(cluster_url, name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, threads=4)
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def vectors_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for the session, so that the sample knowledge is embedded once."""
    return tmp_path_factory.mktemp("data")


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _drop(cluster_url: str, name: str) -> None:
    """Drop a database; the server's own vacuum worker in it may not be ended, but ends soon."""
    for tries_left in reversed(range(5)):
        try:
            _administer(cluster_url, f"DROP DATABASE {name} WITH (FORCE)")
        except DBAPIError:
            if not tries_left:
                raise
            time.sleep(0.5)
        else:
            return


def _administer(url: str, sql: str) -> None:
    engine = create_engine(sqlalchemy_url(url), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(sql))
    finally:
        engine.dispose()
