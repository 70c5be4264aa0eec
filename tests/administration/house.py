"""The console with the pages of those who run the desk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from chatbot.clock import Clock
from chatbot.console.administration import Administration
from chatbot.console.reception import Reception
from chatbot.dialogue.service import DialogueService
from chatbot.facts.rows import row_called
from chatbot.store.database import Database
from chatbot.wecom.client import WeComClient
from tests.login.house import House, house


@asynccontextmanager
async def running(
    database: Database, folder: Path, service: DialogueService
) -> AsyncIterator[House]:
    """Run simulator and console; ``service`` knows the brand."""

    def row_of(name: str) -> str | None:
        snapshot = service.dialogue.snapshot
        return row_called(snapshot.rows.values(), snapshot.normaliser.key(name))

    def pages(tools: Reception, wecom: WeComClient, clock: Clock) -> list[web.AbstractRouteDef]:
        administration = Administration(
            tools.gate, database, wecom.kf, lambda: service.dialogue.snapshot, clock, row_of
        )
        return administration.routes()

    async with house(database, folder, more=pages, admins=("Liang",), supervisors=()) as found:
        yield found
