"""A small brand with the real encoder, and a week of answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from operator import attrgetter
from pathlib import Path

import pytest
from aiohttp import web

from chatbot.assist.desk import AssistDesk
from chatbot.clock import Clock
from chatbot.console.admin_pages import AdminWriter
from chatbot.console.reception import Reception
from chatbot.console.sample.desk import SampleDesk
from chatbot.console.sample.pages import SamplePages
from chatbot.dialogue.service import DialogueService, Mind
from chatbot.matching.vector_cache import VectorCache
from chatbot.pipeline.sampling import Sampling
from chatbot.store.database import Database
from chatbot.wecom.client import WeComClient
from tests.browser import chromium
from tests.gaps.samples import Talks
from tests.login.house import House, house
from tests.login.screens import Screens
from tests.small_brand import mind, service

__all__ = ["mind", "service"]


@pytest.fixture
async def stage(
    database: Database, tmp_path: Path, service: DialogueService, vectors_dir: Path
) -> AsyncIterator[House]:
    """The console with the page of the sample: 梁主管 is an admin by the settings."""

    def pages(tools: Reception, _: WeComClient, clock: Clock) -> list[web.AbstractRouteDef]:
        assist = AssistDesk(database, service, VectorCache(vectors_dir), clock)
        writer = AdminWriter(tools.gate, "sample", "sample", attrgetter("sample_words"))
        desk = SampleDesk(database, clock)
        return SamplePages(
            writer, database, desk, lambda: service.dialogue.snapshot, assist.find_entries
        ).routes()

    async with house(database, tmp_path, more=pages, admins=("Liang",)) as found:
        yield found


@pytest.fixture
async def screens(stage: House) -> AsyncIterator[Screens]:
    async with chromium() as browser:
        screens = Screens(browser, stage)
        yield screens
    assert screens.problems == []


def a_week_of_answers(database: Database, now: datetime, count: int = 60) -> None:
    """Let customers be answered in the week before, and once a little longer ago."""
    monday = last_monday(now)
    for number in range(count):
        at = monday - timedelta(hours=1 + 2 * number)
        talk = Talks(database, at).begin(timedelta(minutes=1))
        faq_id = ("late", "late", "breakfast", "parking")[number % 4]
        candidates = [{"faq_id": each, "question": each, "confidence": 0.5}
                      for each in (faq_id, "pets")]  # fmt: skip
        talk.turn(
            f"第{number}个问题", "answer", "confidence", faq_id=faq_id, candidates=candidates,
            confidence=(0.97, 0.97, 0.9, 0.7)[number % 4],
            reply=[{"type": "text", "text": f"第{number}个回答"}],
        )  # fmt: skip


def last_monday(now: datetime) -> datetime:
    """Return when the week began in Shanghai."""
    local = now + timedelta(hours=8)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=local.weekday(), hours=8)


def drawn(database: Database, mind: Mind, clock: Clock) -> int:
    """Let the job draw."""
    sampling = Sampling(database, lambda: mind.dialogue.snapshot, clock, 0.95)
    return database.run_sync(sampling.draw, clock.now())
