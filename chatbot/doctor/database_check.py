"""The database: reachable, or startable; of a schema that this program knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from chatbot.doctor.report import NotChecked, Verdict
from chatbot.doctor.words import finding, say
from chatbot.errors import SettingError
from chatbot.settings import Settings
from chatbot.store import migrations
from chatbot.store.database import Database
from chatbot.store.embedded import EmbeddedCluster, EmbeddedDatabaseError
from chatbot.store.embedded.binaries import find_binaries
from chatbot.store.embedded.home import SYSTEM_DIR, check_owner, find_home
from chatbot.store.errors import StoreUnavailable

DATABASE_URL = "CHATBOT_DATABASE_URL"
DATA_DIR = "CHATBOT_DATA_DIR"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Store:
    """A database that can be used; ``url`` is empty while the embedded one does not run.

    ``current``: its schema is this program's, so that it can be read.
    """

    url: str = ""
    current: bool = False


def check_database(settings: Settings) -> Verdict[Store]:
    """Check the database that is set, or the embedded one; the fact is what was found."""
    if settings.database_url:
        return _check_given(settings.database_url)
    try:
        return _check_embedded(settings.data_dir.resolve())
    except EmbeddedDatabaseError as error:
        return Verdict((finding("embedded_unusable", DATA_DIR, DATABASE_URL, problem=error),))


def _check_given(url: str) -> Verdict[Store]:
    try:
        return _look_inside(url, DATABASE_URL)
    except SettingError:
        return Verdict((finding("database_address", DATABASE_URL),))
    except StoreUnavailable as error:
        return Verdict((finding("database_unreachable", DATABASE_URL, problem=error),))


def _check_embedded(data_dir: Path) -> Verdict[Store]:
    """Look into a running cluster, or see whether one could be started. Starts nothing."""
    if url := EmbeddedCluster(data_dir).attach():
        verdict = _look_inside(url, DATA_DIR)
        return replace(verdict, summary=say("embedded_runs") + verdict.summary)
    home = find_home(data_dir, SYSTEM_DIR)
    if home:
        check_owner(home)
    binaries = find_binaries(home.major() if home else None)
    return Verdict(summary=say("embedded_starts", major=binaries.major), fact=Store())


def _look_inside(url: str, setting: str) -> Verdict[Store]:
    database = Database(url, threads=1)
    try:
        return database.run_sync(_judge_schema, url, setting)
    finally:
        database.dispose()


def _judge_schema(connection: Connection, url: str, setting: str) -> Verdict[Store]:
    """Return what is wrong with the schema, if anything, and what it is."""
    version = _version(connection)
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    newest = scripts.get_current_head()
    if version == newest:
        return Verdict(summary=say("schema_current", version=version), fact=Store(url, True))
    known = {script.revision for script in scripts.walk_revisions()}
    if version is not None and version not in known:
        return Verdict((finding("schema_newer", setting, version=version, newest=newest),))
    if not connection.scalar(text("SELECT has_schema_privilege(current_schema(), 'CREATE')")):
        return Verdict((finding("schema_forbidden", setting),))
    summary = say("schema_old" if version else "schema_none", version=version, newest=newest)
    return Verdict(summary=summary, fact=Store(url))


def read(store: Store, work: Callable[[Connection], T]) -> T:
    """Return what ``work`` reads; raise NotChecked if nothing can be read there yet."""
    if not store.current:
        raise NotChecked(say("database_old" if store.url else "database_stopped"))
    database = Database(store.url, threads=1)
    try:
        return database.run_sync(work)
    except StoreUnavailable as error:
        raise NotChecked(say("database_lost", problem=error)) from None
    finally:
        database.dispose()


def _version(connection: Connection) -> str | None:
    if connection.scalar(text("SELECT to_regclass('alembic_version')::text")) is None:
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version
