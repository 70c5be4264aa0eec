"""Large content goes live when every process has built it: then all of them switch at once."""

from __future__ import annotations

import asyncio
import time

import structlog

from chatbot.clock import Clock
from chatbot.gate import MANY_WORDINGS, wordings_of
from chatbot.knowledge.content import Content
from chatbot.store.builds import building
from chatbot.store.database import Database

log = structlog.get_logger()

#: A process that is not ready after so long switches later than the others.
_LONGEST_SECONDS = 60.0
_LOOK_SECONDS = 0.1


def is_large(content: Content) -> bool:
    """Return whether building takes longer than processes may take to switch."""
    return wordings_of(content.entries) > MANY_WORDINGS


async def wait_until_built(database: Database, clock: Clock, content: Content, number: int) -> bool:
    """Wait until all processes have built the snapshot ``number``; return whether they have.

    It is the candidate, or what they were told by ``want_build``; if another one takes its place,
    nobody builds it any more. Nothing is waited for that they build in no time.

    Raises:
        StoreUnavailable: the database cannot be reached.
    """
    if not is_large(content):
        return True
    deadline = time.monotonic() + _LONGEST_SECONDS
    while True:
        standing = await database.run(building, number, content.digest, clock.now())
        if not standing.behind:
            return True
        if not standing.wanted:
            return False
        if time.monotonic() > deadline:
            log.warning("processes_not_ready", processes=standing.behind, snapshot=number)
            return False
        await asyncio.sleep(_LOOK_SECONDS)
