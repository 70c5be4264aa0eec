"""The console with the pages for files, in front of a brand that was published."""

from __future__ import annotations

from collections.abc import AsyncIterator
from operator import attrgetter
from pathlib import Path

import pytest
from aiohttp import web

from chatbot.clock import Clock
from chatbot.console.admin_pages import AdminWriter
from chatbot.console.importing.documents import DocumentPages, DocumentTools
from chatbot.console.importing.pages import ImportPages, ImportTools
from chatbot.console.reception import Reception
from chatbot.dialogue.service import Mind
from chatbot.editing.batch import BatchDesk
from chatbot.editing.desk import EditDesk
from chatbot.matching.vector_cache import VectorCache
from chatbot.store.database import Database
from chatbot.wecom.client import WeComClient
from tests.browser import chromium
from tests.editing.brand import BASIS, YAML, Brand, brand
from tests.login.house import House, house
from tests.login.screens import Screens
from tests.small_brand import mind

__all__ = ["mind"]


@pytest.fixture
def known(database: Database, tmp_path: Path) -> Brand:
    return brand(database, tmp_path, {"faq.yaml": YAML})


@pytest.fixture
async def stage(
    database: Database, tmp_path: Path, known: Brand, mind: Mind, vectors_dir: Path
) -> AsyncIterator[House]:
    """The console: 梁主管 is an admin by the settings."""

    def pages(tools: Reception, _wecom: WeComClient, clock: Clock) -> list[web.AbstractRouteDef]:
        editing = EditDesk(known.database, clock, lambda: BASIS)
        batches = BatchDesk(known.database, clock, lambda: BASIS, editing)
        writer = AdminWriter(tools.gate, "importing", "importing", attrgetter("import_words"))
        files = ImportPages(writer, ImportTools(known.database, editing, batches, clock))
        tools_of_documents = DocumentTools(
            known.database, lambda: mind, VectorCache(vectors_dir), clock
        )
        documents = DocumentPages(writer, tools_of_documents)
        return [*files.routes(), *documents.routes()]

    async with house(database, tmp_path, more=pages, admins=("Liang",), supervisors=()) as found:
        yield found


@pytest.fixture
async def screens(stage: House) -> AsyncIterator[Screens]:
    async with chromium() as browser:
        screens = Screens(browser, stage)
        yield screens
    assert screens.problems == []
