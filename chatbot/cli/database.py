"""The database, for commands that look into it or change it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chatbot.running import embedded_or_given, prepare
from chatbot.settings import Settings
from chatbot.store.database import Database
from chatbot.store.embedded.home import SYSTEM_DIR, find_home
from chatbot.store.migrate import migrate


def has_database(settings: Settings) -> bool:
    """Return whether there is a database to open, so that opening it would not make one."""
    if settings.database_url:
        return True
    return find_home(settings.data_dir.resolve(), SYSTEM_DIR) is not None


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """Open the database of the settings, or the embedded one; a running server stays as it is."""
    prepare(settings)
    with embedded_or_given(settings) as url:
        database = Database(url, threads=1)
        try:
            migrate(database)
            yield database
        finally:
            database.dispose()
