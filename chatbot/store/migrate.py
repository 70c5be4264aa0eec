"""Bring a database to the schema this code expects."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from chatbot.errors import UserError
from chatbot.store.database import Database

#: Any number will do as long as every process uses the same one.
_MIGRATION_LOCK = 0x5745434F4D


def migrate(database: Database) -> None:
    """Apply every migration that is missing; safe when several processes start at once.

    Raises:
        UserError: the database was made by a newer version of this program.
    """
    if not database.run_sync(_is_current):
        database.run_sync(_upgrade)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def newest_version() -> str:
    """Return the number of the newest migration in this package."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise AssertionError("the package carries no migrations")
    return head


def _is_current(connection: Connection) -> bool:
    table = connection.scalar(text("SELECT to_regclass('alembic_version')::text"))
    if table is None:
        return False
    return bool(
        connection.scalar(text("SELECT version_num FROM alembic_version")) == newest_version()
    )


def _upgrade(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    config = _config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if connection.scalar(text("SELECT to_regclass('alembic_version')::text")):
        current = connection.scalar(text("SELECT version_num FROM alembic_version"))
        if current not in known:
            raise UserError(
                f"The database has schema version {current}, which this program does not know: "
                "start the newer version of the program that made it."
            )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
