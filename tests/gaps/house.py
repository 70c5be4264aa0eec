"""The console with the pages of gaps, in front of knowledge files of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from chatbot.accepting import EditedKnowledge
from chatbot.clock import Clock
from chatbot.console.gaps.desk import GapDesk
from chatbot.console.gaps.pages import GapPages
from chatbot.console.gaps.reader import GapReader
from chatbot.console.reception import Reception
from chatbot.dialogue.service import DialogueService
from chatbot.editing.desk import EditDesk
from chatbot.store.database import Database
from chatbot.wecom.client import WeComClient
from tests.editing.brand import BASIS, publish_files
from tests.login.house import House, house


@asynccontextmanager
async def running(
    database: Database, folder: Path, knowledge: Path, service: DialogueService
) -> AsyncIterator[House]:
    """Run simulator and console; ``service`` knows the brand."""

    def pages(tools: Reception, _wecom: WeComClient, clock: Clock) -> list[web.AbstractRouteDef]:
        publish_files(database, knowledge)
        desk = GapDesk(database, EditedKnowledge(EditDesk(database, clock, lambda: BASIS)), clock)
        reader = GapReader(lambda: service.dialogue.snapshot, clock)
        return GapPages(
            tools.gate.writer, database, reader, desk, lambda: service.dialogue.snapshot
        ).routes()

    async with house(database, folder, more=pages, admins=("Liang",), supervisors=()) as found:
        yield found
