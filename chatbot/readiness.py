"""Large content goes live when every process has built it: then all of them switch at once."""

from __future__ import annotations

import time

import structlog

from chatbot.gate import MANY_WORDINGS, wordings_of
from chatbot.knowledge.content import Content
from chatbot.store.builds import processes_behind
from chatbot.store.database import Database

log = structlog.get_logger()

#: A process that is not ready after so long switches later than the others.
_LONGEST_SECONDS = 60.0
_LOOK_SECONDS = 0.1


def is_large(content: Content) -> bool:
    """Return whether building takes longer than processes may take to switch."""
    return wordings_of(content.entries) > MANY_WORDINGS


def wait_until_built(database: Database, content: Content) -> None:
    """Wait, in the calling thread, until all processes have built what they were told to build.

    That is a candidate, or what they were told by ``want_build``. Nothing is waited for that they
    build in no time.

    Raises:
        StoreUnavailable: the database cannot be reached.
    """
    if not is_large(content):
        return
    deadline = time.monotonic() + _LONGEST_SECONDS
    while behind := database.run_sync(processes_behind, content.digest):
        if time.monotonic() > deadline:
            log.warning("processes_not_ready", processes=behind, seconds=_LONGEST_SECONDS)
            return
        time.sleep(_LOOK_SECONDS)
